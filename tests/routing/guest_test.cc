// Guests by examples: what another member is answered, however much its client asked for.
#include <gtest/gtest.h>

#include <string>

#include "core/routing/coordinator.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

// Answers at once, with as many bytes as it is told, none of which may be read.
struct Lavish : Executor {
  Result run(Slot, const CommandSpec&, hc::Args, std::uint64_t, Epoch, Time, Now) override {
    return {Ran::kDone, Reply::bulk(Text::borrow(Bytes(kText, bytes)))};
  }
  static constexpr char kText[] = "few";
  std::size_t bytes = sizeof kText - 1;
};

// Member 1 of two leads the only slot.
struct Guest : ::testing::Test {
  Guest() {
    auto view = std::make_shared<View>(first_view(2));
    view->slots[0].list = list({process(1), process(2)});
    coordinator.install(view, now, out);
    post.open(info(2));
  }
  static NodeConfig config_of() {
    NodeConfig c;
    c.self = info(1);
    c.slots = 1;
    return c;
  }
  Reply answered(std::vector<std::string> args) {
    Forward forward{RequestId(7), Epoch(1), 1s, {}, Words(), {}};
    const std::vector<Bytes> words(args.begin(), args.end());
    forward.args = hc::Args(words);
    coordinator.handle(process(2), std::move(forward), now, out);
    const auto sent = post.take<Forwarded>(NodeId(2));
    EXPECT_EQ(sent.size(), 1U);
    return sent.empty() ? Reply{} : sent[0].reply;
  }

  Now now{Time(std::chrono::hours(1)), {}};
  NodeConfig config = config_of();
  Post post{config, now.mono};
  Lavish executor;
  Coordinator coordinator{config, post.peers, executor, Random(2)};
  Effects out;
};

TEST_F(Guest, IsAnswered) { EXPECT_EQ(answered({"GET", "k"}).text.view, "few"); }

TEST_F(Guest, HearsThatAReplyIsTooLongForAFrame) {
  executor.bytes = kGuestReplyBytesMax + 1;
  const Reply reply = answered({"MGET", "k", "k"});
  ASSERT_TRUE(reply.is_error());
  EXPECT_TRUE(reply.text.view.starts_with("ERR the reply has about 1073741841 bytes")) << reply.text.view;
  EXPECT_EQ(reply.text.view.find("was executed"), Bytes::npos);
  EXPECT_NE(answered({"GETSET", "k", "v"}).text.view.find("the command was executed"), Bytes::npos);
}

}  // namespace
}  // namespace hc::testing
