// Figures that followed from view to view are those that are counted anew.
#include "runtime/view_figures.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

void expect_same(const ViewFigures& a, const ViewFigures& b) {
  for (std::uint32_t m = 1; m <= 4; ++m) {
    const ViewFigures::Member x = a.of(NodeId(m)), y = b.of(NodeId(m));
    EXPECT_EQ(x.primaries, y.primaries);
    EXPECT_EQ(x.replicas, y.replicas);
    EXPECT_EQ(x.learning, y.learning);
    EXPECT_EQ(x.wanted, y.wanted);
  }
  EXPECT_EQ(a.active(), b.active());
  EXPECT_EQ(a.slots_short(), b.slots_short());
  EXPECT_EQ(a.slots_moving(), b.slots_moving());
  EXPECT_EQ(a.moves(), b.moves());
}

TEST(ViewFigures, FollowFromViewToView) {
  Random random(7);
  ViewFigures followed;
  auto view = std::make_shared<const View>(first_view(4, 64));
  for (std::uint64_t epoch = 2; epoch < 200; ++epoch) {
    followed.update(view);
    ViewFigures anew;
    anew.update(view);
    expect_same(followed, anew);
    auto next = std::make_shared<View>(*view);
    next->epoch = Epoch(epoch);
    for (std::uint64_t change = random.below(4); change > 0; --change) {
      SlotConfig& slot = next->slots[random.below(64)];
      slot.epoch = next->epoch;
      slot.list.clear();
      const std::uint64_t first = random.below(4), copies = 1 + random.below(3);
      for (std::uint64_t i = 0; i < copies; ++i)
        slot.list.push_back(process(static_cast<std::uint32_t>((first + i) % 4 + 1)));
    }
    if (random.percent(20)) {
      ViewMember& one = next->members[random.below(4)];
      one.state = one.state == MemberState::kActive ? MemberState::kAbsent : MemberState::kActive;
      next->derive_ring();
    }
    view = next;
  }
}

}  // namespace
}  // namespace hc::testing
