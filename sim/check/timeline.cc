#include "sim/check/timeline.h"

#include <algorithm>
#include <tuple>

namespace hc::sim {
namespace {

bool earlier(const Moment& a, const Moment& b) { return std::tie(a.at, a.operation) < std::tie(b.at, b.operation); }

void sort(std::vector<Moment>& moments) {
  if (!std::is_sorted(moments.begin(), moments.end(), earlier)) std::sort(moments.begin(), moments.end(), earlier);
}

}  // namespace

std::vector<Moment> timeline(const History& history) {
  std::vector<Moment> calls, returns;
  calls.reserve(history.size());
  returns.reserve(history.size());
  for (Index i = 0; i < history.size(); ++i) {
    const Operation& o = history[i];
    if (!takes_part(o)) continue;
    calls.push_back({o.called, i, false});
    if (o.definite()) returns.push_back({o.returned, i, true});
  }
  sort(calls);
  sort(returns);
  std::vector<Moment> all(calls.size() + returns.size());
  std::merge(calls.begin(), calls.end(), returns.begin(), returns.end(), all.begin(),
             [](const Moment& a, const Moment& b) { return a.at < b.at; });  // stable: calls before returns
  return all;
}

}  // namespace hc::sim
