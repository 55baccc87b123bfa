#include "core/store/hash.h"

#include <bit>
#include <cstring>

namespace hc {
namespace {

// Odd, with 32 bits set each, no simple relation between them.
constexpr std::uint64_t kA = 0x9e6c63d0976a5c37ULL;
constexpr std::uint64_t kB = 0xd1b54a32d192ed53ULL;
constexpr std::uint64_t kC = 0x8bb84b93962eacc9ULL;
constexpr std::uint64_t kD = 0x4b33a62ed433d4a3ULL;
constexpr std::uint64_t kSeed = 0x6a09e667f3bcc908ULL;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load64(const char* p) {
  std::uint64_t v;
  std::memcpy(&v, p, 8);
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap64(v);
  return v;
}
std::uint64_t load32(const char* p) {
  std::uint32_t v;
  std::memcpy(&v, p, 4);
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap32(v);
  return v;
}

// 1 … 3 bytes: first, middle and last, so that each counts.
std::uint64_t load_few(const char* p, std::size_t n) {
  const auto byte = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
  return byte(0) << 16 | byte(n >> 1) << 8 | byte(n - 1);
}

// More than 64 bytes: four independent lanes of 16, so that the multiplier is never idle; leaves at most 64.
std::uint64_t fold_lanes(const char*& p, std::size_t& left, std::uint64_t seed) {
  std::uint64_t lane1 = seed, lane2 = seed ^ kD, lane3 = seed ^ kA;
  do {
    seed = fold(load64(p) ^ kA, load64(p + 8) ^ seed);
    lane1 = fold(load64(p + 16) ^ kB, load64(p + 24) ^ lane1);
    lane2 = fold(load64(p + 32) ^ kC, load64(p + 40) ^ lane2);
    lane3 = fold(load64(p + 48) ^ kD, load64(p + 56) ^ lane3);
    p += 64;
    left -= 64;
  } while (left > 64);
  return seed ^ lane1 ^ std::rotl(lane2, 23) ^ std::rotl(lane3, 47);
}

}  // namespace

std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) { return fold(a ^ kA, b ^ kB); }

std::uint64_t hash_bytes(Bytes bytes, std::uint64_t seed) {
  const char* p = bytes.data();
  const std::size_t size = bytes.size();
  seed ^= fold(seed ^ kA, kB);
  std::uint64_t a = 0, b = 0;
  if (size <= 16) [[likely]] {
    if (size >= 8) {
      a = load64(p);
      b = load64(p + size - 8);
    } else if (size >= 4) {
      a = load32(p) << 32 | load32(p + size - 4);
    } else if (size > 0) {
      a = load_few(p, size);
    }
  } else {
    std::size_t left = size;
    if (left > 64) seed = fold_lanes(p, left, seed);
    for (; left > 16; p += 16, left -= 16) seed = fold(load64(p) ^ kB, load64(p + 8) ^ seed);
    // The last 16 bytes, which may overlap what came before.
    a = load64(p + left - 16);
    b = load64(p + left - 8);
  }
  a ^= kC;
  b ^= seed;
  const auto product = static_cast<unsigned __int128>(a) * b;
  return fold(static_cast<std::uint64_t>(product) ^ kD ^ size, static_cast<std::uint64_t>(product >> 64) ^ kB);
}

std::uint64_t hash_of(Bytes key) { return hash_bytes(key, kSeed); }

}  // namespace hc
