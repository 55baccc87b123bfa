// What one machine believes of time. Its monotonic clock runs at a rate of its own, its wall clock is off by a skew.
//
// Budget: rates stay within the drift bound of the run (any two clocks against each other), wall clocks within
// ± wall_skew_max of true time. Both clocks go on while a process is paused or dead (CLOCK_BOOTTIME).
#pragma once

#include <cstdint>

#include "core/base/random.h"
#include "core/base/time.h"
#include "sim/instant.h"

namespace hc::sim {

// Wall time at true time 0: 2023-11-14, so that no test depends on today.
inline constexpr std::int64_t kWallBaseMs = 1'700'000'000'000;

class NodeClock {
 public:
  // `rate_ppm`: how many of its microseconds pass in a true second. `base`: what it shows at true time 0. `tick`: the
  // monotonic clock shows multiples of it.
  NodeClock(std::int64_t rate_ppm, Time base, Duration wall_skew, Duration tick = Duration{1})
      : rate_ppm_(rate_ppm), base_mono_(base), wall_skew_(wall_skew), tick_(tick) {}

  // Asked many times for one instant: the last answer is kept.
  Now read(Instant t) const {
    if (t != read_at_) {
      read_ = {mono(t), wall(t)};
      read_at_ = t;
    }
    return read_;
  }
  Time mono(Instant t) const;
  WallTime wall(Instant t) const;
  // The first true instant at which mono() is at least `m`; kForever if there is none.
  Instant when(Time m) const;

  // From true time `t` on it runs at another rate; it does not jump.
  void set_rate(Instant t, std::int64_t rate_ppm);
  void set_wall_skew(Duration skew) {
    wall_skew_ = skew;
    read_at_ = kForever;
  }
  std::int64_t rate_ppm() const { return rate_ppm_; }
  Duration wall_skew() const { return wall_skew_; }

 private:
  std::int64_t rate_ppm_;
  Instant base_true_{};
  Time base_mono_;
  Duration wall_skew_;
  Duration tick_;
  mutable Instant read_at_ = kForever;
  mutable Now read_;

  Time exact(Instant t) const;
};

// The fastest and the slowest rate such that no two clocks are further apart than `drift_percent` allows (rule 3b):
// slow / fast >= 1 - drift.
struct RateBounds {
  std::int64_t slowest_ppm, fastest_ppm;
};
RateBounds rate_bounds(std::uint32_t drift_percent);

// A rate within the bounds; both ends often.
std::int64_t draw_rate(Random& random, RateBounds bounds);

}  // namespace hc::sim
