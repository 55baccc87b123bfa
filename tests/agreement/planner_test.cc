// What is proposed for what is seen; each proposal also passes the voters' check.
#include "core/agreement/planner.h"

#include <gtest/gtest.h>

#include "core/agreement/evidence.h"
#include "core/agreement/plan_members.h"
#include "core/agreement/step_rule.h"
#include "core/base/seam.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

std::vector<Seen> all_alive(std::uint32_t n) {
  std::vector<Seen> seen;
  for (std::uint32_t m = 1; m <= n; ++m) seen.push_back({info(m), Seen::As::kAlive, true});
  return seen;
}

TEST(Planner, NothingWaitsInAQuietCluster) { EXPECT_FALSE(plan(first_view(3, 16), {}, all_alive(3))); }

TEST(Planner, OneWhoAsksJoinsAndMovesNothingYet) {
  const View now = first_view(3, 64);
  const auto next = plan(now, {}, all_alive(4));
  ASSERT_TRUE(next);
  EXPECT_NE(next->view->member(NodeId(4)), nullptr);
  EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
  for (std::uint32_t s = 0; s < 64; ++s) EXPECT_EQ(next->view->slots[s].list.size(), now.slots[s].list.size());
}

TEST(Planner, ARumorOfAnotherProcessIsNotEnough) {
  auto seen = all_alive(3);
  seen[2] = {info(3, 7), Seen::As::kAlive, false};
  EXPECT_FALSE(plan(first_view(3, 16), {}, seen));
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kRumorReplacesProcess));
  const auto next = plan(first_view(3, 16), {}, seen);
  seam::active.reset();
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->view->names(process(3, 7))) << "of two processes, the one that may have ended";
}

TEST(Planner, ComplaintsOfOneSlotsSurvivorsTakeTheDeadOut) {
  const View now = first_view(3, 16);
  const Slot slot{5};
  const Incarnation dead = now.config(slot).list[0], lives = now.config(slot).list[1];
  Report complaint{ReportKind::kComplaint, lives, dead, now.epoch, SlotSet(16), {}};
  complaint.slots.add(slot);
  const auto next = plan(now, {complaint}, all_alive(3));
  ASSERT_TRUE(next);
  EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
  EXPECT_EQ(next->view->config(slot).list, list({lives}));
  EXPECT_EQ(next->view->config(slot).epoch, Epoch(2));
  EXPECT_EQ(next->view->config(Slot{6}).epoch, Epoch(1)) << "other slots are not touched";
}

// A member leaves the ring with all its slots; its places as primary go a few hundred at a time, what is complained of
// at once.
TEST(Planner, PlannedMovesGoSomeAtATime) {
  constexpr std::uint32_t kAll = 16384;
  const View now = first_view(3, kAll);
  const Incarnation stops = process(1);
  std::vector<Report> reports{report(ReportKind::kStop, stops, stops, now.epoch, kAll),
                              report(ReportKind::kCaughtUp, process(2), process(3), now.epoch, kAll)};
  std::size_t moved = 0, views = 0;
  std::optional<Proposal> next;
  for (ViewRef view = std::make_shared<View>(now); (next = plan(*view, reports, all_alive(3))); view = next->view) {
    EXPECT_EQ(why_not(*view, *next->view, next->evidence), "");
    std::size_t changed = 0;
    next->view->slots.for_each_difference(view->slots, [&](std::size_t) { ++changed; });
    EXPECT_LE(changed, 256U);
    for (const Report& r : next->evidence) EXPECT_LE(r.slots.count(), changed) << "of what changes";
    moved += changed;
    ++views;
  }
  EXPECT_GE(moved, kAll / 4) << "what it led";
  EXPECT_EQ(views, (moved + 255) / 256);

  Report complaint = report(ReportKind::kComplaint, process(2), process(1), now.epoch, kAll);
  next = plan(now, {complaint}, all_alive(3));
  ASSERT_TRUE(next);
  std::size_t changed = 0;
  next->view->slots.for_each_difference(now.slots, [&](std::size_t) { ++changed; });
  EXPECT_GT(changed, 256U) << "nobody waits with those";
}

