// A small part of an illegal history that is illegal by itself, for people to look at.
//
// It begins with what was called before the blocking completion; then operations are taken away, in halves, quarters
// and so on to single ones, as long as what is left stays illegal. Two rules keep the rest honest. With a write goes
// every other one of the same value and all that tells of it, so that nothing is illegal only because a write is
// missing. And as long as there are replies that tell more than values (lengths, numbers, what was there, that a
// comparison failed), no write is taken away, but the beginning as a whole may be: what is left then begins with
// anything. The work is bounded; what cannot be decided within it stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/check/linearizability.h"

namespace hc::lincheck {

struct Core {
  sim::KeyState initial;             // kAnything: the beginning is left out
  std::vector<std::size_t> indices;  // in the history, by time of call
};

// Requires: `illegal` is where judge() stopped.
Core minimal_core(const sim::History& history, const sim::KeyState& initial, std::size_t illegal,
                  std::uint64_t steps_most = 4'000'000);

}  // namespace hc::lincheck
