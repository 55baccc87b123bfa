#include "core/command/text.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace hc::command {
namespace {

constexpr std::size_t kFloatTextMax = 5 * 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

Reply syntax_error() { return Reply::error_literal("ERR syntax error"); }
Reply wrong_type() { return Reply::error_literal("WRONGTYPE Operation against a key holding the wrong kind of value"); }
Reply not_an_integer() { return Reply::error_literal("ERR value is not an integer or out of range"); }
Reply not_a_float() { return Reply::error_literal("ERR value is not a valid float"); }
Reply invalid_expire_time(Bytes command) {
  return Reply::error("ERR invalid expire time in '" + std::string(command) + "' command");
}
Reply error_quoting(std::string message) {
  message.erase(message.find_last_not_of("\r\n") + 1);
  for (char& c : message)
    if (c == '\r' || c == '\n') c = ' ';
  return Reply::error(std::move(message));
}

bool same_word(Bytes word, Bytes lower_word) {
  if (word.size() != lower_word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(word[i]) != lower_word[i]) return false;
  return true;
}

std::string lower_case(Bytes word) {
  std::string result(word);
  for (char& c : result) c = lower(c);
  return result;
}

std::optional<std::int64_t> parse_integer(Bytes text) {
  constexpr std::uint64_t kPositiveMax = INT64_MAX;
  constexpr std::size_t kDigitsMax = 19;
  if (text == "0") return 0;
  const bool negative = !text.empty() && text.front() == '-';
  const Bytes digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.size() > kDigitsMax || digits.front() == '0') return std::nullopt;
  std::uint64_t value = 0;  // 19 digits fit
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > kPositiveMax + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

std::optional<long double> parse_float(Bytes text) {
  if (text.empty() || text.size() >= kFloatTextMax || is_blank(text.front())) return std::nullopt;
  const std::string copy(text);  // strtold wants an end
  char* end = nullptr;
  errno = 0;
  const long double value = std::strtold(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size() || std::isnan(value)) return std::nullopt;
  const bool out_of_range = std::isinf(value) || std::fpclassify(value) == FP_ZERO;
  if (errno == EINVAL || (errno == ERANGE && out_of_range)) return std::nullopt;
  return value;
}

std::string format_float(long double value) {
  std::string text(kFloatTextMax, '\0');
  const int written = std::snprintf(text.data(), text.size(), "%.17Lf", value);
  if (written <= 0 || static_cast<std::size_t>(written) >= text.size()) return {};
  text.resize(static_cast<std::size_t>(written));
  if (text.find('.') != std::string::npos) {
    text.resize(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

IntegerText::IntegerText(std::int64_t value)
    : size_(static_cast<std::size_t>(std::to_chars(digits_, digits_ + sizeof digits_, value).ptr - digits_)) {}

}  // namespace hc::command