// Every slot has its copies, in another order than the ring wants.
TEST(Planner, MovesThatNobodyWaitsForGoInSmallSteps) {
  View now = first_view(3, 4096);
  for (std::uint32_t s = 0; s < now.slot_count(); ++s) {
    const InSyncList& was = now.config(Slot{static_cast<std::uint16_t>(s)}).list;
    now.slots[s].list = list({was[1], was[0]});
  }
  for (const auto& [pace, moves] : {std::pair{MovePace::kQuiet, 64U}, {MovePace::kUnderLoad, 256U}}) {
    const auto next = plan(now, SlotIndex(std::make_shared<View>(now)), {}, all_alive(3), pace);
    ASSERT_TRUE(next);
    EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
    std::size_t changed = 0;
    next->view->slots.for_each_difference(now.slots, [&](std::size_t) { ++changed; });
    EXPECT_EQ(changed, moves);
  }
}

TEST(Planner, WhoIsStoppedAndSlotsThatLackACopyAreInHaste) {
  View now = first_view(3, 16);
  const auto hastes = [&](const std::vector<Report>& reports) {
    return in_haste(now, SlotIndex(std::make_shared<View>(now)), reports);
  };
  EXPECT_FALSE(hastes({}));
  EXPECT_TRUE(hastes({report(ReportKind::kStop, process(1), process(1), now.epoch, 16)}));
  const Incarnation seen_off = process(1, 2);
  EXPECT_FALSE(hastes({report(ReportKind::kStop, seen_off, seen_off, now.epoch, 16)})) << "it has nothing to hand over";
  now.slots[0].list = list({process(2)});
  EXPECT_TRUE(hastes({}));
  now.slots[0].list = list({process(2, 2)});
  EXPECT_FALSE(hastes({})) << "nobody can fill its copies";
}

TEST(Planner, TheLastReplicaStaysNamed) {
  View now = first_view(2, 1, 1);
  const Incarnation only = now.slots[0].list[0];
  const Incarnation other = only.member == NodeId(1) ? process(2) : process(1);
  EXPECT_FALSE(plan(now, {report(ReportKind::kComplaint, other, only, Epoch(1))}, all_alive(2)));
}

// B was accused by A, then A by C: nobody who stays has accused B, so B stays until C has.
TEST(Planner, TwoWhoFallAtOnceAreTakenOutOneAfterTheOther) {
  View now = first_view(3, 1, 3);
  now.slots[0].list = list({process(1), process(2), process(3)});
  const auto next = plan(now,
                         {report(ReportKind::kComplaint, process(1), process(2), Epoch(1)),
                          report(ReportKind::kComplaint, process(3), process(1), Epoch(1))},
                         all_alive(3));
  ASSERT_TRUE(next);
  EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
  EXPECT_FALSE(next->view->slots[0].list.names(process(1)));
  EXPECT_TRUE(next->view->slots[0].list.names(process(3)));
}

// Members 1 and 2, RF 2; the list is 1 alone, 2 is a learner.
View one_and_its_learner() {
  View now = first_view(2);
  now.slots[0].list = list({process(1)});
  return now;
}

TEST(Planner, ACountedLearnerSurvivesALostList) {
  View now = one_and_its_learner();
  const Report counted = report(ReportKind::kCaughtUp, process(1), process(2), Epoch(1));
  now.members[0].info = info(1, 2);  // the only process of the list has ended, and its member is back
  now.voters = {{NodeId(2), info(2).storage}};
  auto seen = all_alive(2);
  seen[0].info = info(1, 2);
  const auto next = plan(now, {counted}, seen);
  ASSERT_TRUE(next);
  EXPECT_TRUE(next->view->slots[0].list.names(process(2))) << "it holds everything: the slot is not lost";
}

TEST(Planner, AComplaintAboutACountedLearnerRenewsTheSlotEpoch) {
  const View now = one_and_its_learner();
  const Report complaint = report(ReportKind::kComplaint, process(1), process(2), Epoch(1));
  const auto next = plan(now, {complaint}, all_alive(2));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->slots[0].list, now.slots[0].list);
  EXPECT_EQ(next->view->slots[0].epoch, Epoch(2)) << "the count is void";
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kCountedLearnerStuck));
  EXPECT_FALSE(plan(now, {complaint}, all_alive(2)));
  seam::active.reset();
}

