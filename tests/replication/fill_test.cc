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

// Filled, but it grants no lease and acknowledges no entries; then the tail is cut.
TEST_F(Filling, ALearnerBehindTheKeptTailIsFilledOnceMore) {
  for (const FillChunk& c : chunks()) acknowledge(c);
  constexpr int kMoreThanAnyBacklog = 70'000;
  for (int i = 0; i < kMoreThanAnyBacklog; ++i) set("key", std::to_string(i), 0);
  ASSERT_GT(replication.replica(kSlot).base.seq, Seq(0)) << "the tail is cut";
  replication.flush(at());
  const auto again = chunks();
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again.front().chunk, 0U) << "from an empty slot";
  acknowledge_entries();
  grant(1);
  EXPECT_FALSE(says_caught_up());
  for (const FillChunk& c : again) acknowledge(c);
  EXPECT_TRUE(says_caught_up());
}

}  // namespace
}  // namespace hc::testing
