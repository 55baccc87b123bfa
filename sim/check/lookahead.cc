#include "sim/check/lookahead.h"

#include <set>

namespace hc::sim {

Lookahead::Lookahead(const History& history, const Course& course, std::size_t phases, const KeyState& initial)
    : course_(course) {
  using Kind = Operation::Kind;
  if (initial.kind == KeyState::Kind::kAnything || initial.may_end != kForever) return;
  bool appends = false;
  for (Index i = 0; i < history.size(); ++i) {
    const Operation& o = history[i];
    if (!takes_part(o)) continue;
    const bool set = o.kind == Kind::kSet && course.part[i].blind && o.ends == kForever;
    if (o.kind != Kind::kGet && o.kind != Kind::kAppend && !set) return;
    appends |= o.kind == Kind::kAppend;
  }
  if (!appends) return;
  on_ = true;
  for (std::uint32_t p = 0; p < phases; ++p) {
    first_read_.push_back(static_cast<std::uint32_t>(reads_.size()));
    const Index i = course.phase[p].returns;
    const Observed& o = history[i].observed;
    if (history[i].kind != Kind::kGet || o.kind == Observed::Kind::kNothing) continue;
    reads_.push_back({i, p, o.text, {}});
  }
  find_sets(history);
}

void Lookahead::find_sets(const History& history) {
  std::unordered_map<std::string_view, std::vector<Index>> sets;
  std::set<std::size_t> lengths;
  for (Index i = 0; i < history.size(); ++i) {
    if (history[i].kind != Operation::Kind::kSet || !takes_part(history[i])) continue;
    sets[history[i].value].push_back(i);
    lengths.insert(history[i].value.size());
  }
  for (Read& r : reads_)
    for (const std::size_t length : lengths) {
      if (length > r.text.size()) break;
      const auto found = sets.find(r.text.substr(0, length));
      if (found == sets.end()) continue;
      for (const Index i : found->second)
        if (course_.part[i].since <= r.phase) r.sets.push_back(i);
    }
}

}  // namespace hc::sim
