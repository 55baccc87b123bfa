// Runs scenario files: as they are, under the mutants that they name, and anew to rewrite what they expect.
#pragma once

#include <string>
#include <vector>

#include "core/base/seam.h"

namespace hc::sim::scenario {

struct PlayOptions {
  std::vector<std::string> files;    // or folders of *.txt
  bool rewrite = false;              // put what happens in the place of what is expected
  bool survey = false;               // tell which of all mutants each file shows
  bool trace = false;                // narrate every event and effect
  std::vector<std::string> mutants;  // instead: show what is different under these
};

// Prints; true if every file ends as it says, and otherwise under each of its mutants.
bool play(const PlayOptions& options);

}  // namespace hc::sim::scenario
