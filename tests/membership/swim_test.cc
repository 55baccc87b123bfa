// One member under single packets, odd ones too: what it answers, believes and refuses.
#include "core/membership/swim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "sim/membership/network.h"

namespace hc::sim::membership {
namespace {

// Member 1 of generation 1, and the others' words put into its ear.
class SwimAlone : public ::testing::Test {
 protected:
  SwimAlone() { swim.start(now, out); }

  GossipPacket packet(std::uint32_t from, GossipBody body, std::vector<MemberRumor> rumors = {}) const {
    return {NodeId(from), member(from, 1).generation, {}, {}, body, std::move(rumors)};
  }
  static MemberRumor rumor(std::uint32_t id, std::uint64_t incarnation, Liveness liveness, std::uint32_t accuser = 0,
                           std::uint64_t generation = 1) {
    return {member(id, generation), incarnation, liveness, NodeId(accuser)};
  }
  void hear(const GossipPacket& p) {
    out = {};
    swim.hear(member(p.from.value, 1).gossip(), p, now, out);
    swim.invariants();
  }
  void hear_of(std::uint32_t from, MemberRumor r) { hear(packet(from, std::monostate{}, {std::move(r)})); }
  // Runs the timers until then.
  void pass(Duration length) {
    out = {};
    const Time end = now + length;
    while (swim.deadline() && *swim.deadline() <= end) {
      now = std::max(now, *swim.deadline());
      swim.wake(now, out);
      swim.invariants();
    }
    now = end;
  }
  std::optional<Liveness> belief(std::uint32_t id) const {
    const auto it = swim.peers().find(NodeId(id));
    return it == swim.peers().end() ? std::nullopt : std::optional(it->second.liveness);
  }
  template <class Body>
  std::vector<SwimOutput::Datagram> sent() const {
    std::vector<SwimOutput::Datagram> found;
    std::copy_if(out.datagrams.begin(), out.datagrams.end(), std::back_inserter(found),
                 [](const auto& d) { return std::holds_alternative<Body>(d.packet.body); });
    return found;
  }
  // What the packets just sent say of member `id`; the last of it.
  std::optional<MemberRumor> said_of(std::uint32_t id) const {
    std::optional<MemberRumor> said;
    for (const auto& d : out.datagrams)
      for (const MemberRumor& r : d.packet.rumors)
        if (r.info.id == NodeId(id)) said = r;
    return said;
  }

