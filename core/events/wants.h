// What the clients of one member listen to: how many of them to which channel, pattern and sharded channel.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "core/message/message.h"

namespace hc {

struct Wants {
  using Counts = std::map<std::string, std::uint64_t, std::less<>>;  // never 0
  std::array<Counts, kSpaces> clients;
  std::uint32_t notices = 0;  // what they may be told of keys, by their member's setting

  Counts& of(Space space) { return clients[static_cast<std::size_t>(space)]; }
  const Counts& of(Space space) const { return clients[static_cast<std::size_t>(space)]; }
  void set(Space space, const std::string& name, std::uint64_t count);
  bool nothing() const;
  // Somebody listens to this channel, by its name or by a pattern.
  bool hears(bool shard, Bytes channel) const;
  // The notices that may have a listener.
  std::uint32_t notices_heard() const;
};

}  // namespace hc
