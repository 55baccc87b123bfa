#include "runtime/clock.h"

#include <ctime>

namespace hc {

Time read_monotonic() {
  timespec mono{};
  clock_gettime(CLOCK_BOOTTIME, &mono);
  return Time(std::chrono::seconds(mono.tv_sec) + std::chrono::nanoseconds(mono.tv_nsec));
}

Now read_clocks() {
  const Time mono = read_monotonic();
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  return {mono, WallTime(std::chrono::milliseconds(wall.tv_sec * 1000 + wall.tv_nsec / 1'000'000))};
}

Duration processor_time() {
  timespec given{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &given);
  return std::chrono::seconds(given.tv_sec) + std::chrono::nanoseconds(given.tv_nsec);
}

}  // namespace hc