  Time now = Time{} + 1h;
  Swim swim{{}, member(1, 1), {}, Random(3)};
  SwimOutput out;
};

TEST_F(SwimAlone, NeedsNoTimerWithoutPeersAndSeeds) { EXPECT_FALSE(swim.deadline()); }

TEST_F(SwimAlone, AnswersAPingForItselfOnly) {
  hear(packet(2, Ping{77, NodeId(1), {}, false}, {rumor(2, 0, Liveness::kAlive)}));
  ASSERT_EQ(sent<Ack>().size(), 1U);
  EXPECT_EQ(std::get<Ack>(sent<Ack>()[0].packet.body).probe, 77U);
  EXPECT_EQ(sent<Ack>()[0].to, member(2, 1).gossip());
  EXPECT_FALSE(sent<Ack>()[0].by_stream);
  hear(packet(2, Ping{78, NodeId(1), {}, true}));
  EXPECT_TRUE(sent<Ack>()[0].by_stream);
  hear(packet(2, Ping{79, NodeId(9), {}, false}));
  EXPECT_TRUE(sent<Ack>().empty());
}

TEST_F(SwimAlone, StrangerIsAskedForItsTable) {
  hear(packet(2, Ping{1, NodeId(1), {}, false}));
  EXPECT_EQ(sent<Ack>().size(), 1U);
  ASSERT_EQ(sent<SyncRequest>().size(), 1U);
  EXPECT_EQ(sent<SyncRequest>()[0].packet.rumors.front(), rumor(1, 0, Liveness::kAlive));
  hear(packet(2, Ping{2, NodeId(1), {}, false}));
  EXPECT_TRUE(sent<SyncRequest>().empty()) << "not again at once";
}

TEST_F(SwimAlone, OwnPacketsAndTwinsAreNotHeard) {
  GossipPacket own = packet(1, Ping{1, NodeId(1), {}, false}, {rumor(2, 0, Liveness::kAlive)});
  hear(own);
  EXPECT_TRUE(out.datagrams.empty());
  EXPECT_TRUE(swim.peers().empty());
  EXPECT_EQ(swim.counters().twin_packets, 0U);
  own.generation = {5, 5};
  hear(own);
  EXPECT_TRUE(swim.peers().empty());
  EXPECT_EQ(swim.counters().twin_packets, 1U);
}

TEST_F(SwimAlone, OtherClustersAreRefusedAndCounted) {
  swim.set_cluster({1, 1});
  GossipPacket p = packet(2, Ping{1, NodeId(1), {}, false}, {rumor(2, 0, Liveness::kAlive)});
  p.newest_epoch = Epoch(9);
  p.cluster = {2, 2};
  hear(p);
  EXPECT_TRUE(out.datagrams.empty());
  EXPECT_TRUE(swim.peers().empty());
  EXPECT_FALSE(swim.newest_epoch_heard());
  EXPECT_EQ(swim.counters().foreign_packets, 1U);
  EXPECT_EQ(swim.counters().foreign_address, member(2, 1).gossip());
  EXPECT_EQ(swim.counters().foreign_cluster, (ClusterId{2, 2}));
  p.cluster = {};  // not yet a member
  hear(p);
  EXPECT_EQ(belief(2), Liveness::kAlive);
  EXPECT_EQ(sent<Ack>().at(0).packet.cluster, (ClusterId{1, 1}));
}

TEST_F(SwimAlone, WithoutAClusterItListensToOneAtATime) {
  GossipPacket a = packet(2, std::monostate{}, {rumor(2, 0, Liveness::kAlive)});
  a.cluster = {1, 1};
  a.newest_epoch = Epoch(7);
  hear(a);
  GossipPacket b = packet(3, std::monostate{}, {rumor(3, 0, Liveness::kAlive)});
  b.cluster = {2, 2};
  b.newest_epoch = Epoch(5);
  hear(b);
  EXPECT_EQ(belief(2), Liveness::kAlive);
  EXPECT_FALSE(belief(3));
  EXPECT_EQ(swim.counters().foreign_packets, 1U);
  now += 11s;  // the first is silent: the other one counts, and what the first said is forgotten
  hear(b);
  EXPECT_EQ(belief(3), Liveness::kAlive);
  EXPECT_FALSE(belief(2));
  EXPECT_EQ(swim.newest_epoch_heard(), Epoch(5));
  swim.set_cluster({2, 2});
  EXPECT_EQ(belief(3), Liveness::kAlive);
  EXPECT_EQ(swim.newest_epoch_heard(), Epoch(5));
  EXPECT_EQ(swim.newest_epoch_from(), NodeId(3));
}

TEST_F(SwimAlone, EpochsAreStampedAndHeard) {
  swim.set_epoch(Epoch(4));
  GossipPacket p = packet(2, Ping{1, NodeId(1), {}, false}, {rumor(2, 0, Liveness::kAlive)});
  p.newest_epoch = Epoch(6);
  hear(p);
  EXPECT_EQ(sent<Ack>()[0].packet.newest_epoch, Epoch(4));
  EXPECT_EQ(swim.newest_epoch_heard(), Epoch(6));
  p.newest_epoch = Epoch(5);
  hear(p);
  EXPECT_EQ(swim.newest_epoch_heard(), Epoch(6));
}

TEST_F(SwimAlone, LatticeOfIncarnationThenLiveness) {
  hear_of(2, rumor(3, 5, Liveness::kAlive));
  EXPECT_EQ(out.changes, (std::vector<SwimOutput::Change>{{NodeId(3), Liveness::kAlive}}));
  hear_of(2, rumor(3, 4, Liveness::kDead, 2));
  EXPECT_EQ(belief(3), Liveness::kAlive);
  hear_of(2, rumor(3, 5, Liveness::kSuspect, 2));
  EXPECT_EQ(belief(3), Liveness::kSuspect);
  hear_of(2, rumor(3, 5, Liveness::kAlive));
  EXPECT_EQ(belief(3), Liveness::kSuspect);
  hear_of(2, rumor(3, 5, Liveness::kDead, 2));
  EXPECT_EQ(belief(3), Liveness::kDead);
  hear_of(2, rumor(3, 5, Liveness::kSuspect, 4));
  EXPECT_EQ(belief(3), Liveness::kDead);
  hear_of(2, rumor(3, 6, Liveness::kAlive));
  EXPECT_EQ(belief(3), Liveness::kAlive);
  hear_of(2, rumor(3, 6, Liveness::kLeft));
  EXPECT_EQ(belief(3), Liveness::kLeft);
  hear_of(2, rumor(3, 7, Liveness::kAlive, 0, 2));
  EXPECT_EQ(belief(3), Liveness::kAlive);
  EXPECT_EQ(swim.peers().at(NodeId(3)).info.generation, member(3, 2).generation);
}

TEST_F(SwimAlone, OtherProcessAtOneIncarnationIsTold) {
  hear_of(2, rumor(3, 0, Liveness::kAlive));
  hear_of(2, rumor(3, 0, Liveness::kAlive, 0, 2));  // 3 came back, and does not know that it was here before
  EXPECT_EQ(swim.peers().at(NodeId(3)).info.generation, member(3, 1).generation);
  ASSERT_TRUE(said_of(3));
  EXPECT_EQ(out.datagrams.at(0).to, member(3, 2).gossip());
  EXPECT_EQ(said_of(3)->info.generation, member(3, 1).generation);
}

TEST_F(SwimAlone, DeadOneThatSpeaksIsToldAndRateLimited) {
  hear_of(2, rumor(3, 0, Liveness::kDead, 2));
  hear(packet(3, Nack{5}));
  ASSERT_TRUE(said_of(3));
  EXPECT_EQ(said_of(3)->liveness, Liveness::kDead);
  EXPECT_EQ(out.datagrams.at(0).to, member(3, 1).gossip());
  hear(packet(3, Nack{5}));
  EXPECT_TRUE(out.datagrams.empty());
  hear(packet(3, Ping{6, NodeId(1), {}, false}));
  ASSERT_EQ(out.datagrams.size(), 1U);
  EXPECT_EQ(out.datagrams[0].packet.rumors.front().liveness, Liveness::kDead);
}

TEST_F(SwimAlone, RefutesWhatIsSaidOfIt) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  hear_of(2, rumor(1, 0, Liveness::kSuspect, 3));
  EXPECT_EQ(swim.incarnation(), 1U);
  EXPECT_EQ(swim.health(), 1U);
  EXPECT_EQ(said_of(1), rumor(1, 1, Liveness::kAlive)) << "at once, to whoever said it";
  hear_of(2, rumor(1, 0, Liveness::kDead, 3));
  EXPECT_EQ(swim.incarnation(), 1U) << "old news";
  hear_of(2, rumor(1, 1, Liveness::kAlive));
  EXPECT_EQ(swim.incarnation(), 1U);
  hear_of(2, rumor(1, 9, Liveness::kDead, 3, 99));  // an earlier process of ours
  EXPECT_EQ(swim.incarnation(), 10U);
  MemberRumor wrong = rumor(1, 10, Liveness::kAlive);
  wrong.info.resp_port = 1;
  hear_of(2, wrong);
  EXPECT_EQ(swim.incarnation(), 11U);
}

TEST_F(SwimAlone, RivalIsOutbidAtAFallingRate) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  for (int i = 0; i < 1000; ++i) {
    hear_of(2, rumor(1, swim.incarnation(), Liveness::kAlive, 0, 99));
    pass(10ms);
  }
  EXPECT_GE(swim.incarnation(), 5U);
  EXPECT_LE(swim.incarnation(), 8U);
  pass(10s);
  const std::uint64_t rival = 1000;
  hear_of(2, rumor(1, rival, Liveness::kAlive, 0, 99));
  pass(10s);
  EXPECT_EQ(swim.incarnation(), rival + 1) << "later, but it does answer";
}

