#include "tools/lincheck/minimal.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace hc::lincheck {
namespace {

using sim::History;
using sim::Observed;
using sim::Operation;
using Kind = Operation::Kind;
using Indices = std::vector<std::size_t>;

bool writes_value(const Operation& o) {
  return o.kind == Kind::kSet || o.kind == Kind::kAppend || o.kind == Kind::kCompareAndSet;
}

// By its kind and reply it changed nothing.
bool changes_nothing(const Operation& o) {
  return o.pure_read() || (o.kind == Kind::kCompareAndSet && o.observed.kind == Observed::Kind::kNil);
}

// All that its reply tells is which value is there.
bool tells_values_only(const Operation& o) {
  switch (o.kind) {
    case Kind::kGet:
      return true;
    case Kind::kCompareAndSet:
      return o.observed.kind != Observed::Kind::kNil;
    case Kind::kSet:
      return !o.only_if_missing && !o.only_if_present && !o.keep_ttl && !o.returns_old && o.ends == sim::kForever;
    case Kind::kAppend:
      return o.observed.kind == Observed::Kind::kNothing;
    default:
      return false;
  }
}

class Reduction {
 public:
  Reduction(const History& history, const sim::KeyState& initial, std::size_t illegal, std::uint64_t steps_most)
      : history_(history), illegal_(illegal), end_(history[illegal].returned), steps_left_(steps_most) {
    core_.initial = initial;
  }

  Core run() {
    for (std::size_t i = 0; i < history_.size(); ++i)
      if (history_[i].outcome != Operation::Outcome::kNotApplied && history_[i].called <= end_ &&
          (finished(i) || !history_[i].pure_read()))
        core_.indices.push_back(i);
    std::sort(core_.indices.begin(), core_.indices.end(), [&](std::size_t a, std::size_t b) {
      return history_[a].called != history_[b].called ? history_[a].called < history_[b].called : a < b;
    });
    appends_ = std::any_of(core_.indices.begin(), core_.indices.end(),
                           [&](std::size_t i) { return history_[i].kind == Kind::kAppend; });
    if (!tell_values_only()) forget_the_beginning();
    do {
      values_only_ = tell_values_only();
    } while (take_away() || values_only_ != tell_values_only());
    return core_;
  }

 private:
  bool tell_values_only() const {
    return std::all_of(core_.indices.begin(), core_.indices.end(),
                       [&](std::size_t i) { return tells_values_only(history_[i]); });
  }
  bool finished(std::size_t i) const { return history_[i].definite() && history_[i].returned <= end_; }

  // As if nothing was known of what came later.
  bool still_illegal(const Indices& some, const sim::KeyState& initial) {
    if (steps_left_ == 0) return false;
    History part;
    for (const std::size_t i : some) {
      part.push_back(history_[i]);
      if (finished(i)) continue;
      Operation& o = part.back();
      o.outcome = Operation::Outcome::kUnknown;
      o.returned = sim::kForever;
      o.observed = {};
    }
    const sim::Judgement j = judge(part, steps_left_, initial);
    steps_left_ -= std::min(steps_left_, j.steps + 2 * some.size());
    return j.kind == sim::Judgement::Kind::kViolated;
  }

  // The latest moment before which everything that has returned can be forgotten.
  void forget_the_beginning() {
    std::vector<sim::Instant> moments;
    for (const std::size_t i : core_.indices)
      if (finished(i)) moments.push_back(history_[i].returned);
    std::sort(moments.begin(), moments.end());
    const auto after = [&](std::size_t forgotten) {
      Indices rest;
      for (const std::size_t i : core_.indices)
        if (forgotten == 0 || !finished(i) || history_[i].returned > moments[forgotten - 1]) rest.push_back(i);
      return rest;
    };
    std::size_t good = 0, bad = moments.size();
    while (bad - good > 1) {
      const std::size_t middle = good + (bad - good) / 2;
      (still_illegal(after(middle), sim::KeyState::anything()) ? good : bad) = middle;
    }
    if (good == 0) return;
    core_.indices = after(good);
    core_.initial = sim::KeyState::anything();
  }

  // One pass over all sizes of pieces; true: something went, and single ones may go now that could not before.
  bool take_away() {
    bool any = false;
    for (std::size_t size = std::max<std::size_t>(1, core_.indices.size() / 2); size >= 1; size /= 2) {
      for (std::size_t at = 0; at < core_.indices.size() && steps_left_ > 0;) {
        Indices rest = without(at, size);
        if (rest.size() < core_.indices.size() && still_illegal(rest, core_.initial)) {
          core_.indices = std::move(rest);
          any = true;
        } else {
          at += size;
        }
      }
    }
    return any && steps_left_ > 0;
  }

  Indices without(std::size_t at, std::size_t size) const {
    std::vector<bool> gone(core_.indices.size());
    for (std::size_t k = at; k < std::min(at + size, core_.indices.size()); ++k)
      gone[k] = core_.indices[k] != illegal_ && (values_only_ || changes_nothing(history_[core_.indices[k]]));
    take_values(gone);
    Indices rest;
    for (std::size_t k = 0; k < gone.size(); ++k) {
      if (!gone[k])
        rest.push_back(core_.indices[k]);
      else if (core_.indices[k] == illegal_)
        return core_.indices;
    }
    return rest;
  }

  // With a write goes its value.
  void take_values(std::vector<bool>& gone) const {
    std::unordered_set<std::string_view> values;
    for (bool more = true; more;) {
      more = false;
      for (std::size_t k = 0; k < gone.size(); ++k) {
        const Operation& o = history_[core_.indices[k]];
        const bool writes = writes_value(o) && !changes_nothing(o);
        if ((writes && values.contains(o.value)) || tells_of(o, values)) gone[k] = true;
        if (gone[k] && writes) more |= values.insert(o.value).second;
      }
    }
  }
  bool tells_of(const Operation& o, const std::unordered_set<std::string_view>& values) const {
    const bool compares = o.kind == Kind::kCompareAndSet && o.observed.kind == Observed::Kind::kOk;
    if (o.observed.kind != Observed::Kind::kText && !compares) return false;
    const std::string_view text = compares ? std::string_view(o.expected) : std::string_view(o.observed.text);
    if (!appends_) return values.contains(text);
    return std::any_of(values.begin(), values.end(), [&](std::string_view v) { return text.find(v) != text.npos; });
  }

  const History& history_;
  const std::size_t illegal_;
  const sim::Instant end_;
  std::uint64_t steps_left_;
  bool values_only_ = false, appends_ = false;
  Core core_;
};

}  // namespace

Core minimal_core(const History& history, const sim::KeyState& initial, std::size_t illegal, std::uint64_t steps_most) {
  return Reduction(history, initial, illegal, steps_most).run();
}

}  // namespace hc::lincheck
