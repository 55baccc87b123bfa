// Many seeds, each in a worker process, so that a crash of one takes nothing else along. Results are reported in the
// order of their end, and summed up; the sum does not depend on the number of workers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sim/result.h"
#include "sim/setting.h"

namespace hc::sim {

struct SweepOptions {
  Options run;  // its seed is replaced
  std::uint64_t first = 1, last = 1;
  unsigned jobs = 1;
  bool twice = false;       // each seed twice; other hashes are a failure
  bool keep_going = false;  // count failures instead of stopping at the first
  bool quiet = false;
  bool hashes = false;  // one line per seed: "<seed> <hash>"
};

struct Sweep {
  std::uint64_t seeds = 0, passed = 0, failed = 0, empty = 0;  // empty: verdict void
  Result sum;                                                  // its counts; hash: over all seeds, in their order
  std::optional<Result> first_failure;                         // lowest seed among those that failed
  double seconds = 0;
};

Sweep sweep(const SweepOptions& options);

}  // namespace hc::sim
