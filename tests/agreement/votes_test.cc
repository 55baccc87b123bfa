// Rules 2e and 2f by examples: what becomes of votes when an older disk is put back, and who may be given one.
#include <gtest/gtest.h>

#include "core/agreement/consensus.h"
#include "core/base/seam.h"
#include "tests/agreement/founder.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

// A process that finds a view of three voters on its disk (2e); the others are hand-made messages.
struct OnADisk {
  explicit OnADisk(std::uint32_t member) : config(founder(member)), post(config, kStart), self(member) {
    config.founders.clear();
    for (std::uint32_t m = 1; m <= 3; ++m)
      if (m != member) post.open(info(m));
    VoteRecord record;
    record.storage = info(self).storage;
    record.writes = 5;
    record.view = std::make_shared<View>(first_view(3));
    record.cluster = record.view->cluster;
    consensus.start(record, kStart, out);
  }
  void says(std::uint32_t member, std::uint64_t writes) {
    consensus.handle(process(member), VoteCountIs{info(self).storage, writes}, kStart, out);
  }

  NodeConfig config;
  Post post;
  std::uint32_t self;
  Consensus consensus{config, post.peers, Random(2)};
  Effects out;
};

TEST(Votes, ABackedUpVoterNamesItsStorageWhenAMajorityHasSaidItsCount) {
  OnADisk voter(1);
  EXPECT_FALSE(voter.consensus.eligible());
  EXPECT_EQ(voter.consensus.storage(), info(1).storage);
  voter.consensus.tick(kStart, voter.out);
  for (const std::uint32_t m : {2U, 3U}) EXPECT_EQ(voter.post.take<VoteCountAsk>(NodeId(m)).size(), 1U);
  voter.says(2, 5);
  EXPECT_EQ(voter.consensus.eligible(), info(1).storage);
  voter.consensus.tick(kStart + 1s, voter.out);
  EXPECT_TRUE(voter.post.take<VoteCountAsk>(NodeId(3)).empty());
}

TEST(Votes, AnOlderDiskTakesANewStorageIdentity) {
  OnADisk voter(1);
  voter.says(3, 6);
  EXPECT_NE(voter.consensus.storage(), info(1).storage);
  EXPECT_EQ(voter.consensus.eligible(), voter.consensus.storage());
}

TEST(Votes, WhoIsNoVoterComparesWithAllMembersForASecond) {
  OnADisk other(4), silence(4), minority(4);
  other.says(2, 0);
  other.says(2, 0);
  other.says(3, 0);
  EXPECT_FALSE(other.consensus.eligible()) << "a majority of the voters has answered; another one may know more";
  other.says(1, 0);
  EXPECT_TRUE(other.consensus.eligible());
  const auto eligible_at = [](OnADisk& one, Duration after) {
    one.consensus.tick(kStart + after, one.out);
    return static_cast<bool>(one.consensus.eligible());
  };
  silence.says(2, 0);
  silence.says(3, 0);
  minority.says(2, 0);
  EXPECT_FALSE(eligible_at(silence, 900ms));
  EXPECT_TRUE(eligible_at(silence, 1200ms));
  EXPECT_FALSE(eligible_at(minority, 1200ms));
}

TEST(Votes, OnlyVotersOfTheNewestViewCount) {
  OnADisk other(4);
  other.says(2, 0);
  auto next = std::make_shared<View>(first_view(3));
  next->epoch = Epoch(2);
  next->voters = {{NodeId(1), info(1).storage}};
  other.consensus.handle(process(1), ViewIs{next}, kStart, other.out);
  other.consensus.tick(kStart, other.out);
  EXPECT_FALSE(other.consensus.eligible()) << "member 2 votes no more";
  EXPECT_EQ(other.post.take<VoteCountAsk>(NodeId(1)).size(), 1U);
  EXPECT_EQ(other.post.take<VoteCountAsk>(NodeId(3)).size(), 1U) << "it may know more";
  other.says(3, 0);
  EXPECT_FALSE(other.consensus.eligible());
  other.says(1, 0);
  EXPECT_TRUE(other.consensus.eligible());
}

