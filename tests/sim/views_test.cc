// What the nemesis has to spare: the newest view, and those that may be decided yet.
#include "sim/check/views.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/agreement/views.h"

namespace hc::sim {
namespace {

ViewRef view_of(std::uint64_t epoch, std::uint32_t members = 3) {
  auto view = std::make_shared<View>(hc::testing::first_view(members));
  view->epoch = Epoch(epoch);
  return view;
}

TEST(ViewsInForce, AreTheNewestAndWhatIsAcceptedOnTopOfIt) {
  ViewCheck check([](Incarnation) { return std::nullopt; });
  const ViewRef first = view_of(1), second = view_of(2), other_second = view_of(2, 2), third = view_of(3);
  check.proposed({second, {}});
  EXPECT_TRUE(check.in_force().empty()) << "no view is installed";
  EXPECT_FALSE(check.installed(NodeId(1), first));
  check.proposed({other_second, {}});
  EXPECT_EQ(check.in_force(), (std::vector{first, second, other_second}));
  EXPECT_FALSE(check.installed(NodeId(1), second));
  EXPECT_EQ(check.in_force(), std::vector{second}) << "what was not decided is no more";
  check.proposed({third, {}});
  EXPECT_EQ(check.in_force(), (std::vector{second, third}));
}

TEST(ViewsStored, TakeNothingBackThatWasInstalled) {
  ViewCheck check([](Incarnation) { return std::nullopt; });
  const NodeId who(1);
  EXPECT_FALSE(check.stored(who, Epoch(1)));
  EXPECT_FALSE(check.installed(who, view_of(1)));
  EXPECT_FALSE(check.stored(who, Epoch(1)));
  EXPECT_FALSE(check.stored(who, Epoch(1000002))) << "forced, and not installed yet";
  EXPECT_FALSE(check.stored(who, Epoch(2))) << "another one came meanwhile";
  EXPECT_TRUE(check.stored(who, Epoch(0)));
  check.restarted(who, Epoch(2));
  EXPECT_TRUE(check.stored(who, Epoch(1))) << "its disk holds more";
}

}  // namespace
}  // namespace hc::sim
