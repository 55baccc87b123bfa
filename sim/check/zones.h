// Registers whose written values are all different: decided in near-linear time (Gibbons and Korach, "Testing shared
// memories", 1997, section 4).
//
// A value's cluster is its write and all reads of it. What must hold is said by its first return and its last call: if
// the first return comes first, the value was there from the one to the other (a forward zone), and no other cluster
// may be there in any part of that; else it was there at some point between them (a backward zone), which must not lie
// inside a forward zone. A value is never read before its write is called. That is all.
#pragma once

#include <optional>
#include <vector>

#include "sim/check/key_model.h"
#include "sim/check/linearizability.h"
#include "sim/check/timeline.h"

namespace hc::sim {

// nullopt: the history has more in it than such a register's plain reads and writes.
// Requires: `moments` is the timeline of `history`.
std::optional<Judgement> judge_by_zones(const History& history, const std::vector<Moment>& moments,
                                        const KeyState& initial);

}  // namespace hc::sim
