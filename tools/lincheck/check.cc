#include "tools/lincheck/check.h"

namespace hc::lincheck {

using Kind = sim::Judgement::Kind;

Verdict check(const sim::Histories& histories, std::uint64_t budget) {
  Verdict v;
  const auto completion = [&](const Finding& f) { return histories.keys[f.key].history[f.judgement.illegal].returned; };
  for (std::size_t k = 0; k < histories.keys.size(); ++k) {
    const sim::History& history = histories.keys[k].history;
    Finding found{k, judge(history, budget, histories.initial)};
    v.operations += history.size();
    v.steps += found.judgement.steps;
    const Kind kind = found.judgement.kind;
    if (kind == Kind::kLinearizable || (kind == Kind::kUndecided && v.finding)) continue;
    if (v.kind == Kind::kViolated && completion(*v.finding) <= completion(found)) continue;
    v.kind = kind;
    v.finding = std::move(found);
  }
  return v;
}

}  // namespace hc::lincheck
