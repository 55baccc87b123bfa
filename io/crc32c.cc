#include "io/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace hc {
namespace {

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// Slicing by 8: table[k][b] is the effect of byte b, k bytes before the end.
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? 0x82f63b78U : 0U);
    table[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b) table[k][b] = (table[k - 1][b] >> 8) ^ table[0][table[k - 1][b] & 0xff];
  return table;
}
constexpr Table kTable = make_table();

std::uint64_t little_endian_64(const char* p) {
  std::uint64_t word = 0;
  for (int i = 7; i >= 0; --i) word = (word << 8) | static_cast<unsigned char>(p[i]);
  return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t with_sse42(Bytes bytes, std::uint32_t before) {
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t crc = ~before;
  for (; left >= 8; left -= 8, p += 8) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    crc = _mm_crc32_u64(crc, word);
  }
  auto tail = static_cast<std::uint32_t>(crc);
  for (; left > 0; --left, ++p) tail = _mm_crc32_u8(tail, static_cast<unsigned char>(*p));
  return ~tail;
}
#endif

}  // namespace

std::uint32_t crc32c_by_table(Bytes bytes, std::uint32_t before) {
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t crc = ~before;
  for (; left >= 8; left -= 8, p += 8) {
    const std::uint64_t word = little_endian_64(p) ^ crc;
    crc = 0;
    for (std::size_t k = 0; k < 8; ++k) crc ^= kTable[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; left > 0; --left, ++p) crc = (crc >> 8) ^ kTable[0][(crc ^ static_cast<unsigned char>(*p)) & 0xff];
  return ~crc;
}

#if defined(__x86_64__)
bool has_crc32c_instruction() { return __builtin_cpu_supports("sse4.2"); }
std::uint32_t crc32c_by_instruction(Bytes bytes, std::uint32_t before) { return with_sse42(bytes, before); }
#else
bool has_crc32c_instruction() { return false; }
std::uint32_t crc32c_by_instruction(Bytes bytes, std::uint32_t before) { return crc32c_by_table(bytes, before); }
#endif

std::uint32_t crc32c(Bytes bytes, std::uint32_t before) {
  static const bool by_instruction = has_crc32c_instruction();
  return by_instruction ? crc32c_by_instruction(bytes, before) : crc32c_by_table(bytes, before);
}

}  // namespace hc
