// Swim among many: what a whole cluster comes to believe, and how soon.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "sim/membership/network.h"

namespace hc::sim::membership {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

void print(const char* what, std::uint32_t n, std::vector<Duration> times) {
  std::sort(times.begin(), times.end());
  std::printf("%-44s n %2u  p50 %.2f s  worst %.2f s\n", what, n, seconds(times[times.size() / 2]),
              seconds(times.back()));
}

Duration median(std::vector<Duration> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

TEST(SwimNetwork, AgreesAfterAStartByOneSeed) {
  for (const std::uint32_t n : {2U, 3U, 5U, 10U, 50U}) {
    std::vector<Duration> times;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Network net(seed);
      for (std::uint32_t id = 1; id <= n; ++id) net.start(id, {1});
      const auto took = net.run_until([&] { return net.agreed(); }, 20s);
      ASSERT_TRUE(took) << "n " << n << " seed " << seed;
      times.push_back(*took);
      net.run(20s);
      EXPECT_TRUE(net.agreed());
      EXPECT_EQ(net.deaths, 0U) << "n " << n << " seed " << seed;
      EXPECT_LT(net.packet_bytes_most, kPacketBytesMax);
    }
    print("all know all, one seed", n, times);
    EXPECT_LE(median(times), n <= 5 ? Duration(300ms) : Duration(2s));
  }
}

TEST(SwimNetwork, SeedThatStartsLastIsFound) {
  Network net(7);
  net.start(2, {1});
  net.start(3, {1});
  net.run(60s);
  EXPECT_FALSE(net.agreed());
  net.start(1, {});
  EXPECT_TRUE(net.run_until([&] { return net.agreed(); }, 4s));
}

// Two halves, each of which got its first answer from its own seed, meet by a later look at the other seed.
TEST(SwimNetwork, HalvesThatNeverMetFindEachOther) {
  Network net(8);
  net.cut = [](NodeId a, NodeId b) { return (a.value <= 2) != (b.value <= 2); };
  for (std::uint32_t id = 1; id <= 4; ++id) net.start(id, {1, 3});
  net.run(60s);
  EXPECT_FALSE(net.belief(1, 3).has_value());
  net.cut = nullptr;
  EXPECT_TRUE(net.run_until([&] { return net.agreed(); }, 30s));
}

void measure_death(const char* what, bool refuses, Duration p50_most) {
  for (const std::uint32_t n : {2U, 3U, 5U, 10U, 20U, 50U}) {
    std::vector<Duration> first, all;
    for (std::uint64_t seed = 1; seed <= (n > 10 ? 5U : 15U); ++seed) {
      Network net(seed * 31);
      found(net, n);
      net.run(5s + Duration(std::chrono::milliseconds(seed * 17)));
      net.deaths = 0;
      net.crash(2, refuses);
      const auto at_first = net.run_until([&] { return net.deaths > 0; }, 20s);
      ASSERT_TRUE(at_first) << "n " << n << " seed " << seed;
      const auto rest = net.run_until([&] { return net.all_believe(2, Liveness::kDead); }, 20s);
      ASSERT_TRUE(rest) << "n " << n << " seed " << seed;
      first.push_back(*at_first);
      all.push_back(*at_first + *rest);
      if (!refuses) {
        EXPECT_GE(*at_first, 2000ms) << "a freeze of 2 s would have been a death";
      }
    }
    print(what, n, first);
    print("  … believed by all", n, all);
    EXPECT_LE(median(first), p50_most);
    EXPECT_LE(median(all), p50_most);
  }
}

TEST(SwimNetwork, DeathWithRefusedConnections) { measure_death("kill -9, connections refused: first dead", true, 1s); }
TEST(SwimNetwork, DeathInSilence) { measure_death("silent cut: first dead", false, 2500ms); }

// A rack goes: helpers that are dead themselves say nothing, which must not slow the living down too much.
TEST(SwimNetwork, ManyDieAtOnce) {
  struct Case {
    std::uint32_t n, dead;
  };
  for (const Case& c : {Case{3, 2}, Case{5, 2}, Case{5, 4}, Case{10, 5}, Case{10, 7}, Case{50, 20}}) {
    std::vector<Duration> times;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      Network net(seed);
      found(net, c.n);
      net.run(5s);
      for (std::uint32_t id = c.n; id > c.n - c.dead; --id) net.crash(id, false);
      const auto took = net.run_until(
          [&] {
            for (std::uint32_t id = c.n; id > c.n - c.dead; --id)
              if (!net.all_believe(id, Liveness::kDead)) return false;
            return true;
          },
          60s);
      ASSERT_TRUE(took);
      times.push_back(*took);
      net.run(30s);
      EXPECT_TRUE(net.agreed());
      EXPECT_EQ(net.deaths, c.dead * (c.n - c.dead));
    }
    print((std::to_string(c.dead) + " die at once: believed by all").c_str(), c.n, times);
    // A survivor without confirmation waits the longest time: it may well be the one that is cut off.
    EXPECT_LE(median(times), c.dead * 2 > c.n ? Duration(20s) : Duration(5s));
  }
}

