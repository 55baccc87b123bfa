#include "io/view_codec.h"

#include <algorithm>
#include <memory>
#include <set>

#include "core/base/check.h"
#include "io/parts.h"
#include "io/peer.pb.h"

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
  return view.voters.empty() ? "a view without voters" : std::string();
}

}  // namespace

std::string encode_view(const View& view) {
  wire::View to;
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
  to.set_slot_count(view.slot_count());
  to.set_slots(encode_slots(view.slots));
  return to.SerializeAsString();
}

static std::expected<std::shared_ptr<View>, std::string> decode_but_ring(Bytes bytes, DecodeBudget& budget) {
  wire::View from;
  if (bytes.size() > kMessageBytesMax || !from.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return std::unexpected("a malformed view");
  auto view = std::make_shared<View>();
  if (std::string wrong = get_head(from, *view); !wrong.empty()) return std::unexpected(std::move(wrong));
  if (std::string wrong = get_members(from, *view); !wrong.empty()) return std::unexpected(std::move(wrong));
  auto slots = decode_slots(from.slots(), from.slot_count(), budget);
  if (!slots) return std::unexpected(std::move(slots.error()));
  view->slots = std::move(*slots);
  if (!budget.take(view->members.size() * kRingBytesPerMember))
    return std::unexpected("too much for one frame: members");
  return view;
}

std::expected<ViewRef, std::string> decode_view(Bytes bytes, DecodeBudget& budget) {
  auto view = decode_but_ring(bytes, budget);
  if (!view) return std::unexpected(std::move(view.error()));
  (*view)->derive_ring();
  return std::move(*view);
}

const ViewMemo::Known& ViewMemo::keep(ViewRef view, std::string bytes) {
  Known& place = known_[std::exchange(next_, (next_ + 1) % known_.size())];
  place = {std::move(view), std::move(bytes)};
  return place;
}

const std::string& ViewMemo::encode(const ViewRef& view) {
  HC_CHECK(view != nullptr, "a message without the view that it is about");
  for (const Known& known : known_)
    if (known.view == view) return known.bytes;
  return keep(view, encode_view(*view)).bytes;
}

std::expected<ViewRef, std::string> ViewMemo::decode(Bytes bytes, DecodeBudget& budget) {
  for (const Known& known : known_)
    if (known.view != nullptr && known.bytes == bytes) return known.view;
  const auto view = decode_but_ring(bytes, budget);
  if (!view) return std::unexpected(view.error());
  const auto same = std::ranges::find_if(
      known_, [&](const Known& known) { return known.view != nullptr && (*view)->same_ring_members(*known.view); });
  if (same == known_.end()) {
    (*view)->derive_ring();
  } else {
    (*view)->ring = same->view->ring;
  }
  return keep(*view, std::string(bytes)).view;
}

}  // namespace hc
