// What a run is: everything that is drawn from its seed before it begins, or asked for on the command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/seam.h"
#include "sim/client.h"
#include "sim/listeners.h"
#include "sim/network.h"
#include "sim/plan.h"
#include "sim/workload.h"

namespace hc::sim {

class Film;
struct Recording;

// From the command line.
struct Options {
  std::uint64_t seed = 1;
  std::uint32_t nodes = 3;
  bool faults = false;
  bool logs = false;  // the nodes keep logs, under some policy; power fails
  // With logs: under `always`, so that nothing may be lost, and power fails every so many seconds on average.
  std::optional<std::uint32_t> power_every;
  std::optional<std::uint32_t> slots;
  std::uint32_t seconds = 60;
  seam::MutantSet mutants;
  std::optional<Plan> plan;  // instead of one drawn from the seed; BUGGIFY is off then, unless it or a flag asks for it
  std::optional<bool> buggify;
  std::optional<std::uint64_t> steps_most;  // a run that needs more is caught in a loop
  Recording* recording = nullptr;           // not owned: gets what the run did
  bool trace = false;                       // narrate to standard output
  bool history = false;                     // keep what clients saw, as JSON lines
  Film* film = nullptr;                     // somebody makes a page of the run
  // For the report of a failure: so many lines are kept, up to this instant, of what concerns this key.
  std::size_t story = 0;
  Instant story_until = kForever;
  std::string story_key;
};

struct MachineClock {
  std::int64_t rate_ppm = 1'000'000;
  Duration base = 1h;  // what its monotonic clock shows at the beginning
  Duration wall_skew{};
};

struct Setting {
  enum class Founding : std::uint8_t { kFounders, kFirst };

  std::uint64_t seed = 1;
  std::uint32_t nodes = 3;    // there from the beginning
  std::uint32_t joiners = 0;  // machines more, for the fault "join"
  std::uint32_t clients = 4;
  std::uint32_t listeners = 0;  // clients that listen to what is published; with speakers beside them
  bool faults = false;
  bool early = false;           // faults begin before the cluster is formed
  bool changes_fsync = false;   // every process has a policy of its own for its log
  bool loses_slots = false;     // crashes may take every in-sync replica of a slot; else they spare one
  bool some_stay_lost = false;  // a minority is not healed: dead, or cut off both ways or one
  Duration load = 60s;
  Founding founding = Founding::kFounders;
  NodeConfig node;  // what all nodes have in common
  std::vector<std::string> host_labels;
  // Of each machine, what it speaks at most in the beginning (4b); beyond, or 0: all that the program does.
  std::vector<std::uint32_t> wire_versions;
  Duration wall_skew_most{};
  std::uint32_t clock_drift_percent = 10;  // what two clocks really differ by, at most
  Duration clock_tick{1};                  // how coarse monotonic clocks are
  std::vector<MachineClock> clocks;        // of each machine
  Duration turn_delay{};
  Workload::Knobs workload;
  Client::Knobs client;
  bool scripted = false;  // clients ask what the plan says and nothing else
  Weather weather;        // with faults: never quite fair
  Plan plan;              // times count from the beginning of the load
  bool buggify = false;   // core takes rare ways more often while there is load

  std::uint32_t machines() const { return nodes + joiners; }
  std::uint32_t people() const { return listeners == 0 ? 0 : listeners + Listeners::kSpeakers; }
  // Two wall clocks differ by at most this, rounding to milliseconds included.
  Duration skew_between_clocks() const { return 2 * wall_skew_most + 3ms; }
};

Setting draw_setting(const Options& options);
// The setting of plans of version 2, before they change it: the same for every seed. What is a clock's, a label's and a
// client's follows from the rest: see settle().
Setting usual_setting();
// Fills in what follows from the rest.
void settle(Setting& setting);
// A sentence if the plan asks for what the setting does not have.
std::optional<std::string> misfit(const Setting& setting);

}  // namespace hc::sim
