#include "sim/check/linearizability.h"

#include "sim/check/search.h"
#include "sim/check/timeline.h"
#include "sim/check/zones.h"

namespace hc::sim {

Judgement judge(const History& history, std::uint64_t budget, KeyState initial) {
  const std::vector<Moment> moments = timeline(history);
  if (std::optional<Judgement> j = judge_by_zones(history, moments, initial)) return *std::move(j);
  return search(history, moments, budget, initial);
}

}  // namespace hc::sim
