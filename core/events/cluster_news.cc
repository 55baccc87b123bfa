#include "core/events/cluster_news.h"

#include <algorithm>

namespace hc {

// A JSON object of numbers and of words that need no escape.
class ClusterNews::Line {
 public:
  Line(std::string_view type, NodeId node, WallTime at) {
    word("type", type);
    number("at_ms", static_cast<std::uint64_t>(at.time_since_epoch().count()));
    word("node", name_of(node));
  }
  Line& word(std::string_view name, std::string_view text) { return field(name, '"' + std::string(text) + '"'); }
  Line& number(std::string_view name, std::uint64_t n) { return field(name, std::to_string(n)); }
  Line& voters(const View& view) {
    std::string list;
    for (const Voter& v : view.voters) list += (list.empty() ? "\"" : ",\"") + name_of(v.id) + '"';
    return field("voters", "[" + list + "]");
  }
  std::string end() { return std::move(text_) + "}"; }

 private:
  Line& field(std::string_view name, const std::string& value) {
    text_.append(text_.empty() ? "{\"" : ",\"").append(name).append("\":").append(value);
    return *this;
  }
  std::string text_;
};

void ClusterNews::add(std::string_view type, Line line) { news_.push_back({type, line.end()}); }

void ClusterNews::about(std::string_view type, NodeId member, const View& view, WallTime at) {
  add(type, Line(type, self_, at).word("member", name_of(member)).number("epoch", view.epoch.value));
}

void ClusterNews::compare_members(const View& before, const View& now, WallTime at) {
  for (const ViewMember& m : now.members) {
    const ViewMember* was = before.member(m.info.id);
    if (!was)
      about("member-joined", m.info.id, now, at);
    else if (m.state == MemberState::kActive &&
             (was->info.generation != m.info.generation || was->state != MemberState::kActive))
      about("member-returned", m.info.id, now, at);
    else if (m.state != was->state)
      about(m.state == MemberState::kLeaving ? "member-leaving" : "member-stopped", m.info.id, now, at);
  }
  for (const ViewMember& was : before.members)
    if (!now.member(was.info.id)) about("member-left", was.info.id, now, at);
}

void ClusterNews::view_installed(const View* before, const View& now, std::size_t moving, WallTime at) {
  const auto active = static_cast<std::size_t>(
      std::ranges::count_if(now.members, [](const ViewMember& m) { return m.state == MemberState::kActive; }));
  add("view-installed", Line("view-installed", self_, at)
                            .number("epoch", now.epoch.value)
                            .number("members", now.members.size())
                            .number("active", active)
                            .voters(now)
                            .number("slots_moving", moving));
  if (before) compare_members(*before, now, at);
  if (std::exchange(moving_, moving) != moving)
    add("transfer-progress", Line("transfer-progress", self_, at)
                                 .number("epoch", now.epoch.value)
                                 .number("slots_moving", moving)
                                 .number("slots", now.slot_count()));
}

void ClusterNews::seems(NodeId member, Liveness liveness, WallTime at) {
  if (liveness == Liveness::kLeft) return;  // of which the views tell
  const auto [known, fresh] = seemed_.try_emplace(member, Liveness::kAlive);
  if (std::exchange(known->second, liveness) == liveness) return;
  const std::string_view type = liveness == Liveness::kAlive     ? "member-up"
                                : liveness == Liveness::kSuspect ? "member-suspected"
                                                                 : "member-down";
  add(type, Line(type, self_, at).word("member", name_of(member)));
}

void ClusterNews::replicas_differ(Slot slot, NodeId primary, Position position, WallTime at) {
  add("replicas-differ", Line("replicas-differ", self_, at)
                             .number("slot", slot.value)
                             .word("primary", name_of(primary))
                             .number("slot_epoch", position.slot_epoch.value)
                             .number("seq", position.seq.value));
}

void ClusterNews::slots_lost(SlotSet lost, WallTime at) {
  const auto beyond = [](const SlotSet& a, const SlotSet& b) {
    std::uint64_t count = 0;
    a.for_each([&](Slot s) { count += b.has(s) ? 0 : 1; });
    return count;
  };
  const std::uint64_t more = beyond(lost, lost_), back = beyond(lost_, lost);
  lost_ = std::move(lost);
  const auto say = [&](std::string_view type, std::uint64_t slots) {
    if (slots > 0) add(type, Line(type, self_, at).number("slots", slots).number("lost", lost_.count()));
  };
  say("slot-lost", more);
  say("slot-back", back);
}

}  // namespace hc
