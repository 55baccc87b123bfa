// Is the history of one key linearizable? Herlihy and Wing 1990 say what that means. Registers whose written values are
// all different are decided by their zones (sim/check/zones.h), all else is searched (sim/check/search.h).
//
// What a connection sent before and was answered goes first (a pipeline). Operations of unknown outcome stay in flight
// for ever, need not take effect, and wait for nobody. Expiry is an internal event: at any time from its bound on. A
// budget of steps (calls of the model) instead of a time-out: beyond it, kUndecided.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/check/history.h"
#include "sim/check/key_model.h"

namespace hc::sim {

struct Judgement {
  enum class Kind : std::uint8_t { kLinearizable, kViolated, kUndecided };
  Kind kind = Kind::kLinearizable;
  std::size_t illegal = 0;       // kViolated: index in the history of the completion that has no explanation
  std::vector<KeyState> states;  // kViolated: what the key may have been just before ("…": what nobody reads)
  std::uint64_t steps = 0;
};

inline constexpr std::uint64_t kStepBudget = 6'000'000;

// The order of `history` does not matter. `initial`: the key before the first operation.
Judgement judge(const History& history, std::uint64_t budget = kStepBudget, KeyState initial = KeyState::missing());

}  // namespace hc::sim
