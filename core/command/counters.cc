// Values as numbers. The effect is the result, so that replicas never compute.
//
// INCRBYFLOAT computes in long double, as Redis does: the digits are those of the primary's machine (x86: 80 bits).
#include <cmath>

#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

Reply add(Bytes name, std::int64_t increment, Execution& x) {
  const Key key(name);
  const auto item = find_live(key, x);
  if (is_other_than_string(item)) return wrong_type();
  const auto old = item ? parse_integer(item->value) : 0;
  if (!old) return not_an_integer();
  std::int64_t sum;
  if (__builtin_add_overflow(*old, increment, &sum))
    return Reply::error_literal("ERR increment or decrement would overflow");
  put(key, IntegerText(sum).bytes(), item ? item->expiry : kNoExpiry, x);
  note(Notice::kIncrBy, name, x);
  return Reply::number(sum);
}

}  // namespace

Reply incr(Args args, Execution& x) { return add(args[1], 1, x); }
Reply decr(Args args, Execution& x) { return add(args[1], -1, x); }

Reply incrby(Args args, Execution& x) {
  const auto increment = parse_integer(args[2]);
  return increment ? add(args[1], *increment, x) : not_an_integer();
}

Reply decrby(Args args, Execution& x) {
  const auto decrement = parse_integer(args[2]);
  if (!decrement) return not_an_integer();
  if (*decrement == INT64_MIN) return Reply::error_literal("ERR decrement would overflow");
  return add(args[1], -*decrement, x);
}

Reply incrbyfloat(Args args, Execution& x) {
  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (is_other_than_string(item)) return wrong_type();
  const auto old = item ? parse_float(item->value) : 0.0L;
  const auto increment = old ? parse_float(args[2]) : std::nullopt;
  if (!increment) return not_a_float();
  const long double sum = *old + *increment;
  if (std::isnan(sum) || std::isinf(sum)) return Reply::error_literal("ERR increment would produce NaN or Infinity");
  const std::string text = format_float(sum);
  put(key, text, item ? item->expiry : kNoExpiry, x);
  note(Notice::kIncrByFloat, key.name, x);
  return Reply::bulk_copy(text);
}

}  // namespace hc::command
