// Commands that read and write parts of values. A write replicates its piece, not the value.
#include <algorithm>

#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

std::optional<Reply> refuse_length(std::uint64_t size) {
  if (size <= SlotTable::kBytesMax) return std::nullopt;
  return Reply::error_literal("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
}

Reply length(std::size_t size) { return Reply::number(static_cast<std::int64_t>(size)); }

}  // namespace

Reply append(Args args, Execution& x) {
  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (is_other_than_string(item)) return wrong_type();
  const std::size_t size = (item ? item->value.size() : 0) + args[2].size();
  if (item) {
    if (auto refusal = refuse_length(size)) return *refusal;
    splice(key, item->value.size(), args[2], x);
  } else {
    put(key, args[2], kNoExpiry, x);
  }
  note(Notice::kAppend, key.name, x);
  return length(size);
}

Reply strlen(Args args, Execution& x) {
  const auto item = find_live(Key(args[1]), x);
  if (is_other_than_string(item)) return wrong_type();
  return length(item ? item->value.size() : 0);
}

Reply getrange(Args args, Execution& x) {
  const auto first = parse_integer(args[2]), last = parse_integer(args[3]);
  if (!first || !last) return not_an_integer();
  const auto item = find_live(Key(args[1]), x);
  if (is_other_than_string(item)) return wrong_type();
  if (!item || (*first < 0 && *last < 0 && *first > *last)) return Reply::bulk(Text::borrow(""));
  const auto size = static_cast<std::int64_t>(item->value.size());
  const auto from_front = [size](std::int64_t i) { return std::max<std::int64_t>(i < 0 ? size + i : i, 0); };
  const std::int64_t begin = from_front(*first), end = std::min(from_front(*last), size - 1);
  if (begin > end) return Reply::bulk(Text::borrow(""));
  return Reply::bulk(
      Text::borrow(item->value.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin + 1))));
}

Reply setrange(Args args, Execution& x) {
  const auto offset = parse_integer(args[2]);
  if (!offset) return not_an_integer();
  if (*offset < 0) return Reply::error_literal("ERR offset is out of range");
  const Key key(args[1]);
  const Bytes piece = args[3];
  const auto item = find_live(key, x);
  if (is_other_than_string(item)) return wrong_type();
  if (piece.empty()) return length(item ? item->value.size() : 0);
  const auto start = static_cast<std::uint64_t>(*offset);
  if (auto refusal = refuse_length(start + piece.size())) return *refusal;
  if (!item) {
    std::string value(start, '\0');
    value += piece;
    put(key, value, kNoExpiry, x);
    note(Notice::kSetRange, key.name, x);
    return length(value.size());
  }
  const std::size_t size = std::max<std::size_t>(item->value.size(), start + piece.size());
  splice(key, start, piece, x);
  note(Notice::kSetRange, key.name, x);
  return length(size);
}

}  // namespace hc::command
