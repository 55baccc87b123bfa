// Rule 7a: fills begin a few at a time, those first that lack a copy.
#include <algorithm>
#include <functional>

#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

constexpr std::uint32_t kSlots = 4096;
constexpr std::size_t kHurried = 64, kUnhurried = 4;
constexpr Duration kApart = 10ms;
constexpr std::size_t kNoted = 128;
constexpr Duration kNotedEvery = 5ms;

// Member 1 leads all slots that the ring gives to members 1 and 2, and member 3 has their other copy: 2 is to be
// filled.
struct BeginFills : ::testing::Test {
  using Change = std::function<void(View&)>;
  explicit BeginFills(const Change& first = [](View&) {}) : post(config, now) {
    for (std::uint32_t member : {2U, 3U}) post.open(info(member));
    replication.start(now);
    install(1, first);
    for (std::uint32_t s = 0; s < kSlots; ++s) {  // 3 has what 1 has
      const Slot slot{static_cast<std::uint16_t>(s)};
      if (!replication.replica(slot).lead) continue;
      TailIs tails;
      tails.slots.push_back({slot, Epoch(1), {}, {}, {}});
      replication.handle(process(3), std::move(tails), at());
    }
    replication.flush(at());
    for (std::uint32_t s = 0; s < kSlots; ++s) {
      const Slot slot{static_cast<std::uint16_t>(s)};
      if (replication.replica(slot).lead)
        replication.handle(process(3), Appended{slot, Epoch(1), replication.replica(slot).at.seq}, at());
    }
  }
  static NodeConfig all_slots() {
    NodeConfig c;
    c.self = info(1);
    c.slots = kSlots;
    return c;
  }
  void install(std::uint64_t epoch, const Change& change) {
    auto view = std::make_shared<View>(first_view(3, kSlots));
    view->epoch = Epoch(epoch);
    view->lease = 1h;
    for (std::uint32_t s = 0; s < kSlots; ++s) {
      const auto wanted = view->ring.wanted(Slot{static_cast<std::uint16_t>(s)});
      const bool ours =
          std::ranges::find(wanted, NodeId(1)) != wanted.end() && std::ranges::find(wanted, NodeId(2)) != wanted.end();
      view->slots[s] = {Epoch(1), ours ? list({process(1), process(3)}) : list({process(3)})};
    }
    change(*view);
    post.peers.set_view(view->cluster, view->epoch);
    replication.install(view, now);
  }
  std::size_t begun() {
    replication.flush(at());
    const auto sent = post.take<FillChunk>(NodeId(2));
    return static_cast<std::size_t>(std::ranges::count(sent, 0U, &FillChunk::chunk));
  }
  Now at() const { return {now, WallTime(std::chrono::hours(1))}; }

  Time now{std::chrono::hours(1)};
  NodeConfig config = all_slots();
  Post post;
  Log log{config};
  Replication replication{config, post.peers, log, Random(2)};
};

TEST_F(BeginFills, SlotsThatAreOnlyMovedBeginAFewAtATime) {
  EXPECT_EQ(begun(), kUnhurried);
  EXPECT_EQ(begun(), 0U);
  ASSERT_LE(*replication.deadline(), now + kApart);
  now += kApart;
  replication.tick(at());
  EXPECT_EQ(begun(), kUnhurried);
}

TEST_F(BeginFills, SlotsHurryWhenAMemberOfTheirListsStops) {
  EXPECT_EQ(begun(), kUnhurried);
  install(2, [](View& view) { view.members[2].state = MemberState::kAbsent; });
  now += kApart;
  replication.tick(at());
  EXPECT_EQ(begun(), kHurried);
}

// The ring wants nobody but the others, and then, from view 2 on, this one as well.
void without(View& view, std::size_t member) {
  view.members[member - 1].state = MemberState::kAbsent;
  view.derive_ring();
}

struct ALearnerComes : BeginFills {
  ALearnerComes() : BeginFills([](View& view) { without(view, 2); }) {}
  std::size_t with_learner() const {
    std::size_t n = 0;
    for (std::uint32_t s = 0; s < kSlots; ++s) {
      const Replica& r = replication.replica(Slot{static_cast<std::uint16_t>(s)});
      n += r.lead && std::ranges::any_of(r.lead->targets, [](const Target& t) { return t.fill != nullptr; });
    }
    return n;
  }
};

