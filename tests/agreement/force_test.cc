// What is forced, and what is refused (2h).
#include "core/agreement/force.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/seam.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

// Five members, voters 1 2 3; whoever is not named in `living` is gone.
struct Force : ::testing::Test {
  static View view_before() {
    View view = first_view(5, 64);
    view.counts = {{info(2).storage, 9}};
    return view;
  }
  std::expected<ViewRef, std::string> force(std::vector<std::uint32_t> living, std::vector<std::uint32_t> named,
                                            bool accept_data_loss = false) const {
    return force_on(now, std::move(living), std::move(named), accept_data_loss);
  }
  std::expected<ViewRef, std::string> force_on(const View& view, std::vector<std::uint32_t> living,
                                               std::vector<std::uint32_t> named, bool accept_data_loss = false) const {
    std::vector<Seen> seen;
    for (std::uint32_t m = 1; m <= 5; ++m) {
      const bool lives = std::ranges::find(living, m) != living.end();
      seen.push_back({info(m, restarted == m ? 2 : 1), lives ? Seen::As::kAlive : Seen::As::kGone, true});
    }
    Decree decree;
    for (const std::uint32_t m : named) decree.members.emplace_back(m);
    decree.accept_data_loss = accept_data_loss;
    return hc::force(NodeId(1), view, decree, reports, seen, [&](Incarnation who) { return who.member != behind; });
  }
  std::string refusal(std::vector<std::uint32_t> living, std::vector<std::uint32_t> named) const {
    const auto view = force(std::move(living), std::move(named));
    return view ? "" : view.error();
  }

  const View now = view_before();
  std::vector<Report> reports;
  std::uint32_t restarted = 0;
  NodeId behind;
};

TEST_F(Force, KeepsWhoIsLeftInEveryListAndRaisesItsSlotEpoch) {
  const auto next = force({1, 4, 5}, {1, 4, 5});
  ASSERT_TRUE(next) << next.error();
  const View& view = **next;
  EXPECT_EQ(view.lineage, now.lineage + 1);
  EXPECT_GT(view.epoch.value, now.epoch.value + 1000) << "whatever was decided meanwhile has a smaller number";
  std::vector<NodeId> voters;
  for (const Voter& v : view.voters) voters.push_back(v.id);
  EXPECT_EQ(voters, (std::vector{NodeId(1), NodeId(4), NodeId(5)}));
  EXPECT_TRUE(view.counts.empty()) << "they were of the voters before";
  for (const std::uint32_t gone : {2U, 3U}) EXPECT_EQ(view.member(NodeId(gone))->state, MemberState::kAbsent);
  std::size_t nobody = 0;
  for (std::uint32_t s = 0; s < view.slot_count(); ++s) {
    InSyncList left;
    for (const Incarnation who : now.slots[s].list)
      if (who.member != NodeId(2) && who.member != NodeId(3)) left.push_back(who);
    nobody += left.empty() ? 1 : 0;
    EXPECT_EQ(view.slots[s].list, left.empty() ? now.slots[s].list : left);
    EXPECT_EQ(view.slots[s].epoch, left.empty() ? now.slots[s].epoch : view.epoch);
  }
  EXPECT_GT(nobody, 0U) << "some slots had both copies at 2 and 3";
}

TEST_F(Force, BeginsAnewWhereNobodyIsLeftIfTheOperatorSaysSo) {
  const auto next = force({1, 4, 5}, {1, 4, 5}, true);
  ASSERT_TRUE(next) << next.error();
  for (std::uint32_t s = 0; s < 64; ++s) {
    const InSyncList& list = (*next)->slots[s].list;
    for (const Incarnation who : list) EXPECT_TRUE((*next)->member(who.member)->state == MemberState::kActive);
    if (now.slots[s].list.names(list.front())) continue;
    EXPECT_EQ(list.front().member, (*next)->ring.wanted(Slot{static_cast<std::uint16_t>(s)}).front());
  }
}

