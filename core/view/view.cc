#include "core/view/view.h"

#include <algorithm>
#include <ranges>

namespace hc {

const ViewMember* View::member(NodeId id) const {
  auto it = std::lower_bound(members.begin(), members.end(), id,
                             [](const ViewMember& m, NodeId wanted) { return m.info.id < wanted; });
  return it != members.end() && it->info.id == id ? &*it : nullptr;
}

bool View::votes(NodeId id, StorageId storage) const {
  return std::ranges::any_of(voters, [&](const Voter& v) { return v.id == id && v.storage == storage; });
}

bool View::votes(NodeId id) const {
  return std::ranges::any_of(voters, [&](const Voter& v) { return v.id == id; });
}

Incarnation View::opener() const {
  for (const Voter& v : voters)
    if (const ViewMember* m = member(v.id); m && m->state != MemberState::kAbsent) return {v.id, m->info.generation};
  return {};
}

std::uint64_t View::count_of(StorageId storage) const {
  const auto it = std::ranges::find(counts, storage, &VoteCount::storage);
  return it == counts.end() ? 0 : it->writes;
}

bool View::names(Incarnation who) const {
  const ViewMember* m = member(who.member);
  return m && m->info.generation == who.generation;
}

Incarnation View::incarnation_of(NodeId id) const {
  const ViewMember* m = member(id);
  return m ? Incarnation{id, m->info.generation} : Incarnation{};
}

// Who is to be filled for a member that the ring wants; none if nobody is.
NodeId View::to_learn(Slot s, NodeId wanted) const {
  const SlotConfig& slot = config(s);
  if (slot.list.names(wanted)) return {};
  if (wanted != slot.passed_over.member) return wanted;
  const NodeId next = ring.next(s);
  return slot.list.names(next) ? NodeId() : next;
}

std::vector<Incarnation> View::learners(Slot s) const {
  std::vector<Incarnation> result;
  for (NodeId wanted : ring.wanted(s))
    if (const NodeId id = to_learn(s, wanted)) result.push_back(incarnation_of(id));
  return result;
}

bool View::is_learner(Slot s, Incarnation who) const {
  return names(who) && who.member &&
         std::ranges::any_of(ring.wanted(s), [&](NodeId wanted) { return to_learn(s, wanted) == who.member; });
}

void View::derive_ring() {
  std::vector<RingMember> active;
  for (const ViewMember& m : members)
    if (m.state == MemberState::kActive)
      active.push_back({m.info.id, name_of(m.info.id), m.info.host_label, m.info.zone});
  ring = Ring::of(std::move(active), replication_factor, slot_count());
}

namespace {

auto active(const View& v) {
  return v.members | std::views::filter([](const ViewMember& m) { return m.state == MemberState::kActive; });
}

}  // namespace

bool View::same_ring_members(const View& o) const {
  const auto alike = [](const ViewMember& a, const ViewMember& b) {
    return a.info.id == b.info.id && a.info.host_label == b.info.host_label && a.info.zone == b.info.zone;
  };
  return slot_count() == o.slot_count() && replication_factor == o.replication_factor &&
         std::ranges::equal(active(*this), active(o), alike);
}

bool View::same_wanted(const View& o) const {
  const auto alike = [](const ViewMember& a, const ViewMember& b) {
    return a.info.id == b.info.id && a.info.generation == b.info.generation;
  };
  return ring == o.ring && std::ranges::equal(active(*this), active(o), alike);
}

bool View::same_head(const View& o) const {
  return cluster == o.cluster && cluster_name == o.cluster_name && lineage == o.lineage && epoch == o.epoch &&
         replication_factor == o.replication_factor && lease == o.lease && drift_percent == o.drift_percent &&
         slot_loss == o.slot_loss && voters_max == o.voters_max && members == o.members && voters == o.voters;
}

}  // namespace hc