TEST_F(SwimAlone, UpdateOfItselfIsToldWithAHigherIncarnation) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  MemberInfo info = swim.self();
  info.storage = {7, 7};
  swim.update_self(info);
  EXPECT_EQ(swim.incarnation(), 1U);
  pass(200ms);
  ASSERT_TRUE(said_of(1));
  EXPECT_EQ(said_of(1)->info, info);
  EXPECT_EQ(said_of(1)->incarnation, 1U);
}

TEST_F(SwimAlone, RelaysAPing) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  hear_of(2, rumor(3, 0, Liveness::kAlive));
  hear(packet(2, PingRequest{55, NodeId(3)}));
  ASSERT_EQ(sent<Ping>().size(), 1U);
  const Ping ping = std::get<Ping>(sent<Ping>()[0].packet.body);
  EXPECT_EQ(sent<Ping>()[0].to, member(3, 1).gossip());
  EXPECT_EQ(ping.origin, NodeId(2));
  hear(packet(4, Ack{ping.probe}));
  EXPECT_TRUE(sent<Ack>().empty()) << "an answer by somebody else";
  hear(packet(3, Ack{ping.probe}));
  ASSERT_EQ(sent<Ack>().size(), 1U);
  EXPECT_EQ(sent<Ack>()[0].to, member(2, 1).gossip());
  EXPECT_EQ(std::get<Ack>(sent<Ack>()[0].packet.body).probe, 55U);
  hear(packet(2, PingRequest{56, NodeId(3)}));
  pass(90ms);
  ASSERT_EQ(sent<Nack>().size(), 1U);
  EXPECT_EQ(std::get<Nack>(sent<Nack>()[0].packet.body).probe, 56U);
}