TEST(SwimNetwork, NobodyIsRemovedUnderLoss) {
  struct Case {
    std::uint32_t n;
    Duration length;
  };
  for (const Case& c : {Case{2, 1h}, Case{3, 1h}, Case{5, 1h}, Case{10, 30min}, Case{50, 2min}}) {
    Network net(c.n);
    net.check_always = c.n <= 10;
    net.streams = false;  // the harder case
    net.loss_ppm = 50'000;
    found(net, c.n);
    net.believed.clear();
    net.run(c.length);
    const auto suspected = std::count_if(net.believed.begin(), net.believed.end(),
                                         [](const auto& b) { return b.now == Liveness::kSuspect; });
    std::printf("5 %% loss, n %2u, %5.2f h: %zu suspicions seen, %zu deaths\n", c.n, seconds(c.length) / 3600,
                static_cast<std::size_t>(suspected), static_cast<std::size_t>(net.deaths));
    EXPECT_EQ(net.deaths, 0U);
  }
}

// 100 ms and more there and back: local health widens the timeouts instead of accusing.
TEST(SwimNetwork, LongWayKillsNobody) {
  Network net(21);
  net.latency_least = 20ms;
  net.latency_most = 70ms;
  found(net, 5);
  net.believed.clear();
  net.run(1h);
  const auto suspected = std::count_if(net.believed.begin(), net.believed.end(),
                                       [](const auto& b) { return b.now == Liveness::kSuspect; });
  std::printf("latency 20 … 70 ms, n 5, 1 h: %zu suspicions seen, health of member 1: %llu\n",
              static_cast<std::size_t>(suspected), static_cast<unsigned long long>(net.at(1).health()));
  EXPECT_EQ(net.deaths, 0U);
}

// One member's loop takes so long for everything. It is suspected, and accuses; nobody dies of it.
TEST(SwimNetwork, SlowMemberKillsNobodyAndLives) {
  for (const Duration lag : {50ms, 150ms, 400ms, 800ms}) {
    Network net(22);
    found(net, 5);
    net.lag[NodeId(2)] = lag;
    net.run(20min);
    EXPECT_EQ(net.deaths, 0U) << lag.count();
    std::printf("one member slow by %lld ms, 20 min: its health %llu, deaths %llu\n",
                static_cast<long long>(lag.count() / 1'000'000), static_cast<unsigned long long>(net.at(2).health()),
                static_cast<unsigned long long>(net.deaths));
  }
}

// Garbage collection, stolen cycles: every member stops now and then for up to 1.5 s, in its own time.
TEST(SwimNetwork, PausesEverywhereKillNobody) {
  Network net(23);
  found(net, 10);
  Random random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto id = static_cast<std::uint32_t>(random.between(1, 10));
    net.freeze(id, Duration(std::chrono::milliseconds(random.between(10, 1500))));
    net.run(Duration(std::chrono::milliseconds(random.between(1, 1000))));
  }
  EXPECT_EQ(net.deaths, 0U);
  net.run(5s);
  EXPECT_TRUE(net.agreed());
}

TEST(SwimNetwork, FreezeOfTwoSecondsKillsNobody) {
  for (const std::uint32_t n : {2U, 3U, 5U, 10U, 50U}) {
    std::vector<Duration> refuted;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Network net(seed * 7);
      found(net, n);
      net.run(4s + Duration(std::chrono::milliseconds(seed * 37)));
      net.freeze(2, 2s);
      net.run(2s);
      const auto took = net.run_until([&] { return net.agreed(); }, 10s);
      ASSERT_TRUE(took) << "n " << n << " seed " << seed;
      refuted.push_back(*took);
      net.run(20s);
      EXPECT_EQ(net.deaths, 0U) << "n " << n << " seed " << seed;
      EXPECT_TRUE(net.agreed());
    }
    print("2 s freeze: refuted after the thaw", n, refuted);
    EXPECT_LE(median(refuted), 500ms);
  }
}

TEST(SwimNetwork, FreezeOfAMinuteIsADeathThatIsRefuted) {
  for (const std::uint32_t n : {2U, 3U, 10U}) {
    Network net(n);
    found(net, n);
    net.run(5s);
    net.freeze(2, 60s);
    net.run(60s);
    EXPECT_TRUE(net.all_believe(2, Liveness::kDead));
    EXPECT_EQ(net.deaths, n - 1);
    const auto took = net.run_until([&] { return net.agreed(); }, 10s);
    ASSERT_TRUE(took);
    print("60 s freeze: back after the thaw", n, {*took});
    EXPECT_EQ(net.deaths, n - 1) << "the frozen one accused the others of its own absence";
  }
}