// Rule 7c: members 1 … 3, RF 2. The ring wants the first and the second, the list names the first and the third.
struct Move : ::testing::Test {
  Move() : now(first_view(3)) {
    const auto wanted = now.ring.wanted(kSlot);
    first = now.incarnation_of(wanted[0]);
    comes = now.incarnation_of(wanted[1]);
    goes = now.incarnation_of(now.ring.next(kSlot));
    now.slots[0].list = list({first, goes});
  }
  Report says(ReportKind kind, Incarnation by, Incarnation about) const { return report(kind, by, about, now.epoch); }
  InSyncList after(const std::vector<Report>& reports) const {
    const auto next = plan(now, reports, all_alive(3));
    if (!next) return now.config(kSlot).list;
    EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
    return next->view->config(kSlot).list;
  }
  static constexpr Slot kSlot{0};
  View now;
  Incarnation first, comes, goes;
};

TEST_F(Move, TakesOneViewWhereThePrimaryStays) {
  EXPECT_EQ(after({says(ReportKind::kCaughtUp, first, comes), says(ReportKind::kDrop, first, goes)}),
            list({first, comes}));
}

TEST_F(Move, DropsNobodyWhileAWantedOneIsNotIn) {
  EXPECT_EQ(after({says(ReportKind::kDrop, first, goes)}), list({first, goes}));
  EXPECT_EQ(after({says(ReportKind::kCaughtUp, first, comes), says(ReportKind::kComplaint, first, comes),
                   says(ReportKind::kDrop, first, goes)}),
            list({first, goes}))
      << "counted, and complained of";
}

TEST_F(Move, DropsNobodyWhomTheNextRingWants) {
  const std::vector<Report> words{says(ReportKind::kCaughtUp, first, comes),
                                  says(ReportKind::kDrop, first, goes),
                                  {ReportKind::kStop, comes, comes, now.epoch, {}, {}}};
  EXPECT_TRUE(after(words).names(goes)) << "who was to come is being stopped";
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kDropOfYesterday));
  EXPECT_FALSE(after(words).names(goes));
  seam::active.reset();
}

TEST_F(Move, GivesUpNoCopyThatLivesForOneThatMayNot) {
  const std::vector<Report> words{says(ReportKind::kCaughtUp, first, comes), says(ReportKind::kDrop, first, goes)};
  for (const Incarnation suspect : {first, comes}) {
    auto seen = all_alive(3);
    seen[suspect.member.value - 1].as = Seen::As::kSuspect;
    const auto next = plan(now, words, seen);
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->view->config(kSlot).list.names(goes)) << name_of(suspect.member);
  }
}

TEST_F(Move, OfAFullListOneMakesRoom) {
  now = first_view(7);
  first = now.incarnation_of(now.ring.wanted(kSlot)[0]);
  comes = now.incarnation_of(now.ring.wanted(kSlot)[1]);
  InSyncList full = list({first});
  std::vector<Report> words{says(ReportKind::kCaughtUp, first, comes)};
  for (std::uint32_t m = 1; m <= 7; ++m) {
    if (process(m) == first || process(m) == comes) continue;
    full.push_back(process(m));
    words.push_back(says(ReportKind::kDrop, first, process(m)));
  }
  now.slots[0].list = full;
  ASSERT_EQ(full.size(), kListMax);
  const auto next = plan(now, words, all_alive(7));
  ASSERT_TRUE(next);
  EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
  const InSyncList& is = next->view->config(kSlot).list;
  EXPECT_EQ(is.size(), kListMax);
  EXPECT_TRUE(is.names(comes));
  EXPECT_FALSE(is.names(full[kListMax - 1]));
  words.erase(words.begin());
  EXPECT_FALSE(plan(now, words, all_alive(7))) << "for nobody";
}

TEST_F(Move, APrimaryThatIsToGoIsDroppedByTheNextView) {
  now.slots[0].list = list({goes, first});
  const Report counted = says(ReportKind::kCaughtUp, goes, comes);
  EXPECT_EQ(after({counted, says(ReportKind::kDrop, goes, goes)}), list({first, comes, goes}))
      << "nobody leaves on its own word";
}

