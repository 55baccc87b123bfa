// Small views for the tests of agreement: members 1 … n, one process each, one or a few slots.
#pragma once

#include <memory>
#include <vector>

#include "core/agreement/planner.h"
#include "core/view/slot_index.h"
#include "core/view/view.h"

namespace hc::testing {

inline Generation generation(std::uint64_t n) { return {n, 1}; }
inline Incarnation process(std::uint32_t member, std::uint64_t start = 1) {
  return {NodeId(member), generation(member * 100 + start)};
}
inline MemberInfo info(std::uint32_t member, std::uint64_t start = 1) {
  MemberInfo m;
  m.id = NodeId(member);
  m.host = "127.0.0.1";
  m.gossip_port = static_cast<std::uint16_t>(7945 + member);
  m.generation = process(member, start).generation;
  m.storage = {member, 1};
  return m;
}

// The first view of members 1 … n.
inline View first_view(std::uint32_t n, std::uint32_t slots = 1, std::uint32_t replication_factor = 2) {
  FirstView wishes;
  wishes.cluster = {1, 1};
  wishes.slots = slots;
  wishes.replication_factor = replication_factor;
  wishes.lease = 1s;
  std::vector<MemberInfo> members;
  for (std::uint32_t m = 1; m <= n; ++m) members.push_back(info(m));
  return *plan_first(wishes, members).view;
}

// As one who has just got this view plans.
inline std::optional<Proposal> plan(const View& now, const std::vector<Report>& reports,
                                    const std::vector<Seen>& seen) {
  const SlotIndex slots(std::make_shared<View>(now));
  return hc::plan(now, slots, reports, seen, in_haste(now, slots, reports) ? MovePace::kHaste : MovePace::kQuiet);
}

inline InSyncList list(std::initializer_list<Incarnation> who) {
  InSyncList result;
  for (Incarnation w : who) result.push_back(w);
  return result;
}

inline Report report(ReportKind kind, Incarnation by, Incarnation about, Epoch as_of, std::uint32_t slots = 1) {
  Report r{kind, by, about, as_of, SlotSet(slots), {}};
  for (std::uint32_t s = 0; s < slots; ++s) r.slots.add(Slot{static_cast<std::uint16_t>(s)});
  return r;
}

}  // namespace hc::testing
