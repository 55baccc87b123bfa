// What to propose next: the present view, the reports at hand and what membership sees, turned into one next view that
// batches all that waits (rules 2a, 2f, 5d, 7b–7e). A pure function; step_rule judges what it makes.
#pragma once

#include <optional>
#include <vector>

#include "core/base/random.h"
#include "core/view/ballot.h"
#include "core/view/slot_index.h"

namespace hc {

// How membership sees somebody, ourselves included.
struct Seen {
  enum class As : std::uint8_t { kAlive, kSuspect, kGone };
  MemberInfo info;
  As as = As::kAlive;
  // This process has answered a challenge of ours since we know the view that names another one of that member, so it
  // is the later of the two (2d). Rumors alone are not enough: those of a process that has ended come late.
  bool proven = false;
  // In the round that asks for the proposal: it has promised, or said that it is there, by this storage identity.
  // Before a round: it may be counted upon.
  bool answered = true;
  // 2e: the data folder of which it has asked what is known, while it has not compared yet and `info` names none. None:
  // it has not asked us, or what it has is not known.
  StorageId compares{};
  std::uint64_t writes = 0;  // 2e: of its vote file, so many at least
};

// How planned moves go (7d). What a view of them costs goes by their number to a small part only, and clients wait
// meanwhile: under load there are few views, and large ones.
enum class MovePace { kHaste, kUnderLoad, kQuiet };

// nullopt: nothing waits. `slots`: of the present view.
std::optional<Proposal> plan(const View& now, const SlotIndex& slots, const std::vector<Report>& reports,
                             const std::vector<Seen>& seen, MovePace pace);
// Whether something does; cheaper.
bool waits(const View& now, const SlotIndex& slots, const std::vector<Report>& reports, const std::vector<Seen>& seen);
// Somebody waits for planned moves (7d): a member that is being stopped, or a slot with fewer copies than it should
// have, if its primary is there.
bool in_haste(const View& now, const SlotIndex& slots, const std::vector<Report>& reports);

// The first view of a cluster (2g): all of `members` active, all slots where the ring wants them.
struct FirstView {
  ClusterId cluster;
  std::string cluster_name;
  std::uint32_t slots = 0;
  std::uint32_t replication_factor = 2;
  Duration lease{};
  std::uint32_t drift_percent = 10;
  SlotLossPolicy slot_loss = SlotLossPolicy::kReset;
  std::uint32_t voters_max = 5;
};
Proposal plan_first(const FirstView& wishes, const std::vector<MemberInfo>& members);

}  // namespace hc
