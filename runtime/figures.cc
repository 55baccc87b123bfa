#include "runtime/figures.h"

#include "core/store/slot_table.h"

namespace hc {

Keyspace keyspace_of(const Node& node) {
  Keyspace sum;
  const ViewRef view = node.view();
  for (std::uint32_t s = 0; s < node.config().slots; ++s) {
    const Slot slot{static_cast<std::uint16_t>(s)};
    const SlotTable& table = node.table(slot);
    if (table.size() == 0) continue;
    sum.keys += table.size();
    sum.expiring += table.expiring();
    if (!view) continue;
    const InSyncList& list = view->config(slot).list;
    if (!list.empty() && list.front().member == node.self().id) sum.primary += table.size();
  }
  return sum;
}

Traffic traffic_of(const Office& office) {
  Traffic sum{office.statistics.bytes_in, office.statistics.bytes_out};
  for (const auto& [id, client] : office.clients) {
    const auto buffers = client->buffers();
    sum.in += buffers.received;
    sum.out += buffers.sent;
  }
  return sum;
}

double pressure(const Memory& memory) {
  if (memory.limits.bytes == 0) return 0;
  return static_cast<double>(memory.used()) / static_cast<double>(memory.limits.bytes);
}

Liveness liveness_of(const Node& node, NodeId id) {
  if (id == node.self().id) return Liveness::kAlive;
  const auto it = node.membership().peers().find(id);
  return it == node.membership().peers().end() ? Liveness::kAlive : it->second.liveness;
}

std::uint64_t seconds_since(Time then, Time now) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now - then).count());
}

}  // namespace hc
