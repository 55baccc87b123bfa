// The kill matrix: every mutant, and what catches it. By the notes of core/base/mutants.def: in random seeds, alone or
// with another mutant; by a plan of tests/seeds; by a story of tests/scenarios; or what else is known of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/sweep.h"

namespace hc::sim {

struct MatrixOptions {
  SweepOptions sweep;              // its mutants and its range of seeds are replaced
  std::uint64_t first = 1;         // seed
  std::uint64_t most = 200;        // seeds tried for each
  std::vector<std::string> names;  // of mutants; empty: all
  std::string sim;                 // this program, to run plans and stories with
  std::string tests = "tests";     // where seeds/ and scenarios/ are
  bool markdown = false;
};

// Prints a row as soon as it is known. True if everything was caught that is said to be.
bool print_matrix(const MatrixOptions& options);

}  // namespace hc::sim
