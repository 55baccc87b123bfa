// Rules 2a and 2g by examples: when a view is decided, and what a voter says again.
#include "core/agreement/consensus.h"

#include <gtest/gtest.h>

#include "core/base/seam.h"
#include "tests/agreement/founder.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

// Member 1 of three founders; the others are hand-made messages.
struct Founding : ::testing::Test {
  Founding() : config(founder(1)), post(config, kStart), consensus(config, post.peers, Random(2)) {
    for (std::uint32_t member : {2U, 3U}) post.open(info(member));
    consensus.start(std::nullopt, kStart, out);
  }
  Proposal first() const { return {std::make_shared<View>(first_view(3)), {}}; }

  NodeConfig config;
  Post post;
  Consensus consensus;
  Effects out;
};

TEST_F(Founding, IsDecidedWhenAllFoundersHaveAccepted) {
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kFoundingByMajority));
    Consensus proposer(config, post.peers, Random(2));
    proposer.start(std::nullopt, kStart, out);
    proposer.prepare(kStart, out);
    const Ballot ballot = post.take<Prepare>(NodeId(2)).at(0).ballot;
    EXPECT_FALSE(proposer.wants_proposal());
    proposer.handle(process(2), Promise{Epoch(1), ballot, {2, 1}, 1, {}}, kStart, out);
    EXPECT_FALSE(proposer.wants_proposal()) << "a majority promised, and the folder of 3 may not be written";
    proposer.handle(process(3), Promise{Epoch(1), ballot, {3, 1}, 1, {}}, kStart, out);
    ASSERT_TRUE(proposer.wants_proposal());
    proposer.propose(first(), kStart, out);
    ASSERT_EQ(post.take<Accept>(NodeId(2)).size(), 1U);
    EXPECT_FALSE(proposer.installed());
    proposer.handle(process(2), AcceptedIs{Epoch(1), ballot, {2, 1}, 2}, kStart, out);
    EXPECT_EQ(proposer.installed() != nullptr, mutant) << "two of three accepted";
    proposer.handle(process(3), AcceptedIs{Epoch(1), ballot, {3, 1}, 2}, kStart, out);
    EXPECT_TRUE(proposer.installed());
  }
  seam::active.reset();
}

TEST_F(Founding, AVoterSaysItsPromiseAgainWhenASessionOpens) {
  const Ballot ballot{1, NodeId(2), process(2).generation};
  const Ballot of_another{2, NodeId(3), process(3).generation};
  std::string founders;
  consensus.prepare(kStart, out);
  founders = post.take<Prepare>(NodeId(2)).at(0).founders;
  Consensus voter(config, post.peers, Random(2));
  voter.start(std::nullopt, kStart, out);

  voter.handle(process(2), Prepare{Epoch(1), ballot, founders}, kStart, out);
  ASSERT_EQ(post.take<Promise>(NodeId(2)).size(), 1U);
  voter.session_opened(NodeId(3), kStart);
  EXPECT_TRUE(post.take<Promise>(NodeId(3)).empty()) << "it was not promised anything";
  voter.session_opened(NodeId(2), kStart);
  const auto promises = post.take<Promise>(NodeId(2));
  ASSERT_EQ(promises.size(), 1U);
  EXPECT_EQ(promises[0].ballot, ballot);
  EXPECT_FALSE(promises[0].accepted);

  voter.handle(process(2), Accept{Epoch(1), ballot, first(), founders}, kStart, out);
  ASSERT_EQ(post.take<AcceptedIs>(NodeId(2)).size(), 1U);
  voter.session_opened(NodeId(2), kStart);
  EXPECT_EQ(post.take<AcceptedIs>(NodeId(2)).size(), 1U);

  voter.handle(process(3), Prepare{Epoch(1), of_another, founders}, kStart, out);
  post.frames(NodeId(3));
  voter.session_opened(NodeId(3), kStart);
  const auto with_accepted = post.take<Promise>(NodeId(3));
  ASSERT_EQ(with_accepted.size(), 1U);
  ASSERT_TRUE(with_accepted[0].accepted);
  EXPECT_EQ(with_accepted[0].accepted->ballot, ballot);
  voter.session_opened(NodeId(2), kStart);
  EXPECT_TRUE(post.frames(NodeId(2)).empty()) << "its ballot is promised no more";
}

