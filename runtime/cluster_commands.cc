// CLUSTER, READONLY, READWRITE, ASKING: what Redis Cluster's clients ask of a member. Nobody has to ask: a connection
// that never wanted the map is served for every key. One that did is told where a key is led (moved()).
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "core/command/gather.h"
#include "core/command/text.h"
#include "core/store/slot_table.h"
#include "runtime/departure.h"
#include "runtime/desk.h"
#include "runtime/figures.h"

namespace hc {

using command::same_word;

namespace {

constexpr std::string_view kHelp[] = {
    "CLUSTER <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ACCEPT-DATA-LOSS [<slot> ...]",
    "    Do without what is lost of these slots, or of all that are: slots of which no member that has a copy lives. "
    "The",
    "    highest position that any member has on disk becomes the slot; where there is none, it begins anew, empty.",
    "COUNTKEYSINSLOT <slot>",
    "    Return the number of keys that this member holds in <slot>.",
    "FORCE <node> [<node> ...] [ACCEPT-DATA-LOSS]",
    "    Go on without a majority of the voters, which is gone for good. <node> ...: all members that are left, by id "
    "or",
    "    number; every other one is stopped. ACCEPT-DATA-LOSS: slots of which none of these has a copy begin anew.",
    "FORGET <node>",
    "    Have a member leave for good: its slots and its vote go to others first, then it ends. <node>: its id, or its",
    "    number.",
    "GETKEYSINSLOT <slot> <count>",
    "    Return up to <count> of the keys that this member holds in <slot>.",
    "INFO",
    "    Return how the cluster is, as this member sees it.",
    "KEYSLOT <key>",
    "    Return the slot of <key>.",
    "MYID",
    "    Return this member's id.",
    "NODES",
    "    Return the members and the slots that they lead. Output format:",
    "    <id> <ip:port> <flags> <master> <pings> <pongs> <epoch> <link> <slot> ...",
    "SHARDS",
    "    Return the slots by the members that hold them.",
    "SLOTS",
    "    Return ranges of slots, each with the members that hold it, the primary first.",
    "HELP",
    "    Prints this help.",
};

// What Redis' operators would type, and who does it here.
constexpr std::string_view kMadeByTheCluster[] = {
    "addslots",  "addslotsrange", "bumpepoch", "delslots",   "delslotsrange",    "failover", "flushslots", "meet",
    "replicate", "replicas",      "reset",     "saveconfig", "set-config-epoch", "setslot",  "slaves"};

Reply no_view() { return Reply::error_literal("CLUSTERDOWN this member is in no view yet"); }

void add(std::vector<Reply>& entries, std::string_view key, Reply value) {
  entries.push_back(Reply::bulk(Text::borrow(key)));
  entries.push_back(std::move(value));
}

std::optional<Slot> slot_number(Bytes word) {
  const auto n = command::parse_integer(word);
  if (!n || *n < 0 || *n >= static_cast<std::int64_t>(kSlots)) return std::nullopt;
  return Slot{static_cast<std::uint16_t>(*n)};
}

Reply invalid_slot() { return Reply::error_literal("ERR Invalid slot"); }

Reply info(Desk& desk, const ClusterMap& map) {
  const Node& node = desk.office.node;
  const View* view = map.view().get();
  std::size_t led = 0;
  std::set<NodeId> leaders;
  for (std::uint32_t s = 0; view && s < view->slot_count(); ++s) {
    const Incarnation primary = view->config(Slot{static_cast<std::uint16_t>(s)}).list.front();
    if (!view->names(primary) || liveness_of(node, primary.member) >= Liveness::kDead) continue;  // nobody, for now
    ++led;
    leaders.insert(primary.member);
  }
  const std::size_t all = view ? view->slot_count() : 0;
  const std::uint64_t epoch = view ? view->epoch.value : 0;
  std::string text = std::string("cluster_state:") + (view && led == all ? "ok" : "fail") + "\r\n";
  const auto line = [&text](std::string_view name, std::uint64_t value) {
    text.append(name).append(":").append(std::to_string(value)).append("\r\n");
  };
  line("cluster_enabled", 1);
  line("cluster_slots_assigned", all);
  line("cluster_slots_ok", led);
  line("cluster_slots_pfail", 0);
  line("cluster_slots_fail", all - led);
  line("cluster_known_nodes", view ? view->members.size() : 1);
  line("cluster_size", leaders.size());
  line("cluster_current_epoch", epoch);
  line("cluster_my_epoch", epoch);
  return Reply::verbatim_copy(text);
}

Reply nodes(Desk& desk, const ClusterMap& map) {
  if (!map.view()) return no_view();
  const Node& node = desk.office.node;
  const View& view = *map.view();
  std::string text;
  for (const ViewMember& m : view.members) {
    const Liveness seems = liveness_of(node, m.info.id);
    std::string flags = m.info.id == node.self().id ? "myself,master" : "master";
    if (seems == Liveness::kSuspect) flags += ",fail?";
    if (seems >= Liveness::kDead || m.state == MemberState::kAbsent) flags += ",fail";
    if (m.state == MemberState::kLeaving) flags += ",leaving";
    text += cluster_node_id(view.cluster, m.info.id) + " " + m.info.host + ":" + std::to_string(m.info.resp_port) +
            "@" + std::to_string(m.info.gossip_port) + " " + flags + " - 0 0 " + std::to_string(view.epoch.value) +
            (seems < Liveness::kDead ? " connected" : " disconnected");
    for (const ClusterMap::Range& r : map.led_by(m.info.id))
      text += " " + std::to_string(r.first) + (r.first == r.last ? "" : "-" + std::to_string(r.last));
    text += "\n";
  }
  return Reply::verbatim_copy(text);
}

Reply shards(Desk& desk, const ClusterMap& map) {
  if (!map.view()) return no_view();
  const View& view = *map.view();
  std::vector<Reply> all;
  for (const auto& [holders, ranges] : map.shards()) {
    std::vector<Reply> slots, members;
    for (const ClusterMap::Range& r : ranges) {
      slots.push_back(Reply::number(r.first));
      slots.push_back(Reply::number(r.last));
    }
    for (const NodeId id : holders) {
      const ViewMember& m = *view.member(id);
      const bool well = liveness_of(desk.office.node, id) < Liveness::kDead && m.state != MemberState::kAbsent;
      std::vector<Reply> entries;
      add(entries, "id", Reply::bulk_copy(cluster_node_id(view.cluster, id)));
      add(entries, "port", Reply::number(m.info.resp_port));
      add(entries, "ip", Reply::bulk_copy(m.info.host));
      add(entries, "endpoint", Reply::bulk_copy(m.info.host));
      add(entries, "role", Reply::bulk(Text::borrow(id == holders.front() ? "master" : "replica")));
      add(entries, "replication-offset", Reply::number(0));
      add(entries, "health", Reply::bulk(Text::borrow(well ? "online" : "failed")));
      members.push_back(Reply::map(std::move(entries)));
    }
    std::vector<Reply> shard;
    add(shard, "slots", Reply::array(std::move(slots)));
    add(shard, "nodes", Reply::array(std::move(members)));
    all.push_back(Reply::map(std::move(shard)));
  }
  return Reply::array(std::move(all));
}

Reply slots(Desk& desk, const ClusterMap& map) {
  if (!map.view()) return no_view();
  return Reply::of(Reply::Kind::kEncoded, Text::borrow(map.slots_reply(desk.client.protocol)));
}

Reply count_keys(Args args, Desk& desk) {
  const auto slot = slot_number(args[2]);
  return slot ? Reply::number(static_cast<std::int64_t>(desk.office.node.table(*slot).size())) : invalid_slot();
}

Reply get_keys(Args args, Desk& desk) {
  const auto slot = slot_number(args[2]);
  const auto most = command::parse_integer(args[3]);
  if (!slot) return invalid_slot();
  if (!most || *most < 0) return Reply::error_literal("ERR Invalid number of keys");
  std::vector<Reply> keys;
  const SlotTable& table = desk.office.node.table(*slot);
  const auto wanted = std::min(static_cast<std::size_t>(*most), table.size());
  std::uint64_t cursor = 0;
  while (keys.size() < wanted) {
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) {
      if (keys.size() < wanted) keys.push_back(Reply::bulk(Text::borrow(item.key)));
    });
    if (cursor == 0) break;
  }
  return Reply::array(std::move(keys));
}

