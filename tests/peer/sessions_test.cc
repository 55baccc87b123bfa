// Rule 4b by examples: two members make sessions of each other, and prove that they are alive now.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/peer/peers.h"

namespace hc {
namespace {

const Time kNow{std::chrono::hours(1)};

NodeConfig config(std::uint32_t id, std::uint64_t process) {
  NodeConfig c;
  c.self.id = NodeId(id);
  c.self.host = "10.0.0." + std::to_string(id);
  c.self.gossip_port = 7946;
  c.self.generation = {process, 1};
  return c;
}

struct Member {
  Member(std::uint32_t id, std::uint64_t process, std::uint64_t first_link)
      : config(hc::config(id, process)), peers(config, Random(id)), accepts(first_link) {
    peers.set_self(config.self);
  }
  Incarnation who() const { return {config.self.id, config.self.generation}; }

  NodeConfig config;
  Peers peers;
  std::uint64_t accepts;  // the next link that is accepted here: even
};

// `from` has dialled `to`: its link, and the same link at the other side.
struct Wire {
  Member& from;
  Member& to;
  LinkId dialled, accepted;
};

// Carries what both want to send, until nobody wants anything. Links that somebody closed are gone for both.
class Network {
 public:
  void run(Member& a, Member& b) {
    for (bool again = true; again;) {
      again = turn(a, b);
      again = turn(b, a) || again;
    }
  }

  bool carry(Member& at, Member& other, Effects& out) {
    bool something = false;
    for (Effect& effect : out.list()) {
      something = true;
      Effects back;
      if (auto* dial = std::get_if<Dial>(&effect)) {
        wires_.push_back({at, other, dial->link, LinkId(other.accepts += 2)});
        at.peers.link_opened(dial->link, kNow);
      } else if (auto* send = std::get_if<Send>(&effect)) {
        const Wire* wire = find(at, send->link);
        if (wire) other.peers.receive(end(*wire, other), std::move(send->frame), kNow, back);
      } else if (auto* close = std::get_if<Close>(&effect)) {
        if (const Wire* wire = find(at, close->link)) other.peers.link_closed(end(*wire, other), false, kNow);
      }
      carry(other, at, back);
    }
    return something;
  }

 private:
  bool turn(Member& at, Member& other) {
    Effects out;
    at.peers.tick(kNow, out);
    at.peers.end_turn(kNow, out);
    return carry(at, other, out);
  }
  static LinkId end(const Wire& wire, const Member& of) { return &wire.from == &of ? wire.dialled : wire.accepted; }
  const Wire* find(const Member& at, LinkId link) const {
    const auto it = std::ranges::find_if(wires_, [&](const Wire& w) { return end(w, at) == link; });
    return it == wires_.end() ? nullptr : &*it;
  }
  std::vector<Wire> wires_;
};

struct Pair : testing::Test {
  void meet() {
    one.peers.learn(two.config.self);
    two.peers.learn(one.config.self);
    one.peers.want(two.config.self.id);
    two.peers.want(one.config.self.id);
    network.run(one, two);
    say_something();
  }
  void say_something() {
    two.peers.send(one.config.self.id, DiscardAsk{});
    network.run(one, two);
  }

