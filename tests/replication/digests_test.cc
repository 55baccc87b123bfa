// Rule 10: whether replicas are the same is compared at the same position, and what differs is said once.
#include <gtest/gtest.h>

#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

// Member 2 follows member 1, and holds one key.
struct Follower : Primary {
  Follower() {
    install(1, list({process(2), process(1)}));
    EffectWriter puts;
    puts.put("k", "v", kNoExpiry);
    Append m{kSlot, Epoch(1), Seq(0), {}};
    m.entries.push_back({{Epoch(1), Seq(1)}, Epoch(0), false, Value::copy_of(puts.bytes())});
    replication.handle(process(2), std::move(m), at());
  }
  void hear(Position at, std::uint64_t theirs, std::uint32_t from = 2) {
    replication.handle(process(from), Digests{{{kSlot, Epoch(1), at, theirs}}});
  }
  std::uint64_t compared() const { return replication.counters().digests_compared; }
  std::uint64_t digest() const { return replication.replica(kSlot).table.digest(); }
};

TEST(Digests, AReplicaComparesWhereItIsAtTheSamePosition) {
  Follower f;
  f.hear({Epoch(1), Seq(1)}, f.digest());
  EXPECT_EQ(f.compared(), 1U);
  f.hear({Epoch(1), Seq(2)}, f.digest() + 1);
  f.hear({Epoch(1), Seq(1)}, f.digest() + 1, 3);
  EXPECT_EQ(f.compared(), 1U) << "further than we are; from one who does not lead it";
  EXPECT_EQ(f.replication.counters().digest_mismatches, 0U);
}

TEST(Digests, WhatDiffersIsSaidOnce) {
  Follower f;
  f.hear({Epoch(1), Seq(1)}, f.digest() + 1);
  const auto differences = f.replication.take_differences();
  ASSERT_EQ(differences.size(), 1U);
  EXPECT_EQ(differences[0].slot, kSlot);
  EXPECT_EQ(differences[0].primary, process(2));
  EXPECT_EQ(differences[0].at, (Position{Epoch(1), Seq(1)}));
  f.hear({Epoch(1), Seq(1)}, f.digest() + 1);
  EXPECT_FALSE(f.replication.has_differences());
  EXPECT_EQ(f.replication.counters().digest_mismatches, 2U);
  EXPECT_EQ(f.replication.differing(), 1U);
  f.hear({Epoch(1), Seq(1)}, f.digest());
  EXPECT_EQ(f.replication.differing(), 0U);
}

TEST(Digests, APrimarySpeaksOfThemToWhoKnowsWhatTheyAre) {
  Primary p;
  p.post.open(info(2), 1);
  p.install(1, list({process(1), process(2)}));
  p.serve(1);
  p.now += 1s;
  p.replication.flush(p.at());
  EXPECT_TRUE(p.post.take<Digests>(NodeId(2)).empty()) << "a session of version 1";
  p.post.open(info(2), 2);
  p.replication.session_opened(NodeId(2), p.at());
  p.now += 1s;
  p.acknowledge(1);
  const auto said = p.post.take<Digests>(NodeId(2));
  ASSERT_EQ(said.size(), 1U);
  ASSERT_EQ(said[0].slots.size(), 1U);
  EXPECT_EQ(said[0].slots[0].at, p.replication.replica(kSlot).at);
  EXPECT_EQ(said[0].slots[0].digest, p.replication.replica(kSlot).table.digest());
  p.replication.flush(p.at());
  EXPECT_TRUE(p.post.take<Digests>(NodeId(2)).empty()) << "not in every turn";
}

}  // namespace
}  // namespace hc::testing
