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

// 7e: an operator has said that what is lost of this slot is to be done without.
bool loss_accepted(const View& now, Slot slot, const std::vector<Report>& evidence);
// Then it may go on alone at `who`: at the highest position that the list's members say they have on disk, complete or
// not; and anywhere, empty, if none of them has anything.
bool may_go_on(const View& now, Slot slot, Incarnation who, const std::vector<Report>& evidence);
// A member of the list is back, of those whom `lives` approves, and has not said yet what it has on disk.
bool may_offer_yet(const View& now, Slot slot, const std::vector<Report>& evidence,
                   const std::function<bool(Incarnation)>& lives);

}  // namespace hc
