// How long something took, counted in buckets that are about an eighth wide: twenty to a factor of ten, from a
// microsecond to ten seconds. Adding costs a few nanoseconds and never allocates.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "core/base/time.h"

namespace hc {

class Histogram {
 public:
  // Upper bounds of the buckets, in rising order: each bucket has what took longer than the bound before it. What took
  // longer than the last is in one of its own.
  static std::span<const Duration> bounds();

  void add(Duration took, std::uint64_t times = 1) {
    counts_[place_of(took)] += times;
    count_ += times;
    sum_ += took * static_cast<Duration::rep>(times);
  }

  std::uint64_t count() const { return count_; }
  Duration sum() const { return sum_; }
  // How many took at most as long as the bound of this place.
  std::uint64_t up_to(std::size_t place) const;
  // The bound that this part (0 … 1) of all stayed within; zero if there are none.
  Duration quantile(double part) const;

 private:
  static constexpr std::size_t kBuckets = 141;
  static std::size_t place_of(Duration took);

  std::array<std::uint64_t, kBuckets + 1> counts_{};
  std::uint64_t count_ = 0;
  Duration sum_{};
};

}  // namespace hc
