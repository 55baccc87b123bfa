// The mutants of rule 1, each seen to break what the same run without it holds. Built against core_sim_membership.
#include <gtest/gtest.h>

#include "core/base/seam.h"
#include "sim/membership/network.h"

namespace hc::sim::membership {
namespace {

class WithMutant {
 public:
  explicit WithMutant(std::string_view name) {
    if (name.empty()) return;
    const auto mutant = seam::mutant_named(name);
    EXPECT_TRUE(mutant) << name;
    seam::active.set(static_cast<std::size_t>(*mutant));
  }
  ~WithMutant() { seam::active.reset(); }
};

struct Outcome {
  std::uint64_t deaths;
  bool agreed;
  std::uint64_t incarnation;
};

// A freeze of 1.5 s, an hour of 5 % loss: nobody may die of it.
Outcome freeze_and_loss(std::string_view mutant) {
  WithMutant with(mutant);
  Network net(3);
  net.streams = false;
  found(net, 5);
  net.run(5s);
  net.freeze(2, 1500ms);
  net.run(10s);
  net.loss_ppm = 50'000;
  net.run(1h);
  net.loss_ppm = 0;
  net.run(10s);
  return {net.deaths, net.agreed(), net.at(2).incarnation()};
}

// A member is killed and comes back: it must refute its own death.
bool restart_is_seen(std::string_view mutant) {
  WithMutant with(mutant);
  Network net(4);
  found(net, 5);
  net.run(2s);
  net.crash(2, true);
  net.run(3s);
  net.start(2, {1});
  return net.run_until([&] { return net.agreed(); }, 60s).has_value();
}

TEST(SwimMutants, NoneIsWell) {
  const Outcome outcome = freeze_and_loss("");
  EXPECT_EQ(outcome.deaths, 0U);
  EXPECT_TRUE(outcome.agreed);
  EXPECT_GT(outcome.incarnation, 0U) << "the run would show nothing";
  EXPECT_TRUE(restart_is_seen(""));
}

TEST(SwimMutants, SuspicionNeverRefutedKillsTheLiving) {
  const Outcome outcome = freeze_and_loss("suspicion-never-refuted");
  EXPECT_GT(outcome.deaths, 0U);
  EXPECT_FALSE(outcome.agreed);
  EXPECT_FALSE(restart_is_seen("suspicion-never-refuted"));
}

TEST(SwimMutants, IncarnationNotRaisedKillsTheLiving) {
  const Outcome outcome = freeze_and_loss("incarnation-not-raised");
  EXPECT_GT(outcome.deaths, 0U);
  EXPECT_FALSE(outcome.agreed);
  EXPECT_EQ(outcome.incarnation, 0U);
  EXPECT_FALSE(restart_is_seen("incarnation-not-raised"));
}

}  // namespace
}  // namespace hc::sim::membership
