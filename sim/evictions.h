// The evictions of a run as internal events of histories: as if somebody deleted the key between the step in which its
// primary evicted it and the one in which that is committed. While that is open, and for good if the process ends or
// leads the slot no longer, it may take effect later, or never.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/check/history.h"
#include "sim/machine.h"

namespace hc::sim {

class Evictions {
 public:
  using Told = std::function<void(const std::string& key, Operation)>;
  explicit Evictions(Told told) : told_(std::move(told)) {}

  void stepped(const Machine& m, Instant now);
  void ended(std::uint32_t machine);
  void end();  // of the run

 private:
  struct Open {
    Slot slot;
    std::string key;
    Position at;
    Instant since;
  };
  void tell(const Open& eviction, Instant returned) const;

  Told told_;
  std::map<std::uint32_t, std::vector<Open>> open_;  // by machine
};

}  // namespace hc::sim