Reply forget(Args args, Desk& desk) {
  const auto leaves = take_leave(desk.office, args[2], WhoLeaves::kAnyone);
  return leaves ? Reply::ok() : command::error_quoting("ERR " + leaves.error().text);
}

Reply force(Args args, Desk& desk) {
  const bool accept_data_loss = same_word(args.back(), "accept-data-loss");
  const Args left = args.subspan(2, args.size() - 2 - (accept_data_loss ? 1 : 0));
  const auto forced = take_force(desk.office, {left.begin(), left.end()}, accept_data_loss);
  return forced ? Reply::ok() : command::error_quoting("ERR " + forced.error().text);
}

Reply accept_data_loss(Args args, Desk& desk) {
  std::vector<Slot> slots;
  for (const Bytes word : args.subspan(2)) {
    const auto slot = slot_number(word);
    if (!slot) return invalid_slot();
    slots.push_back(*slot);
  }
  const auto lost = take_loss(desk.office, slots);
  return lost ? Reply::number(static_cast<std::int64_t>(lost->count()))
              : command::error_quoting("ERR " + lost.error().text);
}

struct Subcommand {
  std::string_view name, full_name;
  int words;  // negative: at least so many
  bool map;   // whoever asks this knows what -MOVED means
  Reply (*run)(Args, Desk&, const ClusterMap&);
};

