#include "io/view_codec.h"

#include <algorithm>
#include <memory>
#include <set>

#include "core/base/check.h"
#include "io/parts.h"
#include "io/peer.pb.h"
#include "io/protobuf_scratch.h"

namespace hc {
namespace {

// What Ring::build needs for a member while it works, at most.
constexpr std::size_t kRingBytesPerMember = 16384;
constexpr Duration kLeaseMax = std::chrono::hours(24);  // so that core may add it to any time

void put_head(const View& view, wire::View& to) {
  put_id(view.cluster, *to.mutable_cluster());
  to.set_cluster_name(view.cluster_name);
  to.set_lineage(view.lineage);
  to.set_epoch(view.epoch.value);
  to.set_replication_factor(view.replication_factor);
  to.set_lease_ns(view.lease.count());
  to.set_drift_percent(view.drift_percent);
  to.set_slot_loss(static_cast<std::uint32_t>(view.slot_loss));
  to.set_voters_max(view.voters_max);
}

std::string get_head(const wire::View& from, View& view) {
  view.cluster = get_id<ClusterTag>(from.cluster());
  view.cluster_name = from.cluster_name();
  view.lineage = from.lineage();
  view.epoch = Epoch(from.epoch());
  view.replication_factor = from.replication_factor();
  view.lease = Duration(from.lease_ns());
  view.drift_percent = from.drift_percent();
  view.slot_loss = static_cast<SlotLossPolicy>(from.slot_loss());
  view.voters_max = from.voters_max();
  if (from.epoch() == 0) return "a view without an epoch";
  if (view.replication_factor < 1 || view.replication_factor > kListMax)
    return "a view whose replication factor is out of range";
  if (view.lease <= Duration::zero() || view.lease > kLeaseMax)
    return "a view whose lease has no length, or far too much";
  if (view.drift_percent >= 100) return "a view whose drift bound is 100 % or more";
  if (from.slot_loss() > static_cast<std::uint32_t>(SlotLossPolicy::kWait))
    return "a view with an unknown slot loss policy";
  return {};
}

std::string get_members(const wire::View& from, View& view) {
  if (static_cast<std::size_t>(from.members_size()) > kViewMembersMax) return "a view of too many members";
  NodeId last;
  for (const wire::ViewMember& one : from.members()) {
    ViewMember member;
    if (!get_member(one.info(), member.info)) return "a member of a view with a port above 65535";
    if (one.state() > static_cast<std::uint32_t>(MemberState::kAbsent)) return "a member of a view in an unknown state";
    member.state = static_cast<MemberState>(one.state());
    member.since = Epoch(one.since());
    if (member.info.id <= last) return "a view whose members are not in the order of their ids";
    last = member.info.id;
    view.members.push_back(std::move(member));
  }
  std::set<NodeId> seen;
  for (const wire::Voter& one : from.voters()) {
    const Voter voter{NodeId(one.id()), get_id<StorageTag>(one.storage())};
    if (!voter.id || !seen.insert(voter.id).second) return "a view whose voters are not distinct members";
    view.voters.push_back(voter);
  }
  if (static_cast<std::size_t>(from.counts_size()) > kViewMembersMax) return "a view that counts too many votes";
  for (const wire::VoteCount& one : from.counts())
    view.counts.push_back({get_id<StorageTag>(one.storage()), one.writes()});
  return view.voters.empty() ? "a view without voters" : std::string();
}

// All but the slots.
void put_rest(const View& view, wire::View& to) {
  put_head(view, to);
  for (const ViewMember& member : view.members) {
    wire::ViewMember& one = *to.add_members();
    put_member(member.info, *one.mutable_info());
    one.set_state(static_cast<std::uint32_t>(member.state));
    one.set_since(member.since.value);
  }
  for (const Voter& voter : view.voters) {
    wire::Voter& one = *to.add_voters();
    one.set_id(voter.id.value);
    put_id(voter.storage, *one.mutable_storage());
  }
  for (const VoteCount& count : view.counts) {
    wire::VoteCount& one = *to.add_counts();
    put_id(count.storage, *one.mutable_storage());
    one.set_writes(count.writes);
  }
}

std::string get_rest(Bytes bytes, wire::View& from, View& view, DecodeBudget& budget) {
  if (bytes.size() > kMessageBytesMax || !from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return "a malformed view";
  if (std::string wrong = get_head(from, view); !wrong.empty()) return wrong;
  if (std::string wrong = get_members(from, view); !wrong.empty()) return wrong;
  if (!budget.take(view.members.size() * kRingBytesPerMember)) return "too much for one frame: members";
  return {};
}

}  // namespace

std::string encode_view(const View& view) {
  SlotsEncoder slots;
  return encode_view(view, slots);
}

std::string encode_view(const View& view, SlotsEncoder& slots) {
  ProtobufScratch scratch;
  auto& to = scratch.make<wire::View>();
  put_rest(view, to);
  to.set_slot_count(view.slot_count());
  to.set_slots(slots.encode(view.slots));
  return to.SerializeAsString();
}

std::expected<ViewRef, std::string> decode_view(Bytes bytes, DecodeBudget& budget) {
  ProtobufScratch scratch;
  auto& from = scratch.make<wire::View>();
  auto view = std::make_shared<View>();
  if (std::string wrong = get_rest(bytes, from, *view, budget); !wrong.empty())
    return std::unexpected(std::move(wrong));
  auto slots = decode_slots(from.slots(), from.slot_count(), budget);
  if (!slots) return std::unexpected(std::move(slots.error()));
  view->slots = *slots;
  view->derive_ring();
  return view;
}

std::string encode_change(const ViewChange& change) {
  ProtobufScratch scratch;
  auto& head = scratch.make<wire::View>();
  put_rest(change.head, head);
  auto& to = scratch.make<wire::ViewChange>();
  to.set_base(change.base.value);
  to.set_head(head.SerializeAsString());
  to.set_slots(encode_slot_changes(change.slots));
  return to.SerializeAsString();
}

std::expected<ViewChangeRef, std::string> decode_change(Bytes bytes, DecodeBudget& budget) {
  ProtobufScratch scratch;
  auto& from = scratch.make<wire::ViewChange>();
  if (bytes.size() > kMessageBytesMax || !from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return std::unexpected("a malformed change of a view");
  if (from.base() == 0) return std::unexpected("a change of no view");
  auto change = std::make_shared<ViewChange>();
  change->base = Epoch(from.base());
  auto& head = scratch.make<wire::View>();
  if (std::string wrong = get_rest(from.head(), head, change->head, budget); !wrong.empty())
    return std::unexpected(std::move(wrong));
  auto slots = decode_slot_changes(from.slots(), budget);
  if (!slots) return std::unexpected(std::move(slots.error()));
  change->slots = std::move(*slots);
  return change;
}

}  // namespace hc