TEST_F(ALearnerComes, IsTakenNoteOfAFewSlotsAtATime) {
  EXPECT_EQ(with_learner(), 0U);
  install(2, [](View&) {});
  std::size_t led = 0;
  for (std::uint32_t s = 0; s < kSlots; ++s)
    led += replication.replica(Slot{static_cast<std::uint16_t>(s)}).lead != nullptr;
  ASSERT_GT(led, kNoted);
  for (std::size_t before = 0, turn = 0; turn < kSlots / kNoted; ++turn) {
    EXPECT_LE(with_learner() - before, kNoted);
    before = with_learner();
    if (before < led) {
      ASSERT_LE(*replication.deadline(), now + kNotedEvery);
    }
    now += kNotedEvery;
    replication.tick(at());
  }
  EXPECT_EQ(with_learner(), led);
}

TEST_F(ALearnerComes, IsTakenNoteOfAtOnceWhereTheListChanges) {
  install(2, [](View&) {});
  Slot last{};
  for (std::uint32_t s = 0; s < kSlots; ++s)
    if (const Slot slot{static_cast<std::uint16_t>(s)}; replication.replica(slot).lead) last = slot;
  ASSERT_EQ(replication.replica(last).lead->target(process(2)), nullptr);
  install(3, [&](View& view) { view.slots[last.value] = {Epoch(3), list({process(1)})}; });
  EXPECT_NE(replication.replica(last).lead->target(process(2)), nullptr);
  for (std::uint32_t turn = 0; turn < kSlots / kNoted; ++turn) now += kNotedEvery, replication.tick(at());
  EXPECT_EQ(replication.replica(last).lead->targets.size(), 1U) << "once";
  replication.invariants();
}

struct WeAreToLearn : BeginFills {
  WeAreToLearn() : BeginFills(others_have_all) {}
  static void others_have_all(View& view) {
    without(view, 1);
    for (std::uint32_t s = 0; s < kSlots; ++s) view.slots[s].list = list({process(3)});
  }
};

TEST_F(WeAreToLearn, AFillMayComeBeforeWeHaveTakenNoteOfIt) {
  std::vector<Slot> learned;
  install(2, [&](View& view) {
    for (std::uint32_t s = 0; s < kSlots; ++s) {
      view.slots[s].list = list({process(3)});
      if (const Slot slot{static_cast<std::uint16_t>(s)}; view.is_learner(slot, process(1))) learned.push_back(slot);
    }
  });
  ASSERT_TRUE(replication.replica(learned.front()).learner);
  ASSERT_FALSE(replication.replica(learned.back()).learner);
  replication.handle(process(3), FillChunk{learned.back(), Epoch(1), 1, 0, {Epoch(1), Seq(1)}, {}, false, 0}, at());
  EXPECT_TRUE(replication.replica(learned.back()).learner);
  EXPECT_EQ(post.take<FillAck>(NodeId(3)).size(), 1U);
}

// Member 1 had slots, was put out, and is to learn them again.
struct WeHadIt : BeginFills {
  WeHadIt() {
    std::vector<Slot> had;
    for (std::uint32_t s = 0; s < kSlots; ++s)
      if (const Slot each{static_cast<std::uint16_t>(s)}; replication.replica(each).lead) had.push_back(each);
    const auto others_have = [](View& view) {
      for (std::uint32_t s = 0; s < kSlots; ++s) view.slots[s] = {Epoch(2), list({process(3)})};
    };
    install(2, [&](View& view) {
      without(view, 1);
      others_have(view);
    });
    install(3, others_have);
    slot = had.back();
  }
  Slot slot{};
};

TEST_F(WeHadIt, WhatIsLeftIsNotDiscardedBeforeWeHaveTakenNote) {
  ASSERT_TRUE(replication.replica(slot).holds);
  ASSERT_FALSE(replication.replica(slot).learner);
  replication.tick(at());
  for (const DiscardAsk& asked : post.take<DiscardAsk>(NodeId(3))) EXPECT_FALSE(asked.slots.has(slot));
  DiscardOk ok{SlotSet(kSlots), Epoch(3)};
  ok.slots.add(slot);
  replication.handle(process(3), ok);
  EXPECT_TRUE(replication.replica(slot).holds);
}

}  // namespace
}  // namespace hc::testing
