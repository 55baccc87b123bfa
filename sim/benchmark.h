// How fast the simulator is on one core, all checks on: complete seeds, events under load, and a cluster of all slots.
#pragma once

#include <cstdint>
#include <optional>

namespace hc::sim {

// Takes a minute or two; tells on standard output as it goes. `slots`: only the courses with so many. False if a run
// failed, which makes its speed worthless.
bool benchmark(std::optional<std::uint32_t> slots);

}  // namespace hc::sim
