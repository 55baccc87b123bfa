// Rules 5d and 7c by examples: who complains of a silent primary, and whom a primary lets go.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"
#include "tests/agreement/views.h"
#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

const Time kStart{std::chrono::hours(1)};

// Member 2, a learner of the one slot, whose list names member 1 alone.
struct Learner : ::testing::Test {
  explicit Learner(bool keeps_log = false)
      : config(config_of(2, keeps_log)),
        peers(config, Random(1)),
        log(config),
        replication(config, peers, log, Random(2)) {
    auto view = std::make_shared<View>(first_view(2));
    view->slots[0].list = list({process(1)});
    replication.start(kStart);
    replication.install(view, kStart);
  }
  static NodeConfig config_of(std::uint32_t member, bool keeps_log) {
    NodeConfig c;
    c.self = info(member);
    c.slots = 1;
    c.append_only = keeps_log;
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
  Log log;
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

struct OnDisk : Learner {
  OnDisk() : Learner(true) {}
};

// 9a: the list names an earlier process of ours, so what we hold may be all that there is.
TEST_F(OnDisk, WhatIsOnOfferIsNotDiscarded) {
  fill();
  auto next = std::make_shared<View>(first_view(2));
  next->epoch = Epoch(2);
  next->slots[0] = {Epoch(2), list({process(1), process(2, 0)}), {}};
  replication.install(next, kStart);
  DiscardOk may{SlotSet(1), Epoch(2)};
  may.slots.add(Slot{0});
  replication.handle(process(1), may);
  EXPECT_TRUE(replication.replica(Slot{0}).holds);
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kOfferGoesStale));
  replication.handle(process(1), may);
  EXPECT_FALSE(replication.replica(Slot{0}).holds);
  seam::active.reset();
}

// Member 1 leads, the ring wants 1 and 2; 3 and more are in the list, for they were wanted once.
struct Full : Primary, ::testing::Test {
  using Members = std::vector<std::uint32_t>;

  void lead(const Members& others) {
    InSyncList who = list({process(1)});
    for (std::uint32_t member : others) who.push_back(process(member));
    install(1, who);
    for (std::uint32_t member : others) {
      TailIs tails;
      tails.slots.push_back({kSlot, Epoch(1), {}, {}, {}});
      replication.handle(process(member), std::move(tails), at());
    }
    replication.flush(at());
    for (std::uint32_t member : others) {
      replication.handle(process(member), Appended{kSlot, Epoch(1), replication.replica(kSlot).at.seq}, at());
      replication.handle(process(member), Grant{now, Epoch(1)}, at());
    }
  }
  Members lets_go() {
    Members members;
    for (const Report& r : replication.reports(now))
      if (r.kind == ReportKind::kDrop) members.push_back(r.about.member.value);
    return members;
  }
};

TEST_F(Full, AllTheUnwantedGoWhenAllTheWantedAreThere) {
  lead({3, 4, 2});
  EXPECT_EQ(lets_go(), (Members{3, 4}));
}

TEST_F(Full, NobodyGoesWhileThereIsRoomForTheWanted) {
  lead({3, 4, 5, 6});
  EXPECT_EQ(lets_go(), Members{});
}

TEST_F(Full, OfAFullListTheLastUnwantedOneMakesRoom) {
  lead({3, 4, 5, 6, 7});
  EXPECT_EQ(lets_go(), Members{7});
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kFullListStays));
  EXPECT_EQ(lets_go(), Members{});
  seam::active.reset();
}

}  // namespace
}  // namespace hc::testing
