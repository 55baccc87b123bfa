#include "runtime/departure.h"

#include <algorithm>

#include "runtime/figures.h"

namespace hc {
namespace {

bool is_gone(const Node& node, const ViewMember& member) {
  return member.state == MemberState::kAbsent || liveness_of(node, member.info.id) >= Liveness::kDead;
}

}  // namespace

std::expected<NodeId, NoLeave> take_leave(Office& office, Bytes who, WhoLeaves which) {
  const auto no = [](int status, std::string_view reason, std::string text) {
    return std::unexpected(NoLeave{status, reason, std::move(text)});
  };
  const ViewRef view = office.node.view();
  if (!view) return no(503, "CLUSTERDOWN", "this member is in no view yet: ask again");
  const ViewMember* member = member_named(*view, who);
  if (!member) return no(404, "NOT_FOUND", "Unknown node " + std::string(who));
  const NodeId id = member->info.id;
  const std::string name = name_of(id);
  const bool others = std::ranges::any_of(
      view->members, [id](const ViewMember& m) { return m.info.id != id && m.state == MemberState::kActive; });
  if (!others) return no(409, "LAST_MEMBER", name + " cannot leave: no other member is active");
  if (which == WhoLeaves::kTheDead && !is_gone(office.node, *member))
    return no(409, "LIVING", name + " lives: have it leave, or stop it first");
  if (which == WhoLeaves::kTheLiving && is_gone(office.node, *member))
    return no(409, "DEAD", name + " is down: start it again, or decommission it");
  office.ask_to_leave(id);
  return id;
}

}  // namespace hc
