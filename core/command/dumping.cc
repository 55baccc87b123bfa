// DUMP and RESTORE: a value as bytes that any member takes back, under any key. The bytes are ours
// (core/store/dump.h), not those of Redis' RDB.
#include <expected>

#include "core/command/access.h"
#include "core/command/families.h"
#include "core/store/dump.h"

namespace hc::command {
namespace {

struct Restoring {
  bool replaces = false, until = false;  // REPLACE, ABSTTL
};

// IDLETIME and FREQ are checked, and say nothing: what is restored counts as used now.
std::optional<Reply> parse(Args words, Restoring& to) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool more = i + 1 < words.size();
    if (same_word(words[i], "replace")) {
      to.replaces = true;
    } else if (same_word(words[i], "absttl")) {
      to.until = true;
    } else if (more && same_word(words[i], "idletime")) {
      const auto seconds = parse_integer(words[++i]);
      if (!seconds) return not_an_integer();
      if (*seconds < 0) return Reply::error_literal("ERR Invalid IDLETIME value, must be >= 0");
    } else if (more && same_word(words[i], "freq")) {
      const auto counter = parse_integer(words[++i]);
      if (!counter) return not_an_integer();
      if (*counter < 0 || *counter > 255)
        return Reply::error_literal("ERR Invalid FREQ value, must be >= 0 and <= 255");
    } else {
      return syntax_error();
    }
  }
  return std::nullopt;
}

// 0 milliseconds: for good.
std::expected<WallTime, Reply> end_of(Bytes text, bool until, WallTime now) {
  const auto number = parse_integer(text);
  if (!number) return std::unexpected(not_an_integer());
  std::int64_t ms = *number;
  if (ms == 0) return kNoExpiry;
  if (ms < 0 || (!until && __builtin_add_overflow(ms, millis(now), &ms)))
    return std::unexpected(Reply::error_literal("ERR Invalid TTL value, must be >= 0"));
  return wall_time(ms);
}

}  // namespace

Reply dump(Args args, Execution& x) {
  const auto item = find_live(Key(args[1]), x);
  return item ? Reply::bulk_copy(hc::dump(*item)) : Reply::nil();
}

// RESTORE key milliseconds bytes [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ counter]
Reply restore(Args args, Execution& x) {
  Restoring how;
  if (auto error = parse(args.subspan(4), how)) return *error;
  const Key key(args[1]);
  const bool there = peek_live(key, x).has_value();
  if (there && !how.replaces) return Reply::error_literal("BUSYKEY Target key name already exists.");
  const auto end = end_of(args[2], how.until, x.now);
  if (!end) return end.error();
  auto dumped = read_dump(args[3]);
  if (!dumped) return Reply::error_literal("ERR DUMP payload version or checksum are wrong");
  if (*end != kNoExpiry && *end <= x.now) {  // as if it had been there, and ended
    if (there) erase(key, x);
    if (there) note(Notice::kDel, key.name, x);
    return Reply::ok();
  }
  if (dumped->object)
    put(key, std::move(dumped->object), *end, x);
  else
    put(key, dumped->value, *end, x);
  note(Notice::kRestore, key.name, x);
  return Reply::ok();
}

}  // namespace hc::command
