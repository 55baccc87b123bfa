// /api/stats: what this node counts. The same figures stand in INFO and in /metrics.
#include "core/replication/memory.h"
#include "core/replication/owed.h"
#include "io/json_writer.h"
#include "runtime/figures.h"
#include "runtime/pages.h"
#include "runtime/version.h"

namespace hc {
namespace {

void put_operations(JsonWriter& json, const Office& office) {
  const Statistics& s = office.statistics;
  const Node::Counters& n = office.node.counters();
  const std::uint64_t lookups = n.hits + n.misses;
  json.open("operations").number("per_second", s.commands_last_second).number("commands", s.commands_processed);
  json.number("http_requests", s.http_requests).number("errors", s.error_replies).number("executed", n.executed);
  json.number("forwarded", n.forwards_sent).number("served_for_others", n.forwards_served);
  json.number("refused", n.refused).number("unknown", n.unknown).number("hits", n.hits).number("misses", n.misses);
  json.real("hit_rate", lookups == 0 ? 0 : static_cast<double>(n.hits) / static_cast<double>(lookups)).close();
}

void put_memory(JsonWriter& json, const Office& office) {
  const MemoryUse use = memory_use();
  const Memory& memory = office.node.memory();
  json.open("memory").number("used", use.allocated).number("resident", use.resident).number("peak", use.peak);
  json.number("data", memory.counted).number("limit", memory.limits.bytes);
  json.text("policy", name_of(memory.limits.policy)).real("pressure", pressure(memory)).close();
}

void put_connections(JsonWriter& json, const Office& office) {
  const Traffic traffic = traffic_of(office);
  const Statistics& s = office.statistics;
  json.open("connections").number("resp", office.clients.size()).number("http", office.http_clients);
  json.number("received", s.connections_received).number("rejected", s.connections_rejected);
  json.number("bytes_in", traffic.in).number("bytes_out", traffic.out).close();
}

void put_replication(JsonWriter& json, const Office& office) {
  std::size_t entries = 0, bytes = 0;
  for (const auto& [id, owed] : office.node.owed()) {
    entries += owed.entries;
    bytes += owed.bytes;
  }
  const Node::Counters& n = office.node.counters();
  json.open("replication").number("entries", n.entries_replicated).number("lag_entries", entries);
  json.number("lag_bytes", bytes).number("takeovers", n.takeovers).number("fills_completed", n.fills_completed);
  json.number("fill_bytes", n.fill_bytes)
      .number("fill_bytes_kept", n.fill_bytes_kept)
      .number("view_epoch", office.figures.view() ? office.figures.view()->epoch.value : 0);
  json.close();
}

void put_log(JsonWriter& json, const Office& office) {
  if (!office.log) {
    json.nothing("log");
    return;
  }
  json.open("log").number("bytes", office.log->read + office.log->bytes).flag("loading", office.log->loading);
  json.flag("refused", office.log->full).flag("snapshot_pending", office.node.snapshot_pending());
  json.number("last_save", static_cast<std::uint64_t>(office.log->last_save)).close();
}

}  // namespace

std::string stats_page(Office& office, Now now) {
  const Node::Counters& n = office.node.counters();
  const Keyspace keyspace = keyspace_of(office.node);
  JsonWriter json;
  json.text("node", name_of(office.node.self().id)).text("version", kVersion);
  json.number("uptime_seconds", seconds_since(office.facts.started, now.mono));
  json.number("time_ms", static_cast<std::uint64_t>(now.wall.time_since_epoch().count()));
  json.open("items").number("keys", keyspace.keys).number("primary", keyspace.primary);
  json.number("expiring", keyspace.expiring).number("expired", n.expired).number("evicted", n.evicted).close();
  put_operations(json, office);
  put_memory(json, office);
  put_connections(json, office);
  put_replication(json, office);
  put_log(json, office);
  return json.end();
}

}  // namespace hc
