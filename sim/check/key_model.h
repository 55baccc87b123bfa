// What one key may do: a string with an optional end of life, as a sequential machine. The linearizability search asks
// it which replies are legal in which state.
#pragma once

#include <compare>
#include <string>

#include "sim/check/history.h"

namespace hc::sim {

struct KeyState {
  enum class Kind : std::uint8_t {
    kMissing,
    kPresent,
    kAnything,  // after the slot was lost: missing, or any value with any end
  };
  Kind kind = Kind::kMissing;
  std::string value;
  Instant may_end = kForever;  // kPresent: from then on it may be gone
  auto operator<=>(const KeyState&) const = default;

  static KeyState missing() { return {}; }
  static KeyState anything() { return {Kind::kAnything, {}, kForever}; }
  static KeyState present(std::string v, Instant ends) { return {Kind::kPresent, std::move(v), ends}; }
};

// True if `operation` may run in `state` with the reply that it got; then `next` is the state after it.
// Expiry is not in here: see may_vanish().
bool apply(const KeyState& state, const Operation& operation, KeyState& next);

// Expiry is an internal event: at true time `now` or before it the key may have gone by itself.
inline bool may_vanish(const KeyState& state, Instant now) {
  return state.kind == KeyState::Kind::kPresent && state.may_end <= now;
}

std::string to_text(const KeyState& state);

}  // namespace hc::sim
