// Smaller plans from a plan: the ways, beside leaving items out, in which shrinking tries to make it simpler. Each
// returns another plan, or nullopt where there is nothing to do; whether it still fails is for others to see.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/plan.h"

namespace hc::sim {

struct Counts {
  std::uint32_t nodes = 0, joiners = 0, clients = 0;
  std::uint32_t machines() const { return nodes + joiners; }
};
Counts counts_of(const Plan& plan);

// Without that machine or client: what concerns it alone goes, the others move up, and what was asked at the machine is
// asked at the first.
std::optional<Plan> without_machine(const Plan& plan, std::uint32_t machine);
std::optional<Plan> without_client(const Plan& plan, std::uint32_t client);  // another one asks in its place
// What begins in [from, to) alone, so that it begins half a second after the load.
std::optional<Plan> window(const Plan& plan, Instant from, Instant to);
// Where nothing begins for longer than `most`, the rest comes earlier; the load ends soon behind the last.
std::optional<Plan> without_gaps(const Plan& plan, Duration most);
std::optional<Plan> load_ends_at(const Plan& plan, Duration end);
Instant last_beginning(const Plan& plan);
// Only what touches this key, or no key.
std::optional<Plan> only_key(const Plan& plan, const std::string& key);
// Times in milliseconds, values without their padding.
std::optional<Plan> rounded(const Plan& plan);
// Each a little simpler in one fault: shorter, without its variant, befalling fewer; or in one operation: of fewer
// keys, without its options.
std::vector<Plan> simpler_lines(const Plan& plan);
// Each the same, but that one thing happens a little earlier or later, or lasts longer.
std::vector<Plan> neighbours(const Plan& plan);

}  // namespace hc::sim