// Member 1 is started twice, comes to the same round twice, and hears what was accepted of its first process.
TEST_F(Founding, ABallotBelongsToOneProcess) {
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kBallotReused));
    NodeConfig later = config;
    later.self = info(1, 2);
    Consensus former(config, post.peers, Random(2)), present(later, post.peers, Random(2));
    former.start(std::nullopt, kStart, out);
    former.prepare(kStart, out);
    const Ballot reused = post.take<Prepare>(NodeId(3)).at(0).ballot;
    present.start(std::nullopt, kStart, out);
    present.prepare(kStart, out);
    const Ballot ballot = post.take<Prepare>(NodeId(3)).at(0).ballot;
    EXPECT_EQ(ballot.round, reused.round);
    present.handle(process(2), Promise{Epoch(1), ballot, {2, 1}, 1, {}}, kStart, out);
    present.handle(process(3), Promise{Epoch(1), ballot, {3, 1}, 1, {}}, kStart, out);
    ASSERT_TRUE(present.wants_proposal());
    present.propose(first(), kStart, out);
    present.handle(process(2), AcceptedIs{Epoch(1), ballot, {2, 1}, 2}, kStart, out);
    present.handle(process(3), AcceptedIs{Epoch(1), reused, {3, 1}, 2}, kStart, out);
    EXPECT_EQ(present.installed() != nullptr, mutant) << "member 3 has accepted something else";
    post.frames(NodeId(2)), post.frames(NodeId(3));
  }
  seam::active.reset();
}

// What is not durable yet is not said either (2e).
TEST_F(Founding, AVoterSaysNothingAgainBeforeItIsDurable) {
  consensus.prepare(kStart, out);
  const std::string founders = post.take<Prepare>(NodeId(2)).at(0).founders;
  NodeConfig durable = config;
  durable.durable_votes = true;
  Consensus voter(durable, post.peers, Random(2));
  out.clear();
  voter.start(std::nullopt, kStart, out);
  voter.stored(std::get<StoreVote>(out.list().at(0)).id, kStart, out);
  out.clear();
  voter.handle(process(2), Prepare{Epoch(1), {1, NodeId(2), process(2).generation}, founders}, kStart, out);
  voter.session_opened(NodeId(2), kStart);
  EXPECT_TRUE(post.frames(NodeId(2)).empty());
  voter.stored(std::get<StoreVote>(out.list().at(0)).id, kStart, out);
  EXPECT_EQ(post.take<Promise>(NodeId(2)).size(), 1U);
}

// Whoever has the view before gets what the next one changes of it; whoever has not asks, and gets it whole.
TEST_F(Founding, WhoLagsAsksForTheWholeView) {
  const auto view_of = [&](std::uint64_t epoch) {
    auto view = std::make_shared<View>(first_view(3));
    view->epoch = Epoch(epoch);
    return ViewRef(view);
  };
  const auto change = std::make_shared<const ViewChange>(difference(*view_of(2), *view_of(3)));
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kDifferenceOnWrongBase));
    Consensus member(config, post.peers, Random(2));
    member.start(std::nullopt, kStart, out);
    member.handle(process(2), ViewIs{view_of(1)}, kStart, out);
    member.handle(process(2), ViewIs{nullptr, change}, kStart, out);
    EXPECT_EQ(member.epoch(), Epoch(mutant ? 3 : 1));
    const auto asked = post.take<ViewAsk>(NodeId(2));
    ASSERT_EQ(asked.size(), mutant ? 0U : 1U);
    if (mutant) break;
    EXPECT_EQ(asked[0].have, Epoch(1));
    member.handle(process(2), ViewIs{view_of(2)}, kStart, out);
    member.handle(process(2), ViewIs{nullptr, change}, kStart, out);
    EXPECT_EQ(member.epoch(), Epoch(3));
    member.handle(process(3), ViewAsk{Epoch(2)});
    member.handle(process(3), ViewAsk{Epoch(1)});
    const auto given = post.take<ViewIs>(NodeId(3));
    ASSERT_EQ(given.size(), 2U);
    EXPECT_NE(given[0].change, nullptr);
    EXPECT_EQ(given[1].change, nullptr);
    EXPECT_EQ(given[1].view->epoch, Epoch(3));
  }
  seam::active.reset();
}