// Rule 7a: members 1 … 3, RF 2. The slot's list is short: its second is a learner and stuck, the third stands in.
struct Stuck : ::testing::Test {
  Stuck() : now(first_view(3)) {
    const auto wanted = now.ring.wanted(kSlot);
    primary = now.incarnation_of(wanted[0]);
    learner = now.incarnation_of(wanted[1]);
    third = now.incarnation_of(now.ring.next(kSlot));
    now.slots[0].list = list({primary});
  }
  View after(ReportKind kind, Incarnation about) {
    const auto next = plan(now, {report(kind, primary, about, now.epoch)}, all_alive(3));
    if (!next) return now;
    EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
    return *next->view;
  }
  static constexpr Slot kSlot{0};
  View now;
  Incarnation primary, learner, third;
};

TEST_F(Stuck, YieldsToTheNextOfTheRing) {
  EXPECT_EQ(now.learners(kSlot), std::vector{learner});
  const View next = after(ReportKind::kStuck, learner);
  EXPECT_EQ(next.learners(kSlot), std::vector{third});
  EXPECT_FALSE(next.is_learner(kSlot, learner));
  EXPECT_TRUE(next.is_learner(kSlot, third));
  EXPECT_EQ(next.config(kSlot).epoch, next.epoch) << "a learner is taken away";
}

TEST_F(Stuck, YieldsBackIfThatOneIsStuckAsWell) {
  now = after(ReportKind::kStuck, learner);
  EXPECT_EQ(after(ReportKind::kStuck, third).learners(kSlot), std::vector{learner});
}

TEST_F(Stuck, IsWantedAgainWhenTheListIsLongEnough) {
  now = after(ReportKind::kStuck, learner);
  now = after(ReportKind::kCaughtUp, third);
  EXPECT_EQ(now.config(kSlot).list, list({primary, third}));
  EXPECT_EQ(now.learners(kSlot), std::vector{learner});
  EXPECT_EQ(after(ReportKind::kStuck, learner).epoch, now.epoch) << "it can wait";
  now = after(ReportKind::kCaughtUp, learner);
  EXPECT_EQ(after(ReportKind::kDrop, third).config(kSlot).list, list({primary, learner}));
}

TEST_F(Stuck, IsWantedAgainWhenNobodyCanStandInForIt) {
  now = after(ReportKind::kStuck, learner);
  auto seen = all_alive(3);
  seen[third.member.value - 1].as = Seen::As::kGone;
  std::vector<Report> dead;
  for (const Incarnation by : {primary, learner})
    dead.push_back({ReportKind::kDead, by, third, now.epoch, SlotSet(1), {}});
  const auto next = plan(now, dead, seen);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->member(third.member)->state, MemberState::kAbsent);
  EXPECT_EQ(next->view->learners(kSlot), std::vector{learner});
}

TEST_F(Stuck, TheRuleIsTheMutants) {
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kLearnerNeverYields));
  EXPECT_EQ(after(ReportKind::kStuck, learner).learners(kSlot), std::vector{learner});
  seam::active.reset();
}

TEST_F(Stuck, NobodyIsPassedOverWithoutThePrimarysWord) {
  View next = now;
  next.epoch = now.epoch.next();
  next.slots[0] = {next.epoch, list({primary}), learner};
  EXPECT_NE(why_not(now, next, {report(ReportKind::kStuck, third, learner, now.epoch)}), "");
  EXPECT_EQ(why_not(now, next, {report(ReportKind::kStuck, primary, learner, now.epoch)}), "");
}

TEST(Planner, VotersGrowWithTheClusterAndNeverShareAName) {
  const auto three = plan(first_view(2, 4), {}, all_alive(3));
  ASSERT_TRUE(three);
  EXPECT_EQ(three->view->voters.size(), 3U);
  auto seen = all_alive(3);
  seen[1].info.storage = {77, 1};  // member 2 lost its data folder
  const View now = *three->view;
  const auto next = plan(now, {}, seen);
  ASSERT_TRUE(next);
  std::set<NodeId> names;
  for (const Voter& v : next->view->voters) names.insert(v.id);
  EXPECT_EQ(names.size(), next->view->voters.size());
  EXPECT_TRUE(next->view->votes(NodeId(2), {77, 1}));
}

