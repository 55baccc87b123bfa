#include "core/view/view_change.h"

#include "core/base/seam.h"

namespace hc {
namespace {

// A copy of everything but slots and ring.
View head_of(const View& view) {
  View head;
  head.cluster = view.cluster;
  head.cluster_name = view.cluster_name;
  head.lineage = view.lineage;
  head.epoch = view.epoch;
  head.replication_factor = view.replication_factor;
  head.lease = view.lease;
  head.drift_percent = view.drift_percent;
  head.slot_loss = view.slot_loss;
  head.voters_max = view.voters_max;
  head.members = view.members;
  head.voters = view.voters;
  head.counts = view.counts;
  return head;
}

bool is_base(const View& view, const ViewChange& change) {
  if (view.cluster != change.head.cluster || view.lineage != change.head.lineage) return false;
  return view.epoch == change.base || HC_MUTANT(kDifferenceOnWrongBase);
}

}  // namespace

ViewChange difference(const View& base, const View& next) {
  ViewChange change{base.epoch, head_of(next), {}};
  next.slots.for_each_difference(
      base.slots, [&](std::size_t i) { change.slots.push_back({Slot{static_cast<std::uint16_t>(i)}, next.slots[i]}); });
  return change;
}

ViewRef apply_change(const ViewRef& base, const ViewChange& change) {
  if (!base || !is_base(*base, change)) return nullptr;
  auto next = std::make_shared<View>(change.head);
  next->slots = base->slots;
  for (const SlotChange& c : change.slots) {
    if (c.slot.value >= next->slots.size()) return nullptr;
    next->slots[c.slot.value] = c.config;
  }
  next->derive_ring();
  return next;
}

}  // namespace hc