  Member one{1, 11, 100}, two{2, 22, 200};
  Network network;
};

TEST_F(Pair, AFrameInASessionProvesTheProcess) {
  one.peers.set_view({1, 1}, Epoch(4));
  EXPECT_FALSE(one.peers.proof(two.who()));
  meet();
  EXPECT_TRUE(one.peers.open(two.config.self.id));
  EXPECT_EQ(one.peers.proof(two.who()), Epoch(4));
  EXPECT_FALSE(one.peers.proof({two.config.self.id, {99, 99}})) << "another process of that member";
  EXPECT_EQ(one.peers.take_news().proven, std::vector{two.config.self.id}) << "whoever waits for it has to be told";
  say_something();
  EXPECT_TRUE(one.peers.take_news().proven.empty()) << "nothing new";
}

TEST_F(Pair, WhoIsNotTheOneThatAViewNamesIsChallengedSinceThatView) {
  one.peers.set_view({1, 1}, Epoch(4));
  meet();
  one.peers.take_news();
  // A view that was on its way names an older process of the other member: the living one has to answer anew.
  Effects out;
  one.peers.set_view({1, 1}, Epoch(5));
  one.peers.named({two.config.self.id, {21, 1}}, Epoch(5), kNow, out);
  network.carry(one, two, out);
  Effects later;
  two.peers.tick(kNow + 1s, later);
  network.carry(two, one, later);
  network.run(one, two);
  say_something();
  EXPECT_EQ(one.peers.proof(two.who()), Epoch(5));
}

TEST_F(Pair, WhoIsNamedIsLeftAlone) {
  one.peers.set_view({1, 1}, Epoch(4));
  meet();
  Effects out;
  one.peers.set_view({1, 1}, Epoch(5));
  one.peers.named(two.who(), Epoch(5), kNow, out);
  EXPECT_TRUE(out.empty());
}

// ---- which version they speak

TEST_F(Pair, ASessionSpeaksTheHighestVersionThatBothDo) {
  meet();
  EXPECT_EQ(one.peers.wire(two.config.self.id), kWireVersionMax);
  EXPECT_TRUE(one.peers.send(two.config.self.id, Digests{}));
}

TEST_F(Pair, WhatTheOlderOneDoesNotKnowIsNotSaidToIt) {
  one.config.wire_version_max = 1;
  meet();
  EXPECT_EQ(one.peers.wire(two.config.self.id), 1U);
  EXPECT_EQ(two.peers.wire(one.config.self.id), 1U);
  EXPECT_FALSE(two.peers.send(one.config.self.id, Digests{}));
  EXPECT_FALSE(two.peers.send(one.config.self.id, Message{Digests{}}));
  Reports reports;
  reports.reports.push_back({ReportKind::kAcceptLoss, two.who(), two.who(), Epoch(1), SlotSet(1), {}});
  EXPECT_FALSE(two.peers.send(one.config.self.id, reports));
  reports.reports.front().kind = ReportKind::kStop;
  EXPECT_TRUE(two.peers.send(one.config.self.id, reports));
}

struct Greeting : Pair {
  // What `one` answers to this Hello of a member 3.
  Message answer_to(Hello hello) {
    hello.cluster_name = one.config.cluster_name;
    hello.slots = one.config.slots;
    hello.self = config(3, 33).self;
    hello.nonce = 7;
    Frame frame;
    frame.from = hello.self.id;
    frame.from_generation = hello.self.generation;
    frame.messages.emplace_back(std::move(hello));
    Effects out;
    one.peers.receive(LinkId(2), std::move(frame), kNow, out);
    for (Effect& effect : out.list())
      if (auto* send = std::get_if<Send>(&effect)) return std::move(send->frame.messages.at(0));
    return ViewAsk{};
  }
};

TEST_F(Greeting, VersionOneSaysNothingOfWhatItSpeaksAtMost) {
  Hello hello;
  hello.wire_min = 1, hello.wire_max = 0;
  const Message answer = answer_to(hello);
  ASSERT_TRUE(std::holds_alternative<Welcome>(answer));
  EXPECT_EQ(std::get<Welcome>(answer).wire, 0U) << "so it is answered as version 1 did";
}

TEST_F(Greeting, ALaterReleaseThatSpeaksOneOfOursIsWelcome) {
  Hello hello;
  hello.wire_min = 2, hello.wire_max = 9;
  const Message answer = answer_to(hello);
  ASSERT_TRUE(std::holds_alternative<Welcome>(answer));
  EXPECT_EQ(std::get<Welcome>(answer).wire, kWireVersionMax);
}

TEST_F(Greeting, WithoutAVersionInCommonItIsRefusedAndBothRangesAreNamed) {
  Hello hello;
  hello.wire_min = 3, hello.wire_max = 4;
  const Message answer = answer_to(hello);
  ASSERT_TRUE(std::holds_alternative<Refused>(answer));
  EXPECT_EQ(std::get<Refused>(answer).reason,
            "it speaks wire version 3 to 4, here it is 1 to 2: upgrade through a release that speaks one of each");
  one.config.wire_version_max = 1;
  hello.wire_min = 2, hello.wire_max = 2;
  const Message again = answer_to(hello);
  ASSERT_TRUE(std::holds_alternative<Refused>(again));
  EXPECT_TRUE(std::get<Refused>(again).reason.starts_with("it speaks wire version 2, here it is 1:"));
}

TEST_F(Pair, WhoSaysMoreThanItsSessionCanIsNotHeard) {
  one.config.wire_version_max = 1;
  meet();
  two.peers.send(one.config.self.id, DiscardAsk{});
  Effects out;
  two.peers.end_turn(kNow, out);
  Effects answer;
  for (Effect& effect : out.list())
    if (auto* send = std::get_if<Send>(&effect)) {
      send->frame.messages = {Digests{}};
      EXPECT_FALSE(one.peers.receive(LinkId(102), std::move(send->frame), kNow, answer));
      ASSERT_FALSE(answer.empty());
      EXPECT_TRUE(std::holds_alternative<Close>(answer.list().front()));
    }
  EXPECT_EQ(one.peers.frames_dropped(), 1U);
}

}  // namespace
}  // namespace hc
