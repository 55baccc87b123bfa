// True time: what the simulated world's one clock says. No node ever sees it; nodes see their own clocks
// (sim/clock.h). It starts at 0 and is counted in nanoseconds.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/base/time.h"

namespace hc::sim {

struct TrueClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<TrueClock, duration>;
  static constexpr bool is_steady = true;
};
using Instant = TrueClock::time_point;

inline constexpr Instant kForever = Instant::max();

constexpr std::int64_t ns(Duration d) { return d.count(); }
constexpr std::int64_t ns(Instant t) { return t.time_since_epoch().count(); }
constexpr Instant instant(std::int64_t nanoseconds) { return Instant(Duration(nanoseconds)); }

// "12.345678901" seconds.
std::string seconds_text(std::int64_t nanoseconds);
inline std::string seconds_text(Instant t) { return t == kForever ? "never" : seconds_text(ns(t)); }
inline std::string seconds_text(Duration d) { return seconds_text(ns(d)); }

}  // namespace hc::sim
