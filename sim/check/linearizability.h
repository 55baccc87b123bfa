// Is the history of one key linearizable? Herlihy and Wing 1990 say what that means; the search is just-in-time
// linearization (Lowe, "Testing for linearizability", 2017, section 4), which goes through the history in true time and
// keeps the set of all configurations (operations in flight that have already taken effect, state of the key):
//
//   call      the operation is in flight
//   return    in every configuration it must have taken effect by now: those where it has not are extended by sequences
//             of operations in flight that end with it. No configuration left: this completion is illegal
//
// Nothing is searched twice (configurations are sets, memoized), and two dominances keep the sets small. A pure read
// that is legal takes effect at once: it costs nothing. Of two configurations with one state and the same definite
// operations, the one that used up fewer operations of unknown outcome can do all that the other can.
//
// What a connection sent before and was answered goes first (a pipeline). Operations of unknown outcome stay in flight
// for ever, need not take effect, and wait for nobody. Expiry is an internal event: at any time from its bound on. A
// budget of steps (calls of the model) instead of a time-out: beyond it, kUndecided.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/key_model.h"

namespace hc::sim {

struct Judgement {
  enum class Kind : std::uint8_t { kLinearizable, kViolated, kUndecided };
  Kind kind = Kind::kLinearizable;
  std::size_t illegal = 0;       // kViolated: index in the history of the completion that has no explanation
  std::vector<KeyState> states;  // kViolated: what the key may have been just before
  std::uint64_t steps = 0;
  std::uint64_t configurations_most = 0;
};

inline constexpr std::uint64_t kStepBudget = 6'000'000;

// The order of `history` does not matter. `initial`: the key before the first operation.
Judgement judge(const History& history, std::uint64_t budget = kStepBudget, KeyState initial = KeyState::missing());

}  // namespace hc::sim
