// A value under another key: RENAME, RENAMENX, COPY, MOVE. Both keys lie in one slot, so each is one atomic step.
#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

Reply same_object() { return Reply::error_literal("ERR source and destination objects are the same"); }

// The one data base that there is. The error, if it is none.
std::optional<Reply> check_database(Bytes text) {
  const auto number = parse_integer(text);
  if (!number) return not_an_integer();
  if (*number != 0) return Reply::error_literal("ERR DB index is out of range");
  return std::nullopt;
}

// With its end of life.
void put_copy(const Key& to, const Item& item, Execution& x) {
  if (item.object) return put(to, item.object->clone(), item.expiry, x);
  const std::string value(item.value);
  put(to, value, item.expiry, x);
}

Reply rename_to(Args args, bool only_if_missing, Execution& x) {
  const Key from(args[1]), to(args[2]);
  const auto item = find_live(from, x);
  if (!item) return Reply::error_literal("ERR no such key");
  if (from.name == to.name) return only_if_missing ? Reply::number(0) : Reply::ok();
  if (only_if_missing && peek_live(to, x)) return Reply::number(0);
  put_copy(to, *x.table.find(from.name, from.hash), x);
  erase(from, x);
  note(Notice::kRenameFrom, from.name, x);
  note(Notice::kRenameTo, to.name, x);
  return only_if_missing ? Reply::number(1) : Reply::ok();
}

}  // namespace

Reply rename(Args args, Execution& x) { return rename_to(args, false, x); }
Reply renamenx(Args args, Execution& x) { return rename_to(args, true, x); }

// COPY source destination [DB 0] [REPLACE]
Reply copy(Args args, Execution& x) {
  bool replaces = false;
  for (std::size_t i = 3; i < args.size(); ++i) {
    if (same_word(args[i], "replace")) {
      replaces = true;
    } else if (same_word(args[i], "db") && i + 1 < args.size()) {
      if (auto error = check_database(args[++i])) return *error;
    } else {
      return syntax_error();
    }
  }
  const Key from(args[1]), to(args[2]);
  if (from.name == to.name) return same_object();
  if (!find_live(from, x)) return Reply::number(0);
  if (peek_live(to, x) && !replaces) return Reply::number(0);
  put_copy(to, *x.table.find(from.name, from.hash), x);
  note(Notice::kCopyTo, to.name, x);
  return Reply::number(1);
}

// MOVE key database
Reply move(Args args, Execution&) {
  if (auto error = check_database(args[2])) return *error;
  return same_object();
}

}  // namespace hc::command
