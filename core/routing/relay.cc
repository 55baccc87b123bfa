// Relays (rule 4e): who does not reach a primary that lives asks another member to ask it.
#include <algorithm>

#include "core/base/seam.h"
#include "core/routing/coordinator.h"

namespace hc {

void Coordinator::doubt(NodeId peer, bool whether) {
  if (whether) {
    doubted_.insert(peer);
  } else {
    doubted_.erase(peer);
  }
}

// Whom to ask instead; none: the primary itself. First those of its list, for they hear it as long as it serves.
NodeId Coordinator::relay_for(const Part& part, NodeId primary) const {
  const bool in_vain = part.pauses > 0 && !peers_.open(primary);
  if (!in_vain || doubted_.contains(primary) || HC_MUTANT(kNobodyRelays)) return {};
  std::vector<NodeId> able;
  const auto consider = [&](NodeId id) {
    if (id != primary && peers_.open(id) && std::ranges::find(able, id) == able.end()) able.push_back(id);
  };
  for (const Incarnation& who : view_->config(part.slot).list) consider(who.member);
  for (const ViewMember& m : view_->members) consider(m.info.id);
  return able.empty() ? NodeId{} : able[part.pauses % able.size()];
}

bool Coordinator::passes_on(const Forward& m, Slot slot) const {
  return m.relay && view_ && m.epoch <= view_->epoch && owner(slot).member != config_.self.id;
}

// At once or not at all, and nothing twice.
void Coordinator::pass_on(std::uint64_t token, Now now, Effects& out) {
  Part& part = parts_.at(token);
  const NodeId primary = owner(part.slot).member;
  if (primary == part.guest.member || !send(token, part, primary, false, now))
    return guest_done(token, part, Outcome::kNotExecuted, {}, now, out);
  look_by(part.give_up);
}

}  // namespace hc