ViewRef view_that_counts(Epoch epoch, std::vector<VoteCount> counts) {
  auto view = std::make_shared<View>(first_view(3));
  view->epoch = epoch;
  view->counts = std::move(counts);
  return view;
}

TEST(Votes, WhatAViewCountsIsKnownToWhoeverInstallsIt) {
  OnADisk voter(1);
  voter.consensus.handle(process(2), ViewIs{view_that_counts(Epoch(2), {{info(3).storage, 8}})}, kStart, voter.out);
  voter.consensus.handle(process(3), VoteCountAsk{info(3).storage});
  const auto told = voter.post.take<VoteCountIs>(NodeId(3));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].writes, 8U);
  const auto promises = [&](std::uint64_t instance, std::uint64_t writes) {
    const Ballot ballot{1, NodeId(1), process(1).generation};
    voter.consensus.handle(process(3), Promise{Epoch(instance), ballot, info(3).storage, writes, {}}, kStart,
                           voter.out);
    return voter.post.take<VoteCountIs>(NodeId(3)).empty();
  };
  EXPECT_TRUE(promises(2, 7)) << "it was on its way when view 2 was decided";
  EXPECT_TRUE(promises(3, 9));
  EXPECT_FALSE(promises(3, 7)) << "it is told that its disk is an older one";
}

TEST(Votes, AViewCountsMoreThanAnOlderDiskKnows) {
  OnADisk voter(1);
  voter.consensus.handle(process(2), ViewIs{view_that_counts(Epoch(2), {{info(1).storage, 5}})}, kStart, voter.out);
  EXPECT_EQ(voter.consensus.storage(), info(1).storage);
  voter.consensus.handle(process(2), ViewIs{view_that_counts(Epoch(3), {{info(1).storage, 7}})}, kStart, voter.out);
  EXPECT_NE(voter.consensus.storage(), info(1).storage);
}

// 2f. Member 1 votes alone; whether 2 and 3 are there is asked before one of them is given a vote.
struct OnlyVoter : ::testing::Test {
  OnlyVoter() : config(founder(1)), post(config, kStart) {
    config.founders.clear();
    for (std::uint32_t m : {2U, 3U}) post.open(info(m));
    consensus.start(std::nullopt, kStart, out);
    consensus.handle(process(2), ViewIs{view}, kStart, out);
  }
  static ViewRef view_of_one() {
    auto only = std::make_shared<View>(first_view(3));
    only->voters = {{NodeId(1), info(1).storage}};
    return only;
  }
  Ballot prepare(std::size_t wanted) {
    consensus.prepare(kStart, out, {{NodeId(2), NodeId(3)}, wanted});
    post.frames(NodeId(2));
    return post.take<Prepare>(NodeId(3)).at(0).ballot;
  }
  void there(std::uint32_t member, const Ballot& ballot, Time at) {
    consensus.handle(process(member), Promise{Epoch(2), ballot, info(member).storage, 1, {}}, at, out);
  }

  const ViewRef view = view_of_one();
  NodeConfig config;
  Post post;
  Consensus consensus{config, post.peers, Random(2)};
  Effects out;
};

TEST_F(OnlyVoter, WaitsForAsManyAsAreWanted) {
  const Ballot ballot = prepare(1);
  EXPECT_FALSE(consensus.wants_proposal());
  there(3, ballot, kStart + 1ms);
  EXPECT_TRUE(consensus.wants_proposal());
  EXPECT_TRUE(consensus.answered(NodeId(3), info(3).storage));
  EXPECT_FALSE(consensus.answered(NodeId(3), info(2).storage)) << "another data folder";
  EXPECT_FALSE(consensus.answered(NodeId(2), info(2).storage));
}

TEST_F(OnlyVoter, WaitsNotForLongNorForWhoIsNotConnected) {
  const Ballot ballot = prepare(2);
  there(3, ballot, kStart + 1ms);
  EXPECT_FALSE(consensus.wants_proposal());
  ASSERT_TRUE(consensus.deadline());
  const Time at = *consensus.deadline();
  EXPECT_LE(at, kStart + 125ms);
  consensus.tick(at, out);
  EXPECT_TRUE(consensus.wants_proposal());
  consensus.give_up();
  EXPECT_FALSE(consensus.heard_late());
  there(2, ballot, at + 1ms);
  EXPECT_TRUE(consensus.take_heard_late()) << "another round would hear it";
  there(2, ballot, at + 2ms);
  EXPECT_FALSE(consensus.take_heard_late());
}

