#include "runtime/cluster_map.h"

#include <algorithm>
#include <cstdio>

#include "core/base/reply.h"
#include "core/command/text.h"
#include "io/resp.h"

namespace hc {
namespace {

ClusterMap::Holders holders_of(const View& view, Slot slot) {
  ClusterMap::Holders holders;
  for (const Incarnation who : view.config(slot).list)
    if (view.member(who.member)) holders.push_back(who.member);
  return holders;
}

// [address, port, id, further names (none)]
Reply node_entry(const View& view, const MemberInfo& member) {
  std::vector<Reply> entry;
  entry.push_back(Reply::bulk_copy(member.host));
  entry.push_back(Reply::number(member.resp_port));
  entry.push_back(Reply::bulk_copy(cluster_node_id(view.cluster, member.id)));
  entry.push_back(Reply::map({}));
  return Reply::array(std::move(entry));
}

}  // namespace

std::string cluster_node_id(ClusterId cluster, NodeId member) {
  char text[41];
  std::snprintf(text, sizeof text, "%016llx%016llx%08x", static_cast<unsigned long long>(cluster.hi),
                static_cast<unsigned long long>(cluster.lo), member.value);
  return text;
}

const ViewMember* member_named(const View& view, Bytes word) {
  const auto number = word.size() < 40 ? command::parse_integer(word) : std::nullopt;
  for (const ViewMember& m : view.members) {
    const NodeId id = m.info.id;
    if (number ? *number == id.value
               : word == name_of(id) || command::same_word(word, cluster_node_id(view.cluster, id)))
      return &m;
  }
  return nullptr;
}

void ClusterMap::update(const ViewRef& view) {
  if (view == view_) return;
  view_ = view;
  shards_.clear();
  for (std::string& reply : slots_reply_) reply.clear();
  std::vector<std::pair<Range, Holders>> ranges;
  for (std::uint32_t s = 0; s < view->slot_count(); ++s) {
    Holders holders = holders_of(*view, Slot{static_cast<std::uint16_t>(s)});
    if (holders.empty()) continue;
    if (!ranges.empty() && ranges.back().first.last + 1 == s && ranges.back().second == holders)
      ranges.back().first.last = s;
    else
      ranges.push_back({{s, s}, std::move(holders)});
  }
  std::map<NodeId, std::array<std::string, 2>> entries;
  for (const ViewMember& m : view->members) {
    const Reply entry = node_entry(*view, m.info);
    for (const int protocol : {2, 3}) write_reply(entry, protocol, entries[m.info.id][protocol >= 3]);
  }
  for (const bool three : {false, true}) {
    std::string& out = slots_reply_[three];
    write_array_header(ranges.size(), out);
    for (const auto& [range, holders] : ranges) {
      write_array_header(2 + holders.size(), out);
      write_reply(Reply::number(range.first), 2, out);
      write_reply(Reply::number(range.last), 2, out);
      for (const NodeId id : holders) out += entries[id][three];
    }
  }
  for (auto& [range, holders] : ranges) shards_[std::move(holders)].push_back(range);
}

std::vector<ClusterMap::Range> ClusterMap::led_by(NodeId member) const {
  std::vector<Range> led;
  for (const auto& [holders, ranges] : shards_)
    if (holders.front() == member) led.insert(led.end(), ranges.begin(), ranges.end());
  std::ranges::sort(led);
  std::vector<Range> joined;
  for (const Range& r : led) {
    if (!joined.empty() && joined.back().last + 1 == r.first)
      joined.back().last = r.last;
    else
      joined.push_back(r);
  }
  return joined;
}

}  // namespace hc
