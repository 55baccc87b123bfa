// Rule 2b by examples: what a view may become, and on whose word.
#include "core/agreement/step_rule.h"

#include <gtest/gtest.h>

#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

constexpr Slot kSlot{0};

// Members 1 … 3, slot 0 held by `who` in slot epoch 1, seen from epoch 5.
View present(InSyncList who) {
  View v = first_view(3);
  v.epoch = Epoch(5);
  v.slots[0].list = who;
  return v;
}
View after(const View& now, InSyncList who) {
  View next = now;
  next.epoch = now.epoch.next();
  next.slots[0] = {next.epoch, who};
  return next;
}

TEST(StepRule, NothingChangesWithoutReason) {
  const View now = present(list({process(1), process(2)}));
  View next = now;
  next.epoch = Epoch(6);
  EXPECT_EQ(why_not(now, next, {}), "");
  next.epoch = Epoch(7);
  EXPECT_NE(why_not(now, next, {}), "") << "epochs follow each other";
}

TEST(StepRule, AListIsNeverEmpty) {
  const View now = present(list({process(1), process(2)}));
  EXPECT_NE(why_not(now, after(now, list({})), {}), "");
}

TEST(StepRule, NobodyLeavesButOnTheWordOfOneWhoStays) {
  const View now = present(list({process(1), process(2)}));
  const View next = after(now, list({process(2)}));
  EXPECT_NE(why_not(now, next, {}), "");
  const auto by_one_who_left = report(ReportKind::kComplaint, process(1), process(1), Epoch(5));
  EXPECT_NE(why_not(now, next, {by_one_who_left}), "");
  const auto by_a_stranger = report(ReportKind::kComplaint, process(3), process(1), Epoch(5));
  EXPECT_NE(why_not(now, next, {by_a_stranger}), "");
  const auto by_one_who_stays = report(ReportKind::kComplaint, process(2), process(1), Epoch(5));
  EXPECT_EQ(why_not(now, next, {by_one_who_stays}), "");
}

TEST(StepRule, EvidenceDiesWithItsSlotEpoch) {
  View now = present(list({process(1), process(2)}));
  now.slots[0].epoch = Epoch(4);
  const View next = after(now, list({process(2)}));
  EXPECT_NE(why_not(now, next, {report(ReportKind::kComplaint, process(2), process(1), Epoch(3))}), "");
  EXPECT_EQ(why_not(now, next, {report(ReportKind::kComplaint, process(2), process(1), Epoch(4))}), "");
}

TEST(StepRule, OnlyCountedLearnersComeIn) {
  View now = present(list({process(1)}));
  ASSERT_FALSE(now.learners(kSlot).empty());
  const Incarnation learner = now.learners(kSlot).front();
  const View next = after(now, list({process(1), learner}));
  EXPECT_NE(why_not(now, next, {}), "");
  EXPECT_NE(why_not(now, next, {report(ReportKind::kCaughtUp, learner, learner, Epoch(5))}), "") << "its own word";
  EXPECT_EQ(why_not(now, next, {report(ReportKind::kCaughtUp, process(1), learner, Epoch(5))}), "");
}

TEST(StepRule, AReturnerDoesNotTakeItsOldPlace) {
  View now = present(list({process(1), process(2)}));
  now.members[0].info.generation = process(1, 2).generation;
  EXPECT_NE(why_not(now, after(now, list({process(1, 2), process(2)})), {}), "");
}

TEST(StepRule, ASlotBeginsAnewOnlyWhenAllItsProcessesHaveEnded) {
  View now = present(list({process(1), process(2)}));
  now.members[0].info.generation = process(1, 2).generation;
  const View next = after(now, list({process(1, 2)}));
  EXPECT_NE(why_not(now, next, {}), "") << "member 2 may live";
  now.members[1].info.generation = process(2, 2).generation;
  EXPECT_EQ(why_not(now, after(now, list({process(1, 2)})), {}), "");
  EXPECT_NE(why_not(now, after(now, list({process(3)})), {}), "") << "member 3 was never in the list";
  now.slot_loss = SlotLossPolicy::kWait;
  EXPECT_NE(why_not(now, after(now, list({process(1, 2)})), {}), "");
}

TEST(StepRule, ALearnerThatIsTakenAwayRenewsTheSlotEpoch) {
  const View now = present(list({process(1)}));
  const Incarnation learner = now.learners(kSlot).front();
  View next = now;
  next.epoch = Epoch(6);
  for (ViewMember& m : next.members)
    if (m.info.id == learner.member) m.info.generation = generation(999);
  EXPECT_TRUE(must_renew(now, next, kSlot));
  EXPECT_NE(why_not(now, next, {}), "");
  next.slots[0].epoch = Epoch(6);
  EXPECT_EQ(why_not(now, next, {}), "");
}

