// Where in a view to look, so that nobody has to walk over all of its slots: whom the lists name in which slots, and
// which slots are not where the ring wants them. It follows from view to view by what differs between them.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "core/view/slot_set.h"
#include "core/view/view.h"

namespace hc {

class SlotIndex {
 public:
  SlotIndex() = default;
  explicit SlotIndex(const ViewRef& view) { follow(view); }

  // From now on it is of this view.
  void follow(const ViewRef& view);

  // Everybody whom lists name, with the slots of these lists.
  const std::map<Incarnation, SlotSet>& listed() const { return listed_; }
  const SlotSet& all() const { return all_; }
  // Slots whose list names none of these processes.
  SlotSet without(const std::vector<Incarnation>& living) const;
  // Slots whose list is not, member by member, whom the ring wants in its order: `moving`; or in which somebody is
  // passed over. All others have no learner.
  const SlotSet& moving() const { return moving_; }
  const SlotSet& passed_over() const { return passed_over_; }
  // Of those that move: whose list lacks a member that the ring wants; and of these, whose list is too short.
  const SlotSet& lacking() const { return lacking_; }
  const SlotSet& too_short() const { return too_short_; }

 private:
  void forget(Slot s, const SlotConfig& was);
  void add(Slot s, const SlotConfig& is);
  void compare(Slot s);

  ViewRef view_;
  std::map<Incarnation, SlotSet> listed_;
  SlotSet all_, moving_, passed_over_, lacking_, too_short_;
};

}  // namespace hc
