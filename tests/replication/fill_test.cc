// Rule 7a by examples: what a primary believes of its learner.
#include <algorithm>

#include "core/base/seam.h"
#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

const NodeId kLearner(2);

// Member 1 leads the slot alone, member 2 is its learner.
struct Filling : Primary, ::testing::Test {
  Filling() : Primary(small_chunks()) {
    install(1, list({process(1)}));
    for (int i = 0; i < 40; ++i) set("key " + std::to_string(i), "value", 0);
    replication.flush(at());
  }
  static NodeConfig small_chunks() {
    NodeConfig c;
    c.fill_chunk_bytes = 16;
    return c;
  }
  std::vector<FillChunk> chunks() { return post.take<FillChunk>(kLearner); }
  void acknowledge(const FillChunk& c) {
    replication.handle(process(2), FillAck{c.slot, c.slot_epoch, c.fill, c.chunk, c.attempt}, at());
  }
  // It holds all entries.
  void acknowledge_entries() { Primary::acknowledge(1); }
  void time_without_progress() {
    now += config.patience;
    replication.tick(at());
  }
  void session_breaks() {
    post.open(info(2));
    replication.session_opened(kLearner, at());
    replication.flush(at());
  }
};

TEST_F(Filling, ALearnerThatAcknowledgedAllIsCounted) {
  const auto sent = chunks();
  ASSERT_GE(sent.size(), 3U);
  ASSERT_TRUE(sent.back().last);
  acknowledge_entries();
  grant(1);
  for (const FillChunk& c : sent) {
    EXPECT_FALSE(says_caught_up());
    acknowledge(c);
  }
  EXPECT_TRUE(says_caught_up());
}

// 7c: what an earlier process of a counted learner has on disk may be what a view rests on that nobody here knows yet.
TEST_F(Filling, WhatACountedLearnerHoldsIsNotDiscarded) {
  const auto may_discard = [&] {
    SlotSet slots(1);
    slots.add(kSlot);
    replication.handle(process(2), DiscardAsk{slots});
    return !post.take<DiscardOk>(kLearner).empty();
  };
  const auto sent = chunks();
  EXPECT_TRUE(may_discard());
  grant(1);
  for (const FillChunk& c : sent) acknowledge(c);
  acknowledge_entries();
  ASSERT_TRUE(says_caught_up());
  EXPECT_FALSE(may_discard());
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kDiscardsACounted));
  EXPECT_TRUE(may_discard());
  seam::active.reset();
}

// A learner says where it is when it has what a former fill of this slot epoch sent. Of the present fill it has nothing
// yet, so it gets the entries once more.
TEST_F(Filling, EntriesThatAFormerFillReachedAreSentAgain) {
  for (const FillChunk& c : chunks()) acknowledge(c);
  set("key", "kept", 0);
  time_without_progress();
  set("key", "another", 0);
  replication.flush(at());
  const Target& learner = replication.replica(kSlot).lead->targets.front();
  const Seq before = learner.acked;
  ASSERT_LT(before, replication.replica(kSlot).at.seq);
  acknowledge_entries();
  EXPECT_EQ(learner.acked, before);
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kAckOfAFormerFill));
  acknowledge_entries();
  seam::active.reset();
  EXPECT_EQ(learner.acked, replication.replica(kSlot).at.seq) << "it will never get the entry";
}

// It may have been of this fill after all: a log holds back what is said of chunks.
TEST_F(Filling, EntriesAcknowledgedTooEarlyAreSentAgain) {
  set("key", "value", 0);
  replication.flush(at());
  const auto sent = chunks();
  acknowledge_entries();
  post.take<Append>(kLearner);
  acknowledge(sent.front());
  replication.flush(at());
  const auto again = post.take<Append>(kLearner);
  ASSERT_FALSE(again.empty());
  EXPECT_FALSE(again.front().entries.empty());
}

TEST_F(Filling, WhatIsSaidOfALearnerStandsUntilAViewHasIt) {
  grant(1);
  for (const FillChunk& c : chunks()) acknowledge(c);
  acknowledge_entries();
  for (int look = 0; look < 3; ++look) EXPECT_TRUE(says_caught_up()) << "look " << look;
  set("key", "value", 0);  // it wakes
  EXPECT_TRUE(says_caught_up());
  install(2, list({process(1), process(2)}));
  EXPECT_FALSE(says_caught_up());
}

TEST_F(Filling, AnAcknowledgementOfAnEarlierAttemptDoesNotCount) {
  const auto first = chunks();
  ASSERT_GE(first.size(), 4U);
  acknowledge(first[0]);
  acknowledge(first[1]);
  session_breaks();
  const auto second = chunks();
  ASSERT_FALSE(second.empty());
  EXPECT_EQ(second.front().fill, first.front().fill);
  EXPECT_EQ(second.front().chunk, 2U) << "the walk goes on behind the last chunk that was acknowledged";
  EXPECT_NE(second.front().attempt, first.front().attempt);
  acknowledge_entries();
  grant(1);
  acknowledge(first.back());  // of chunks that may have held other keys
  EXPECT_FALSE(says_caught_up());
  for (const FillChunk& c : second) acknowledge(c);
  EXPECT_TRUE(says_caught_up());
}