TEST(SwimNetwork, PartitionOfTenMinutesHeals) {
  for (const std::uint32_t n : {2U, 5U, 10U, 50U}) {
    std::vector<Duration> times;
    for (std::uint64_t seed = 1; seed <= (n == 50 ? 1U : 4U); ++seed) {
      Network net(n + 100 * seed);
      net.check_always = n < 50;
      found(net, n);
      net.run(5s);
      net.cut = [n](NodeId a, NodeId b) { return (a.value <= n / 2) != (b.value <= n / 2); };
      net.run(10min);
      EXPECT_EQ(net.deaths, 2 * (n / 2) * (n - n / 2));
      EXPECT_EQ(net.belief(1, n), Liveness::kDead);
      net.deaths = 0;
      net.cut = nullptr;
      const auto took = net.run_until([&] { return net.agreed(); }, 30s);
      ASSERT_TRUE(took) << "n " << n << " seed " << seed;
      times.push_back(*took);
      net.run(30s);
      EXPECT_TRUE(net.agreed());
      EXPECT_EQ(net.deaths, 0U) << "n " << n << " seed " << seed;
    }
    print("partition of 10 min: healed", n, times);
    EXPECT_LE(median(times), 5s);
  }
}

// One direction only: 1 does not hear 2, all else passes. Helpers carry the answers; nobody dies.
TEST(SwimNetwork, OneWayPartitionOfAPairIsBridged) {
  Network net(5);
  found(net, 5);
  net.cut = [](NodeId from, NodeId to) { return from == NodeId(2) && to == NodeId(1); };
  net.run(10min);
  EXPECT_EQ(net.deaths, 0U);
}

// Datagrams are filtered between two members, the peer link passes, and there is nobody to help.
TEST(SwimNetwork, PeerLinkHelpsWhereDatagramsAreLost) {
  Network net(6);
  found(net, 2);
  net.run(3s);
  net.loss_ppm = 1'000'000;
  net.run(1min);
  EXPECT_EQ(net.deaths, 0U);
  net.streams = false;
  net.run(20s);
  EXPECT_EQ(net.deaths, 2U);
}

TEST(SwimNetwork, RestartIsSeenAsANewProcess) {
  for (const bool refuses : {false, true}) {
    Network net(9);
    found(net, 5);
    std::vector<Duration> times;
    for (int i = 0; i < 10; ++i) {
      net.run(3s);
      net.crash(2, refuses);
      net.run(Duration(std::chrono::milliseconds(50 + 700 * i)));
      net.start(2, {1});
      const auto took = net.run_until([&] { return net.agreed(); }, 10s);
      ASSERT_TRUE(took) << i;
      times.push_back(*took);
    }
    print("restarted: known to all", 5, times);
    EXPECT_LE(median(times), 1s);
  }
}

// All are killed with high incarnations and come back at 0, one after the other: each must outbid its own past.
TEST(SwimNetwork, MassRestartConverges) {
  for (const bool address_book : {false, true}) {
    Network net(10);
    found(net, 10);
    for (int i = 0; i < 5; ++i) {
      net.freeze(static_cast<std::uint32_t>(4 + i), 1500ms);
      net.run(5s);
    }
    EXPECT_GT(net.at(4).incarnation(), 0U);
    std::vector<MemberInfo> book;
    for (std::uint32_t id = 1; id <= 10; ++id) book.push_back(net.at(id).self());
    for (std::uint32_t id = 1; id <= 9; ++id) net.crash(id, true);
    net.run(5s);  // member 10 alone remembers
    for (std::uint32_t id = 1; id <= 9; ++id) {
      net.start(id, address_book ? std::vector<std::uint32_t>{} : std::vector<std::uint32_t>{1, 10},
                address_book ? book : std::vector<MemberInfo>{});
      net.run(20ms);
    }
    const auto took = net.run_until([&] { return net.agreed(); }, 30s);
    ASSERT_TRUE(took);
    print(address_book ? "9 of 10 restart, by address book" : "9 of 10 restart, by seeds", 10, {*took});
    net.run(10s);
    EXPECT_TRUE(net.agreed());
  }
}

// Everybody restarts at once, with nothing but an old address book that names processes long gone.
TEST(SwimNetwork, OldAddressBookIsEnoughToMeet) {
  Network net(11);
  std::vector<MemberInfo> book;
  for (std::uint32_t id = 1; id <= 5; ++id) book.push_back(member(id, 99));
  for (std::uint32_t id = 1; id <= 5; ++id) net.start(id, {}, book);
  const auto took = net.run_until([&] { return net.agreed(); }, 10s);
  ASSERT_TRUE(took);
  print("5 start with an old address book", 5, {*took});
}

