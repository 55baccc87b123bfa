// Sums over what the node and the process know, for INFO, /api/stats and /metrics.
#pragma once

#include <cstdint>

#include "core/replication/memory.h"
#include "runtime/desk.h"
#include "runtime/memory.h"

namespace hc {

struct Keyspace {
  std::uint64_t keys = 0, expiring = 0;  // that this node holds
  std::uint64_t primary = 0;             // of the keys: in slots that it leads
};
Keyspace keyspace_of(const Node& node);

struct Traffic {
  std::uint64_t in = 0, out = 0;  // bytes of clients, ever
};
Traffic traffic_of(const Office& office);

// The part of the memory limit that is taken; 0 without a limit.
double pressure(const Memory& memory);

// What membership says of a member; one that is only known from a view is taken for alive.
Liveness liveness_of(const Node& node, NodeId id);

std::uint64_t seconds_since(Time then, Time now);

}  // namespace hc