TEST_F(Filling, ProgressIsCountedUntilAllHasArrived) {
  const std::uint64_t whole = replication.replica(kSlot).table.bytes();
  const auto seen = [&] { return replication.owed().at(kLearner); };
  EXPECT_EQ(seen().fill_bytes_left, whole);
  EXPECT_EQ(seen().slots_left, 1U);
  std::uint64_t before = 0;
  const auto sent = chunks();
  for (const FillChunk& c : sent) {
    acknowledge(c);
    EXPECT_GE(seen().fill_bytes_arrived, before);
    EXPECT_NEAR(static_cast<double>(seen().fill_bytes_arrived + seen().fill_bytes_left), static_cast<double>(whole), 1);
    EXPECT_EQ(seen().slots_left, c.last ? 0U : 1U);
    before = seen().fill_bytes_arrived;
  }
  EXPECT_EQ(seen().fill_bytes_arrived, whole);
  EXPECT_EQ(seen().fill_bytes_left, 0U);
  EXPECT_EQ(seen().slots_arrived, 1U);
}

TEST_F(Filling, ProgressOutlivesABrokenSession) {
  const auto first = chunks();
  for (std::size_t i = 0; i + 1 < first.size(); ++i) acknowledge(first[i]);
  const Owed before = replication.owed().at(kLearner);
  ASSERT_GT(before.fill_bytes_arrived, 0U);
  session_breaks();
  EXPECT_EQ(replication.owed().at(kLearner).fill_bytes_arrived, before.fill_bytes_arrived);
  EXPECT_EQ(replication.owed().at(kLearner).fill_bytes_left, before.fill_bytes_left);
  for (const FillChunk& c : chunks()) acknowledge(c);
  EXPECT_EQ(replication.owed().at(kLearner).fill_bytes_arrived, replication.replica(kSlot).table.bytes());
}

TEST_F(Filling, UnderTheMutantItCounts) {
  const auto first = chunks();
  acknowledge(first.at(0));
  acknowledge(first.at(1));
  session_breaks();
  acknowledge_entries();
  grant(1);
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kChunkAttemptIgnored));
  acknowledge(first.back());
  seam::active.reset();
  EXPECT_TRUE(says_caught_up());
}

// Filled, but it grants no lease and acknowledges no entries; after a while the tail is cut.
TEST_F(Filling, ALearnerBehindTheKeptTailIsFilledOnceMore) {
  for (const FillChunk& c : chunks()) acknowledge(c);
  set("key", "kept", 0);
  ASSERT_EQ(replication.replica(kSlot).tail.size(), 1U) << "for the learner";
  time_without_progress();
  ASSERT_TRUE(replication.replica(kSlot).tail.empty()) << "the tail is cut";
  set("key", "another", 0);
  replication.flush(at());
  auto again = chunks();
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again.front().chunk, 0U) << "from an empty slot";
  for (const FillChunk& c : again) acknowledge(c);
  again = chunks();
  ASSERT_FALSE(again.empty()) << "what was written meanwhile is gone: until it acknowledged something nothing was kept";
  EXPECT_EQ(again.front().chunk, 0U);
  acknowledge_entries();
  grant(1);
  EXPECT_FALSE(says_caught_up());
  for (const FillChunk& c : again) acknowledge(c);
  EXPECT_TRUE(says_caught_up());
}

TEST_F(Filling, ALearnerWithoutProgressIsReported) {
  const auto says_stuck = [&] {
    return std::ranges::any_of(replication.reports(now), [](const Report& r) { return r.kind == ReportKind::kStuck; });
  };
  // Three members, of whom the ring wants two: there is somebody to stand in.
  auto view = std::make_shared<View>(first_view(3));
  view->epoch = Epoch(2);
  view->slots[0] = {Epoch(2), list({process(1)})};
  replication.install(view, now);
  replication.flush(at());
  ASSERT_FALSE(view->learners(kSlot).empty());
  now += config.patience;
  EXPECT_FALSE(says_stuck()) << "its turn has not come";
  replication.flush(at());
  now += config.patience - 1ms;
  EXPECT_FALSE(says_stuck());
  now += 1ms;
  EXPECT_TRUE(says_stuck());
}

// What is kept for it is bounded: who writes waits, who reads does not.
TEST_F(Filling, AFullBacklogSlowsItsWriters) {
  config.backlog_bytes = 1000;
  const std::string value(600, 'x');
  EXPECT_EQ(set("key", value, 0).ran, Executor::Ran::kDone);
  EXPECT_EQ(set("key", value, 0).ran, Executor::Ran::kDone) << "one entry may be beyond it";
  EXPECT_EQ(set("key", value, 7).ran, Executor::Ran::kWaits);
  for (const FillChunk& c : chunks()) acknowledge(c);
  acknowledge_entries();  // a learner that takes them makes room
  const auto end = end_of(7);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, Outcome::kDone);
}

TEST_F(Filling, ALearnerThatIsStuckSlowsNobodyForLong) {
  config.backlog_bytes = 1000;
  const std::string value(600, 'x');
  set("key", value, 0), set("key", value, 0);
  EXPECT_EQ(set("key", value, 7).ran, Executor::Ran::kWaits);
  time_without_progress();
  EXPECT_TRUE(end_of(7));
}

}  // namespace
}  // namespace hc::testing
