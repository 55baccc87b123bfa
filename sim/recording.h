// What a run did, so that it can be said again as a plan: the operations that were asked and the faults that struck.
#pragma once

#include <vector>

#include "sim/plan.h"
#include "sim/setting.h"

namespace hc::sim {

struct Recording {
  Setting setting;            // that was drawn
  std::vector<Ask> asks;      // when the client set about it: a dial that it needed began
  std::vector<Fault> struck;  // at the time it struck; those that were left out are not in it
  Instant load_began{};       // times in a plan count from here
  Instant ended{};
};

}  // namespace hc::sim
