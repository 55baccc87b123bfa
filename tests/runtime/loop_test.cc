// A few bytes of many streams are shown together, when all that was ready is read.
#include "runtime/loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/stream.h"

namespace hc {
namespace {

class Probe final : public Stream {
 public:
  Probe(Loop& loop, int descriptor) : Stream(loop) {
    uv_tcp_open(tcp(), descriptor);
    start_reading();
  }
  std::string seen;
  std::function<void()> when_shown, when_ended;

 protected:
  bool may_wait() const override { return true; }
  std::size_t consume(std::string_view bytes) override {
    seen += bytes;
    if (when_shown) when_shown();
    return bytes.size();
  }
  void ended(int) override { when_ended(); }
};

class LoopTest : public testing::Test {
 protected:
  static constexpr std::size_t kStreams = Loop::kBatch + 4;

  void SetUp() override {
    loop.set_foresee(
        [this](std::span<const std::string_view> held) { batches.emplace_back(held.begin(), held.end()); });
    for (std::size_t i = 0; i < kStreams; ++i) {
      int both[2];
      ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, both), 0);
      far.at(i) = both[0];
      near.at(i) = new Probe(loop, both[1]);
      near.at(i)->when_ended = [this, i] { near.at(i) = nullptr; };
    }
  }
  void TearDown() override {
    for (Probe* probe : near)
      if (probe != nullptr) probe->close();
    for (const int descriptor : far) ::close(descriptor);
    loop.close();
    uv_run(loop.uv(), UV_RUN_DEFAULT);
  }
  void say(std::size_t who, std::string_view what) {
    ASSERT_EQ(::write(far.at(who), what.data(), what.size()), static_cast<ssize_t>(what.size()));
  }
  void turn() { uv_run(loop.uv(), UV_RUN_NOWAIT); }

  Loop loop;
  std::array<int, kStreams> far{};
  std::array<Probe*, kStreams> near{};
  std::vector<std::vector<std::string>> batches;
};

TEST_F(LoopTest, WhatSeveralSentIsForeseenTogether) {
  say(0, "one");
  say(1, "two");
  turn();
  ASSERT_EQ(batches.size(), 1U);
  EXPECT_EQ(batches[0].size(), 2U);
  EXPECT_EQ(near[0]->seen, "one");
  EXPECT_EQ(near[1]->seen, "two");
  say(2, "three");
  turn();
  EXPECT_EQ(batches.size(), 1U) << "one alone has nobody to wait for";
  EXPECT_EQ(near[2]->seen, "three");
}

TEST_F(LoopTest, AFullBatchIsShownAndTheNextOneBegins) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < kStreams; ++i) {
    near[i]->when_shown = [&order, i] { order.push_back(i); };
    say(i, "word");
  }
  turn();
  ASSERT_EQ(batches.size(), 2U);
  EXPECT_EQ(batches[0].size(), Loop::kBatch);
  EXPECT_EQ(batches[1].size(), kStreams - Loop::kBatch);
  EXPECT_EQ(order.size(), kStreams);
}

// A stream may be read again before all that was ready has been read: what it had comes first, and nothing is held
// behind the room of a batch, however often that happens.
TEST_F(LoopTest, WhatIsReadTwiceStaysInTheBuffer) {
  const std::string most(Loop::kHeldBytesMost, 'b');
  std::string all;
  for (std::size_t i = 0; i + 1 < Loop::kBatch; ++i) {
    std::memcpy(loop.read_buffer(), most.data(), most.size());
    ASSERT_TRUE(loop.hold(*near[i], {loop.read_buffer(), most.size()}));
  }
  char* const last = loop.read_buffer();
  loop.show_held();
  std::memcpy(last, most.data(), most.size());
  EXPECT_TRUE(loop.hold(*near[0], {last, most.size()})) << "it ends where the room ends";
  EXPECT_FALSE(loop.hold(*near[1], {loop.read_buffer(), most.size()})) << "it would lie behind it";
  loop.show_held();
  EXPECT_EQ(near[0]->seen, most + most);
}

TEST_F(LoopTest, MuchIsShownAtOnceAndInItsOrder) {
  const std::string much(Loop::kHeldBytesMost + 1, 'm');
  say(0, "little");
  say(1, much);
  turn();
  say(0, much);
  turn();
  EXPECT_EQ(near[0]->seen, "little" + much);
  EXPECT_EQ(near[1]->seen, much);
  EXPECT_TRUE(batches.empty());
}

TEST_F(LoopTest, WhoIsClosedMeanwhileIsShownNothing) {
  near[0]->when_shown = [this] { near[1]->close(); };
  near[1]->when_shown = [this] { near[0]->close(); };
  say(0, "one");
  say(1, "two");
  turn();
  EXPECT_NE(near[0] == nullptr, near[1] == nullptr) << "the first that was shown its bytes closed the other";
}

TEST_F(LoopTest, TheEndComesBehindWhatWasSent) {
  say(0, "last words");
  ::shutdown(far[0], SHUT_WR);
  std::string seen;
  near[0]->when_shown = [&] { seen = near[0]->seen; };
  for (int i = 0; i < 3 && seen.empty(); ++i) turn();
  EXPECT_EQ(seen, "last words");
}

}  // namespace
}  // namespace hc
