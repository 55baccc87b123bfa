// How far slots are that are on their way: what every sender tells, added up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/cluster.h"

namespace hc::cli {

struct Transfer {
  std::string from, to;
  std::uint64_t slots = 0;  // still on their way, by the view
  bool told = false;        // what follows is known: its sender said it
  std::uint64_t slots_done = 0, slots_total = 0, bytes_done = 0, bytes_total = 0, bytes_per_second = 0;
  double percent = 0;
  std::optional<std::uint64_t> seconds_left;
};

struct Progress {
  std::uint64_t epoch = 0, slots = 0, slots_short = 0, slots_moving = 0;
  bool whole = false;  // every list is what it should be, as far as was answered
  std::vector<Transfer> transfers;
  std::vector<Told> silent;  // members that did not answer
  Transfer sum;              // told: every sender said its part
};

// Looks at what was seen last, and asks all members.
Progress progress_of(Cluster& cluster);

Json to_json(const Progress& progress);
std::string transfers_table(const Progress& progress);
std::string progress_line(const Progress& progress);

}  // namespace hc::cli
