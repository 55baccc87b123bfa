// Relays by examples (4e): who is asked, what it does with it, and that two commands never go that way together.
#include <gtest/gtest.h>

#include <vector>

#include "core/base/seam.h"
#include "core/routing/coordinator.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

// Leads nothing.
struct Nobody : Executor {
  Result run(Slot, const CommandSpec&, hc::Args, std::uint64_t, Epoch, Time, Now) override {
    return {Ran::kNotMine, {}};
  }
};

// Member 1 of three; the only slot is led by `primary` with `other`, whichever of 2 and 3 that is.
struct Relay : ::testing::Test {
  Relay() {
    auto view = std::make_shared<View>(first_view(3));
    view->slots[0].list = list({process(primary.value), process(other.value)});
    coordinator.install(view, now, out);
  }
  ~Relay() override { seam::active.reset(); }
  static NodeConfig config_of() {
    NodeConfig c;
    c.self = info(1);
    c.slots = 1;
    return c;
  }
  void ask(std::uint64_t request) {
    const std::vector<Bytes> args = {"INCR", "k"};
    coordinator.ask(ClientId(1), RequestId(request), find_command(args[0]), args, now, out);
  }
  void pass(Duration d) {
    now.mono += d;
    coordinator.tick(now, out);
  }
  std::size_t answers() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(out.list(), [](const Effect& e) { return std::holds_alternative<Answer>(e); }));
  }

  const NodeId primary{2}, other{3};
  Now now{Time(std::chrono::hours(1)), {}};
  NodeConfig config = config_of();
  Post post{config, now.mono};
  Nobody executor;
  Coordinator coordinator{config, post.peers, executor, Random(2)};
  Effects out;
};

TEST_F(Relay, IsAskedWhenThePrimaryIsNotReached) {
  post.open(info(3));
  ask(1);
  EXPECT_TRUE(post.take<Forward>(other).empty()) << "a session may be in the making";
  pass(20ms);
  const auto sent = post.take<Forward>(other);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(sent[0].relay);
  coordinator.handle(process(3), Forwarded{sent[0].request, Outcome::kDone, Epoch(1), Reply{}, {}}, now, out);
  EXPECT_EQ(answers(), 1U);
}

TEST_F(Relay, IsNotAskedForAPrimaryThatSeemsDead) {
  post.open(info(3));
  coordinator.doubt(primary, true);
  ask(1);
  pass(20ms);
  EXPECT_TRUE(post.take<Forward>(other).empty());
}

TEST_F(Relay, TakesOneCommandOfAConnectionAndSlotAtATime) {
  post.open(info(3));
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kRelayedTogether));
    ask(1);
    ask(2);
    std::size_t together = 0;
    for (int i = 0; i < 5; ++i) {  // refused again and again, until both have waited in vain
      pass(200ms);
      const auto sent = post.take<Forward>(other);
      together = std::max(together, sent.size());
      for (const Forward& f : sent)
        coordinator.handle(process(3), Forwarded{f.request, Outcome::kNotExecuted, Epoch(1), {}, {}}, now, out);
    }
    EXPECT_EQ(together, mutant ? 2U : 1U);
    pass(10s);
  }
}

TEST_F(Relay, PassesOnAtOnceOrNotAtAll) {
  post.open(info(3));
  const Forward forward{RequestId(7), Epoch(1), 1s, {}, {"INCR", "k"}, true};
  coordinator.handle(process(3), Forward(forward), now, out);
  auto said = post.take<Forwarded>(other);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].outcome, Outcome::kNotExecuted);
  post.open(info(2));
  coordinator.handle(process(3), Forward(forward), now, out);
  const auto passed = post.take<Forward>(primary);
  ASSERT_EQ(passed.size(), 1U);
  EXPECT_FALSE(passed[0].relay) << "nothing is passed on twice";
  EXPECT_LT(passed[0].patience, forward.patience);
  coordinator.session_lost(primary, now, out);
  said = post.take<Forwarded>(other);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].outcome, Outcome::kUnknown);
  coordinator.handle(process(3), Forward(forward), now, out);
  pass(2s);
  said = post.take<Forwarded>(other);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].outcome, Outcome::kUnknown) << "no answer came in time";
}

TEST_F(Relay, ThatIsAskedPlainlyPassesNothingOn) {
  post.open(info(2));
  post.open(info(3));
  coordinator.handle(process(3), Forward{RequestId(7), Epoch(1), 1s, {}, {"INCR", "k"}, false}, now, out);
  EXPECT_TRUE(post.take<Forward>(primary).empty());
  const auto said = post.take<Forwarded>(other);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].outcome, Outcome::kNotMine);
}

TEST_F(Relay, WhatMembersDoNotRunForOthersIsRefused) {
  post.open(info(3));
  Forward forward;
  forward.request = RequestId(kTries);
  forward.patience = 1s;
  forward.slots = {Slot{0}};
  for (const Bytes word : {"SAVE", "PUBLISH", "CLIENT"}) {
    forward.args = word == "PUBLISH" ? Words{word, "a", "b"} : word == "CLIENT" ? Words{word, "ID"} : Words{word};
    Forward one = forward;
    coordinator.handle(process(3), std::move(one), now, out);
    const auto answers = post.take<Forwarded>(other);
    ASSERT_EQ(answers.size(), 1U) << word;
    EXPECT_TRUE(answers[0].reply.is_error()) << word;
  }
}

}  // namespace
}  // namespace hc::testing