// Nobody waits for a view that only moves slots: its write can be spared where a vote follows. Who says that it is
// there has written it before.
struct LateWrites : ::testing::Test {
  LateWrites() : config(founder(3)), post(config, kStart) {
    config.founders.clear();
    config.durable_votes = true;
    for (const std::uint32_t m : {1U, 2U, 4U}) post.open(info(m));
    VoteRecord record;
    record.storage = info(3).storage;
    record.writes = 5;
    record.view = std::make_shared<View>(first_view(4));
    record.cluster = record.view->cluster;
    consensus.start(record, kStart, out);
    for (const std::uint32_t m : {1U, 2U}) consensus.handle(process(m), VoteCountIs{info(3).storage, 5}, kStart, out);
    out.clear();
  }
  void install(std::uint64_t epoch, Duration later = {}) {
    auto view = std::make_shared<View>(first_view(4));
    view->epoch = Epoch(epoch);
    view->slots[0].epoch = Epoch(epoch);
    consensus.handle(process(1), ViewIs{view}, kStart + later, out);
  }
  std::size_t writes() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(out.list(), [](const Effect& e) { return std::holds_alternative<StoreVote>(e); }));
  }

  NodeConfig config;
  Post post;
  Consensus consensus{config, post.peers, Random(2)};
  Effects out;
};

TEST_F(LateWrites, AViewThatMovesSlotsIsWrittenALittleLater) {
  install(2);
  install(3, 150ms);
  EXPECT_EQ(writes(), 0U);
  const auto at = consensus.deadline();
  ASSERT_TRUE(at);
  EXPECT_EQ(*at - kStart, 200ms) << "of the first one";
  consensus.tick(*at, out);
  ASSERT_EQ(writes(), 1U);
  EXPECT_EQ(std::get<StoreVote>(out.list().back()).record.view->epoch, Epoch(3));
  consensus.tick(*at + 1s, out);
  EXPECT_EQ(writes(), 1U);
}

TEST_F(LateWrites, OrAlongWithAPromise) {
  install(2);
  consensus.handle(process(1), Prepare{Epoch(3), {1, NodeId(1), process(1).generation}, {}}, kStart, out);
  ASSERT_EQ(writes(), 1U);
  const auto& record = std::get<StoreVote>(out.list().back()).record;
  EXPECT_EQ(record.view->epoch, Epoch(2));
  EXPECT_EQ(record.promised.round, 1U);
  consensus.stored(std::get<StoreVote>(out.list().back()).id, kStart, out);
  consensus.tick(kStart + 1s, out);
  EXPECT_EQ(writes(), 1U);
}

TEST_F(LateWrites, BeforeItIsSaidToBeHeld) {
  install(2);
  consensus.handle(process(1), ViewHeldAsk{Epoch(2)}, kStart, out);
  ASSERT_EQ(writes(), 1U);
  EXPECT_TRUE(post.take<ViewHeld>(NodeId(1)).empty());
  consensus.stored(std::get<StoreVote>(out.list().back()).id, kStart, out);
  EXPECT_EQ(post.take<ViewHeld>(NodeId(1)).size(), 1U);
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kHeldBeforeWritten));
  install(3);
  consensus.handle(process(1), ViewHeldAsk{Epoch(3)}, kStart, out);
  EXPECT_EQ(post.take<ViewHeld>(NodeId(1)).size(), 1U) << "and it is on no disk";
  EXPECT_EQ(writes(), 1U);
  seam::active.reset();
}

TEST_F(LateWrites, OneAtATime) {
  install(2);
  consensus.handle(process(1), Prepare{Epoch(3), {1, NodeId(1), process(1).generation}, {}}, kStart, out);
  const auto first = std::get<StoreVote>(out.list().back()).id;
  install(3);
  const auto at = consensus.deadline();
  ASSERT_TRUE(at);
  consensus.tick(*at, out);
  EXPECT_EQ(writes(), 1U) << "the disk is slow";
  EXPECT_FALSE(consensus.deadline()) << "nothing to be woken for";
  consensus.stored(first, *at, out);
  EXPECT_EQ(writes(), 2U);
  EXPECT_EQ(std::get<StoreVote>(out.list().back()).record.view->epoch, Epoch(3));
}

TEST_F(LateWrites, NotWhileAForcedOneIsBeingWritten) {
  auto forced = std::make_shared<View>(first_view(4));
  forced->epoch = Epoch(1000004);
  forced->lineage = 1;
  consensus.decree(forced, kStart, out);
  const auto first = std::get<StoreVote>(out.list().back()).id;
  install(2);
  consensus.stored(first, kStart, out);
  ASSERT_EQ(writes(), 2U) << "it is given up, and stands on the disk";
  EXPECT_EQ(std::get<StoreVote>(out.list().back()).record.view->epoch, Epoch(2));
}

TEST_F(LateWrites, NotWhereMembersOrVotersChange) {
  auto view = std::make_shared<View>(first_view(4));
  view->epoch = Epoch(2);
  view->members.back().state = MemberState::kLeaving;
  consensus.handle(process(1), ViewIs{view}, kStart, out);
  EXPECT_EQ(writes(), 1U);
}

}  // namespace
}  // namespace hc::testing
