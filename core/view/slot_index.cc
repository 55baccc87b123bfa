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
    moving_ = passed_over_ = SlotSet(view->slot_count());
    for (std::size_t i = 0; i < view->slots.size(); ++i) add(slot_number(i), view->slots[i]);
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
  const bool there = std::ranges::equal(view_->config(s).list, view_->ring.wanted(s), {}, &Incarnation::member);
  there ? moving_.remove(s) : moving_.add(s);
}

SlotSet SlotIndex::without(const std::vector<Incarnation>& living) const {
  SlotSet without(view_ ? view_->slot_count() : 0);
  for (std::size_t i = 0; view_ && i < view_->slots.size(); ++i) without.add(slot_number(i));
  for (const Incarnation who : living)
    if (const auto named = listed_.find(who); named != listed_.end()) without.remove(named->second);
  return without;
}

}  // namespace hc
