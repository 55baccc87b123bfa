#include "runtime/departure.h"

#include <algorithm>

#include "runtime/figures.h"

namespace hc {
namespace {

bool is_gone(const Node& node, const ViewMember& member) {
  return member.state == MemberState::kAbsent || liveness_of(node, member.info.id) >= Liveness::kDead;
}

Refusal no_view() { return {503, "CLUSTERDOWN", "this member is in no view yet: ask again"}; }
Refusal unknown(Bytes who) { return {404, "NOT_FOUND", "Unknown node " + std::string(who)}; }

}  // namespace

std::expected<NodeId, Refusal> take_leave(Office& office, Bytes who, WhoLeaves which) {
  const auto no = [](std::string_view reason, std::string text) {
    return std::unexpected(Refusal{409, reason, std::move(text)});
  };
  const ViewRef view = office.node.view();
  if (!view) return std::unexpected(no_view());
  const ViewMember* member = member_named(*view, who);
  if (!member) return std::unexpected(unknown(who));
  const NodeId id = member->info.id;
  const std::string name = name_of(id);
  const bool others = std::ranges::any_of(
      view->members, [id](const ViewMember& m) { return m.info.id != id && m.state == MemberState::kActive; });
  if (!others) return no("LAST_MEMBER", name + " cannot leave: no other member is active");
  if (which == WhoLeaves::kTheDead && !is_gone(office.node, *member))
    return no("LIVING", name + " lives: have it leave, or stop it first");
  if (which == WhoLeaves::kTheLiving && is_gone(office.node, *member))
    return no("DEAD", name + " is down: start it again, or decommission it");
  office.ask_to_leave(id);
  return id;
}

std::expected<void, Refusal> take_force(Office& office, const std::vector<Bytes>& left, bool accept_data_loss) {
  const ViewRef view = office.node.view();
  if (!view) return std::unexpected(no_view());
  Decree decree;
  decree.accept_data_loss = accept_data_loss;
  for (const Bytes who : left) {
    const ViewMember* member = member_named(*view, who);
    if (!member) return std::unexpected(unknown(who));
    decree.members.push_back(member->info.id);
  }
  if (std::string why = office.node.why_not_force(decree); !why.empty())
    return std::unexpected(Refusal{409, "NOT_FORCED", std::move(why)});
  office.force(decree);
  return {};
}

std::expected<SlotSet, Refusal> take_loss(Office& office, std::span<const Slot> slots) {
  if (!office.node.view()) return std::unexpected(no_view());
  const auto lost = office.node.lost(slots);
  if (!lost) return std::unexpected(Refusal{409, "NOT_LOST", lost.error()});
  office.accept_loss(*lost);
  return *lost;
}

}  // namespace hc