TEST_F(SwimAlone, ProbesDirectlyThenByOthersAndByStreamThenSuspects) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  for (std::uint32_t id = 3; id <= 6; ++id) hear_of(2, rumor(id, 0, Liveness::kAlive));
  out = {};
  while (sent<Ping>().empty()) pass(1ms);
  const Ping ping = std::get<Ping>(sent<Ping>()[0].packet.body);
  const std::uint32_t target = ping.target.value;
  pass(101ms);
  const auto requests = sent<PingRequest>();
  EXPECT_EQ(requests.size(), 3U);
  for (const auto& d : requests) EXPECT_NE(d.peer, ping.target);
  ASSERT_EQ(sent<Ping>().size(), 1U);
  EXPECT_TRUE(sent<Ping>()[0].by_stream);
  EXPECT_EQ(sent<Ping>()[0].peer, ping.target);
  EXPECT_EQ(belief(target), Liveness::kAlive);
  const auto relayed = requests[0].peer.value;
  hear(packet(relayed, Nack{ping.probe}));
  pass(100ms);
  EXPECT_EQ(belief(target), Liveness::kSuspect);
  EXPECT_EQ(swim.peers().at(ping.target).accuser, NodeId(1));
  EXPECT_EQ(swim.health(), 2U) << "two of three helpers said nothing at all";
  // The buddy system: whoever pings it brings the accusation.
  hear(packet(target, Ping{1, NodeId(1), {}, false}));
  EXPECT_EQ(sent<Ack>().at(0).packet.rumors.front().liveness, Liveness::kSuspect);
}

TEST_F(SwimAlone, AnswerByARelayEndsTheProbe) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  hear_of(2, rumor(3, 0, Liveness::kAlive));
  out = {};
  while (sent<Ping>().empty()) pass(1ms);
  const Ping ping = std::get<Ping>(sent<Ping>()[0].packet.body);
  pass(101ms);
  ASSERT_EQ(sent<PingRequest>().size(), 1U);
  hear(packet(sent<PingRequest>()[0].peer.value, Ack{ping.probe}));
  pass(99ms);
  EXPECT_EQ(belief(ping.target.value), Liveness::kAlive);
  EXPECT_EQ(swim.counters().probes_failed, 0U);
}

TEST_F(SwimAlone, LearnedMembersAreGuessesAndAreNotTold) {
  swim.learn(member(2, 1), now);
  swim.learn(member(1, 9), now);  // ourselves: no news
  EXPECT_EQ(belief(2), Liveness::kAlive);
  EXPECT_TRUE(swim.peers().at(NodeId(2)).learned);
  hear(packet(3, SyncRequest{}, {rumor(3, 0, Liveness::kAlive)}));
  EXPECT_FALSE(said_of(2));
  hear_of(3, rumor(2, 0, Liveness::kAlive, 0, 2));  // the same incarnation, another process: any rumor knows better
  EXPECT_FALSE(swim.peers().at(NodeId(2)).learned);
  EXPECT_EQ(swim.peers().at(NodeId(2)).info.generation, member(2, 2).generation);
  swim.learn(member(2, 1), now);
  EXPECT_EQ(swim.peers().at(NodeId(2)).info.generation, member(2, 2).generation);
}

