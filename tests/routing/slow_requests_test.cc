// Slow requests by examples: what is noted of them, under which name, and how much of it.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/routing/coordinator.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

using ::std::string;

// Lets every command wait.
struct Slow : Executor {
  Result run(Slot, const CommandSpec&, hc::Args, std::uint64_t token, Epoch, Time, Now) override {
    waiting.push_back(token);
    return {ran, {}};
  }
  Ran ran = Ran::kWaits;
  std::vector<std::uint64_t> waiting;
};

// Member 1 of two; member 2 leads the only slot.
struct SlowRequests : ::testing::Test {
  SlowRequests() {
    auto view = std::make_shared<View>(first_view(2));
    view->slots[0].list = list({process(2), process(1)});
    coordinator.install(view, now, out);
    post.open(info(2));
    executor.ran = Executor::Ran::kNotMine;
  }
  static NodeConfig config_of() {
    NodeConfig c;
    c.self = info(1);
    c.slots = 1;
    c.slow_request = 200ms;
    return c;
  }
  Forward ask(const string& key) {
    const std::vector<Bytes> args = {"GET", key};
    coordinator.ask(ClientId(1), RequestId(1), find_command(args[0]), args, now, out);
    const auto sent = post.take<Forward>(NodeId(2));
    return sent.empty() ? Forward{} : sent.back();
  }
  void answer(const Forward& to, Outcome outcome = Outcome::kDone) {
    coordinator.handle(process(2), Forwarded{to.request, outcome, Epoch(1), Reply{}, {}}, now, out);
  }
  std::vector<string> notes() {
    std::vector<string> texts;
    for (const Effect& e : out.list())
      if (const auto* note = std::get_if<Note>(&e)) texts.push_back(note->text);
    out.clear();
    return texts;
  }
  std::vector<string> slow(const string& key, Duration took) {
    const Forward forward = ask(key);
    now.mono += took;
    answer(forward);
    return notes();
  }

  Now now{Time(std::chrono::hours(1)), {}};
  NodeConfig config = config_of();
  Post post{config, now.mono};
  Slow executor;
  Coordinator coordinator{config, post.peers, executor, Random(2)};
  Effects out;
};

TEST_F(SlowRequests, AreNotedWhereTheClientAskedAndWhereTheyWaitedByOneName) {
  const Forward forward = ask("k");
  now.mono += 300ms;
  answer(forward);
  const string name = request_name(NodeId(1), forward.request);
  EXPECT_EQ(notes(), std::vector{"request " + name + " took 300 ms: GET \"k\" in slot 0, asked node-2; done"});

  executor.ran = Executor::Ran::kWaits;
  Forward other = forward;
  other.patience = 1s;
  coordinator.handle(process(2), std::move(other), now, out);
  now.mono += 250ms;
  coordinator.done(executor.waiting.back(), Outcome::kDone, Reply::error("OOM"), now, out);
  EXPECT_EQ(notes(), std::vector{"request " + request_name(NodeId(2), forward.request) +
                                 " took 250 ms here: GET \"k\" in slot 0; OOM"});
}

TEST_F(SlowRequests, QuickOnesAreNotNotedUnlessTheirOutcomeIsUnknown) {
  EXPECT_TRUE(slow("k", 199ms).empty());
  const std::vector<Bytes> args = {"INCR", "k"};
  coordinator.ask(ClientId(1), RequestId(1), find_command(args[0]), args, now, out);
  coordinator.session_lost(NodeId(2), now, out);
  const auto told = notes();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("took 0 ms: INCR \"k\" in slot 0, asked node-2; it is not known whether it was applied"),
            string::npos)
      << told[0];
}

TEST_F(SlowRequests, ShowNoByteOfAKeyThatIsNotText) {
  const auto told = slow("a\n\"b" + string(50, 'x'), 1s);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_NE(told[0].find("GET \"a??b" + string(36, 'x') + "…\" in"), string::npos) << told[0];
}

TEST_F(SlowRequests, AreCountedBeyondTenInASecond) {
  std::vector<Forward> sent;
  for (int i = 0; i < 25; ++i) sent.push_back(ask("k" + std::to_string(i)));
  now.mono += 500ms;
  for (const Forward& forward : sent) answer(forward);
  EXPECT_EQ(notes().size(), 10U);
  const auto later = slow("k", 1s);
  ASSERT_EQ(later.size(), 1U);
  EXPECT_TRUE(later[0].ends_with("done (and 15 more before it)")) << later[0];
}

TEST_F(SlowRequests, AreNotNotedWhereNobodyAskedForIt) {
  config.slow_request = Duration{};
  EXPECT_TRUE(slow("k", 4s).empty());
}

}  // namespace
}  // namespace hc::testing
