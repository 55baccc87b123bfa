#include "core/base/slot.h"

#include <array>

#include "core/base/seam.h"

namespace hc {
namespace {

// kTables[n][byte]: what a byte does to the sum n bytes later ("slicing by 8", Kounavis and Berry 2005).
constexpr std::size_t kAtOnce = 8;
constexpr auto make_tables() {
  std::array<std::array<std::uint16_t, 256>, kAtOnce> tables{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    unsigned crc = byte << 8;
    for (std::size_t n = 0; n < kAtOnce; ++n) {
      for (int bit = 0; bit < 8; ++bit) crc = ((crc & 0x8000U) ? (crc << 1) ^ 0x1021U : crc << 1) & 0xffffU;
      tables[n][byte] = static_cast<std::uint16_t>(crc);
    }
  }
  return tables;
}
constexpr auto kTables = make_tables();

}  // namespace

std::uint16_t crc16(Bytes bytes) {
  unsigned crc = 0;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= kAtOnce; left -= kAtOnce, p += kAtOnce) {
    const unsigned first = (crc >> 8) ^ p[0], second = (crc & 0xffU) ^ p[1];
    crc = kTables[7][first] ^ kTables[6][second];
    for (std::size_t i = 2; i < kAtOnce; ++i) crc ^= kTables[7 - i][p[i]];
  }
  for (; left > 0; --left, ++p) crc = ((crc << 8) ^ kTables[0][((crc >> 8) ^ *p) & 0xffU]) & 0xffffU;
  return static_cast<std::uint16_t>(crc);
}

Bytes hash_tag(Bytes key) {
  const auto open = key.find('{');
  if (open == Bytes::npos || HC_MUTANT(kHashTagIgnored)) return key;
  const auto close = key.find('}', open + 1);
  if (close == Bytes::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace hc