TEST_F(OnlyVoter, AnAnswerOfAnOlderDiskIsNone) {
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kOlderVoteCounted));
    const auto says = [&](const Ballot& ballot, std::uint64_t writes) {
      consensus.handle(process(2), Promise{Epoch(2), ballot, info(2).storage, writes, {}}, kStart, out);
      return consensus.answered(NodeId(2), info(2).storage);
    };
    const Ballot first = prepare(1);
    EXPECT_TRUE(says(first, 7));
    EXPECT_TRUE(says(first, 7)) << "the same answer once more";
    consensus.give_up();
    EXPECT_EQ(says(prepare(1), 6), mutant) << "one write is forgotten";
    consensus.give_up();
    EXPECT_EQ(says(prepare(1), 8), mutant) << "it has written more since, and has forgotten as much";
    consensus.give_up();
  }
  seam::active.reset();
}

TEST_F(OnlyVoter, AnHeirBindsItselfToNothing) {
  NodeConfig of_2 = founder(2);
  of_2.founders.clear();
  of_2.durable_votes = true;
  Post others(of_2, kStart);
  others.open(info(1));
  Consensus heir(of_2, others.peers, Random(2));
  Effects effects;
  const auto store = [&] {
    std::uint64_t last = 0;
    for (const Effect& e : effects.list())
      if (const auto* s = std::get_if<StoreVote>(&e)) last = s->id;
    effects.clear();
    heir.stored(last, kStart, effects);
  };
  heir.start(std::nullopt, kStart, effects);
  store();
  heir.handle(process(1), ViewIs{view}, kStart, effects);
  const Ballot ballot{9, NodeId(1), process(1).generation}, lower{3, NodeId(1), process(1).generation};
  heir.handle(process(1), Prepare{Epoch(2), ballot, {}}, kStart, effects);
  EXPECT_TRUE(others.take<Promise>(NodeId(1)).empty()) << "its view is not durable yet";
  store();
  const auto said = others.take<Promise>(NodeId(1));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].storage, heir.storage());
  EXPECT_EQ(said[0].writes, 2U);
  heir.handle(process(1), Prepare{Epoch(2), lower, {}}, kStart, effects);
  EXPECT_EQ(others.take<Promise>(NodeId(1)).size(), 1U) << "it has promised nobody anything";
  EXPECT_TRUE(effects.list().empty());
}

// Member 1, by whose disk it is the only voter of three members: there is no voter to be asked (2e).
struct Restarted {
  NodeConfig config;
  Post post{config, kStart};
  Consensus consensus{config, post.peers, Random(2)};
  Effects out;
  explicit Restarted(ViewRef view = OnlyVoter::view_of_one(), NodeConfig of = config_alone()) : config(std::move(of)) {
    for (std::uint32_t m : {2U, 3U}) post.open(info(m));
    VoteRecord record;
    record.storage = info(1).storage;
    record.writes = 5;
    record.view = std::move(view);
    record.cluster = record.view->cluster;
    consensus.start(record, kStart, out);
  }
  bool eligible_at(Time now) {
    consensus.tick(now, out);
    return static_cast<bool>(consensus.eligible());
  }
  static NodeConfig config_alone() {
    NodeConfig alone = founder(1);
    alone.founders.clear();
    return alone;
  }
};

TEST(Votes, AnOnlyVoterAsksTheOtherMembersForASecond) {
  Restarted restarted, silence;
  EXPECT_FALSE(restarted.eligible_at(kStart));
  for (const std::uint32_t m : {2U, 3U}) {
    EXPECT_FALSE(restarted.consensus.eligible());
    EXPECT_EQ(restarted.post.take<VoteCountAsk>(NodeId(m)).size(), 1U);
    restarted.consensus.handle(process(m), VoteCountIs{info(1).storage, 0}, kStart, restarted.out);
  }
  EXPECT_TRUE(restarted.consensus.eligible());
  EXPECT_FALSE(silence.eligible_at(kStart + 900ms));
  EXPECT_TRUE(silence.eligible_at(kStart + 1s));
}

