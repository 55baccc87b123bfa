// How fast the simulator is on one core, all checks on: complete seeds, events under load, and a cluster of all slots.
#pragma once

#include <string>

namespace hc::sim {

// Takes a minute or two; tells on standard output as it goes. False if a run failed, which makes its speed worthless.
bool benchmark();

}  // namespace hc::sim
