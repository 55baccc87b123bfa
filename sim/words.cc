#include "sim/words.h"

#include <algorithm>
#include <charconv>

#include "sim/instant.h"

namespace hc::sim {
namespace {

constexpr Bytes kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+*{}=,";
constexpr Bytes kHex = "0123456789abcdef";

// Behind the opening quote; false if it never closes. Moves `line` behind the closing one.
bool take_quoted(Bytes& line, std::string& out) {
  while (!line.empty()) {
    const char c = line.front();
    line.remove_prefix(1);
    if (c == '"') return true;
    if (c != '\\') {
      out += c;
      continue;
    }
    if (line.empty()) return false;
    const char escaped = line.front();
    line.remove_prefix(1);
    if (escaped != 'x') {
      if (escaped != '"' && escaped != '\\') return false;
      out += escaped;
      continue;
    }
    if (line.size() < 2) return false;
    const std::size_t high = kHex.find(line[0]), low = kHex.find(line[1]);
    if (high == Bytes::npos || low == Bytes::npos) return false;
    out += static_cast<char>(high * 16 + low);
    line.remove_prefix(2);
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(Bytes line) {
  std::vector<std::string> words;
  while (true) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.empty()) return words;
    std::string word;
    if (line.front() == '"') {
      line.remove_prefix(1);
      if (!take_quoted(line, word) || (!line.empty() && line.front() != ' ')) return std::nullopt;
    } else {
      const std::size_t end = std::min(line.find(' '), line.size());
      word = std::string(line.substr(0, end));
      line.remove_prefix(end);
    }
    words.push_back(std::move(word));
  }
}

std::string quoted(Bytes word) {
  if (!word.empty() && word.find_first_not_of(kPlain) == Bytes::npos) return std::string(word);
  std::string out = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out += {'\\', c};
    else if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out + "\"";
}

bool parse_number(Bytes text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_seconds(Bytes text, std::int64_t& nanoseconds) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t dot = text.find('.');
  std::uint64_t whole = 0, fraction = 0;
  if (!parse_number(text.substr(0, dot), whole) || whole > 1'000'000'000) return false;
  if (dot != Bytes::npos) {
    std::string digits(text.substr(dot + 1));
    if (digits.empty() || digits.size() > 9) return false;
    digits.resize(9, '0');
    if (!parse_number(digits, fraction)) return false;
  }
  nanoseconds = static_cast<std::int64_t>(whole * 1'000'000'000 + fraction);
  if (negative) nanoseconds = -nanoseconds;
  return true;
}

std::string short_seconds(std::int64_t nanoseconds) {
  std::string out = seconds_text(nanoseconds);
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

}  // namespace hc::sim
