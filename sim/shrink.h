// From a run that failed to a small plan that still fails by the same check: what the run did is written down, and
// then everything that can be left out is left out (sim/ddmin.h), and made simpler (sim/shrink_moves.h).
//
// In what order: first what makes runs short and keeps chance out (the seconds around the failure, in the usual setting
// with its fair weather), then settings, faults, operations, machines, clients. A candidate is tried under several
// seeds, because what the plan does not say still comes from one; the one that failed is the plan's from then on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/plan.h"
#include "sim/setting.h"
#include "sim/trials.h"

namespace hc::sim {

struct ShrinkOptions {
  Options run;  // that failed
  Trials::Budget budget;
  bool quiet = false;
};

struct Shrunk {
  Plan plan;
  std::uint64_t seed = 1;
  std::string comments;  // for to_text(): how to run it, what it catches
};

// nullopt and a sentence in `why` if there is nothing to shrink, or nothing that can be.
std::optional<Shrunk> shrink(const ShrinkOptions& options, std::string& why);

}  // namespace hc::sim