TEST(Planner, WhoIsToldToLeaveIsNoLongerWantedAndItsVoteGoesToAnother) {
  const View now = first_view(4, 64);
  const Report told = report(ReportKind::kLeave, process(3), process(1), now.epoch);
  const auto next = plan(now, {told}, all_alive(4));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->member(NodeId(1))->state, MemberState::kLeaving);
  EXPECT_FALSE(next->view->votes(NodeId(1)));
  EXPECT_EQ(next->view->voters.size(), 3U);
  for (std::uint32_t s = 0; s < 64; ++s)
    for (NodeId wanted : next->view->ring.wanted(Slot{static_cast<std::uint16_t>(s)})) EXPECT_NE(wanted, NodeId(1));
  EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
}

TEST(Planner, TheNumberOfVotersShrinksByAPlannedLeaveAlone) {
  const View now = first_view(3, 16);
  const Report told = report(ReportKind::kLeave, process(3), process(1), now.epoch);
  auto seen = all_alive(3);
  seen[0].as = Seen::As::kGone;
  const auto left = plan(now, {told}, seen);
  ASSERT_TRUE(left);
  EXPECT_EQ(left->view->voters.size(), 1U);
  const Report dead[] = {report(ReportKind::kDead, process(2), process(1), now.epoch),
                         report(ReportKind::kDead, process(3), process(1), now.epoch)};
  const auto failed = plan(now, {std::begin(dead), std::end(dead)}, seen);
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->view->member(NodeId(1))->state, MemberState::kAbsent);
  EXPECT_EQ(failed->view->voters.size(), 3U);
}

// 2e: of each voter, by the data folder that it votes with.
TEST(Planner, AViewTellsWhatIsKnownOfVotes) {
  View now = first_view(4, 4);
  now.counts = {{info(1).storage, 9}, {info(3).storage, 4}};
  const Report told = report(ReportKind::kLeave, process(3), process(2), now.epoch);
  auto seen = all_alive(4);
  seen[0].writes = 7;
  seen[2].writes = 5;
  seen[3].writes = 2;
  const auto next = plan(now, {told}, seen);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->count_of(info(1).storage), 9U);
  EXPECT_EQ(next->view->count_of(info(3).storage), 5U);
  EXPECT_EQ(next->view->count_of(info(4).storage), 2U) << "it has the vote of 2 now";
  EXPECT_EQ(next->view->counts.size(), 3U);
  now.voters = {{NodeId(1), info(1).storage}};
  now.voters_max = 1;
  const auto only = plan(now, {told}, seen);
  ASSERT_TRUE(only);
  EXPECT_TRUE(only->view->counts.empty()) << "nothing would be decided without it";
}

// The last active one is dead to a majority of the voters, or is being stopped.
TEST(Planner, WhoHasNobodyToLeaveToStays) {
  View now = first_view(3, 4);
  now.voters = {{NodeId(3), info(3).storage}};
  for (const std::size_t i : {0U, 1U}) now.members[i].state = MemberState::kLeaving;
  now.slots[0].list = list({process(1), process(2)});
  now.derive_ring();
  auto seen = all_alive(3);
  const Report stops = report(ReportKind::kStop, process(3), process(3), now.epoch);
  seen[1].as = Seen::As::kGone;
  const auto next = plan(now, {stops}, seen);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->member(NodeId(1))->state, MemberState::kActive) << "a list names it";
  EXPECT_EQ(next->view->member(NodeId(2))->state, MemberState::kLeaving) << "it is not there";
  EXPECT_EQ(next->view->member(NodeId(3))->state, MemberState::kAbsent);
  EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kLeavesToNobody));
  const auto rash = plan(now, {stops}, seen);
  seam::active.reset();
  ASSERT_TRUE(rash);
  EXPECT_EQ(rash->view->member(NodeId(1))->state, MemberState::kLeaving);
  for (std::uint32_t s = 0; s < now.slot_count(); ++s) now.slots[s].list = list({process(3)});
  const auto handed_over = plan(now, {stops}, seen);
  ASSERT_TRUE(handed_over);
  EXPECT_EQ(handed_over->view->member(NodeId(1))->state, MemberState::kLeaving) << "it may have ended by now";
}

