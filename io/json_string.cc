#include "io/json_string.h"

#include <cstdint>

namespace hc {
namespace {

// Four hexadecimal digits from text[at] on.
std::optional<std::uint32_t> code_unit(Bytes text, std::size_t at) {
  if (text.size() < at + 4) return std::nullopt;
  std::uint32_t unit = 0;
  for (const char c : text.substr(at, 4)) {
    const bool digit = c >= '0' && c <= '9', small = c >= 'a' && c <= 'f', big = c >= 'A' && c <= 'F';
    if (!digit && !small && !big) return std::nullopt;
    unit = unit * 16 + static_cast<std::uint32_t>(c - (digit ? '0' : small ? 'a' - 10 : 'A' - 10));
  }
  return unit;
}

void put_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (point < 0x80) return put(point);
  if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else {
    if (point < 0x10000) {
      put(0xe0 | point >> 12);
    } else {
      put(0xf0 | point >> 18);
      put(0x80 | (point >> 12 & 0x3f));
    }
    put(0x80 | (point >> 6 & 0x3f));
  }
  put(0x80 | (point & 0x3f));
}

// What "\uXXXX" stands for, whose digits begin at text[at], which moves behind it; two of them for a surrogate pair.
std::optional<std::uint32_t> code_point(Bytes text, std::size_t& at) {
  const auto first = code_unit(text, at);
  at += 4;
  if (!first || *first < 0xd800 || *first > 0xdfff) return first;
  if (*first > 0xdbff || text.substr(at, 2) != "\\u") return std::nullopt;
  const auto second = code_unit(text, at + 2);
  at += 6;
  if (!second || *second < 0xdc00 || *second > 0xdfff) return std::nullopt;
  return 0x10000 + ((*first - 0xd800) << 10 | (*second - 0xdc00));
}

// Appends what stands between the quotes to `out`, if one is given. False: malformed.
bool read(Bytes inside, std::string* out) {
  constexpr Bytes kEscapes = "\"\\/bfnrt", kMeant = "\"\\/\b\f\n\r\t";
  for (std::size_t at = 0; at < inside.size();) {
    const std::size_t plain = at;
    while (at < inside.size() && inside[at] != '\\' && static_cast<unsigned char>(inside[at]) >= 0x20) ++at;
    if (out != nullptr) out->append(inside.substr(plain, at - plain));
    if (at == inside.size()) break;
    if (inside[at] != '\\' || at + 1 == inside.size()) return false;
    const char escape = inside[at + 1];
    at += 2;
    if (escape == 'u') {
      const auto point = code_point(inside, at);
      if (!point) return false;
      if (out != nullptr) put_utf8(*point, *out);
    } else {
      const std::size_t index = kEscapes.find(escape);
      if (index == Bytes::npos) return false;
      if (out != nullptr) out->push_back(kMeant[index]);
    }
  }
  return true;
}

Bytes inside_of(Bytes quoted) { return quoted.substr(1, quoted.size() - 2); }

}  // namespace

std::size_t json_string_end(Bytes text, std::size_t at) {
  for (std::size_t quote = text.find('"', at + 1); quote != Bytes::npos; quote = text.find('"', quote + 1)) {
    std::size_t slashes = 0;  // the opening quote ends their count
    while (text[quote - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return quote + 1;
  }
  return Bytes::npos;
}

bool is_json_string(Bytes quoted) { return read(inside_of(quoted), nullptr); }

std::optional<std::string> unquote_json(Bytes quoted) {
  std::string text;
  text.reserve(quoted.size());
  if (!read(inside_of(quoted), &text)) return std::nullopt;
  return text;
}

}  // namespace hc