TEST_F(Force, WhoWasToLeaveIsStillToLeave) {
  View leaving = now;
  leaving.members[1].state = MemberState::kLeaving;
  const auto next = force_on(leaving, {1, 4, 5}, {1, 4, 5});
  ASSERT_TRUE(next) << next.error();
  EXPECT_EQ((*next)->member(NodeId(2))->state, MemberState::kLeaving);
  EXPECT_EQ((*next)->member(NodeId(3))->state, MemberState::kAbsent);
}

TEST_F(Force, WhoWasToLeaveStaysWhereNobodyElseIsLeft) {
  View leaving = now;
  for (const std::size_t i : {0U, 3U}) leaving.members[i].state = MemberState::kLeaving;
  const auto with_others = force_on(leaving, {1, 4, 5}, {1, 4, 5}), alone = force_on(leaving, {1, 4}, {1, 4}, true);
  ASSERT_TRUE(with_others && alone);
  EXPECT_EQ((*with_others)->member(NodeId(4))->state, MemberState::kLeaving);
  EXPECT_EQ((*alone)->member(NodeId(4))->state, MemberState::kActive);
  EXPECT_EQ((*alone)->member(NodeId(1))->state, MemberState::kActive);
}

TEST_F(Force, OneThatIsBackInANewProcessHoldsNothing) {
  restarted = 4;
  const auto next = force({1, 4, 5}, {1, 4, 5});
  ASSERT_TRUE(next) << next.error();
  EXPECT_TRUE((*next)->names(process(4, 2)));
  EXPECT_EQ((*next)->member(NodeId(4))->since, (*next)->epoch);
  for (const SlotConfig& slot : (*next)->slots)
    EXPECT_FALSE(slot.epoch == (*next)->epoch && slot.list.names(NodeId(4)));
}

// 2e: with a majority of the voters gone, nobody who comes back can compare its count with theirs.
// Of voter 1 it is not known which data folder it has by now.
TEST_F(Force, OneThatCouldNotCompareHasNoVoteYet) {
  MemberInfo back = info(1, 2);
  back.storage = {};
  const std::vector<Seen> seen{
      {back, Seen::As::kAlive, true}, {info(4), Seen::As::kAlive, true}, {info(5), Seen::As::kAlive, true}};
  const Decree decree{{NodeId(1), NodeId(4), NodeId(5)}, true};
  const auto force = [&] { return hc::force(NodeId(4), now, decree, {}, seen, [](Incarnation) { return true; }); };
  const auto next = force();
  ASSERT_TRUE(next) << next.error();
  EXPECT_TRUE((*next)->names(process(1, 2)));
  EXPECT_EQ((*next)->voters, (std::vector{Voter{NodeId(4), info(4).storage}})) << "of two both would be needed";
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kForcedVoteForAnyFolder));
  const auto rash = force();
  seam::active.reset();
  EXPECT_TRUE((*rash)->votes(NodeId(1), info(1).storage)) << "which may be lost";
}

// Of voters 1 2 3 the last is gone, and 1 has not compared yet: what it asks about says which data folder it has.
TEST_F(Force, OneThatHasNotComparedIsAVoterWithTheFolderThatItVotedWith) {
  MemberInfo back = info(1, 2);
  back.storage = {};
  std::vector<Seen> seen{{back, Seen::As::kAlive, true}, {info(2), Seen::As::kAlive, true}};
  const auto force = [&](StorageId compares) {
    seen[0].compares = compares;
    const Decree decree{{NodeId(1), NodeId(2)}, true};
    const auto view = hc::force(NodeId(2), now, decree, {}, seen, [](Incarnation) { return true; });
    return view ? "" : view.error();
  };
  const StorageId lost_its_folder{77, 1};
  EXPECT_NE(force(info(1).storage).find("a majority of the voters lives (2 of 3)"), std::string::npos);
  EXPECT_EQ(
      force({}),
      "node-1 has not compared its data folder yet, and if that is the one it voted with, a majority of the voters "
      "lives (2 of 3): try again in a moment; if it stays so, ask a voter instead, or node-1 itself, or stop that one");
  EXPECT_EQ(force(lost_its_folder), "");
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kForceCountsTheUncompared));
  EXPECT_NE(force(lost_its_folder), "");
  seam::active.reset();
}

