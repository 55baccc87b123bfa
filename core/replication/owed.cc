#include "core/replication/owed.h"

#include "core/replication/replication.h"

namespace hc {
namespace {

void add_entries(const Replica& r, const Target& t, Owed& owed) {
  const std::uint64_t from = std::max(t.acked, r.base.seq).value;
  if (!t.in_commit_set() || from >= r.at.seq.value) return;
  ++owed.slots;
  owed.entries += r.at.seq.value - from;
  for (std::uint64_t seq = from; seq < r.at.seq.value; ++seq)
    owed.bytes += r.tail[seq - r.base.seq.value].effects.bytes().size();
}

void add_fill(const Replica& r, const Target& t, Owed& owed) {
  constexpr double kWalk = static_cast<double>(std::uint64_t{1} << SlotTable::kCursorBits);
  if (t.listed || !t.fill) return;
  ++owed.slots_to_fill;
  owed.slots_filled += t.filled ? 1 : static_cast<double>(t.fill->acked_cursor) / kWalk;
  owed.fill_bytes_out += t.fill->bytes_out();
  if (t.filled) return;
  ++owed.slots_left;
  owed.fill_bytes_left += r.table.bytes() - passed(r.table.bytes(), t.fill->acked_cursor);
}

}  // namespace

std::map<NodeId, Owed> Replication::owed() const {
  std::map<NodeId, Owed> all;
  for (const auto& [id, lane] : lanes_) {
    if (lane.filled == 0 && lane.arrived == 0) continue;
    all[id].fill_bytes_arrived = lane.arrived;
    all[id].slots_arrived = lane.filled;
  }
  SlotSet owing = awake_;
  for (const Slot s : to_begin_.hurried) owing.add(s);
  for (const Slot s : to_begin_.unhurried) owing.add(s);
  for (const auto& [word, slots] : standing_) owing.add(slots);
  owing.for_each([&](Slot s) {
    const Replica& r = replicas_[s.value];
    if (!r.lead) return;
    for (const Target& t : r.lead->targets) {
      Owed& owed = all[t.who.member];
      add_entries(r, t, owed);
      add_fill(r, t, owed);
    }
  });
  others_learn_.slots.for_each([&](Slot s) {
    const Replica& r = replicas_[s.value];
    if (!r.lead) return;
    for (const Incarnation who : view_->learners(s)) {
      if (r.lead->target(who)) continue;
      Owed& owed = all[who.member];
      ++owed.slots_to_fill;
      ++owed.slots_left;
      owed.fill_bytes_left += r.table.bytes();
    }
  });
  return all;
}

}  // namespace hc
