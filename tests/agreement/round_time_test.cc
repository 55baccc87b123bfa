// How long a round may take, by examples.
#include "core/agreement/round_time.h"

#include <gtest/gtest.h>

namespace hc::testing {
namespace {

const Time kStart{std::chrono::hours(1)};
const NodeId kVoter{2};
const Epoch kView{7};

Ballot round(std::uint64_t n) { return {n, NodeId(1), {1, 1}}; }

TEST(RoundTime, FollowsLateAnswersUpAtOnceAndDownByHalves) {
  RoundTime time;
  EXPECT_EQ(time.limit(), 250ms);
  EXPECT_EQ(time.turn(), 150ms);
  time.asked(kView, round(1), kStart);
  time.asked(kView, round(2), kStart + 300ms);
  time.answered(kVoter, kView, round(1), kStart + 800ms);
  EXPECT_EQ(time.limit(), 1200ms);
  EXPECT_EQ(time.turn(), 1600ms);
  time.answered(kVoter, kView, round(2), kStart + 301ms);
  EXPECT_EQ(time.limit(), 600ms);
  time.answered(kVoter, kView, round(2), kStart + 301ms);
  EXPECT_EQ(time.limit(), 300ms);
  time.answered(kVoter, kView, round(2), kStart + 301ms);
  EXPECT_EQ(time.limit(), 250ms);
}

TEST(RoundTime, IsBounded) {
  RoundTime time;
  time.sample(1h);
  EXPECT_EQ(time.limit(), 3s);
  EXPECT_EQ(time.turn(), 4s);
}

TEST(RoundTime, WhatTookTheTimeOfAPartitionDoesNotCount) {
  RoundTime time;
  time.asked(kView, round(1), kStart);
  time.session_opened(kVoter, kStart + 5s);
  time.answered(kVoter, kView, round(1), kStart + 5s);
  EXPECT_EQ(time.limit(), 250ms);
  time.asked(kView, round(2), kStart + 6s);
  time.answered(kVoter, kView, round(2), kStart + 6400ms);
  EXPECT_EQ(time.limit(), 600ms);
}

TEST(RoundTime, AnswersToRoundsLongPastDoNotCount) {
  RoundTime time;
  for (std::uint64_t n = 1; n <= 20; ++n) time.asked(kView, round(n), kStart);
  time.answered(kVoter, kView, round(1), kStart + 1s);
  EXPECT_EQ(time.limit(), 250ms);
  time.answered(kVoter, kView, round(20), kStart + 1s);
  EXPECT_EQ(time.limit(), 1500ms);
}

TEST(RoundTime, EachInstanceHasARoundOfANumber) {
  RoundTime time;
  time.asked(kView, round(0), kStart);
  time.asked(kView.next(), round(0), kStart + 790ms);
  time.answered(kVoter, kView, round(0), kStart + 800ms);
  EXPECT_EQ(time.limit(), 1200ms);
}

}  // namespace
}  // namespace hc::testing
