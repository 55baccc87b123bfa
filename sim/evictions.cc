#include "sim/evictions.h"

#include <algorithm>

#include "core/replication/memory.h"

namespace hc::sim {

void Evictions::stepped(const Machine& m, Instant now) {
  const Node& node = m.node();
  if (node.evicted().empty() && open_.empty()) return;
  std::vector<Open>& open = open_[m.index()];
  for (const Evicted& e : node.evicted()) open.push_back({e.slot, e.key, e.at, now});
  std::erase_if(open, [&](const Open& e) {
    const SlotStatus slot = node.slot(e.slot, m.now());
    const bool leads = slot.slot_epoch == e.at.slot_epoch && slot.role == SlotStatus::Role::kPrimary;
    if (leads && slot.commit < e.at.seq) return false;
    tell(e, leads ? now : kForever);
    return true;
  });
  if (open.empty()) open_.erase(m.index());
}

void Evictions::ended(std::uint32_t machine) {
  const auto open = open_.extract(machine);
  if (!open) return;
  for (const Open& e : open.mapped()) tell(e, kForever);
}

void Evictions::end() {
  while (!open_.empty()) ended(open_.begin()->first);
}

void Evictions::tell(const Open& eviction, Instant returned) const {
  Operation o;
  o.kind = Operation::Kind::kEvicted;
  o.outcome = returned == kForever ? Operation::Outcome::kUnknown : Operation::Outcome::kDone;
  o.called = eviction.since;
  o.returned = returned;
  told_(eviction.key, std::move(o));
}

}  // namespace hc::sim
