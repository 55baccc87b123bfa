// What a member counts of its memory, and the members whose pressure it has been told of (rule 5e). Data and small
// sums; Replication decides (core/replication/memory.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/memory_limits.h"
#include "core/base/random.h"
#include "core/base/slot.h"
#include "core/base/time.h"

namespace hc {

// A key that this primary evicted, and the entry that tells the others.
struct Evicted {
  Slot slot;
  std::string key;
  Position at;
};

struct Memory {
  explicit Memory(const MemoryLimits& l, std::uint64_t seed) : limits(l), chance(seed) {}

  MemoryLimits limits;
  std::size_t counted = 0;  // entries, tables and tails of all slots
  std::size_t beyond = 0;   // as the host measured it last
  std::size_t hollow = 0;   // likewise
  Random chance;            // of sampling; a stream of its own

  // What is hollow counts where moving entries together does not help.
  std::size_t used() const { return counted + beyond + (hollow > limits.bytes / 8 ? hollow - limits.bytes / 8 : 0); }
  std::size_t over() const { return limits.bytes != 0 && used() > limits.bytes ? used() - limits.bytes : 0; }

  // What others said of themselves, kept until it is forgotten.
  struct Told {
    std::size_t over = 0;
    Time until{};
  };
  std::map<NodeId, Told> others;
  bool quiet() const { return limits.bytes == 0 && others.empty(); }

  // Moving entries together: where the round goes on, and when.
  std::size_t relocate_slot = 0;
  std::uint64_t relocate_cursor = 0;
  std::optional<Time> relocate_at;

  bool said = false;             // we are above our limit, and primaries were told
  Time forget_at{};              // look for what is to be forgotten
  std::vector<Evicted> evicted;  // since the last step began

  // The best that samples have found so far, worst first (Redis' eviction pool).
  struct Candidate {
    std::uint64_t score = 0;
    Slot slot;
    std::string key;
  };
  std::vector<Candidate> pool;
};

}  // namespace hc