TEST_F(Force, WhatANamedMemberMayHaveInItsLogDoesNotBeginAnew) {
  View logged = now;
  for (SlotConfig& slot : logged.slots) slot.list = list({process(4), process(2)});
  for (const bool keeps_log : {false, true}) {
    MemberInfo back = info(4, 2);  // a new process: no list names it
    back.keeps_log = keeps_log;
    std::vector<Seen> seen{{info(1), Seen::As::kAlive, true}, {back, Seen::As::kAlive, true}};
    const Decree decree{{NodeId(1), NodeId(4)}, true};
    const auto next = hc::force(NodeId(1), logged, decree, {}, seen, [](Incarnation) { return true; });
    ASSERT_TRUE(next) << next.error();
    EXPECT_EQ((*next)->config(Slot{7}).list == logged.config(Slot{7}).list, keeps_log);
  }
}

TEST_F(Force, TwoThatAreForcedAtTwoMembersHaveTwoNumbers) {
  std::vector<Seen> seen{{info(1), Seen::As::kAlive, true}, {info(4), Seen::As::kAlive, true}};
  const Decree decree{{NodeId(1), NodeId(4)}, false};
  const auto all = [](Incarnation) { return true; };
  const auto one = hc::force(NodeId(1), now, decree, {}, seen, all),
             other = hc::force(NodeId(4), now, decree, {}, seen, all);
  ASSERT_TRUE(one && other);
  EXPECT_NE((*one)->epoch, (*other)->epoch);
}

TEST_F(Force, ACountedLearnerIsLeftAsWell) {
  View grown = now;  // member 1 is no more in any list, and learns where the ring wants it
  for (SlotConfig& slot : grown.slots) slot.list = list({process(2), process(3)});
  const Slot slot{7};
  const Incarnation learner = grown.learners(slot).front();
  Report counted{ReportKind::kCaughtUp, process(2), learner, grown.epoch, SlotSet(64), {}};
  counted.slots.add(slot);
  std::vector<Seen> seen;
  for (const std::uint32_t m : {1U, 4U, 5U}) seen.push_back({info(m), Seen::As::kAlive, true});
  const Decree decree{{NodeId(1), NodeId(4), NodeId(5)}, false};
  const auto next = hc::force(NodeId(1), grown, decree, {counted}, seen, [](Incarnation) { return true; });
  ASSERT_TRUE(next) << next.error();
  EXPECT_EQ((*next)->config(slot).list, list({learner}));
  EXPECT_EQ((*next)->config(Slot{8}).list, grown.config(Slot{8}).list);
}

TEST_F(Force, IsRefusedBesideTheLiving) {
  EXPECT_NE(refusal({1, 2, 4, 5}, {1, 2, 4, 5}).find("a majority of the voters lives (2 of 3)"), std::string::npos);
  EXPECT_EQ(refusal({1, 4, 5}, {1, 4}), "node-5 is not named, and seems to live: name it, or stop it for good");
}

TEST_F(Force, IsRefusedForOneThatIsNotThereOrBehind) {
  EXPECT_EQ(refusal({1, 4, 5}, {}), "name the members that are left");
  EXPECT_EQ(refusal({1, 4, 5}, {1, 4, 5, 9}), "node-9 is no member of view 1");
  EXPECT_EQ(refusal({1, 4, 5}, {1, 2, 4, 5}),
            "node-2 does not seem to live: name those that do, or wait until it is seen");
  behind = NodeId(5);
  EXPECT_EQ(refusal({1, 4, 5}, {1, 4, 5}),
            "node-5 has another view than 1, or there is no connection to it: try again in a moment");
}

}  // namespace
}  // namespace hc::testing
