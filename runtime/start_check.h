// Whether this machine lets a node start as its options say, as far as that shows without changing anything: an address
// to listen on that is ours, folders that are there or can be made, files that can be written.
#pragma once

#include <string>
#include <vector>

#include "runtime/options.h"

namespace hc {

struct Obstacle {
  std::string option, value, what_to_do;
};

// May ask the resolver, and wait for it.
std::vector<Obstacle> obstacles(const Options& options);

}  // namespace hc
