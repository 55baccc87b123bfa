// Frames are bounded: what is much goes in several, in order. And what a message weighs.
#include <gtest/gtest.h>

#include <string>

#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {
namespace {

const Time kStart{std::chrono::hours(1)};
constexpr std::size_t kMiB = std::size_t{1} << 20;

FillChunk chunk(std::uint64_t number, std::size_t bytes) {
  FillChunk c;
  c.chunk = number;
  c.effects.assign(bytes, 'x');
  return c;
}

struct Frames : ::testing::Test {
  Frames() : config(config_of()), post(config, kStart) { post.open(info(2)); }
  static NodeConfig config_of() {
    NodeConfig c;
    c.self = info(1);
    return c;
  }
  std::vector<std::size_t> counts() {
    std::vector<std::size_t> sizes;
    std::uint64_t next = 0, number = 0;
    for (const Frame& frame : post.frames(NodeId(2))) {
      EXPECT_EQ(frame.number, ++number) << "numbered in order";
      sizes.push_back(frame.messages.size());
      for (const Message& m : frame.messages) EXPECT_EQ(std::get<FillChunk>(m).chunk, next++);
    }
    return sizes;
  }

  NodeConfig config;
  Post post;
};

TEST_F(Frames, WhatIsSentInATurnLeavesInOne) {
  for (std::uint64_t i = 0; i < 1000; ++i) post.peers.send(NodeId(2), chunk(i, 100));
  EXPECT_EQ(counts(), std::vector<std::size_t>{1000});
}

TEST_F(Frames, AreClosedAtEightMebibytes) {
  for (std::uint64_t i = 0; i < 5; ++i) post.peers.send(NodeId(2), chunk(i, 5 * kMiB));
  EXPECT_EQ(counts(), (std::vector<std::size_t>{2, 2, 1}));
}

TEST_F(Frames, HoldOneMessageOfAnySize) {
  post.peers.send(NodeId(2), chunk(0, 20 * kMiB));
  post.peers.send(NodeId(2), chunk(1, 1));
  EXPECT_EQ(counts(), (std::vector<std::size_t>{1, 1}));
}

TEST(Weight, CountsWhatCanBeLarge) {
  const std::string large(kMiB, 'x');
  const auto about = [](const Message& m, std::size_t bytes) { return weight(m) >= bytes && weight(m) < bytes + 4096; };
  const Entry entry{{Epoch(1), Seq(1)}, Epoch(1), false, Value::copy_of(large)};
  EXPECT_TRUE(about(FillChunk{{}, {}, 1, 1, {}, large, false, 0}, kMiB));
  EXPECT_TRUE(about(Append{{}, {}, {}, {entry, entry}}, 2 * kMiB));
  TailIs tails;
  tails.slots.push_back({{}, {}, {}, {}, {entry, entry}});
  tails.slots.push_back({{}, {}, {}, {}, {entry}});
  EXPECT_TRUE(about(tails, 3 * kMiB));
  Forward forward;
  forward.args = {"SET", "key", large};
  EXPECT_TRUE(about(forward, kMiB));
  Forwarded answer;
  answer.reply = Reply::array({Reply::bulk_copy(large), Reply::array({Reply::bulk_copy(large)})});
  EXPECT_TRUE(about(answer, 2 * kMiB));
  EXPECT_TRUE(about(Grant{}, 0));
}

}  // namespace
}  // namespace hc::testing
