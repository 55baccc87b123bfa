// Bounded exhaustive search: every order in which a still cluster (sim/exhaustive/still.h) can take its choices, to a
// depth, and every state once. It shows that no order breaks what the checks say, or a way to one that does. Stateless
// model checking with a table of visited states (Godefroid 1997): a state is come back to by taking its choices again.
#pragma once

#include <cstdint>
#include <string>

namespace hc::sim::exhaustive {

struct Bounds {
  std::uint32_t depth = 40;  // choices in a row
  std::uint32_t faults = 1;  // at most
  std::string scene;         // one alone: its name; empty: all
};

// All scenes and all machines that the two operations can be asked of; tells on standard output. The exit status of the
// simulator: 0 nothing found, 1 a check objected, 3 an internal check did.
int explore(const Bounds& bounds);

}  // namespace hc::sim::exhaustive
