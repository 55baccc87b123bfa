// The calls and returns of a history, in true time.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "sim/check/history.h"

namespace hc::sim {

using Index = std::uint32_t;  // of an operation in its history
inline constexpr Index kNoIndex = std::numeric_limits<Index>::max();

struct Moment {
  Instant at;
  Index operation;
  bool returns;
};

// What can have an effect, or tells about one. A read of unknown outcome does neither. A PERSIST of unknown outcome
// takes an end away, which allows nothing new but that a later PERSIST finds none: it is left out, and what those later
// ones replied is not asked (weaker, by a hair, and much less to search).
inline bool takes_part(const Operation& o) {
  if (o.outcome == Operation::Outcome::kNotApplied) return false;
  return o.definite() || (!o.pure_read() && o.kind != Operation::Kind::kPersist);
}

// Of those that take part. Calls before returns at one instant: then they overlap, which allows more.
std::vector<Moment> timeline(const History& history);

}  // namespace hc::sim
