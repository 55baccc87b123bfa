// The latest events of the cluster that this process saw, for clients that come back and say which they saw last. An
// event's id names the process and counts up: "1f3a…-17".
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "core/effect.h"

namespace hc {

class EventHistory {
 public:
  static constexpr std::size_t kKept = 1024;

  struct Event {
    std::string id, type, json;
  };

  explicit EventHistory(std::string process) : process_(std::move(process)) {}
  const Event& add(Announce&& announce);
  // All after that one, in order. False: it is not known any more, or is another process', so some may be missing.
  bool after(const std::string& id, const std::function<void(const Event&)>& visit) const;

 private:
  std::string process_;
  std::uint64_t count_ = 0;
  std::deque<Event> kept_;
};

}  // namespace hc
