// Single bits of a value, the highest of each byte first.
#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {
namespace {

constexpr std::int64_t kBitsMax = std::int64_t{SlotTable::kBytesMax} * 8;

std::optional<std::size_t> bit_offset(Bytes text) {
  const auto offset = parse_integer(text);
  if (!offset || *offset < 0 || *offset >= kBitsMax) return std::nullopt;
  return static_cast<std::size_t>(*offset);
}
Reply no_bit_offset() { return Reply::error_literal("ERR bit offset is not an integer or out of range"); }

unsigned byte_at(const std::optional<Item>& item, std::size_t at) {
  return item && at < item->value.size() ? static_cast<unsigned char>(item->value[at]) : 0;
}
unsigned shift_of(std::size_t bit) { return 7 - static_cast<unsigned>(bit & 7); }

}  // namespace

Reply getbit(Args args, Execution& x) {
  const auto bit = bit_offset(args[2]);
  if (!bit) return no_bit_offset();
  const auto item = find_live(Key(args[1]), x);
  if (is_other_than_string(item)) return wrong_type();
  return Reply::number(byte_at(item, *bit / 8) >> shift_of(*bit) & 1);
}

Reply setbit(Args args, Execution& x) {
  const auto bit = bit_offset(args[2]);
  if (!bit) return no_bit_offset();
  const auto on = parse_integer(args[3]);
  if (!on || *on < 0 || *on > 1) return Reply::error_literal("ERR bit is not an integer or out of range");
  const Key key(args[1]);
  const auto item = find_live(key, x);
  if (is_other_than_string(item)) return wrong_type();
  const std::size_t at = *bit / 8;
  const unsigned before = byte_at(item, at), mask = 1U << shift_of(*bit);
  const char after = static_cast<char>(*on == 1 ? before | mask : before & ~mask);
  if (!item) {
    std::string value(at + 1, '\0');
    value.back() = after;
    put(key, value, kNoExpiry, x);
    note(Notice::kSetBit, key.name, x);
  } else if (at >= item->value.size() || static_cast<unsigned char>(after) != before) {
    splice(key, at, Bytes(&after, 1), x);
    note(Notice::kSetBit, key.name, x);
  }
  return Reply::number((before & mask) != 0 ? 1 : 0);
}

}  // namespace hc::command
