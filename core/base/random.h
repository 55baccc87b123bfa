// Seeded randomness: SplitMix64 to seed, xoshiro256** to draw (Blackman and Vigna, 2018). The same numbers on every
// compiler and machine; std:: distributions are not, so the draws that we need stand here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/base/ids.h"

namespace hc {

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) {
    for (auto& word : state_) word = splitmix(seed);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }

  // 0 … n − 1, n ≥ 1.
  constexpr std::uint64_t below(std::uint64_t n) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * n) >> 64);
  }
  // low … high, both included.
  constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
  // True with probability `parts` / 1 000 000.
  constexpr bool ppm(std::uint64_t parts) { return below(1'000'000) < parts; }
  constexpr bool percent(std::uint64_t parts) { return below(100) < parts; }

  template <class Tag>
  constexpr Random128<Tag> draw128() {
    const std::uint64_t hi = next();
    return {hi, next() | 1};  // never "none"
  }

  // Fisher and Yates.
  template <class Range>
  constexpr void shuffle(Range& range) {
    for (std::size_t i = range.size(); i > 1; --i) std::swap(range[i - 1], range[static_cast<std::size_t>(below(i))]);
  }

  // An independent stream: one more draw there changes nothing here.
  constexpr Random fork() { return Random(next()); }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
  static constexpr std::uint64_t splitmix(std::uint64_t& x) {
    std::uint64_t z = (x += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_[4]{};
};

}  // namespace hc
