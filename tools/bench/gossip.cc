// What membership holds of its promises, far from any wire: core's Swim among simulated members (sim/membership), a
// seed for each run.
//
//   gossip deaths [--rounds 20]     how soon one is held for dead, by the first and by all, after a crash whose port
//                                   refuses connections and after a silent cut; at 5 to 100 members
//   gossip loss [--hours 10000]     node-hours in which so many datagrams are lost and nobody dies: who is held for
//   dead?
//               [--percent 5]
//   gossip volume                   what each of 10 to 100 idle members sends, sealed
//
// Status 1: a number of docs/PROTOCOL.md does not hold.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <vector>

#include "io/gossip_codec.h"
#include "sim/membership/network.h"

namespace hc::sim::membership {
namespace {

double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

struct Figures {
  std::vector<double> values;
  double median() {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }
  double worst() const { return *std::ranges::max_element(values); }
};

void settle(Network& net, std::uint32_t members) {
  net.check_always = false;
  found(net, members);
  net.run(5s);
}

// ---- deaths

constexpr double kCrashMost = 1, kCutMost = 2.5;  // seconds, of the median
constexpr Duration kPatience = 30s;

// False: its median is too long.
bool deaths(bool refuses, std::uint32_t members, std::uint64_t rounds) {
  Figures first, all;
  for (std::uint64_t seed = 1; seed <= rounds; ++seed) {
    Network net(seed);
    settle(net, members);
    net.run(Duration(std::chrono::milliseconds(seed * 17)));
    net.deaths = 0;
    const Time struck = net.now;
    net.crash(2, refuses);
    const bool heard = net.run_until([&] { return net.deaths > 0; }, kPatience).has_value();
    first.values.push_back(seconds(net.now - struck));
    if (heard) net.run_until([&] { return net.all_believe(2, Liveness::kDead); }, kPatience);
    all.values.push_back(seconds(net.now - struck));
  }
  const double median = first.median();
  std::printf("| %s | %u | %.2f | %.2f | %.2f | %.2f |\n", refuses ? "crash" : "silent cut", members, median,
              first.worst(), all.median(), all.worst());
  std::fflush(stdout);
  return median <= (refuses ? kCrashMost : kCutMost);
}

bool all_deaths(std::uint64_t rounds) {
  std::printf("| | members | held for dead by the first [s], median | worst | by all [s], median | worst |\n");
  std::printf("| --- | --- | --- | --- | --- | --- |\n");
  bool good = true;
  for (const bool refuses : {true, false})
    for (const std::uint32_t members : {5U, 10U, 20U, 50U, 100U}) good &= deaths(refuses, members, rounds);
  return good;
}

// ---- loss

constexpr std::uint32_t kLossy[] = {3, 5, 10, 20};
constexpr Duration kRun = 1h;

bool nobody_dies(std::uint64_t node_hours, std::uint32_t percent) {
  std::printf("| members | node-hours | suspicions | held for dead |\n| --- | --- | --- | --- |\n");
  std::uint64_t deaths = 0;
  for (const std::uint32_t members : kLossy) {
    const std::uint64_t runs = node_hours / std::size(kLossy) / members;
    std::uint64_t suspicions = 0, here = 0;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
      Network net(seed);
      net.streams = false;  // the harder case: no other way than datagrams
      net.loss_ppm = std::uint64_t{percent} * 10'000;
      settle(net, members);
      net.deaths = 0;
      net.believed.clear();
      net.run(kRun);
      suspicions += static_cast<std::uint64_t>(
          std::ranges::count(net.believed, Liveness::kSuspect, [](const auto& b) { return b.now; }));
      here += net.deaths;
    }
    deaths += here;
    std::printf("| %u | %llu | %llu | %llu |\n", members, static_cast<unsigned long long>(runs * members),
                static_cast<unsigned long long>(suspicions), static_cast<unsigned long long>(here));
    std::fflush(stdout);
  }
  return deaths == 0;
}

// ---- volume

constexpr double kGrowthMost = 1.2;
constexpr std::size_t kSealBytes = 1 + 12 + 16;

bool volume() {
  std::printf("| members | bytes per second of each | packets per second of each |\n| --- | --- | --- |\n");
  constexpr Duration kLength = 120s;
  Figures rates;
  for (const std::uint32_t members : {10U, 20U, 50U, 100U}) {
    Network net(members);
    net.size_of = [](const GossipPacket& p) { return encode_packet(p).size() + kSealBytes; };
    settle(net, members);
    net.run(60s);
    net.bytes_sent.clear();
    net.packets_sent = 0;
    net.run(kLength);
    std::uint64_t sum = 0;
    for (const auto& [id, bytes] : net.bytes_sent) sum += bytes;
    const double of_each = 1 / (members * seconds(kLength));
    rates.values.push_back(static_cast<double>(sum) * of_each);
    std::printf("| %u | %.0f | %.1f |\n", members, rates.values.back(),
                static_cast<double>(net.packets_sent) * of_each);
    std::fflush(stdout);
  }
  return rates.worst() <= kGrowthMost * *std::ranges::min_element(rates.values);
}

}  // namespace
}  // namespace hc::sim::membership

int main(int argc, char** argv) {
  CLI::App app{"Membership among simulated members, measured."};
  app.require_subcommand(1);
  std::uint64_t rounds = 20, hours = 10'000;
  std::uint32_t percent = 5;
  auto* deaths = app.add_subcommand("deaths", "how soon one is held for dead");
  deaths->add_option("--rounds", rounds)->check(CLI::PositiveNumber);
  auto* loss = app.add_subcommand("loss", "nobody is held for dead who is not");
  loss->add_option("--hours", hours, "node-hours")->check(CLI::PositiveNumber);
  loss->add_option("--percent", percent, "of datagrams that are lost")->check(CLI::Range(0U, 100U));
  app.add_subcommand("volume", "what idle members send");
  CLI11_PARSE(app, argc, argv);
  const bool good = deaths->parsed() ? hc::sim::membership::all_deaths(rounds)
                    : loss->parsed() ? hc::sim::membership::nobody_dies(hours, percent)
                                     : hc::sim::membership::volume();
  if (!good) std::printf("more than docs/PROTOCOL.md allows\n");
  return good ? 0 : 1;
}
