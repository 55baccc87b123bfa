// Rule 5d by examples: who complains of a silent primary.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

const Time kStart{std::chrono::hours(1)};

// Member 2, a learner of the one slot, whose list names member 1 alone.
struct Learner : ::testing::Test {
  Learner() : config(config_of(2)), peers(config, Random(1)), replication(config, peers, Random(2)) {
    auto view = std::make_shared<View>(first_view(2));
    view->slots[0].list = list({process(1)});
    replication.start(kStart);
    replication.install(view, kStart);
  }
  static NodeConfig config_of(std::uint32_t member) {
    NodeConfig c;
    c.self = info(member);
    c.slots = 1;
    return c;
  }
  void fill() {
    FillChunk whole{Slot{0}, Epoch(1), 1, 0, {Epoch(1), Seq(5)}, {}, true, 0};
    replication.handle(process(1), std::move(whole), {kStart, {}});
  }
  bool complains(Time now) {
    const std::vector<Report> said = replication.reports(now);
    return std::ranges::any_of(
        said, [](const Report& r) { return r.kind == ReportKind::kComplaint && r.about == process(1); });
  }

  NodeConfig config;
  Peers peers;
  Replication replication;
};

TEST_F(Learner, ComplainsOfASilentPrimaryWhenItHoldsEverything) {
  EXPECT_FALSE(complains(kStart + 1h)) << "it has nothing to offer";
  fill();
  EXPECT_FALSE(complains(kStart + config.patience - 1ms));
  EXPECT_TRUE(complains(kStart + config.patience));
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kCountedLearnerMute));
  EXPECT_FALSE(complains(kStart + config.patience));
  seam::active.reset();
}

TEST_F(Learner, AViewThatDoesNotTouchTheSlotDoesNotRenewItsPatience) {
  fill();
  auto next = std::make_shared<View>(first_view(2));
  next->epoch = Epoch(2);
  next->slots[0].list = list({process(1)});
  replication.install(next, kStart + config.patience - 1ms);
  EXPECT_TRUE(complains(kStart + config.patience));
}

}  // namespace
}  // namespace hc::testing