// Who restarted without its data folder, and is not named yet, could not use a vote of the former one.
TEST(Planner, AVoteGoesToADataFolderThatIsThere) {
  const View now = first_view(2, 4);
  const Report stops = report(ReportKind::kStop, process(1), process(1), now.epoch);
  auto seen = all_alive(2);
  const auto kept = plan(now, {stops}, seen);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->view->votes(NodeId(2), info(2).storage));
  seen[1] = {info(2, 7), Seen::As::kAlive, false};
  seen[1].info.storage = {77, 1};
  const auto lost = plan(now, {stops}, seen);
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->view->voters, now.voters);
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kVotesToALostFolder));
  const auto rash = plan(now, {stops}, seen);
  seam::active.reset();
  ASSERT_TRUE(rash);
  EXPECT_TRUE(rash->view->votes(NodeId(2), info(2).storage)) << "which is gone: nothing is decided any more";
}

// All are told to leave but 3, which lost its folder, and has answered as one that could be given a vote.
TEST(Planner, AVoteStaysWithTheFolderThatHasPromised) {
  const View now = first_view(3, 4);
  const std::vector<Report> told{report(ReportKind::kLeave, process(2), process(1), now.epoch),
                                 report(ReportKind::kLeave, process(2), process(2), now.epoch)};
  auto seen = all_alive(3);
  seen[2].info.storage = {77, 1};
  seen[2].proven = false;
  const auto next = plan(now, told, seen);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->voters, now.voters);
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kVotesByName));
  const auto rash = plan(now, told, seen);
  seam::active.reset();
  ASSERT_TRUE(rash);
  EXPECT_EQ(rash->view->voters, (std::vector<Voter>{{NodeId(3), info(3).storage}}))
      << "which is gone: nothing is decided any more";
}

// Two could have the vote of the only voter, which is told to leave; 2 has not answered in this round.
TEST(Planner, AVoteGoesToOneThatHasAnswered) {
  View now = first_view(3, 4);
  now.voters_max = 1;
  now.voters = {{NodeId(1), info(1).storage}};
  const Report told = report(ReportKind::kLeave, process(3), process(1), now.epoch);
  auto seen = all_alive(3);
  const Heirs all = heirs(Sight(now, {told}, seen), SlotIndex(std::make_shared<View>(now)));
  EXPECT_EQ(all.ids, (std::vector{NodeId(2), NodeId(3)}));
  EXPECT_EQ(all.wanted, 1U);
  seen[1].answered = false;
  const auto given = plan(now, {told}, seen);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->view->voters, (std::vector<Voter>{{NodeId(3), info(3).storage}}));
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kVotesToTheUnheard));
  const auto rash = plan(now, {told}, seen);
  seam::active.reset();
  ASSERT_TRUE(rash);
  EXPECT_TRUE(rash->view->votes(NodeId(2))) << "which may have died";
  seen[2].answered = false;
  const auto kept = plan(now, {told}, seen);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->view->member(NodeId(1))->state, MemberState::kLeaving);
  EXPECT_EQ(kept->view->voters, now.voters);
}

// Of three voters one leaves: 4 is to have its vote, in this view if it has answered, else in a later one.
TEST(Planner, AVoteThatSomebodyCouldHaveIsNotTakenAway) {
  const View now = first_view(4, 4);
  const Report told = report(ReportKind::kLeave, process(3), process(1), now.epoch);
  auto seen = all_alive(4);
  seen[3].answered = false;
  const auto next = plan(now, {told}, seen);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->view->member(NodeId(1))->state, MemberState::kLeaving);
  EXPECT_EQ(next->view->voters, now.voters);
}

// 2 is absent, 3 is leaving: one voter is enough for the others. It goes by whether 4 is heard, who gets no vote by it.
TEST(Planner, WhoIsToBeHeardBeforeAVoteGoesIsAsked) {
  View now = first_view(4, 4);
  now.members[1].state = MemberState::kAbsent;
  now.members[2].state = MemberState::kLeaving;
  auto seen = all_alive(4);
  seen[1].as = Seen::As::kGone;
  const auto asked = [&] { return heirs(Sight(now, {}, seen), SlotIndex(std::make_shared<View>(now))); };
  EXPECT_EQ(asked().ids, std::vector{NodeId(4)});
  EXPECT_EQ(asked().wanted, 1U);
  seen[3].answered = false;
  EXPECT_EQ(asked().ids, std::vector{NodeId(4)}) << "in a round that has not asked it";
  EXPECT_FALSE(plan(now, {}, seen) && plan(now, {}, seen)->view->voters != now.voters);
  seen[3].answered = true;
  EXPECT_EQ(plan(now, {}, seen)->view->voters, (std::vector<Voter>{{NodeId(1), info(1).storage}}));
}

