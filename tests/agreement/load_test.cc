// When clients ask for much, by examples.
#include "core/agreement/load.h"

#include <gtest/gtest.h>

namespace hc::testing {
namespace {

const Time kStart{std::chrono::hours(1)};

TEST(Load, IsHighFromTwoHundredCommandsASecond) {
  Load load;
  EXPECT_FALSE(load.high());
  load.executed(100'000, kStart);
  EXPECT_FALSE(load.high()) << "since the machine has run";
  load.executed(100'100, kStart + 500ms);
  EXPECT_TRUE(load.high());
  load.executed(100'298, kStart + 1500ms);
  EXPECT_FALSE(load.high());
}

TEST(Load, IsSeenOverHalfASecond) {
  Load load;
  load.executed(0, kStart);
  load.executed(400, kStart + 499ms);
  EXPECT_FALSE(load.high());
  load.executed(400, kStart + 2s);
  EXPECT_TRUE(load.high()) << "all of them count";
  load.executed(400, kStart + 2499ms);
  EXPECT_TRUE(load.high());
  load.executed(400, kStart + 2500ms);
  EXPECT_FALSE(load.high());
}

}  // namespace
}  // namespace hc::testing
