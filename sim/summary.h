// What a sweep exercised, on average and at all, as lines for people; and what it should have and has not.
#pragma once

#include <string>
#include <vector>

#include "sim/sweep.h"

namespace hc::sim {

// "12.3"
std::string tenths(double x);

std::string summary(const Sweep& s, const SweepOptions& options);

// The `sometimes` list: kinds of faults and messages, BUGGIFY points and rules of docs/PROTOCOL.md that no seed came
// by. Empty where the flags switched that off.
std::vector<std::string> never(const Sweep& s, const SweepOptions& options);

}  // namespace hc::sim
