// Stamps of 24 bits by examples, and what a block takes.
#include "core/store/access_clock.h"

#include <gtest/gtest.h>

#include "core/store/allocation.h"
#include "core/store/slot_table.h"

namespace hc {
namespace {

Time second(std::int64_t s) { return Time{std::chrono::seconds(s)}; }

TEST(AccessClock, TellsForHowManySecondsNobodyUsedIt) {
  AccessClock clock(1);
  clock.read(second(1000));
  const auto stamp = clock.fresh();
  clock.read(second(1007));
  EXPECT_EQ(clock.idle_seconds(stamp), 7U);
  EXPECT_EQ(clock.idle_seconds(clock.used(stamp)), 0U);
  clock.read(second(1000 + (1 << 24) - 1));
  EXPECT_EQ(clock.idle_seconds(stamp), (1U << 24) - 1) << "194 days, and then it begins anew";
}

TEST(AccessClock, CountsUsesLogarithmicallyAndForgetsThemByTheMinute) {
  AccessClock clock(1);
  clock.keep(AccessClock::Keeps::kFrequency, 10, 1);
  clock.read(second(600));
  auto stamp = clock.fresh();
  EXPECT_EQ(clock.frequency(stamp), 5U);
  for (int i = 0; i < 1000; ++i) stamp = clock.used(stamp);
  EXPECT_GT(clock.frequency(stamp), 10U);
  EXPECT_LT(clock.frequency(stamp), 40U) << "Redis says 18 for 1000 uses at factor 10";
  const auto before = clock.frequency(stamp);
  clock.read(second(600 + 180));
  EXPECT_EQ(clock.frequency(stamp), before - 3);
  clock.read(second(600 + 60 * 300));
  EXPECT_EQ(clock.frequency(stamp), 0U);
  for (int i = 0; i < 1'000'000; ++i) stamp = clock.used(stamp);
  clock.keep(AccessClock::Keeps::kFrequency, 0, 0);
  for (int i = 0; i < 300; ++i) stamp = clock.used(stamp);
  EXPECT_EQ(clock.frequency(stamp), 255U) << "and no more";
}

TEST(AccessClock, AStampStaysWithItsEntryWhateverIsWritten) {
  AccessClock clock(1);
  SlotTable table;
  clock.read(second(50));
  table.put("k", hash_of("k"), {"v"}, &clock);
  const auto digest = table.digest();
  clock.read(second(60));
  EXPECT_EQ(clock.idle_seconds(table.find("k")->stamp), 10U);
  table.set_expiry("k", WallTime(std::chrono::milliseconds(5)));
  table.splice("k", 0, std::string(5000, 'x'));
  EXPECT_EQ(clock.idle_seconds(table.find("k")->stamp), 10U);
  table.use("k", hash_of("k"), clock);
  EXPECT_EQ(clock.idle_seconds(table.find("k")->stamp), 0U);
  table.put("k", "v", kNoExpiry);
  EXPECT_EQ(table.digest(), digest) << "it is not part of the content";
}

TEST(Allocation, IsTheSizeClassOfAnAllocatorLikeJemalloc) {
  const std::pair<std::size_t, std::size_t> kKnown[] = {{0, 0},
                                                        {1, 8},
                                                        {8, 8},
                                                        {9, 16},
                                                        {17, 32},
                                                        {33, 48},
                                                        {64, 64},
                                                        {65, 80},
                                                        {113, 128},
                                                        {129, 160},
                                                        {160, 160},
                                                        {161, 192},
                                                        {256, 256},
                                                        {257, 320},
                                                        {321, 384},
                                                        {1025, 1280},
                                                        {4096, 4096},
                                                        {4097, 5120},
                                                        {16385, 20480},
                                                        {1 << 20, 1 << 20},
                                                        {(1 << 20) + 1, (1 << 20) + (1 << 18)}};
  for (const auto& [asked, given] : kKnown) EXPECT_EQ(allocated(asked), given) << asked;
}

TEST(SlotTable, KeysOfAllLengthsKeepTheirLength) {
  SlotTable table;
  for (const std::size_t n : {0U, 1U, 254U, 255U, 256U, 257U, 70000U}) table.put(std::string(n, 'k'), "v", kNoExpiry);
  for (const std::size_t n : {0U, 1U, 254U, 255U, 256U, 257U, 70000U}) {
    const std::string key(n, 'k');
    ASSERT_TRUE(table.find(key)) << n;
    EXPECT_EQ(table.find(key)->key, key);
    table.splice(key, 1, std::string(300, 'w'));
    EXPECT_EQ(table.find(key)->key, key);
    EXPECT_EQ(table.find(key)->value.size(), 301U);
  }
  EXPECT_EQ(table.size(), 7U);
}

}  // namespace
}  // namespace hc
