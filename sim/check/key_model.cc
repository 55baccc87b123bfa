#include "sim/check/key_model.h"

#include <charconv>
#include <optional>

namespace hc::sim {
namespace {

using Is = Observed::Kind;
using State = KeyState::Kind;

std::optional<std::int64_t> integer(const std::string& text) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  if (std::to_string(n) != text) return std::nullopt;  // "007" is none
  return n;
}

bool saw(const Observed& o, Is kind) { return o.kind == Is::kNothing || o.kind == kind; }
bool saw_number(const Observed& o, std::int64_t n) {
  return o.kind == Is::kNothing || (o.kind == Is::kNumber && o.number == n);
}
// The reply that gives a value or nil.
bool saw_value(const Observed& o, const KeyState& s) {
  if (o.kind == Is::kNothing) return true;
  if (s.kind == State::kMissing) return o.kind == Is::kNil;
  return o.kind == Is::kText && o.text == s.value;
}

bool apply_set(const KeyState& s, const Operation& op, KeyState& next) {
  const bool there = s.kind == State::kPresent;
  const bool writes = !(op.only_if_missing && there) && !(op.only_if_present && !there);
  if (op.returns_old) {
    if (!saw_value(op.observed, s)) return false;
  } else if (!saw(op.observed, writes ? Is::kOk : Is::kNil)) {
    return false;
  }
  if (writes)
    next = KeyState::present(op.value, op.keep_ttl && there ? s.may_end : op.ends);
  else
    next = s;
  return true;
}

bool apply_compare_and_set(const KeyState& s, const Operation& op, KeyState& next) {
  const bool writes = s.kind == State::kPresent && s.value == op.expected;
  if (!saw(op.observed, writes ? Is::kOk : Is::kNil)) return false;
  if (writes)
    next = KeyState::present(op.value, op.ends);
  else
    next = s;
  return true;
}

bool apply_increase(const KeyState& s, const Operation& op, KeyState& next) {
  const bool there = s.kind == State::kPresent;
  const std::optional<std::int64_t> before = there ? integer(s.value) : std::optional<std::int64_t>(0);
  if (!before) {
    next = s;
    return saw(op.observed, Is::kNotInteger);
  }
  const std::int64_t after = *before + op.amount;
  if (!saw_number(op.observed, after)) return false;
  next = KeyState::present(std::to_string(after), there ? s.may_end : kForever);
  return true;
}

// In kAnything a reply tells what was there; what it leaves open stays open. Ends of life are unknown, so the key may
// vanish at once.
bool apply_to_anything(const Operation& op, KeyState& next) {
  const Observed& o = op.observed;
  next = KeyState::anything();
  const Instant at_once = Instant::min();
  switch (op.kind) {
    case Operation::Kind::kGet:
      if (o.kind == Is::kNil) next = KeyState::missing();
      if (o.kind == Is::kText) next = KeyState::present(o.text, at_once);
      return true;
    case Operation::Kind::kSet:
      if (op.returns_old && (op.only_if_missing || op.only_if_present)) return true;
      if (op.only_if_missing || op.only_if_present) {
        if (o.kind == Is::kOk) next = KeyState::present(op.value, op.keep_ttl ? at_once : op.ends);
        if (o.kind == Is::kNil && op.only_if_present) next = KeyState::missing();
        return true;
      }
      next = KeyState::present(op.value, op.keep_ttl ? at_once : op.ends);
      return true;
    case Operation::Kind::kDelete:
    case Operation::Kind::kGetDelete:
      next = KeyState::missing();
      return true;
    case Operation::Kind::kIncrease:
      if (o.kind == Is::kNumber) next = KeyState::present(std::to_string(o.number), at_once);
      return true;
    case Operation::Kind::kExpire:
    case Operation::Kind::kExists:
      if (o.kind == Is::kNumber && o.number == 0) next = KeyState::missing();
      return true;
    case Operation::Kind::kCompareAndSet:
      if (o.kind == Is::kOk) next = KeyState::present(op.value, op.ends);
      return true;
    case Operation::Kind::kEvicted:
      next = KeyState::missing();
      return true;
    case Operation::Kind::kAppend:
    case Operation::Kind::kPersist:
    case Operation::Kind::kLost:
      return true;
  }
  return true;
}

}  // namespace

bool apply(const KeyState& s, const Operation& op, KeyState& next) {
  if (s.kind == State::kAnything) return apply_to_anything(op, next);
  const bool there = s.kind == State::kPresent;
  next = s;
  switch (op.kind) {
    case Operation::Kind::kGet:
      return saw_value(op.observed, s);
    case Operation::Kind::kSet:
      return apply_set(s, op, next);
    case Operation::Kind::kDelete:
      next = KeyState::missing();
      return saw_number(op.observed, there ? 1 : 0);
    case Operation::Kind::kGetDelete:
      next = KeyState::missing();
      return saw_value(op.observed, s);
    case Operation::Kind::kIncrease:
      return apply_increase(s, op, next);
    case Operation::Kind::kAppend:
      next = KeyState::present(there ? s.value + op.value : op.value, there ? s.may_end : kForever);
      return saw_number(op.observed, static_cast<std::int64_t>(next.value.size()));
    case Operation::Kind::kExpire:
      if (there) next.may_end = op.ends;
      return saw_number(op.observed, there ? 1 : 0);
    case Operation::Kind::kPersist:
      if (there) next.may_end = kForever;
      return saw_number(op.observed, there && s.may_end != kForever ? 1 : 0) ||
             (there && s.may_end == Instant::min() && saw_number(op.observed, 0));  // its end was never known
    case Operation::Kind::kExists:
      return saw_number(op.observed, there ? 1 : 0);
    case Operation::Kind::kCompareAndSet:
      return apply_compare_and_set(s, op, next);
    case Operation::Kind::kLost:
      next = KeyState::anything();
      return true;
    case Operation::Kind::kEvicted:
      next = KeyState::missing();
      return true;
  }
  return false;
}

std::string to_text(const KeyState& state) {
  switch (state.kind) {
    case State::kMissing:
      return "missing";
    case State::kPresent:
      return "\"" + state.value + "\"" +
             (state.may_end == kForever ? ""
                                        : " until " + (state.may_end == Instant::min() ? std::string("any time")
                                                                                       : seconds_text(state.may_end)));
    case State::kAnything:
      return "anything";
  }
  return "?";
}

}  // namespace hc::sim