TEST(Planner, TheNumberOfVotersGrowsToAnOddOne) {
  View now = first_view(3, 4);
  now.voters = {{NodeId(1), info(1).storage}};
  auto seen = all_alive(3);
  seen[2].answered = false;
  EXPECT_FALSE(plan(now, {}, seen)) << "of two voters both would be needed";
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kVotersInPairs));
  const auto two = plan(now, {}, seen);
  seam::active.reset();
  ASSERT_TRUE(two);
  EXPECT_EQ(two->view->voters.size(), 2U);
  seen[2].answered = true;
  EXPECT_EQ(plan(now, {}, seen)->view->voters.size(), 3U);
}

TEST(Planner, WhoJoinsIsGivenNoVoteByTheViewThatItJoinsIn) {
  const View now = first_view(2, 4);
  EXPECT_EQ(heirs(Sight(now, {}, all_alive(3)), SlotIndex(std::make_shared<View>(now))).ids, std::vector{NodeId(2)});
}

TEST(Planner, TheLastActiveMemberStays) {
  const View now = first_view(1, 4);
  EXPECT_FALSE(plan(now, {report(ReportKind::kLeave, process(1), process(1), now.epoch)}, all_alive(1)));
}

// ---- 7e: an operator does without what is lost

// Members 1 and 2 held the slot, and have ended; member 2 is back if `back`.
struct Lost {
  explicit Lost(bool back) {
    now.epoch = Epoch(5);
    now.slot_loss = SlotLossPolicy::kWait;
    now.slots[0].list = list({process(1, 0), process(2, 0)});
    seen = {{info(1), Seen::As::kGone, true}, {info(2), back ? Seen::As::kAlive : Seen::As::kGone, true}};
    seen.push_back({info(3), Seen::As::kAlive, true});
    for (ViewMember& m : now.members)
      if (m.info.id == NodeId(2)) m.info.keeps_log = back;
  }
  InSyncList after(const std::vector<Report>& reports) const {
    const auto next = plan(now, reports, seen);
    if (!next) return now.config(Slot{0}).list;
    EXPECT_EQ(why_not(now, *next->view, next->evidence), "");
    return next->view->config(Slot{0}).list;
  }
  View now = first_view(3);
  std::vector<Seen> seen;
  Report word = report(ReportKind::kAcceptLoss, process(3), process(3), Epoch(5));
};

TEST(Planner, ALostSlotWaitsForAnOperator) {
  const Lost lost(false);
  EXPECT_EQ(lost.after({}), lost.now.config(Slot{0}).list);
  EXPECT_EQ(lost.after({lost.word}).size(), 1U);
  EXPECT_EQ(lost.after({lost.word}).front(), process(3)) << "nobody else lives";
}

TEST(Planner, NobodyIsGivenUpWhoSeemsToLive) {
  Lost lost(false);
  lost.now.slots[0].list = list({process(1, 0), process(2)});
  lost.seen[1].as = Seen::As::kSuspect;
  EXPECT_EQ(lost.after({lost.word}), lost.now.config(Slot{0}).list);
}

TEST(Planner, WhoIsBackSaysFirstWhatItHas) {
  const Lost lost(true);
  EXPECT_EQ(lost.after({lost.word}), lost.now.config(Slot{0}).list) << "it has not said yet";
  Report offer = report(ReportKind::kOffer, process(2), process(2, 0), Epoch(5));
  offer.offers = {{Slot{0}, true, false, {Epoch(1), Seq(9)}}};
  EXPECT_EQ(lost.after({offer}), lost.now.config(Slot{0}).list) << "member 1 may have more";
  EXPECT_EQ(lost.after({offer, lost.word}), list({process(2)}));
}

}  // namespace
}  // namespace hc::testing
