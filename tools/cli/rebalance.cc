// leave, decommission and rebalance: what changes who holds what. The cluster does it by itself; here it is asked for,
// and followed.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "tools/cli/commands.h"
#include "tools/cli/progress.h"

namespace hc::cli {
namespace {

// One line that is written over on a terminal; else a line each.
class Ticker {
 public:
  explicit Ticker(bool json) : json_(json), terminal_(isatty(STDOUT_FILENO) != 0) {}
  void show(const Progress& progress) {
    if (json_) return print_json(to_json(progress));
    const std::string line = progress_line(progress);
    print(terminal_ ? "\r\x1b[K" + line : line + "\n");
    open_ = terminal_;
  }
  void end() {
    if (open_) print(std::string("\n"));
  }

 private:
  bool json_, terminal_, open_ = false;
};

int out_of_time(const std::string& what) {
  std::fprintf(stderr, "hypercache-cli: %s is not over within the time of --within; it goes on by itself\n",
               what.c_str());
  return kUnknown;
}

// Rule 7d: the last active one of the others is gone, so the leave was taken back.
int nobody_to_leave_to(const std::string& name) {
  std::fprintf(stderr, "hypercache-cli: %s stays: no other active member was left; have it leave when one is back\n",
               name.c_str());
  return kNo;
}

// Members install a view one after the other: what is added up before all of them know of it would fall again.
bool waits_for_a_sender(const Progress& progress) {
  return std::ranges::any_of(progress.transfers, [&](const Transfer& t) {
    return !t.told && std::ranges::find(progress.silent, t.from, &Told::node) == progress.silent.end();
  });
}

// What is said last of a rebalancing that was followed: all that was sent has arrived.
Progress at_its_end(Progress whole, const Progress& last) {
  whole.sum = last.sum;
  whole.sum.slots = 0;
  whole.sum.slots_done = std::max(last.sum.slots_done, last.sum.slots_total);
  whole.sum.bytes_done = std::max(last.sum.bytes_done, last.sum.bytes_total);
  whole.sum.bytes_total = whole.sum.bytes_done;
  whole.sum.slots_total = whole.sum.slots_done;
  whole.sum.percent = 100;
  whole.sum.seconds_left = 0;
  return whole;
}

const Member* named(const Cluster& cluster, const std::string& name) {
  const auto& all = cluster.members();
  const auto found = std::ranges::find(all, name, &Member::name);
  return found == all.end() ? nullptr : &*found;
}

int take_out(Cluster& cluster, const Wishes& wishes, const char* only, const char* verb) {
  cluster.look();
  const bool plain = std::ranges::all_of(wishes.subject, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  if (!plain || wishes.subject.empty())
    throw Failure{kUnusable, "'" + wishes.subject + "' names no member: give its number, or node-N"};
  const Json answer = cluster.tell("DELETE", "/api/cluster/members/" + wishes.subject + "?only=" + only);
  const std::string name = answer.at("node_id");
  if (!wishes.follow) {
    if (wishes.json)
      print_json(Json{{"node_id", name}, {"gone", false}});
    else
      print(name + " " + verb + ": its slots and its vote go to others first. `cluster rebalance --watch` follows\n");
    return kOk;
  }
  Ticker ticker(wishes.json);
  bool leaves = false, stays = false;
  const bool gone = until(wishes, [&] {
    cluster.look_again();
    const Member* member = named(cluster, name);
    leaves = leaves || (member && member->state == "leaving");
    stays = member && leaves && member->state == "active";
    if (!member || stays) return true;
    if (const Progress progress = progress_of(cluster); !progress.whole) ticker.show(progress);
    return false;
  });
  ticker.end();
  if (!gone) return out_of_time("the leave of " + name);
  if (stays) return nobody_to_leave_to(name);
  if (wishes.json)
    print_json(Json{{"node_id", name}, {"gone", true}});
  else
    print(name + " is no member any more\n");
  return kOk;
}

}  // namespace

int leave(Cluster& cluster, const Wishes& wishes) { return take_out(cluster, wishes, "living", "leaves"); }

int decommission(Cluster& cluster, const Wishes& wishes) { return take_out(cluster, wishes, "dead", "is taken out"); }

int rebalance(Cluster& cluster, const Wishes& wishes) {
  cluster.look();
  Progress progress = progress_of(cluster);
  if (!wishes.follow) {
    if (wishes.json)
      print_json(to_json(progress));
    else if (progress.whole)
      print("every slot is where it should be\n");
    else
      print(progress_line(progress) + "\n\n" + transfers_table(progress));
    return progress.whole ? kOk : kNo;
  }
  Ticker ticker(wishes.json);
  std::optional<Progress> last;  // of those in which every sender said its part
  const bool whole = until(wishes, [&] {
    if (last || !progress.whole) {
      cluster.look_again();
      progress = progress_of(cluster);
    }
    if (progress.whole) return true;
    if (waits_for_a_sender(progress)) return false;
    ticker.show(progress);
    last = progress;
    return false;
  });
  if (whole && last) ticker.show(at_its_end(progress, *last));
  ticker.end();
  if (!whole) return out_of_time("the rebalancing");
  if (!wishes.json)
    print("every slot is where it should be\n");
  else if (!last)
    print_json(to_json(progress));
  return kOk;
}

}  // namespace hc::cli
