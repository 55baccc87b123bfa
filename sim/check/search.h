// Any history of one key: just-in-time linearization (Lowe, "Testing for linearizability", 2017, section 4), depth
// first. The search goes through the history from return to return. A configuration is: which of the operations in
// flight have taken effect, and the state of the key. Where the operation that returns has not taken effect yet, a
// sequence of operations in flight that ends with it must be found; a return that no configuration survives is illegal.
//
// What keeps it small, beside never looking at a configuration twice:
//   - an observer (a read, a comparison that failed …) takes effect as soon as it may: it costs nothing;
//   - a definite write that no pipeline binds is hidden once another write takes effect while it is in flight: it may
//   count as having come just
//     before that, and need not be placed any more;
//   - one configuration may dominate another (sim/check/visited.h);
//   - of what is of unknown outcome, only that takes effect which somebody may observe, and of alike ones the first;
//   - where texts grow, what is read later tells where an APPEND belongs (sim/check/chains.h).
#pragma once

#include <vector>

#include "sim/check/key_model.h"
#include "sim/check/linearizability.h"
#include "sim/check/timeline.h"

namespace hc::sim {

// Requires: `moments` is the timeline of `history`.
Judgement search(const History& history, const std::vector<Moment>& moments, std::uint64_t budget,
                 const KeyState& initial);

}  // namespace hc::sim
