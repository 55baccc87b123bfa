#include "io/text_codec.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace hc {
namespace {

constexpr Bytes kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return values;
}
constexpr std::array<std::int8_t, 256> kValues = make_values();

unsigned octet(Bytes bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

bool is_utf8(Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    if (bytes.size() - i >= sizeof(std::uint64_t)) {  // ASCII, eight at a time
      std::uint64_t eight;
      std::memcpy(&eight, bytes.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080ULL) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    const unsigned first = octet(bytes, i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first < 0xc2 || first > 0xf4 || bytes.size() - i <= more) return false;
    // The second byte's range is narrower where an overlong form, a surrogate or too large a number would begin.
    const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (octet(bytes, i + 1) < low || octet(bytes, i + 1) > high) return false;
    for (std::size_t k = 2; k <= more; ++k)
      if ((octet(bytes, i + k) & 0xc0) != 0x80) return false;
    i += more + 1;
  }
  return true;
}

std::string to_base64(Bytes bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  char* next = text.data();
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    const unsigned group =
        octet(bytes, i) << 16 | (have > 1 ? octet(bytes, i + 1) << 8 : 0U) | (have > 2 ? octet(bytes, i + 2) : 0U);
    next[0] = kDigits[group >> 18];
    next[1] = kDigits[group >> 12 & 63];
    if (have > 1) next[2] = kDigits[group >> 6 & 63];
    if (have > 2) next[3] = kDigits[group & 63];
    next += 4;
  }
  return text;
}

std::optional<std::string> from_base64(Bytes text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  std::string bytes(text.size() / 4 * 3, '\0');
  char* next = bytes.data();
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const std::size_t digits = i + 4 == text.size() ? 4 - padding : 4;
    unsigned group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const int value = k < digits ? kValues[octet(text, i + k)] : 0;
      if (value < 0) return std::nullopt;
      group = group << 6 | static_cast<unsigned>(value);
    }
    next[0] = static_cast<char>(group >> 16);
    next[1] = static_cast<char>(group >> 8);
    next[2] = static_cast<char>(group);
    next += 3;
    // Bits that no byte holds must be zero, or two texts would mean the same.
    if ((digits == 2 && (group & 0xffff) != 0) || (digits == 3 && (group & 0xff) != 0)) return std::nullopt;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::optional<std::string> from_percent(Bytes text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes.push_back(text[i]);
      continue;
    }
    if (text.size() - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])));
    i += 2;
  }
  return bytes;
}

}  // namespace hc
