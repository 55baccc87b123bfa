// Rule 7a by examples: fills make way for what else there is to do.
#include "core/replication/pace.h"

#include <gtest/gtest.h>

namespace hc {
namespace {

constexpr std::size_t kChunk = 32 * 1024, kMost = 512 * 1024;

struct Fills {
  // So many windows are sent and acknowledged, each taking `took`.
  void go(int windows, Duration took) {
    for (int i = 0; i < windows; ++i) {
      now += took;
      for (std::size_t left = pace.window(); left > 0; left -= std::min(left, kChunk))
        pace.acknowledged(std::min(left, kChunk), took, now);
    }
  }
  Pace pace{kChunk, kMost};
  Time now{std::chrono::hours(1)};
};

TEST(Pace, AFreeWayIsUsedWhole) {
  Fills f;
  EXPECT_LT(f.pace.window(), kMost);
  f.go(50, 300us);
  EXPECT_EQ(f.pace.window(), kMost);
}

TEST(Pace, LongWaysAreNotBusyWays) {
  Fills f;
  f.go(50, 80ms);
  EXPECT_EQ(f.pace.window(), kMost);
}

TEST(Pace, MakesWayForOthersAndComesBack) {
  Fills f;
  f.go(50, 300us);
  f.go(100, 300us + 10ms);
  EXPECT_EQ(f.pace.window(), kChunk) << "one chunk at a time";
  f.go(100, 300us);
  EXPECT_EQ(f.pace.window(), kMost);
}

TEST(Pace, AWayThatHasBecomeLongerIsLearnt) {
  Fills f;
  f.go(50, 300us);
  f.go(2000, 20ms);
  EXPECT_EQ(f.pace.window(), kMost) << "the short times are forgotten";
}

TEST(Pace, SmallLimitsAreKept) {
  Pace tiny(4096, 256);
  EXPECT_EQ(tiny.window(), 256U);
  tiny.acknowledged(64, 1s, Time{1h});
  tiny.acknowledged(64, 9s, Time{2h});
  EXPECT_EQ(tiny.window(), 256U);
}

}  // namespace
}  // namespace hc