TEST(StepRule, AMemberIsRemovedOnlyWhenItWasLeavingAndNothingOfItIsNeeded) {
  View now = present(list({process(1), process(2)}));
  now.voters = {{NodeId(1), info(1).storage}};
  const auto without = [](View view, NodeId id) {
    view.epoch = view.epoch.next();
    std::erase_if(view.members, [&](const ViewMember& m) { return m.info.id == id; });
    return view;
  };
  EXPECT_NE(why_not(now, without(now, NodeId(3)), {}), "") << "nobody told it to leave";
  for (ViewMember& m : now.members) m.state = MemberState::kLeaving;
  now.derive_ring();
  EXPECT_EQ(why_not(now, without(now, NodeId(3)), {}), "");
  EXPECT_NE(why_not(now, without(now, NodeId(2)), {}), "") << "a list names it";
  EXPECT_NE(why_not(now, without(now, NodeId(1)), {}), "") << "it votes";
}

TEST(StepRule, WhoIsLeavingGoesOnLeaving) {
  View now = present(list({process(1), process(2)}));
  now.members[2].state = MemberState::kLeaving;
  View next = now;
  next.epoch = now.epoch.next();
  EXPECT_EQ(why_not(now, next, {}), "");
  next.members[2].state = MemberState::kActive;
  EXPECT_NE(why_not(now, next, {}), "");
}

TEST(StepRule, WhoHasNobodyToLeaveToMayStay) {
  View now = present(list({process(1), process(2)}));
  now.members[0].state = now.members[2].state = MemberState::kLeaving;
  View next = now;
  next.epoch = now.epoch.next();
  next.members[1].state = MemberState::kAbsent;
  next.members[2].state = MemberState::kActive;
  next.derive_ring();
  next.slots[0].epoch = next.epoch;
  EXPECT_EQ(why_not(now, next, {}), "");
  next.members[1].state = MemberState::kActive;
  EXPECT_NE(why_not(now, next, {}), "") << "member 2 is there";
  next.members[1].state = next.members[2].state = MemberState::kAbsent;
  EXPECT_NE(why_not(now, next, {}), "") << "absent it could not leave any more";
}

TEST(StepRule, ASlotOfThoseWhoLeaveBeginsAnewAnywhere) {
  View now = present(list({process(1), process(2)}));
  for (const std::size_t i : {0U, 1U})
    now.members[i].info.generation = process(static_cast<std::uint32_t>(i + 1), 2).generation;
  const View next = after(now, list({process(3)}));
  EXPECT_NE(why_not(now, next, {}), "") << "both are back, and could have it";
  for (const std::size_t i : {0U, 1U}) now.members[i].state = MemberState::kLeaving;
  View then = after(now, list({process(3)}));
  EXPECT_EQ(why_not(now, then, {}), "");
  now.members[1].info.generation = process(2).generation;
  then = after(now, list({process(3)}));
  EXPECT_NE(why_not(now, then, {}), "") << "one of them has not ended";
}

// ---- 7e: an operator does without what is lost

Report word(Incarnation by, Epoch as_of) { return report(ReportKind::kAcceptLoss, by, by, as_of); }

Report offer(Incarnation by, Incarnation about, Epoch as_of, Position at, bool complete = false) {
  Report r = report(ReportKind::kOffer, by, about, as_of);
  r.offers = {{kSlot, true, complete, at}};
  return r;
}

TEST(StepRule, ALostSlotGoesOnAnywhereOnAnOperatorsWord) {
  const View now = present(list({process(1), process(2)}));
  const View next = after(now, list({process(3)}));
  EXPECT_NE(why_not(now, next, {}), "");
  EXPECT_EQ(why_not(now, next, {word(process(3), Epoch(5))}), "");
  EXPECT_NE(why_not(now, next, {word(process(4), Epoch(5))}), "") << "of a member of the view";
  EXPECT_NE(why_not(now, after(now, list({process(3), process(2)})), {word(process(3), Epoch(5))}), "") << "alone";
  EXPECT_NE(why_not(now, after(now, list({process(1)})), {word(process(3), Epoch(5))}), "")
      << "the word is of the lost: it puts out nobody";
}

TEST(StepRule, AnOperatorsWordDiesWithItsSlotEpoch) {
  View now = present(list({process(1), process(2)}));
  now.slots[0].epoch = Epoch(4);
  const View next = after(now, list({process(3)}));
  EXPECT_NE(why_not(now, next, {word(process(3), Epoch(3))}), "");
}

TEST(StepRule, WhatIsOnOfferIsNotThrownAway) {
  View now = present(list({process(1, 0), process(2, 0)}));
  now.slot_loss = SlotLossPolicy::kWait;
  const Report less = offer(process(1), process(1, 0), Epoch(5), {Epoch(1), Seq(7)});
  const Report more = offer(process(2), process(2, 0), Epoch(5), {Epoch(1), Seq(9)});
  const Report accepted = word(process(3), Epoch(5));
  EXPECT_NE(why_not(now, after(now, list({process(1)})), {less}), "") << "member 2 may have more, and has not said so";
  EXPECT_EQ(why_not(now, after(now, list({process(1)})), {less, accepted}), "");
  EXPECT_NE(why_not(now, after(now, list({process(3)})), {less, accepted}), "") << "anew, although there is something";
  EXPECT_NE(why_not(now, after(now, list({process(1)})), {less, more, accepted}), "");
  EXPECT_EQ(why_not(now, after(now, list({process(2)})), {less, more, accepted}), "");
}

}  // namespace
}  // namespace hc::testing
