#include "core/command/scan_options.h"

#include "core/command/text.h"

namespace hc::command {
namespace {

// What C's strtoul takes in base 10: a sign (minus wraps round), digits, and nothing after; "" is 0.
std::optional<std::uint64_t> parse_cursor(Bytes text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  const bool negative = text.front() == '-';
  if (negative || text.front() == '+') text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value))
      return std::nullopt;
  }
  return negative ? 0 - value : value;
}

// In any case, as Redis takes it. nullopt: nothing is of such a type.
std::optional<ValueType> type_named(Bytes word) {
  for (const ValueType type : kValueTypes)
    if (same_word(word, lower_case(name_of(type)))) return type;
  return std::nullopt;
}

}  // namespace

bool ScanOptions::wants(const SlotTable::Item& item) const {
  return (of_any_type || item.type() == type) && (!pattern || glob_match(*pattern, item.key));
}

std::expected<ScanOptions, Reply> parse_scan(Args args) {
  ScanOptions options;
  const auto cursor = parse_cursor(args[1]);
  if (!cursor) return std::unexpected(Reply::error_literal("ERR invalid cursor"));
  options.cursor = *cursor;
  for (std::size_t i = 2; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return std::unexpected(syntax_error());
    const Bytes word = args[i], value = args[i + 1];
    if (same_word(word, "count")) {
      const auto count = parse_integer(value);
      if (!count) return std::unexpected(not_an_integer());
      if (*count < 1) return std::unexpected(syntax_error());
      options.count = static_cast<std::size_t>(*count);
    } else if (same_word(word, "match")) {
      options.pattern = value == "*" ? std::nullopt : std::optional(value);
    } else if (same_word(word, "type")) {
      options.of_any_type = false;
      options.type = type_named(value);
    } else {
      return std::unexpected(syntax_error());
    }
  }
  return options;
}

}  // namespace hc::command

namespace hc {

std::optional<Reply> check_scan(Args args) {
  auto options = command::parse_scan(args);
  if (options) return std::nullopt;
  return std::move(options.error());
}

std::uint64_t scan_cursor(Args args) { return command::parse_scan(args)->cursor; }
std::size_t scan_count(Args args) { return command::parse_scan(args)->count; }

}  // namespace hc
