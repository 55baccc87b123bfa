#include "core/replication/leases.h"

#include <algorithm>

#include "core/base/seam.h"

namespace hc {

void Leases::give(NodeId to, Time now) {
  Time& until = given_[to];
  until = std::max(until, now + lease_);
}

Time Leases::given_until(NodeId to) const {
  auto it = given_.find(to);
  return it == given_.end() ? Time{} : it->second;
}

Duration Leases::usable() const {
  if (HC_MUTANT(kLeaseLengthFromConfig)) return lease_ * 3 / 2;
  if (HC_MUTANT(kLeaseWithoutDriftMargin)) return lease_;
  return lease_ * (100 - drift_percent_) / 100;
}

void Leases::receive(Incarnation from, Time sent, Epoch view, Epoch ours, Time now) {
  // A view that we do not have yet: its lists are not ours. We fetch it, and ask again.
  if (view > ours && !HC_MUTANT(kGrantFromNewerView)) return;
  if (HC_MUTANT(kLeaseFromReceipt)) sent = now;
  Held& held = held_[from.member];
  if (held.from != from) held = {from, sent, view};
  if (sent < held.sent) return;
  held.sent = sent;
  held.view = view;
}

bool Leases::holds(Incarnation from, Epoch slot_epoch, Epoch ours, Time now) const {
  auto it = held_.find(from.member);
  if (it == held_.end()) return false;
  const Held& held = it->second;
  if (held.from != from && !HC_MUTANT(kGrantToOldGeneration)) return false;
  if (held.view < slot_epoch) return false;
  if (held.view > ours && !HC_MUTANT(kGrantFromNewerView)) return false;
  return now < held.sent + usable();
}

}  // namespace hc
