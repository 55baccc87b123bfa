// Unit tests of clock, a part of the simulator.
#include "sim/clock.h"

#include <gtest/gtest.h>

#include "sim/streams.h"

namespace hc::sim {
namespace {

TEST(Clock, ReadsAndInverts) {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    const RateBounds bounds = rate_bounds(static_cast<std::uint32_t>(random.below(21)));
    NodeClock clock(draw_rate(random, bounds), Time{draw(random, 1h, 1000h)}, 0ns);
    const Instant t = instant(static_cast<std::int64_t>(random.below(1'000'000'000'000)));
    const Time m = clock.mono(t);
    const Instant when = clock.when(m);
    EXPECT_LE(when, t);
    EXPECT_GE(clock.mono(when), m);  // the first instant at which it shows m …
    EXPECT_LT(clock.mono(when - 2us), m);
  }
}

TEST(Clock, NeverIsNever) {
  NodeClock clock(1'000'000, Time{1h}, 0ns);
  EXPECT_EQ(clock.when(kNever), kForever);
  EXPECT_EQ(clock.when(Time{}), Instant{});
}

TEST(Clock, AnyTwoStayWithinTheDriftBound) {
  for (const std::uint32_t percent : {0U, 1U, 5U, 10U, 20U}) {
    const RateBounds b = rate_bounds(percent);
    EXPECT_GE(b.slowest_ppm * 100, b.fastest_ppm * static_cast<std::int64_t>(100 - percent));
    EXPECT_GT(b.slowest_ppm, 0);
  }
  const RateBounds ten = rate_bounds(10);
  EXPECT_LT(ten.slowest_ppm * 1000, ten.fastest_ppm * 901);  // and the bound is used
}

TEST(Clock, ANewRateDoesNotJump) {
  NodeClock clock(950'000, Time{5h}, 10ms);
  const Instant t = instant(123'456'789'000);
  const Time before = clock.mono(t);
  clock.set_rate(t, 1'050'000);
  EXPECT_EQ(clock.mono(t), before);
  EXPECT_EQ(clock.mono(t + 1s), before + 1050ms);
}

TEST(Clock, WallTimeIsTrueTimeWithASkew) {
  NodeClock clock(1'050'000, Time{5h}, -250ms);
  EXPECT_EQ(clock.wall(instant(10'000'000'000)).time_since_epoch().count(), kWallBaseMs + 10'000 - 250);
}

TEST(Clock, SecondsAsText) {
  EXPECT_EQ(seconds_text(instant(12'345'678'901)), "12.345678901");
  EXPECT_EQ(seconds_text(Duration(-5)), "-0.000000005");
}

TEST(Streams, DependOnSeedAndNameAlone) {
  Random a = stream(1, "network"), b = stream(1, "network"), c = stream(1, "disks"), d = stream(2, "network"),
         e = stream(1, "network", 1);
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, b.next());
  EXPECT_NE(first, c.next());
  EXPECT_NE(first, d.next());
  EXPECT_NE(first, e.next());
}

}  // namespace
}  // namespace hc::sim