constexpr Subcommand kSubcommands[] = {
    {"slots", "cluster|slots", 2, true, [](Args, Desk& d, const ClusterMap& m) { return slots(d, m); }},
    {"shards", "cluster|shards", 2, true, [](Args, Desk& d, const ClusterMap& m) { return shards(d, m); }},
    {"nodes", "cluster|nodes", 2, true, [](Args, Desk& d, const ClusterMap& m) { return nodes(d, m); }},
    {"accept-data-loss", "cluster|accept-data-loss", -2, false,
     [](Args a, Desk& d, const ClusterMap&) { return accept_data_loss(a, d); }},
    {"force", "cluster|force", -3, false, [](Args a, Desk& d, const ClusterMap&) { return force(a, d); }},
    {"forget", "cluster|forget", 3, false, [](Args a, Desk& d, const ClusterMap&) { return forget(a, d); }},
    {"info", "cluster|info", 2, false, [](Args, Desk& d, const ClusterMap& m) { return info(d, m); }},
    {"myid", "cluster|myid", 2, false,
     [](Args, Desk& d, const ClusterMap& m) {
       if (!m.view()) return no_view();
       return Reply::bulk_copy(cluster_node_id(m.view()->cluster, d.office.node.self().id));
     }},
    {"keyslot", "cluster|keyslot", 3, false,
     [](Args args, Desk&, const ClusterMap&) { return Reply::number(slot_of(args[2]).value); }},
    {"countkeysinslot", "cluster|countkeysinslot", 3, false,
     [](Args args, Desk& d, const ClusterMap&) { return count_keys(args, d); }},
    {"getkeysinslot", "cluster|getkeysinslot", 4, false,
     [](Args args, Desk& d, const ClusterMap&) { return get_keys(args, d); }},
    {"help", "cluster|help", 2, false, [](Args, Desk&, const ClusterMap&) { return help_of(kHelp); }},
};

}  // namespace

Reply cluster_command(Args args, Desk& desk) {
  if (args.size() < 2) return wrong_arity("cluster");
  for (const Subcommand& sub : kSubcommands) {
    if (!same_word(args[1], sub.name)) continue;
    const auto words = static_cast<int>(args.size());
    if (sub.words < 0 ? words < -sub.words : words != sub.words) return wrong_arity(sub.full_name);
    desk.client.last_command = sub.full_name;
    desk.client.knows_map |= sub.map;
    if (const ViewRef view = desk.office.node.view()) desk.office.map.update(view);
    return sub.run(args, desk, desk.office.map);
  }
  for (const std::string_view name : kMadeByTheCluster)
    if (same_word(args[1], name))
      return command::error_quoting("ERR CLUSTER " + std::string(args[1]) +
                                    " is not for operators here: members join by --join, and the cluster itself "
                                    "decides who holds which slot");
  return unknown_subcommand("CLUSTER", args[1]);
}

std::optional<Reply> moved(const CommandSpec& spec, Args args, const Desk& desk) {
  if (!desk.client.knows_map || spec.route != Route::kKeys || refuse(&spec, args)) return std::nullopt;
  const Node& node = desk.office.node;
  const ViewRef view = node.view();
  const auto slot = one_slot(spec, args, kSlots);
  if (!view || !slot || (desk.client.reads_replicas && !spec.writes())) return std::nullopt;
  const NodeId primary = view->config(*slot).list.front().member;
  const ViewMember* member = view->member(primary);
  if (primary == node.self().id || !member || liveness_of(node, primary) != Liveness::kAlive) return std::nullopt;
  return Reply::error("MOVED " + std::to_string(slot->value) + " " + member->info.host + ":" +
                      std::to_string(member->info.resp_port));
}

}  // namespace hc
