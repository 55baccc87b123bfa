// Times to live: set, asked, taken away. A time that lies in the past erases the key at once.
#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

struct Conditions {
  bool nx = false, xx = false, gt = false, lt = false;
};

struct Unit {
  Bytes command;
  bool seconds;
  bool since_1970;
};

// NX XX GT LT; the error if words are unknown or contradict each other.
std::optional<Reply> parse_conditions(Args words, Conditions& c) {
  for (const Bytes word : words) {
    if (same_word(word, "nx"))
      c.nx = true;
    else if (same_word(word, "xx"))
      c.xx = true;
    else if (same_word(word, "gt"))
      c.gt = true;
    else if (same_word(word, "lt"))
      c.lt = true;
    else
      return error_quoting("ERR Unsupported option " + std::string(word.substr(0, word.find('\0'))));
  }
  if (c.nx && (c.xx || c.gt || c.lt))
    return Reply::error_literal("ERR NX and XX, GT or LT options at the same time are not compatible");
  if (c.gt && c.lt) return Reply::error_literal("ERR GT and LT options at the same time are not compatible");
  return std::nullopt;
}

// No expiry counts as infinitely late.
bool allowed(const Conditions& c, WallTime old, WallTime wanted) {
  const bool forever = old == kNoExpiry;
  if (c.nx && !forever) return false;
  if (c.xx && forever) return false;
  if (c.gt && (forever || wanted <= old)) return false;
  return !(c.lt && !forever && wanted >= old);
}

Reply expire_with(Args args, const Unit& unit, Execution& x) {
  Conditions conditions;
  if (auto error = parse_conditions(args.subspan(3), conditions)) return *error;
  const auto number = parse_integer(args[2]);
  if (!number) return not_an_integer();
  std::int64_t ms = *number;
  if (unit.seconds && __builtin_mul_overflow(ms, std::int64_t{1000}, &ms)) return invalid_expire_time(unit.command);
  const std::int64_t base = unit.since_1970 ? 0 : millis(x.now);
  if (__builtin_add_overflow(ms, base, &ms)) return invalid_expire_time(unit.command);
  const WallTime wanted = wall_time(ms);

  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (!item || !allowed(conditions, item->expiry, wanted)) return Reply::number(0);
  const bool ends = wanted <= x.now || wanted == kNoExpiry;
  if (ends)
    erase(key, x);
  else
    set_expiry(key, wanted, x);
  note(ends ? Notice::kDel : Notice::kExpire, key.name, x);
  return Reply::number(1);
}

enum class Asked { kLeft, kEnd };

Reply time_of(Args args, Asked asked, bool seconds, Execution& x) {
  const auto item = peek_live(Key(args[1]), x);
  if (!item) return Reply::number(-2);
  if (item->expiry == kNoExpiry) return Reply::number(-1);
  const std::int64_t ms = millis(item->expiry) - (asked == Asked::kLeft ? millis(x.now) : 0);
  if (!seconds) return Reply::number(ms);
  // Unsigned: it is not below 0, for the key is alive, but half a second more may be too much for 63 bits.
  return Reply::number(static_cast<std::int64_t>((static_cast<std::uint64_t>(ms) + 500) / 1000));
}

}  // namespace

Reply expire(Args args, Execution& x) { return expire_with(args, {"expire", true, false}, x); }
Reply pexpire(Args args, Execution& x) { return expire_with(args, {"pexpire", false, false}, x); }
Reply expireat(Args args, Execution& x) { return expire_with(args, {"expireat", true, true}, x); }
Reply pexpireat(Args args, Execution& x) { return expire_with(args, {"pexpireat", false, true}, x); }

Reply ttl(Args args, Execution& x) { return time_of(args, Asked::kLeft, true, x); }
Reply pttl(Args args, Execution& x) { return time_of(args, Asked::kLeft, false, x); }
Reply expiretime(Args args, Execution& x) { return time_of(args, Asked::kEnd, true, x); }
Reply pexpiretime(Args args, Execution& x) { return time_of(args, Asked::kEnd, false, x); }

Reply persist(Args args, Execution& x) {
  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (!item || item->expiry == kNoExpiry) return Reply::number(0);
  set_expiry(key, kNoExpiry, x);
  note(Notice::kPersist, key.name, x);
  return Reply::number(1);
}

}  // namespace hc::command
