// Feeds the recording of a real node (`hypercache-node --record FILE`) to the core, and compares what it wants now with
// what it wanted then, effect by effect.
#pragma once

#include <cstdint>
#include <string>

namespace hc::sim {

struct Replay {
  enum class End : std::uint8_t { kSame, kDiffers, kUnreadable };
  End end = End::kSame;
  std::string reason;  // of another end: which event, and both effects in words
  std::uint64_t events = 0, effects = 0;
  std::int64_t nanoseconds = 0;  // of the node's monotonic clock, from the first event to the last
  std::uint64_t hash = 0;        // over all effects
  bool cut = false;              // the file ends within a record
};

// `told`: every event and effect in words to standard output, behind the seconds since the first one.
Replay replay(const std::string& path, bool told = false);

}  // namespace hc::sim
