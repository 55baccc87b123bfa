// A view as what it changes of the one before it, and what the two share.
#include "core/view/view_change.h"

#include <gtest/gtest.h>

#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

constexpr std::uint32_t kManySlots = 1000;

// The next view, in which member 3 is absent and two slots have one replica.
ViewRef after(const View& base) {
  auto next = std::make_shared<View>(base);
  next->epoch = base.epoch.next();
  next->members[2].state = MemberState::kAbsent;
  next->counts = {{base.voters[0].storage, 12}};
  for (const std::size_t s : {5U, 900U}) next->slots[s] = {next->epoch, list({base.slots[s].list[0]})};
  next->derive_ring();
  return next;
}

TEST(ViewChange, MakesTheNextViewOfItsBase) {
  const auto base = std::make_shared<View>(first_view(3, kManySlots));
  const ViewRef next = after(*base);
  const ViewChange change = difference(*base, *next);
  ASSERT_EQ(change.slots.size(), 2U);
  EXPECT_EQ(change.slots[0].slot, Slot{5});
  EXPECT_EQ(change.slots[1].config, next->slots[900]);
  const ViewRef made = apply_change(base, change);
  ASSERT_NE(made, nullptr);
  EXPECT_TRUE(made->same_decision(*next));
  EXPECT_EQ(made->counts, next->counts);
  EXPECT_EQ(made->ring, next->ring);
  EXPECT_EQ(base->slots[5].list.size(), 2U) << "the base stays what it is";
}

TEST(ViewChange, SaysNothingOfAnotherView) {
  const auto base = std::make_shared<View>(first_view(3, kManySlots));
  const ViewChange change = difference(*base, *after(*base));
  EXPECT_EQ(apply_change(nullptr, change), nullptr);
  EXPECT_EQ(apply_change(after(*base), change), nullptr) << "another epoch";
  auto other = std::make_shared<View>(*base);
  other->cluster = {7, 7};
  EXPECT_EQ(apply_change(other, change), nullptr) << "another cluster";
  other = std::make_shared<View>(*base);
  other->lineage = 1;
  EXPECT_EQ(apply_change(other, change), nullptr) << "another lineage";
  EXPECT_EQ(apply_change(std::make_shared<View>(first_view(3, 900)), change), nullptr) << "it has no slot 900";
}

TEST(SlotConfigs, ACopyChangesForItselfAlone) {
  SlotConfigs one = first_view(3, kManySlots).slots;
  SlotConfigs two = one;
  EXPECT_EQ(one, two);
  two[77].epoch = Epoch(9);
  one[500].epoch = Epoch(8);
  EXPECT_EQ(std::as_const(one)[77].epoch, Epoch(1));
  EXPECT_EQ(std::as_const(two)[500].epoch, Epoch(1));
  EXPECT_FALSE(one == two);
  std::vector<std::size_t> differ;
  two.for_each_difference(one, [&](std::size_t i) { differ.push_back(i); });
  EXPECT_EQ(differ, (std::vector<std::size_t>{77, 500}));
}

}  // namespace
}  // namespace hc::testing
