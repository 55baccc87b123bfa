// /api/cluster and /api/cluster/members: the cluster as this member sees it, by the view that it has installed and by
// what membership says.
#include <array>
#include <cstdio>

#include "core/replication/owed.h"
#include "io/json_writer.h"
#include "runtime/figures.h"
#include "runtime/pages.h"

namespace hc {
namespace {

template <class Id>
std::string hex(const Id& id) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%016llx%016llx", static_cast<unsigned long long>(id.hi),
                static_cast<unsigned long long>(id.lo));
  return text.data();
}

Bytes state_of(const ViewMember* member) {
  if (!member) return "joining";
  switch (member->state) {
    case MemberState::kActive:
      return "active";
    case MemberState::kLeaving:
      return "leaving";
    case MemberState::kAbsent:
      return "absent";
  }
  return "unknown";
}

// Those of the view, and those that seem alive and are not in it yet.
std::map<NodeId, const MemberInfo*> everybody(const Node& node, const View* view) {
  std::map<NodeId, const MemberInfo*> all{{node.self().id, &node.self()}};
  for (const auto& [id, peer] : node.membership().peers())
    if (peer.liveness <= Liveness::kSuspect) all.emplace(id, &peer.info);
  if (view)
    for (const ViewMember& member : view->members) all.emplace(member.info.id, &member.info);
  return all;
}

void put_slots(JsonWriter& json, const ViewFigures::Member& slots) {
  json.open("slots").number("primary", slots.primaries).number("replica", slots.replicas);
  json.number("learning", slots.learning).number("wanted", slots.wanted).close();
}

void put_storage(JsonWriter& json, StorageId storage) {
  if (storage) return void(json.text("storage", hex(storage)));
  json.nothing("storage");
  json.text("storage_note", "it does not name its data folder before others have said what they know of its votes");
}

void put_member(JsonWriter& json, Office& office, const MemberInfo& info) {
  const Node& node = office.node;
  const View* view = office.figures.view().get();
  const ViewMember* member = view ? view->member(info.id) : nullptr;
  const auto peer = node.membership().peers().find(info.id);
  const bool self = info.id == node.self().id;
  json.open_item().text("node_id", name_of(info.id)).text("address", to_string(info.gossip()));
  json.text("status", to_text(liveness_of(node, info.id))).text("state", state_of(member));
  json.text("generation", hex(info.generation));
  json.number("incarnation", self                                      ? node.membership().incarnation()
                             : peer == node.membership().peers().end() ? 0
                                                                       : peer->second.incarnation);
  json.flag("self", self).flag("voter", view && view->votes(info.id));
  json.number("wire_version", self ? node.wire_max() : node.wire(info.id));
  json.number("since_epoch", member ? member->since.value : 0);
  json.open("metadata").text("host", info.host).number("resp_port", info.resp_port);
  json.number("http_port", info.http_port).number("gossip_port", info.gossip_port);
  json.text("host_label", info.host_label).text("zone", info.zone);
  put_storage(json, info.storage);
  json.flag("log", info.keeps_log).close();
  put_slots(json, office.figures.of(info.id));
  json.close();
}

void put_members(JsonWriter& json, Office& office) {
  json.open_list("members");
  for (const auto& [id, info] : everybody(office.node, office.figures.view().get())) put_member(json, office, *info);
  json.close_list();
}

void put_view(JsonWriter& json, const View& view) {
  json.open("view").number("epoch", view.epoch.value).text("cluster", view.cluster_name);
  json.text("cluster_id", hex(view.cluster)).number("replication_factor", view.replication_factor);
  json.number("slots", view.slot_count()).number("lease_ms", static_cast<std::uint64_t>(view.lease / 1ms));
  json.open_list("voters");
  for (const Voter& voter : view.voters) json.text_item(name_of(voter.id));
  json.close_list().close();
}

// How far it is, as only its sender knows.
void put_progress(JsonWriter& json, const Transfers::Transfer& t, Now now) {
  json.number("slots_total", t.slots_total).number("slots_done", t.slots_done);
  json.number("bytes_total", t.bytes_total).number("bytes_done", t.bytes_done);
  json.real("percent", 100 * t.progress()).number("seconds", seconds_since(t.began, now.mono));
  json.number("bytes_per_second", static_cast<std::uint64_t>(t.bytes_per_second));
  if (t.seconds_left)
    json.number("seconds_left", *t.seconds_left);
  else
    json.nothing("seconds_left");
}

// Slots on their way by the view, by whom they leave and to whom they go; and what this node has sent, until every slot
// of the cluster is where it should be.
void put_transfers(JsonWriter& json, Office& office, Now now) {
  const NodeId self = office.node.self().id;
  const auto owed = office.node.owed();
  auto moves = office.figures.moves();
  for (const auto& [to, transfer] : office.transfers.all()) moves.try_emplace({self, to}, 0);
  json.open_list("transfers");
  for (const auto& [move, slots] : moves) {
    const ViewFigures::Member to = office.figures.of(move.second);
    double left = static_cast<double>(to.learning);
    json.open_item().text("from", name_of(move.first)).text("to", name_of(move.second)).number("slots", slots);
    if (const auto ours = owed.find(move.second); move.first == self && ours != owed.end()) {
      json.real("slots_arrived", ours->second.slots_filled).number("bytes_on_the_way", ours->second.fill_bytes_out);
      left -= ours->second.slots_filled;
    }
    json.real("progress", to.wanted == 0 ? 0 : 1 - left / static_cast<double>(to.wanted));
    if (const auto sent = office.transfers.all().find(move.second);
        move.first == self && sent != office.transfers.all().end())
      put_progress(json, sent->second, now);
    json.close();
  }
  json.close_list();
}

void put_lag(JsonWriter& json, const Node& node) {
  json.open_list("replication");
  for (const auto& [id, owed] : node.owed()) {
    json.open_item().text("to", name_of(id)).number("slots", owed.slots).number("entries", owed.entries);
    json.number("bytes", owed.bytes).close();
  }
  json.close_list();
}

// In the ring's order: [slots, [primary, replica, …]].
void put_ring(JsonWriter& json, const ViewFigures& figures) {
  json.open_list("ring");
  for (const ViewFigures::Run& run : figures.ring()) {
    json.open_list_item().number_item(run.slots).open_list_item();
    for (const NodeId id : run.holders) json.number_item(id.value);
    json.close_list().close_list();
  }
  json.close_list();
}

}  // namespace

std::string cluster_page(Office& office, Now now) {
  const Node& node = office.node;
  office.transfers.look(node, office.figures, now.mono);
  JsonWriter json;
  json.text("node", name_of(node.self().id)).flag("healthy", is_healthy(node, now)).flag("ready", node.ready(now));
  if (office.figures.view())
    put_view(json, *office.figures.view());
  else
    json.nothing("view");
  json.number("members_active", office.figures.active()).number("slots_short", office.figures.slots_short());
  json.number("slots_moving", office.figures.slots_moving());
  put_members(json, office);
  put_transfers(json, office, now);
  put_lag(json, node);
  put_ring(json, office.figures);
  return json.end();
}

std::string members_page(Office& office) {
  JsonWriter json;
  json.text("node", name_of(office.node.self().id)).number("members_active", office.figures.active());
  put_members(json, office);
  return json.end();
}

}  // namespace hc