TEST(SwimNetwork, LeavingIsHeardAtOnceAndIsNoDeath) {
  Network net(12);
  found(net, 10);
  net.run(5s);
  net.loss_ppm = 50'000;
  net.leave(3);
  net.run(50ms);
  net.crash(3, true);
  const auto took = net.run_until([&] { return net.all_believe(3, Liveness::kLeft); }, 10s);
  ASSERT_TRUE(took);
  EXPECT_LE(*took, 1s);
  net.run(1min);
  EXPECT_EQ(net.deaths, 0U);
  EXPECT_TRUE(net.all_believe(3, Liveness::kLeft));
  net.start(3, {1});
  EXPECT_TRUE(net.run_until([&] { return net.agreed(); }, 5s));
}

TEST(SwimNetwork, RefusedPortOfALivingMemberIsRefuted) {
  Network net(13);
  found(net, 5);
  net.run(5s);
  for (int i = 0; i < 200; ++i) {
    net.run(50ms);
    net.refuse(NodeId(1), NodeId(2));
  }
  net.run(5s);
  EXPECT_EQ(net.deaths, 0U);
  EXPECT_TRUE(net.agreed());
}

// Two processes under one name: their incarnations climb slowly, and the network is not kept busy with it.
TEST(SwimNetwork, TwinsDoNotChaseEachOther) {
  Network net(14);
  found(net, 5);
  Swim twin({}, member(2, 777), {member(1, 1).gossip()}, Random(1));
  const auto serve = [&](SwimOutput& out) {
    for (SwimOutput::Datagram& d : out.datagrams)
      for (std::uint32_t id = 1; id <= 5; ++id)
        if (member(id, 1).gossip() == d.to)
          net.step(NodeId(id),
                   [&](Swim& swim, SwimOutput& o) { swim.hear(member(2, 1).gossip(), d.packet, net.now, o); });
    out = {};
  };
  SwimOutput out;
  twin.start(net.now, out);
  serve(out);
  for (int i = 0; i < 6000; ++i) {  // ten minutes; it hears what the table of member 1 says
    net.run(100ms);
    GossipPacket said{NodeId(1), net.at(1).self().generation, {}, {}, SyncReply{}, {}};
    const Swim::Peer& peer = net.at(1).peers().at(NodeId(2));
    said.rumors.push_back({peer.info, peer.incarnation, peer.liveness, peer.accuser});
    twin.hear(member(1, 1).gossip(), said, net.now, out);
    twin.wake(net.now, out);
    serve(out);
  }
  std::printf("twins after 10 min: incarnations %llu and %llu\n", static_cast<unsigned long long>(twin.incarnation()),
              static_cast<unsigned long long>(net.at(2).incarnation()));
  EXPECT_LT(twin.incarnation(), 400U);
  EXPECT_LT(net.at(2).incarnation(), 400U);
}

TEST(SwimNetwork, VolumePerMemberIsConstant) {
  std::map<std::uint32_t, double> rate;
  for (const std::uint32_t n : {5U, 10U, 20U, 50U}) {
    Network net(n);
    found(net, n);
    net.run(60s);
    net.bytes_sent.clear();
    net.packets_sent = 0;
    net.run(120s);
    std::uint64_t most = 0, sum = 0;
    for (const auto& [id, bytes] : net.bytes_sent) most = std::max(most, bytes), sum += bytes;
    rate[n] = static_cast<double>(sum) / n / 120;
    std::printf("idle, n %2u: %.0f bytes/s and %.1f packets/s sent by each member (most: %.0f bytes/s)\n", n, rate[n],
                static_cast<double>(net.packets_sent) / n / 120, static_cast<double>(most) / 120);
  }
  EXPECT_LT(rate[50], 1.3 * rate[10]);
}

// The hash is printed so that builds by other compilers can be compared.
TEST(SwimNetwork, SameSeedSameRun) {
  const auto trace = [] {
    Network net(99);
    net.loss_ppm = 100'000;
    found(net, 8);
    net.freeze(3, 3s);
    net.run(10s);
    net.crash(4, true);
    net.run(10s);
    std::uint64_t hash = net.packets_sent;
    const auto mix = [&](std::uint64_t word) { hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL + (hash >> 29U); };
    for (const Network::Believed& b : net.believed) {
      mix(static_cast<std::uint64_t>(b.at.time_since_epoch().count()));
      mix(b.who.value);
      mix(b.of.value);
      mix(static_cast<std::uint64_t>(b.now));
    }
    for (const auto& [id, bytes] : net.bytes_sent) mix(bytes);
    return hash;
  };
  const std::uint64_t first = trace();
  std::printf("hash %016llx\n", static_cast<unsigned long long>(first));
  EXPECT_EQ(first, trace());
}

}  // namespace
}  // namespace hc::sim::membership
