// The network alone, between endpoints that only write down what comes.
#include "sim/network.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hc::sim {
namespace {

class Town : public Doorstep {
 public:
  static constexpr std::uint32_t kMachines = 3, kEndpoints = 4;

  Town() : network(schedule, *this, kMachines, kEndpoints, Random(99)) {}

  bool process_up(Endpoint e) const override { return up[e]; }
  bool machine_up(Endpoint e) const override { return powered[e]; }
  std::uint64_t process_of(Endpoint e) const override { return process[e]; }
  void datagram_came(Endpoint at, Endpoint from, std::string bytes) override {
    log.push_back(std::to_string(from) + ">" + std::to_string(at) + " " + bytes);
  }
  LinkId accept(Endpoint, Endpoint) override { return LinkId(next_link += 2); }
  void link_opened(Endpoint at, LinkId link) override { say(at, link, "opened"); }
  void link_closed(Endpoint at, LinkId link, bool refused) override { say(at, link, refused ? "refused" : "closed"); }
  void bytes_came(Endpoint at, LinkId link, std::string bytes) override {
    say(at, link, "bytes");
    received[at] += bytes;
  }

  void run(Duration d) {
    const Instant until = schedule.now() + d;
    while (schedule.next() <= until) {
      const Happening h = schedule.pop();
      if (h.kind == Kind::kDatagram) network.parcel_due(h.what);
      if (h.kind == Kind::kStream) network.stream_due(h.who, h.what);
      if (h.kind == Kind::kHandshake) network.handshake_due(h.who);
    }
    schedule.at(until, Kind::kSample, 0);
    schedule.pop();
  }
  bool said(const std::string& what) const { return std::find(log.begin(), log.end(), what) != log.end(); }
  void restart(Endpoint e, bool orderly) {
    up[e] = false;
    powered[e] = orderly;
    network.process_died(e, orderly);
  }

  Schedule schedule;
  Network network;
  bool up[kEndpoints] = {true, true, true, true};
  bool powered[kEndpoints] = {true, true, true, true};
  std::uint64_t process[kEndpoints] = {1, 1, 1, 1};
  std::vector<std::string> log;
  std::string received[kEndpoints];
  std::uint64_t next_link = 0;

 private:
  void say(Endpoint at, LinkId link, const char* what) {
    log.push_back(std::to_string(at) + ":" + std::to_string(link.value) + " " + what);
  }
};

TEST(Network, DatagramsArriveOnce) {
  Town t;
  t.network.datagram(0, Network::gossip_address(1), "hello");
  t.run(1s);
  EXPECT_EQ(t.log, std::vector<std::string>{"0>1 hello"});
}

TEST(Network, NobodyAtAnUnknownAddress) {
  Town t;
  EXPECT_EQ(t.network.machine_at({"10.0.0.9", 7946}), Town::kMachines);
  EXPECT_EQ(t.network.machine_at({"10.0.0.1", 1}), Town::kMachines);
  EXPECT_EQ(t.network.machine_at({"10.0.0.x", 7946}), Town::kMachines);
  EXPECT_EQ(t.network.machine_at(Network::gossip_address(2)), 2U);
  t.network.datagram(0, {"1.2.3.4", 5}, "hello");
  t.network.dial(0, LinkId(1), Town::kMachines);
  t.run(60s);
  EXPECT_EQ(t.log, std::vector<std::string>{"0:1 closed"});
}

TEST(Network, WeatherLosesDoublesAndDamages) {
  Town t;
  t.network.weather().loss_ppm = 300'000;
  t.network.weather().duplicate_ppm = 200'000;
  t.network.weather().flip_ppm = 100'000;
  t.network.weather().truncate_ppm = 100'000;
  for (int i = 0; i < 1000; ++i) t.network.datagram(0, Network::gossip_address(1), "hello");
  t.run(10s);
  const auto whole = std::count(t.log.begin(), t.log.end(), "0>1 hello");
  EXPECT_LT(whole, 800);
  EXPECT_GT(whole, 400);
  EXPECT_GT(t.network.counters().lost, 200U);
  EXPECT_GT(t.network.counters().damaged, 50U);
  EXPECT_GT(t.network.counters().duplicated, 50U);
}

TEST(Network, StreamsKeepOrderAndBytes) {
  Town t;
  t.network.weather().tail_ppm = 300'000;
  t.network.weather().tail_most = 2s;
  t.network.weather().split_ppm = 500'000;
  t.network.dial(0, LinkId(1), 1);
  t.run(10s);
  EXPECT_TRUE(t.said("0:1 opened"));
  std::string sent;
  for (int i = 0; i < 500; ++i) {
    const std::string piece = "piece " + std::to_string(i) + ";";
    sent += piece;
    t.network.send(0, LinkId(1), piece);
    t.run(3ms);
  }
  t.run(20s);
  EXPECT_EQ(t.received[1], sent);
}

TEST(Network, ADialIsRefusedWhereNobodyListens) {
  Town t;
  t.up[1] = false;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  EXPECT_EQ(t.log, std::vector<std::string>{"0:1 refused"});
}

TEST(Network, ADialToADeadMachineIsGivenUp) {
  Town t;
  t.up[1] = t.powered[1] = false;
  t.network.dial(0, LinkId(1), 1);
  t.run(5s);
  EXPECT_TRUE(t.log.empty());
  t.run(60s);
  EXPECT_EQ(t.log, std::vector<std::string>{"0:1 closed"});
}

TEST(Network, AStreamStallsInACutAndGoesOn) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.network.cut(0, 1, 1);
  t.network.send(0, LinkId(1), "late");
  t.network.datagram(0, Network::gossip_address(1), "lost");
  t.run(2s);
  EXPECT_EQ(t.received[1], "");
  t.network.cut(0, 1, -1);
  t.run(5s);
  EXPECT_EQ(t.received[1], "late");
  EXPECT_FALSE(t.said("0>1 lost"));
}

