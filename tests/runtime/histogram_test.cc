// Buckets of durations, and what commands took by readings of the clock that others made.
#include "runtime/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"
#include "runtime/command_stats.h"

namespace hc {
namespace {

// The first bound that is not below it, as looking through all of them finds it.
Duration bound_of(Duration took) {
  const auto bounds = Histogram::bounds();
  const auto found = std::ranges::find_if(bounds, [&](Duration bound) { return took <= bound; });
  return found == bounds.end() ? bounds.back() : *found;
}

TEST(Histogram, EachDurationIsInItsBucket) {
  Random random(7);
  for (int round = 0; round < 20000; ++round) {
    const Duration took(static_cast<Duration::rep>(random.next() >> (random.below(62) + 1)));
    Histogram histogram;
    histogram.add(took);
    ASSERT_EQ(histogram.quantile(0.5), bound_of(took)) << took.count();
  }
  for (const Duration bound : Histogram::bounds()) {
    for (const Duration took : {bound - 1ns, bound, bound + 1ns}) {
      Histogram histogram;
      histogram.add(took);
      EXPECT_EQ(histogram.quantile(1), bound_of(took)) << took.count();
    }
  }
  Histogram negative;
  negative.add(-1s);
  EXPECT_EQ(negative.quantile(1), 1us);
}

TEST(Histogram, QuantilesAndSums) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile(0.99), Duration::zero());
  histogram.add(100us, 98);
  histogram.add(5ms);
  histogram.add(1h);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.sum(), 9800us + 5ms + 1h);
  EXPECT_EQ(histogram.quantile(0), 100us);
  EXPECT_EQ(histogram.quantile(0.98), 100us);
  EXPECT_EQ(histogram.quantile(0.99), 5ms);
  EXPECT_EQ(histogram.quantile(1), 10s);
  EXPECT_EQ(histogram.up_to(Histogram::bounds().size() - 1), 99U);
}

const CommandSpec& kGet = *find_command("get");
const CommandSpec& kSet = *find_command("set");
constexpr Time at(Duration d) { return Time(d); }

TEST(CommandStats, ABatchTakesUntilTheNextReading) {
  CommandStats stats;
  stats.clocks_read(at(1s));
  for (int i = 0; i < 3; ++i) stats.answered(&kGet, Reply::nil(), at(1s));
  stats.answered(&kSet, Reply::ok(), at(1s));
  EXPECT_EQ(stats.of(kGet), nullptr);
  stats.clocks_read(at(1s + 20us));
  ASSERT_NE(stats.of(kGet), nullptr);
  EXPECT_EQ(stats.of(kGet)->took.count(), 3U);
  EXPECT_EQ(stats.of(kGet)->took.sum(), 60us);
  EXPECT_EQ(stats.of(kSet)->took.sum(), 20us);
  stats.clocks_read(at(2s));
  EXPECT_EQ(stats.of(kGet)->took.count(), 3U);
}

TEST(CommandStats, WhatWaitedTakesUntilItIsAnswered) {
  CommandStats stats;
  stats.clocks_read(at(1s));
  stats.clocks_read(at(3s));
  stats.answered(&kSet, Reply::ok(), at(1s));
  EXPECT_EQ(stats.of(kSet)->took.sum(), 2s);
}

TEST(CommandStats, ErrorsByTheirCode) {
  CommandStats stats;
  stats.clocks_read(at(1s));
  stats.answered(&kSet, Reply::error("OOM command not allowed"), at(1s));
  stats.answered(&kSet, Reply::error("ERR value is not an integer"), at(1s));
  stats.answered(&kGet, wrong_arity("get"), at(1s));
  stats.answered(nullptr, Reply::error("ERR unknown command"), at(1s));
  stats.clocks_read(at(2s));
  EXPECT_EQ(stats.errors(), (std::map<std::string, std::uint64_t>{{"ERR", 3}, {"OOM", 1}}));
  EXPECT_EQ(stats.of(kSet)->rejected, 1U);
  EXPECT_EQ(stats.of(kSet)->failed, 1U);
  EXPECT_EQ(stats.of(kSet)->took.count(), 1U);
  EXPECT_EQ(stats.of(kGet)->rejected, 1U);
  EXPECT_EQ(stats.of(kGet)->took.count(), 0U);
  stats.reset();
  EXPECT_EQ(stats.of(kSet), nullptr);
  EXPECT_TRUE(stats.errors().empty());
}

}  // namespace
}  // namespace hc
