// Time as an argument. Core never reads a clock: the host does, after it has read the bytes of the event (rule 3e),
// and hands both clocks in with every step.
#pragma once

#include <chrono>
#include <cstdint>

namespace hc {

using namespace std::chrono_literals;

// Monotonic time of one process; counts suspension (CLOCK_BOOTTIME). Never compared between members.
struct MonotonicClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
// Milliseconds since 1970, as the operator's clock says: only for times to live.
struct WallClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock>;
  static constexpr bool is_steady = false;
};

using Time = MonotonicClock::time_point;
using Duration = MonotonicClock::duration;
using WallTime = WallClock::time_point;

inline constexpr Time kNever = Time::max();
inline constexpr WallTime kNoExpiry = WallTime{};  // a key without a time to live

struct Now {
  Time mono;
  WallTime wall;
};

}  // namespace hc
