// How effects and objects are written as bytes: varints (seven bits a byte, the lowest first), words of eight bytes,
// the lowest first, and bytes behind their number.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/bytes.h"

namespace hc::coding {

inline void append_varint(std::string& out, std::uint64_t value) {
  char bytes[10];
  std::size_t n = 0;
  for (; value >= 0x80; value >>= 7) bytes[n++] = static_cast<char>(value | 0x80);
  bytes[n++] = static_cast<char>(value);
  out.append(bytes, n);
}

inline void append_word(std::string& out, std::uint64_t word) {
  char bytes[8];
  for (char& byte : bytes) {
    byte = static_cast<char>(word);
    word >>= 8;
  }
  out.append(bytes, sizeof bytes);
}

inline void append_bytes(std::string& out, Bytes bytes) {
  append_varint(out, bytes.size());
  out.append(bytes);
}

// Reads from the front of what is left. After the first mistake everything reads as empty, and `good` is false.
struct Reader {
  Bytes left;
  bool good = true;

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !left.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left.front());
      left.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    good = false;
    return 0;
  }
  // A mistake if it is not within the bounds, and then `low`.
  std::uint64_t varint_within(std::uint64_t low, std::uint64_t high) {
    const std::uint64_t value = varint();
    good = good && value >= low && value <= high;
    return good ? value : low;
  }
  std::uint64_t word() {
    if (left.size() < 8) {
      good = false;
      return 0;
    }
    std::uint64_t word = 0;
    for (unsigned i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(left[i])} << (8 * i);
    left.remove_prefix(8);
    return word;
  }
  Bytes bytes(std::size_t most) {
    const std::uint64_t size = varint();
    if (!good || size > left.size() || size > most) {
      good = false;
      return {};
    }
    const Bytes result = left.substr(0, size);
    left.remove_prefix(size);
    return result;
  }
};

}  // namespace hc::coding
