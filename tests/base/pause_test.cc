// When a process takes itself for one that did not run, and when it is merely always late.
#include "core/base/pause.h"

#include <gtest/gtest.h>

namespace hc::test {
namespace {

class Process : public ::testing::Test {
 protected:
  // It wants to run after `wants`, and does after `runs`. What it takes for lost.
  Duration step(Duration wants, Duration runs) {
    const Time due = now + wants;
    now += runs;
    return pause.lost(now, [&] { return std::optional(due); });
  }

  Pause pause;
  Time now = Time{} + 1h;

  Process() {
    pause.lost(now, [] { return std::optional<Time>(); });
  }
};

TEST_F(Process, LosesWhatItDidNotRun) {
  EXPECT_EQ(step(90ms, 90ms), 0s);
  EXPECT_EQ(step(90ms, 2s), 2s);
  EXPECT_EQ(step(90ms, 90ms), 0s);
  EXPECT_EQ(step(90ms, 90ms), 0s);
  EXPECT_EQ(step(90ms, 300ms), 300ms);
}

TEST_F(Process, LosesNothingWhereItHadNothingToDo) {
  EXPECT_EQ(step(10s, 10s), 0s);
  now += 1h;
  EXPECT_EQ(pause.lost(now, [] { return std::optional<Time>(); }), 0s);
}

// What it wanted at once when it ran last was not wanted before.
TEST_F(Process, IsNotLateForThePast) {
  EXPECT_EQ(step(-10s, 90ms), 0s);
  EXPECT_EQ(step(-10s, 150ms), 150ms);
}

// Of two late steps with hardly a run between, the second counts.
TEST_F(Process, AlwaysLateStillGetsOn) {
  Duration lost{}, all{};
  for (int i = 0; i < 100; ++i) {
    lost += step(10ms, 300ms) + step(10ms, 1ms) + step(10ms, 1ms);
    all += 302ms;
  }
  EXPECT_LE(lost, all / 2);
}

}  // namespace
}  // namespace hc::test
