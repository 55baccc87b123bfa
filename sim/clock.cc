#include "sim/clock.h"

#include "core/base/check.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

}  // namespace

Time NodeClock::mono(Instant t) const {
  const Time m = exact(t);
  return tick_ == Duration{1} ? m : m - m.time_since_epoch() % tick_;
}

Time NodeClock::exact(Instant t) const {
  const std::int64_t passed = ns(t - base_true_);
  return base_mono_ + Duration(passed / kMillion * rate_ppm_ + passed % kMillion * rate_ppm_ / kMillion);
}

WallTime NodeClock::wall(Instant t) const {
  return WallTime(std::chrono::milliseconds(kWallBaseMs + (ns(t) + ns(wall_skew_)) / kMillion));
}

Instant NodeClock::when(Time m) const {
  if (m == kNever) return kForever;
  if (const Duration past = m.time_since_epoch() % tick_; past > 0ns) m += tick_ - past;
  const std::int64_t wanted = (m - base_mono_).count();
  if (wanted <= 0) return base_true_;
  const std::int64_t whole = wanted / rate_ppm_, rest = wanted % rate_ppm_;
  if (whole > (kForever - base_true_).count() / 2 / kMillion) return kForever;
  return base_true_ + Duration(whole * kMillion + (rest * kMillion + rate_ppm_ - 1) / rate_ppm_);
}

void NodeClock::set_rate(Instant t, std::int64_t rate_ppm) {
  HC_CHECK(t >= base_true_ && rate_ppm > 0, "rate " + std::to_string(rate_ppm));
  base_mono_ = exact(t);
  base_true_ = t;
  rate_ppm_ = rate_ppm;
  read_at_ = kForever;
}

RateBounds rate_bounds(std::uint32_t drift_percent) {
  // fastest = 1 + x, slowest = 1 - x, (1 - x) / (1 + x) >= 1 - d, so x <= d / (2 - d); a hair less, for rounding.
  const std::int64_t d = static_cast<std::int64_t>(drift_percent) * (kMillion / 100);
  const std::int64_t x = d == 0 ? 0 : d * kMillion / (2 * kMillion - d) - 10;
  return {kMillion - x, kMillion + x};
}

std::int64_t draw_rate(Random& random, RateBounds bounds) {
  const std::uint64_t choice = random.below(3);
  if (choice == 0) return bounds.slowest_ppm;
  if (choice == 1) return bounds.fastest_ppm;
  return static_cast<std::int64_t>(
      random.between(static_cast<std::uint64_t>(bounds.slowest_ppm), static_cast<std::uint64_t>(bounds.fastest_ppm)));
}

Duration draw_log(Random& random, Duration low, Duration high) {
  // By halving, not by std::log: floating point may differ between compilers' libraries.
  std::int64_t ceiling = ns(high);
  while (ceiling / 2 > ns(low) && random.percent(50)) ceiling /= 2;
  const Duration top(ceiling);
  return draw(random, low < top ? low : top, top);
}

}  // namespace hc::sim