TEST_F(SwimAlone, DeadInATableIsSuspectedFirst) {
  hear_of(2, rumor(3, 0, Liveness::kAlive));
  hear(packet(2, SyncReply{}, {rumor(3, 0, Liveness::kDead, 2), rumor(4, 0, Liveness::kDead, 2)}));
  EXPECT_EQ(belief(3), Liveness::kSuspect) << "we saw it alive, the table may be old";
  EXPECT_EQ(belief(4), Liveness::kDead) << "we know nothing better";
}

TEST_F(SwimAlone, WhoIsNoMemberAndHasBeenGoneForLongIsForgotten) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  hear_of(2, rumor(3, 4, Liveness::kLeft));
  hear_of(2, rumor(4, 0, Liveness::kDead, 2));
  pass(70s);
  EXPECT_EQ(belief(3), Liveness::kLeft) << "no view says who is a member";
  swim.set_members({NodeId(1), NodeId(2)});
  pass(10s);
  EXPECT_EQ(belief(2), Liveness::kDead) << "it is a member, and may come back";
  EXPECT_FALSE(belief(3));
  EXPECT_FALSE(belief(4));
  hear(packet(2, SyncRequest{}, {rumor(3, 4, Liveness::kAlive), rumor(4, 0, Liveness::kSuspect, 2)}));
  EXPECT_FALSE(belief(3)) << "an old table says so";
  EXPECT_FALSE(belief(4));
  EXPECT_FALSE(said_of(3));
  hear_of(2, rumor(3, 4, Liveness::kAlive, 0, 9));
  EXPECT_EQ(belief(3), Liveness::kLeft) << "another process, perhaps an older one: it is told whom it must outbid";
  ASSERT_TRUE(said_of(3));
  EXPECT_EQ(said_of(3)->incarnation, 4U);
  hear_of(2, rumor(4, 1, Liveness::kAlive));
  EXPECT_EQ(belief(4), Liveness::kAlive) << "it lives, and has refuted that it does not";
}

TEST_F(SwimAlone, AForgottenOneThatSpeaksIsToldAgain) {
  swim.set_members({NodeId(1)});
  hear_of(3, rumor(3, 0, Liveness::kDead, 2));
  pass(70s);
  ASSERT_FALSE(belief(3));
  hear(packet(3, Nack{5}));
  EXPECT_EQ(belief(3), Liveness::kDead);
  ASSERT_TRUE(said_of(3));
  EXPECT_EQ(said_of(3)->liveness, Liveness::kDead);
}

TEST_F(SwimAlone, TimeNotRunCountsAgainstNobody) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  hear_of(2, rumor(2, 0, Liveness::kSuspect, 3));
  now += 10s;
  swim.paused(10s);
  swim.wake(now, out);
  EXPECT_EQ(belief(2), Liveness::kSuspect);
  EXPECT_EQ(swim.counters().pauses, 1U);
  pass(3s);
  EXPECT_EQ(belief(2), Liveness::kDead);
}

TEST_F(SwimAlone, LeavesWithoutArgument) {
  hear_of(2, rumor(2, 0, Liveness::kAlive));
  hear_of(2, rumor(3, 0, Liveness::kAlive));
  out = {};
  swim.leave(out);
  EXPECT_EQ(out.datagrams.size(), 2U);
  EXPECT_EQ(said_of(1)->liveness, Liveness::kLeft);
  hear_of(2, rumor(1, 5, Liveness::kDead, 2));
  EXPECT_EQ(swim.incarnation(), 0U);
  pass(1min);
  EXPECT_TRUE(sent<Ping>().empty());
  EXPECT_FALSE(swim.deadline());
  EXPECT_EQ(belief(2), Liveness::kAlive);
}

