// What a host tells of its memory, measured twenty times a second.
#include "runtime/memory_gauge.h"

#include <gtest/gtest.h>

namespace hc {
namespace {

constexpr std::uint64_t kMb = std::uint64_t{1} << 20, kLimit = 256 * kMb;

TEST(MemoryGauge, WhatIsOnItsWayForAMomentDoesNotCountAndBuffersOfClientsDo) {
  MemoryGauge gauge;
  EXPECT_EQ(gauge.read({150 * kMb, 0, 10 * kMb}, kLimit, 130 * kMb, 0).beyond_bytes, 30 * kMb);
  EXPECT_EQ(gauge.read({190 * kMb, 0, 10 * kMb}, kLimit, 130 * kMb, 0).beyond_bytes, 30 * kMb);
  EXPECT_EQ(gauge.read({190 * kMb, 0, 10 * kMb}, kLimit, 130 * kMb, 40 * kMb).beyond_bytes, 70 * kMb);
  for (int i = 0; i < 20; ++i) gauge.read({190 * kMb, 0, 10 * kMb}, kLimit, 130 * kMb, 0);
  EXPECT_EQ(gauge.read({190 * kMb, 0, 10 * kMb}, kLimit, 130 * kMb, 0).beyond_bytes, 70 * kMb) << "it lasts";
}

TEST(MemoryGauge, HollowPagesCountAtOnceBeyondALittle) {
  MemoryGauge gauge;
  EXPECT_EQ(gauge.read({150 * kMb, 4 * kMb, 0}, kLimit, 150 * kMb, 0).beyond_bytes, 0);
  const MemoryMeasured measured = gauge.read({150 * kMb, 24 * kMb, 0}, kLimit, 150 * kMb, 0);
  EXPECT_EQ(measured.beyond_bytes, 20 * kMb);
  EXPECT_EQ(measured.hollow_bytes, 24 * kMb);
  EXPECT_EQ(gauge.read({150 * kMb, 24 * kMb, 0}, 2048 * kMb, 150 * kMb, 0).beyond_bytes, 0) << "of a large limit";
}

TEST(MemoryGauge, TheProgramIsForgottenSlowly) {
  MemoryGauge gauge;
  gauge.read({100 * kMb, 0, 12 * kMb}, kLimit, 100 * kMb, 0);
  for (int i = 0; i < 50; ++i) EXPECT_GT(gauge.read({100 * kMb, 0, 0}, kLimit, 100 * kMb, 0).beyond_bytes, 11 * kMb);
}

}  // namespace
}  // namespace hc
