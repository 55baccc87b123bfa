// Rule 2b, one step: what a view may become. Every voter asks this before it accepts, whoever proposes; the proposer
// asks it of itself first. Pure functions of two views and the evidence.
#pragma once

#include <string>
#include <vector>

#include "core/view/ballot.h"

namespace hc {

// True if the slot epoch must move to next.epoch: the list changed (its order too), or who is passed over, or a learner
// of `now` was taken away or has a new generation in `next`.
bool must_renew(const View& now, const View& next, Slot slot);

// Every process that the slot's list names is known to have ended: the view knows a newer generation of each (7e).
bool all_ended(const View& now, Slot slot);

// Every member that the slot's list names is leaving.
bool all_leaving(const View& now, Slot slot);

// Empty if `next` is a legal step from `now` on this evidence; else which rule it breaks, as a sentence.
std::string why_not(const View& now, const View& next, const std::vector<Report>& evidence);

// The same for the first view, which rests on nothing: every list consists of active members of that view.
std::string why_not_first(const View& first);

}  // namespace hc
