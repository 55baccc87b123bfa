// The subcommands of `hypercache-cli`. Each prints what it found and returns the status of the run.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tools/cli/cluster.h"

namespace hc::cli {

struct Wishes {
  bool json = false;
  bool follow = false;                              // --wait, --watch
  std::chrono::milliseconds every{1000};            // --interval
  std::optional<std::chrono::milliseconds> within;  // --within
  bool accept_data_loss = false;                    // --accept-data-loss
  std::string subject;                              // a member, members, or slots
  std::vector<std::string> subjects;                // folders
  bool overwrite = false, partial = false;          // --overwrite, --partial
  std::chrono::milliseconds patience{5000};         // --timeout
};

int show_status(Cluster& cluster, const Wishes& wishes);
int show_members(Cluster& cluster, const Wishes& wishes);
int show_slots(Cluster& cluster, const Wishes& wishes);
int leave(Cluster& cluster, const Wishes& wishes);
int decommission(Cluster& cluster, const Wishes& wishes);
int force(Cluster& cluster, const Wishes& wishes);
int accept_loss(Cluster& cluster, const Wishes& wishes);
int rebalance(Cluster& cluster, const Wishes& wishes);
int verify(Cluster& cluster, const Wishes& wishes);
int back_up(Cluster& cluster, const Wishes& wishes);
int restore(Cluster& cluster, const Wishes& wishes);

// For people, or for programs: one object on one line.
void print(const std::string& text);
void print_json(const Json& json);

// Calls `look` every so often until it says true; false: the time given was over first.
template <class Look>
bool until(const Wishes& wishes, const Look& look) {
  const auto began = std::chrono::steady_clock::now();
  while (!look()) {
    const auto next = std::chrono::steady_clock::now() + wishes.every;
    if (wishes.within && next > began + *wishes.within) return false;
    std::this_thread::sleep_until(next);
  }
  return true;
}

}  // namespace hc::cli
