// From the words of a command, as a plan states them, to a Request with what the checkers need to know of it: the
// inverse of what Workload draws.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/workload.h"

namespace hc::sim {

struct Spoken {
  Request::Shape shape = Request::Shape::kOne;
  std::vector<Subject> keys;
  std::vector<Operation> operations;  // one per key; called at 0, `ends` counts from there
};

// nullopt: none of the commands that the checkers understand. `skew`: between clocks; a time to live may end so much
// earlier.
std::optional<Spoken> understand(const std::vector<std::string>& words, Duration skew);

}  // namespace hc::sim
