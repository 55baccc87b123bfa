// What an index that has followed from view to view says is what one says that has seen the last one only.
#include "core/view/slot_index.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

constexpr std::uint32_t kSlots = 100, kMembers = 4;

ViewRef next_of(const View& now, Random& chance) {
  auto next = std::make_shared<View>(now);
  next->epoch = now.epoch.next();
  if (chance.percent(30)) {
    MemberState& state = next->members[chance.below(kMembers)].state;
    state = state == MemberState::kActive ? MemberState::kAbsent : MemberState::kActive;
    next->derive_ring();
  }
  for (std::uint64_t n = chance.below(5); n > 0; --n) {
    SlotConfig& slot = next->slots[chance.below(kSlots)];
    const auto first = static_cast<std::uint32_t>(chance.below(kMembers));
    slot.list = list({process(first + 1, chance.between(1, 2)), process((first + 1) % kMembers + 1)});
    slot.passed_over = chance.percent(20) ? process(1) : Incarnation{};
    slot.epoch = next->epoch;
  }
  return next;
}

TEST(SlotIndex, FollowsFromViewToView) {
  Random chance(1);
  ViewRef view = std::make_shared<View>(first_view(kMembers, kSlots));
  SlotIndex followed(view);
  EXPECT_TRUE(followed.moving().empty());
  for (int i = 0; i < 200; ++i) {
    view = next_of(*view, chance);
    if (chance.percent(20)) continue;  // a view that this member never had
    followed.follow(view);
    const SlotIndex fresh(view);
    ASSERT_EQ(followed.listed(), fresh.listed());
    ASSERT_EQ(followed.moving(), fresh.moving());
    ASSERT_EQ(followed.passed_over(), fresh.passed_over());
    ASSERT_EQ(followed.lacking(), fresh.lacking());
    ASSERT_EQ(followed.too_short(), fresh.too_short());
  }
}

TEST(SlotIndex, FindsSlotsOfWhichNobodyLives) {
  View view = first_view(3, kSlots);
  view.slots[7].list = list({process(1)});
  view.slots[9].list = list({process(2), process(1, 5)});
  const SlotIndex index(std::make_shared<View>(view));
  SlotSet lost(kSlots);
  for (std::uint16_t s = 0; s < kSlots; ++s)
    if (!view.config(Slot{s}).list.names(process(3)) && !view.config(Slot{s}).list.names(process(2))) lost.add(Slot{s});
  EXPECT_TRUE(lost.has(Slot{7}));
  EXPECT_EQ(index.without({process(2), process(3)}), lost);
  EXPECT_TRUE(index.without({process(1), process(2), process(3)}).empty());
}

}  // namespace
}  // namespace hc::testing
