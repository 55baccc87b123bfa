#include "runtime/view_figures.h"

#include <algorithm>

namespace hc {
namespace {

Slot slot_number(std::size_t i) { return Slot{static_cast<std::uint16_t>(i)}; }

std::size_t active_of(const View& view) {
  return static_cast<std::size_t>(
      std::ranges::count(view.members, MemberState::kActive, [](const ViewMember& m) { return m.state; }));
}

}  // namespace

void ViewFigures::update(const ViewRef& view) {
  if (view == view_ || !view) return;
  const ViewRef old = std::exchange(view_, view);
  const std::size_t active_before = std::exchange(active_, active_of(*view));
  if (old && active_ == active_before && view->same_wanted(*old)) {
    view->slots.for_each_difference(old->slots, [&](std::size_t i) {
      count(*old, slot_number(i), false);
      count(*view, slot_number(i), true);
    });
    return;
  }
  members_.clear();
  moves_.clear();
  slots_short_ = moving_ = 0;
  for (std::size_t i = 0; i < view->slots.size(); ++i) {
    count(*view, slot_number(i), true);
    for (const NodeId id : view->ring.wanted(slot_number(i))) ++members_[id].wanted;
  }
}

// What the slot adds to the sums; out: taken away again.
void ViewFigures::count(const View& view, Slot slot, bool in) {
  const auto add = [in](std::size_t& sum) { in ? ++sum : --sum; };
  const InSyncList& list = view.config(slot).list;
  if (list.size() < std::min<std::size_t>(view.replication_factor, active_)) add(slots_short_);
  for (const Incarnation& who : list)
    add(who == list.front() ? members_[who.member].primaries : members_[who.member].replicas);
  if (std::ranges::equal(list, view.ring.wanted(slot), {}, &Incarnation::member)) return;
  add(moving_);
  for (const Incarnation& learner : view.learners(slot)) {
    add(members_[learner.member].learning);
    if (list.empty()) continue;
    const auto move = moves_.try_emplace({list.front().member, learner.member}).first;
    add(move->second);
    if (move->second == 0) moves_.erase(move);
  }
}

std::vector<ViewFigures::Run> ViewFigures::ring() const {
  std::vector<Run> ring;
  if (!view_) return ring;
  for (const Slot slot : ring_order(view_->slot_count())) {
    const InSyncList& list = view_->config(slot).list;
    if (ring.empty() || !std::ranges::equal(ring.back().holders, list, {}, {}, &Incarnation::member)) {
      ring.push_back({});
      for (const Incarnation& who : list) ring.back().holders.push_back(who.member);
    }
    ++ring.back().slots;
  }
  return ring;
}

ViewFigures::Member ViewFigures::of(NodeId member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? Member{} : found->second;
}

}  // namespace hc
