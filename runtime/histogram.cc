#include "runtime/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hc {
namespace {

// The series R 20 of ISO 3, rounded; 1, 2 and 5 are in it.
constexpr std::array kSeries = {1000, 1120, 1250, 1400, 1600, 1800, 2000, 2240, 2500, 2800,
                                3150, 3550, 4000, 4500, 5000, 5600, 6300, 7100, 8000, 9000};
constexpr int kDecades = 7;
constexpr std::size_t kCount = kSeries.size() * kDecades + 1;

constexpr std::array<Duration, kCount> make_bounds() {
  std::array<Duration, kCount> bounds{};
  Duration::rep scale = 1;
  for (std::size_t i = 0; i < kCount; ++i) {
    if (i > 0 && i % kSeries.size() == 0) scale *= 10;
    bounds[i] = Duration(kSeries[i % kSeries.size()] * scale);
  }
  return bounds;
}
constexpr std::array<Duration, kCount> kBounds = make_bounds();

// The first two bits behind the leading one, and how many there are: durations that share them share a start, the first
// bound that any of them could be within. From there it is one step, seldom two.
constexpr std::size_t start_of(std::uint64_t ns) {
  if (ns < 4) return 0;
  const auto bits = static_cast<std::size_t>(std::bit_width(ns));
  return bits * 4 + (ns >> (bits - 3) & 3);
}
constexpr std::array<std::uint8_t, 65 * 4> make_starts() {
  std::array<std::uint8_t, 65 * 4> starts{};
  for (std::size_t bits = 3; bits <= 64; ++bits) {
    for (std::uint64_t next = 0; next < 4; ++next) {
      const std::uint64_t least = (4 + next) << (bits - 3);
      std::size_t place = 0;
      while (place < kCount && static_cast<std::uint64_t>(kBounds[place].count()) < least) ++place;
      starts[start_of(least)] = static_cast<std::uint8_t>(place);
    }
  }
  return starts;
}
constexpr auto kStarts = make_starts();

}  // namespace

static_assert(kBounds.front() == 1us && kBounds.back() == 10s);

std::span<const Duration> Histogram::bounds() { return kBounds; }

std::size_t Histogram::place_of(Duration took) {
  static_assert(kBuckets == kCount);
  const auto ns = static_cast<std::uint64_t>(std::max(took, Duration::zero()).count());
  std::size_t place = kStarts[start_of(ns)];
  while (place < kCount && kBounds[place] < took) ++place;
  return place;
}

std::uint64_t Histogram::up_to(std::size_t place) const {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i <= place; ++i) sum += counts_[i];
  return sum;
}

Duration Histogram::quantile(double part) const {
  if (count_ == 0) return {};
  const auto rank =
      std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_))));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    sum += counts_[i];
    if (sum >= rank) return kBounds[i];
  }
  return kBounds.back();
}

}  // namespace hc
