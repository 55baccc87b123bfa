#include "core/view/slot_index.h"

#include <algorithm>

namespace hc {
namespace {

Slot slot_number(std::size_t i) { return Slot{static_cast<std::uint16_t>(i)}; }

}  // namespace

void SlotIndex::follow(const ViewRef& view) {
  if (view_ == view) return;
  const ViewRef old = std::exchange(view_, view);
  const bool follows = old && old->slot_count() == view->slot_count();
  const bool same_ring = follows && old->ring == view->ring;
  if (!follows) {
    listed_.clear();
    moving_ = passed_over_ = lacking_ = too_short_ = SlotSet(view->slot_count());
    all_ = moving_;
    for (std::size_t i = 0; i < view->slots.size(); ++i) all_.add(slot_number(i)), add(slot_number(i), view->slots[i]);
  } else {
    view->slots.for_each_difference(old->slots, [&](std::size_t i) {
      forget(slot_number(i), old->slots[i]);
      add(slot_number(i), view->slots[i]);
      if (same_ring) compare(slot_number(i));
    });
    std::erase_if(listed_, [](const auto& process) { return process.second.empty(); });
  }
  if (same_ring) return;
  for (std::size_t i = 0; i < view->slots.size(); ++i) compare(slot_number(i));
}

void SlotIndex::forget(Slot s, const SlotConfig& was) {
  for (const Incarnation who : was.list) listed_.find(who)->second.remove(s);
  passed_over_.remove(s);
}

void SlotIndex::add(Slot s, const SlotConfig& is) {
  for (const Incarnation who : is.list) listed_.try_emplace(who, SlotSet(view_->slot_count())).first->second.add(s);
  if (is.passed_over) passed_over_.add(s);
}

void SlotIndex::compare(Slot s) {
  const InSyncList& list = view_->config(s).list;
  const auto wanted = view_->ring.wanted(s);
  const auto put = [s](SlotSet& set, bool in) { in ? set.add(s) : set.remove(s); };
  put(moving_, !std::ranges::equal(list, wanted, {}, &Incarnation::member));
  put(lacking_, !std::ranges::all_of(wanted, [&](NodeId id) { return list.names(id); }));
  put(too_short_, list.size() < wanted.size());
}

SlotSet SlotIndex::without(const std::vector<Incarnation>& living) const {
  SlotSet without = all_;
  for (const Incarnation who : living)
    if (const auto named = listed_.find(who); named != listed_.end()) without.remove(named->second);
  return without;
}

}  // namespace hc
