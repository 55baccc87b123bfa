#include "runtime/view_figures.h"

#include <algorithm>

#include "core/events/cluster_news.h"

namespace hc {

void ViewFigures::update(const ViewRef& view) {
  if (view == view_ || !view) return;
  view_ = view;
  members_.clear();
  moves_.clear();
  active_ = static_cast<std::size_t>(
      std::ranges::count(view->members, MemberState::kActive, [](const ViewMember& m) { return m.state; }));
  slots_short_ = 0;
  moving_ = hc::slots_moving(*view);
  for (std::size_t s = 0; s < view->slots.size(); ++s) count(view->slots[s], Slot{static_cast<std::uint16_t>(s)});
  draw();
}

void ViewFigures::count(const SlotConfig& config, Slot slot) {
  const std::size_t copies = std::min<std::size_t>(view_->replication_factor, active_);
  if (config.list.size() < copies) ++slots_short_;
  for (const Incarnation& who : config.list)
    ++(who == config.list.front() ? members_[who.member].primaries : members_[who.member].replicas);
  const auto wanted = view_->ring.wanted(slot);
  for (const NodeId id : wanted) ++members_[id].wanted;
  if (std::ranges::all_of(wanted, [&](NodeId id) { return config.list.names(id); })) return;
  for (const Incarnation& learner : view_->learners(slot)) {
    ++members_[learner.member].learning;
    if (!config.list.empty()) ++moves_[{config.list.front().member, learner.member}];
  }
}

void ViewFigures::draw() {
  ring_.clear();
  for (const Slot slot : ring_order(view_->slot_count())) {
    std::vector<NodeId> holders;
    for (const Incarnation& who : view_->config(slot).list) holders.push_back(who.member);
    if (ring_.empty() || ring_.back().holders != holders) ring_.push_back({0, std::move(holders)});
    ++ring_.back().slots;
  }
}

ViewFigures::Member ViewFigures::of(NodeId member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? Member{} : found->second;
}

}  // namespace hc
