// Rule 9a: which disk a slot goes on from when no process of its list is left. Pure functions of a view and of what its
// members say they have on disk; the planner and the step rule ask the same ones.
#pragma once

#include <functional>
#include <vector>

#include "core/view/ballot.h"

namespace hc {

// `who`, a new process of a member of the slot's list, may go on alone from its disk: the log is complete, or all of
// the list have said what they have and this is the highest position.
bool may_recover(const View& now, Slot slot, Incarnation who, const std::vector<Report>& evidence);

// The best of those that may, among whom `lives` approves; none if there is none.
Incarnation recovers(const View& now, Slot slot, const std::vector<Report>& evidence,
                     const std::function<bool(Incarnation)>& lives);

// Of the list, each that keeps a log has said that it has nothing: a reset (7e) throws nothing away.
bool nothing_on_disk(const View& now, Slot slot, const std::vector<Report>& evidence);

}  // namespace hc
