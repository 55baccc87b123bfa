// Of the next view: who is a member, and as what; and who votes (rules 2d, 2f, 7d).
#pragma once

#include "core/agreement/heirs.h"
#include "core/agreement/sight.h"
#include "core/view/slot_index.h"
#include "core/view/view.h"

namespace hc {

// Changes `next`, a copy of the present view in the next epoch, its ring as well. True if something is different.
bool plan_members(const Sight& sight, const SlotIndex& slots, View& next);

// Who may be given a vote by the next view as it would be now. Requires: `sight` is not of a round.
Heirs heirs(const Sight& sight, const SlotIndex& slots);

// How many vote in a cluster of so many active members.
std::size_t wanted_voters(std::size_t active, std::uint32_t voters_max);

}  // namespace hc