TEST(Network, AStreamInALongCutIsGivenUpByItsSenderAlone) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.network.cut(0, 1, 1);
  t.network.send(0, LinkId(1), "never");
  t.run(100s);
  EXPECT_TRUE(t.said("0:1 closed"));
  EXPECT_FALSE(t.said("1:2 closed"));
}

TEST(Network, WhoClosesIsNotToldTheOtherSideIs) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.network.send(0, LinkId(1), "bye");
  t.network.close(0, LinkId(1));
  t.run(1s);
  EXPECT_EQ(t.received[1], "bye");
  EXPECT_EQ(t.log, (std::vector<std::string>{"0:1 opened", "1:2 bytes", "1:2 closed"}));
}

TEST(Network, AResetReachesBothSides) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.network.dial(3, LinkId(7), 1);
  t.run(1s);
  t.network.reset(1, 0);
  t.run(1s);
  EXPECT_TRUE(t.said("0:1 closed"));
  EXPECT_TRUE(t.said("1:2 closed") || t.said("1:4 closed"));
  EXPECT_FALSE(t.said("3:7 closed"));
}

TEST(Network, HalfOpenIsSilenceUntilCalm) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.network.half_open(0, 1);
  t.network.send(0, LinkId(1), "into the void");
  t.run(100s);
  EXPECT_EQ(t.log, std::vector<std::string>{"0:1 opened"});
  t.network.calm();
  EXPECT_TRUE(t.said("0:1 closed"));
  EXPECT_TRUE(t.said("1:2 closed"));
}

TEST(Network, ADeadProcessIsHeardOfIfItsMachineLives) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.restart(1, true);
  t.run(1s);
  EXPECT_TRUE(t.said("0:1 closed"));
}

TEST(Network, ADeadMachineIsHeardOfOnlyWhenItIsBack) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.restart(1, false);
  t.network.send(0, LinkId(1), "anybody there?");
  t.run(1s);
  EXPECT_FALSE(t.said("0:1 closed"));
  t.up[1] = t.powered[1] = true;
  t.process[1] = 2;
  t.run(10s);
  EXPECT_TRUE(t.said("0:1 closed"));
  EXPECT_EQ(t.received[1], "");
}

TEST(Network, AClogDelaysAndKeepsOrder) {
  Town t;
  t.network.dial(0, LinkId(1), 1);
  t.run(1s);
  t.network.clog(0, 1, t.schedule.now() + 3s);
  t.network.send(0, LinkId(1), "a");
  t.network.send(0, LinkId(1), "b");
  t.run(2s);
  EXPECT_EQ(t.received[1], "");
  t.run(2s);
  EXPECT_EQ(t.received[1], "ab");
}

}  // namespace
}  // namespace hc::sim