// Where all are started from copies of their folders nobody shall lose its vote by what one of these copies knows.
TEST(Votes, WhatAViewCountedIsForgottenWithTheProcess) {
  auto counts = std::make_shared<View>(*OnlyVoter::view_of_one());
  counts->counts = {{info(3).storage, 8}};
  Restarted restarted(counts);
  const auto told = [&] {
    restarted.consensus.handle(process(3), VoteCountAsk{info(3).storage});
    return restarted.post.take<VoteCountIs>(NodeId(3)).at(0).writes;
  };
  EXPECT_EQ(told(), 0U);
  EXPECT_TRUE(restarted.consensus.installed()->counts.empty()) << "nor is it passed on";
  EXPECT_TRUE(restarted.eligible_at(kStart + 1s));
  auto next = std::make_shared<View>(*counts);
  next->epoch = Epoch(2);
  const Ballot ballot{1, NodeId(2), process(2).generation};
  restarted.consensus.handle(process(2), Accept{Epoch(2), ballot, {next, {}}, {}}, kStart, restarted.out);
  EXPECT_EQ(told(), 8U) << "by what it has accepted";
}

TEST(Votes, WhoIsAloneListensIfItWasToldOfOthers) {
  const auto alone = std::make_shared<View>(first_view(1));
  EXPECT_TRUE(Restarted(alone).consensus.eligible()) << "there is nobody to ask";
  NodeConfig joins = Restarted::config_alone();
  joins.join.push_back(info(2).gossip());
  Restarted told(alone, joins);
  EXPECT_FALSE(told.eligible_at(kStart + 900ms));
  EXPECT_TRUE(told.eligible_at(kStart + 1s));
}

// The others know better.
TEST(Votes, AnOnlyVoterComparesWhenOthersHaveGoneOnWithoutIt) {
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kOnlyVoterNeverCompares));
    Restarted restarted;
    auto& [config, post, former, out] = restarted;
    EXPECT_TRUE(restarted.eligible_at(kStart + 1s));
    post.frames(NodeId(2));
    auto next = std::make_shared<View>(first_view(3));
    next->epoch = Epoch(4);
    former.handle(process(2), ViewIs{next}, kStart, out);
    EXPECT_EQ(static_cast<bool>(former.eligible()), mutant);
    former.tick(kStart + 1s, out);
    EXPECT_EQ(post.take<VoteCountAsk>(NodeId(2)).size(), mutant ? 0U : 1U);
    if (mutant) break;
    former.handle(process(2), VoteCountIs{info(1).storage, 9}, kStart, out);
    EXPECT_TRUE(former.eligible());
    EXPECT_NE(former.eligible(), info(1).storage);
  }
  seam::active.reset();
}

TEST(Votes, AnOnlyVoterGoesOnFromWhatItHasDecidedItself) {
  Restarted restarted;
  auto& [config, post, only, out] = restarted;
  EXPECT_TRUE(restarted.eligible_at(kStart + 1s));
  auto next = std::make_shared<View>(*only.installed());
  next->epoch = Epoch(2);
  only.handle(process(2), Accept{Epoch(2), {1, NodeId(2), process(2).generation}, {next, {}}, {}}, kStart, out);
  only.handle(process(2), ViewIs{next}, kStart, out);
  EXPECT_EQ(only.epoch(), Epoch(2));
  EXPECT_EQ(only.eligible(), info(1).storage);
}

TEST(Votes, WhoAskedBeforeItCouldBeToldIsToldWhenASessionOpens) {
  OnADisk voter(1);
  voter.consensus.handle(process(4), VoteCountAsk{info(4).storage});
  voter.post.open(info(4));
  voter.consensus.session_opened(NodeId(4), kStart);
  voter.consensus.session_opened(NodeId(4), kStart);
  EXPECT_EQ(voter.post.take<VoteCountIs>(NodeId(4)).size(), 1U);
}

}  // namespace
}  // namespace hc::testing