TEST_F(SwimAlone, LongTextsStillFitTheDatagram) {
  for (std::uint32_t id = 2; id <= 40; ++id) {
    MemberRumor r = rumor(id, 0, Liveness::kAlive);
    r.info.host.assign(id * 6, 'h');
    r.info.host_label.assign(255, 'l');
    r.info.zone.assign(id * 5, 'z');
    hear_of(2, r);
  }
  hear(packet(50, SyncRequest{}, {rumor(50, 0, Liveness::kAlive)}));
  std::size_t told = 0;
  for (const auto& d : out.datagrams) {
    EXPECT_LE(bytes_of(d.packet), kPacketBytesMax);
    if (d.to == member(50, 1).gossip()) told += d.packet.rumors.size();
  }
  EXPECT_EQ(told, 41U);
  MemberRumor r = rumor(99, 0, Liveness::kAlive);
  r.info.zone.assign(256, 'z');
  hear_of(2, r);
  EXPECT_FALSE(belief(99));
  EXPECT_EQ(swim.counters().malformed, 1U);
}

// Any packet, any time, any order: the invariants hold, and nothing runs away.
TEST(SwimFuzz, AnyPacketIsLegal) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Random random(seed);
    Swim swim({}, member(1, 1), {member(2, 1).gossip(), member(1, 1).gossip()}, Random(seed));
    SwimOutput out;
    Time now = Time{} + 1h;
    const auto id = [&] { return NodeId(static_cast<std::uint32_t>(random.below(7))); };
    const auto info = [&] {
      MemberInfo m = member(id().value, random.below(3));
      if (random.percent(3)) m.host.clear();
      if (random.percent(3)) m.gossip_port = 0;
      return m;
    };
    const auto rumor = [&] {
      const MemberInfo m = info();
      const std::uint64_t incarnation = random.percent(1) ? random.next() : random.below(6);
      const auto liveness = static_cast<Liveness>(random.below(random.percent(2) ? 9 : 4));
      const NodeId accuser = liveness == Liveness::kAlive && random.percent(90) ? NodeId{} : id();
      return MemberRumor{m, incarnation, liveness, accuser};
    };
    const auto body = [&]() -> GossipBody {
      const std::uint64_t number = swim.counters().probes + random.below(3);
      const NodeId target = id();
      const NodeId origin = id();
      switch (random.below(7)) {
        case 0:
          return Ping{number, target, origin, random.percent(50)};
        case 1:
          return PingRequest{number, target};
        case 2:
          return Ack{number};
        case 3:
          return Nack{number};
        case 4:
          return SyncRequest{};
        case 5:
          return SyncReply{};
        default:
          return std::monostate{};
      }
    };
    for (int i = 0; i < 3000; ++i) {
      out = {};
      if (random.percent(20)) now += Duration(std::chrono::milliseconds(random.below(random.percent(2) ? 5000 : 60)));
      const std::uint64_t what = random.below(100);
      if (what == 0) {
        swim.start(now, out);
      } else if (what == 1) {
        swim.refused(id(), now, out);
      } else if (what == 2) {
        swim.learn(info(), now);
      } else if (what == 3 && random.percent(10)) {
        swim.set_cluster({random.below(3), 0});
      } else if (what == 4) {
        MemberInfo m = swim.self();
        m.storage = {random.next(), 1};
        swim.update_self(m);
      } else if (what == 5 && random.percent(2)) {
        swim.leave(out);
      } else if (what < 50) {
        GossipPacket packet;
        packet.from = id();
        packet.generation = {random.below(3), packet.from.value};
        if (random.percent(20)) packet.cluster = {random.below(3), 0};
        packet.newest_epoch = Epoch(random.below(5));
        packet.body = body();
        for (std::uint64_t r = random.below(4); r > 0; --r) packet.rumors.push_back(rumor());
        swim.hear(member(id().value, 1).gossip(), packet, now, out);
      } else {
        swim.wake(now, out);
        const auto next = swim.deadline();
        if (next) {
          EXPECT_GT(*next, now) << "wake leaves nothing due";
        }
      }
      swim.invariants();
      EXPECT_LE(out.datagrams.size(), 40U);
      for (const auto& d : out.datagrams) {
        EXPECT_LE(bytes_of(d.packet), kPacketBytesMax);
        EXPECT_NE(d.peer, NodeId(1));
      }
    }
  }
}

}  // namespace
}  // namespace hc::sim::membership
