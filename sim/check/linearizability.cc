#include "sim/check/linearizability.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace hc::sim {
namespace {

using Index = std::uint32_t;
using Indices = std::vector<Index>;  // ascending

bool has(const Indices& set, Index x) { return std::binary_search(set.begin(), set.end(), x); }
void insert(Indices& set, Index x) { set.insert(std::lower_bound(set.begin(), set.end(), x), x); }
void erase(Indices& set, Index x) {
  const auto at = std::lower_bound(set.begin(), set.end(), x);
  if (at != set.end() && *at == x) set.erase(at);
}

// A set of operations of unknown outcome, which are numbered for it.
class OptionalSet {
 public:
  static constexpr Index kMost = 256;
  bool has(Index n) const { return words_[n / 64] >> (n % 64) & 1; }
  void add(Index n) { words_[n / 64] |= std::uint64_t{1} << (n % 64); }
  bool includes(const OptionalSet& o) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      if (o.words_[i] & ~words_[i]) return false;
    return true;
  }

 private:
  std::array<std::uint64_t, kMost / 64> words_{};
};

struct Configuration {
  Indices definite;      // in flight, will return, has taken effect
  OptionalSet optional;  // of unknown outcome, has taken effect
  KeyState state;
  bool idle = false;  // the last to take effect was an operation of unknown outcome that nothing has observed so far
};

// Leaves the same state and gives the same reply whatever was there before.
bool blind(const Operation& o) {
  switch (o.kind) {
    case Operation::Kind::kSet:
      return !o.only_if_missing && !o.only_if_present && !o.keep_ttl &&
             (!o.returns_old || o.observed.kind == Observed::Kind::kNothing);
    case Operation::Kind::kDelete:
    case Operation::Kind::kGetDelete:
      return o.observed.kind == Observed::Kind::kNothing;
    case Operation::Kind::kLost:
      return true;
    default:
      return false;
  }
}

// Configurations of which none dominates another.
class Front {
 public:
  // False if it is dominated by one that is there (or is there itself).
  bool add(const Configuration& c) {
    std::vector<Used>& known = found_[{c.definite, c.state.kind, c.state.value, c.idle}];
    const Used mine{c.optional, c.state.may_end};
    for (const Used& u : known)
      if (dominates(u, mine)) return false;
    std::erase_if(known, [&](const Used& u) { return dominates(mine, u); });
    known.push_back(mine);
    return true;
  }
  std::vector<Configuration> take() {
    std::vector<Configuration> all;
    for (auto& [key, known] : found_)
      for (const Used& u : known)
        all.push_back({std::get<0>(key), u.optional, {std::get<1>(key), std::get<2>(key), u.may_end}});
    found_.clear();
    return all;
  }

 private:
  struct Used {
    OptionalSet optional;
    Instant may_end;
  };
  // Who may end earlier can do all that one who ends later can; having no end is another thing (PERSIST tells).
  static bool dominates(const Used& a, const Used& b) {
    const bool ends =
        a.may_end == b.may_end || a.may_end == Instant::min() || (a.may_end < b.may_end && b.may_end != kForever);
    return ends && b.optional.includes(a.optional);
  }

  std::map<std::tuple<Indices, KeyState::Kind, std::string, bool>, std::vector<Used>> found_;
};

// What was written and never shown by any reply is one and the same to whoever looks (of one length, where lengths are
// told; numbers are left alone where numbers are told). Under one name its writers are alike.
History anonymous(History history) {
  std::set<std::string> texts;
  bool counts = false, lengths = false;
  for (const Operation& o : history) {
    lengths |= o.kind == Operation::Kind::kAppend;
    counts |= o.kind == Operation::Kind::kIncrease;
    if (o.observed.kind == Observed::Kind::kText) texts.insert(o.observed.text);
  }
  for (Operation& o : history) {
    if (o.value.empty()) continue;
    if (counts && o.value.find_first_not_of("-0123456789") == std::string::npos) continue;
    const bool shown = lengths ? std::any_of(texts.begin(), texts.end(),
                                             [&](const std::string& t) { return t.find(o.value) != std::string::npos; })
                               : texts.contains(o.value);
    if (!shown) o.value.assign(lengths ? o.value.size() : 1, '\x01');
  }
  return history;
}

// A PERSIST of unknown outcome takes an end away, which allows nothing new, but that a later PERSIST finds none. So it
// is left out, and what those later ones replied is not asked. (Weaker, by a hair; and much less to search.)
History without_unknown_persists(History history) {
  Instant first = kForever;
  for (Operation& o : history) {
    if (o.kind != Operation::Kind::kPersist || o.outcome != Operation::Outcome::kUnknown) continue;
    first = std::min(first, o.called);
    o.outcome = Operation::Outcome::kNotApplied;
  }
  for (Operation& o : history)
    if (o.kind == Operation::Kind::kPersist && o.observed.number == 0 && o.returned >= first) o.observed = {};
  return history;
}

constexpr Index kNone = std::numeric_limits<Index>::max();

// For each answered operation, the answered one that its connection sent before it.
Indices befores(const History& history) {
  std::map<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>, Index> sent;
  for (Index i = 0; i < history.size(); ++i) {
    const Operation& o = history[i];
    if (o.connection != 0 && o.outcome == Operation::Outcome::kDone) sent[{o.client, o.connection, o.place}] = i;
  }
  Indices result(history.size(), kNone);
  for (auto it = sent.begin(); it != sent.end(); ++it) {
    const auto next = std::next(it);
    if (next == sent.end() || std::get<0>(next->first) != std::get<0>(it->first) ||
        std::get<1>(next->first) != std::get<1>(it->first))
      continue;
    result[next->second] = it->second;
  }
  return result;
}

class Search {
 public:
  Search(const History& history, std::uint64_t budget, KeyState initial)
      : history_(without_unknown_persists(anonymous(history))), budget_(budget) {
    configurations_.push_back({{}, {}, std::move(initial)});
    numbers_.resize(history_.size());
    befores_ = befores(history_);
    for (Index i = 0; i < history_.size(); ++i)
      if (optional(i)) numbers_[i] = optionals_++;
  }

  Judgement run() {
    if (optionals_ > OptionalSet::kMost) {
      give_up();
      return result_;
    }
    for (const Moment& m : moments()) {
      if (!m.returns) {
        in_flight_.push_back(m.operation);
        for (Configuration& c : configurations_) absorb_read(c, m.operation);
      } else if (!complete(m.operation, m.at)) {
        return result_;
      }
    }
    return result_;
  }

 private:
  struct Moment {
    Instant at;
    bool returns;
    Index operation;
  };

  // Calls before returns at one instant: then they overlap, which allows more.
  std::vector<Moment> moments() const {
    std::vector<Moment> all;
    for (Index i = 0; i < history_.size(); ++i) {
      const Operation& o = history_[i];
      if (o.outcome == Operation::Outcome::kNotApplied) continue;
      if (o.outcome == Operation::Outcome::kUnknown && o.pure_read()) continue;
      all.push_back({o.called, false, i});
      if (o.outcome == Operation::Outcome::kDone) all.push_back({o.returned, true, i});
    }
    std::sort(all.begin(), all.end(), [](const Moment& a, const Moment& b) {
      return std::tie(a.at, a.returns, a.operation) < std::tie(b.at, b.returns, b.operation);
    });
    return all;
  }

  bool optional(Index i) const {
    return history_[i].outcome == Operation::Outcome::kUnknown && !history_[i].pure_read();
  }
  bool done_in(const Configuration& c, Index i) const {
    return optional(i) ? c.optional.has(numbers_[i]) : has(c.definite, i);
  }

  // What its connection sent before and is still in flight comes first.
  bool must_wait(const Configuration& c, Index i) const {
    const Index before = befores_[i];
    return before != kNone && !done_in(c, before) &&
           std::find(in_flight_.begin(), in_flight_.end(), before) != in_flight_.end();
  }

  // A legal read that changes nothing takes effect now.
  void absorb_read(Configuration& c, Index i) {
    const Operation& o = history_[i];
    if (!o.pure_read() || c.state.kind == KeyState::Kind::kAnything || done_in(c, i) || must_wait(c, i)) return;
    KeyState same;
    ++result_.steps;
    if (apply(c.state, o, same)) insert(c.definite, i);
  }
  void absorb_reads(Configuration& c) {
    for (const Index i : in_flight_) absorb_read(c, i);
  }

  // Every configuration in which `x` has taken effect by `now`; false if there is none, or the budget is spent.
  bool complete(Index x, Instant now) {
    Front results, seen;
    std::vector<Configuration> level;
    now_ = now;
    for (Configuration& c : configurations_) {
      forget_past(c.state);
      if (has(c.definite, x))
        finish(c, x, results);
      else if (seen.add(c))
        level.push_back(c);
    }
    while (!level.empty()) {
      std::vector<Configuration> next_level;
      for (const Configuration& c : level) {
        extend(c, x, now, results, seen, next_level);
        if (result_.steps > budget_) return give_up();
      }
      level = std::move(next_level);
    }
    std::erase(in_flight_, x);
    std::vector<Configuration> after = results.take();
    if (after.empty()) return violated(x);
    configurations_ = std::move(after);
    result_.configurations_most = std::max<std::uint64_t>(result_.configurations_most, configurations_.size());
    return true;
  }

  void finish(Configuration c, Index x, Front& results) {
    erase(c.definite, x);
    c.idle = false;
    results.add(c);
  }

  void extend(const Configuration& c, Index x, Instant now, Front& results, Front& seen,
              std::vector<Configuration>& next_level) {
    // `x` first: a legal pure read that ends here makes all longer ways superfluous.
    KeyState next;
    if (legal(c, x, next)) {
      const bool changes = next != c.state;
      finish(after(c, x, std::move(next)), x, results);
      if (history_[x].pure_read() && !changes) return;
    }
    if (may_vanish(c.state, now)) {
      Configuration n = c;
      n.state = KeyState::missing();
      n.idle = false;
      absorb_reads(n);
      visit(std::move(n), x, results, seen, next_level);
    }
    for (const Index i : in_flight_) {
      if (i == x || done_in(c, i) || twin_waits(c, i) || !legal(c, i, next)) continue;
      Configuration n = after(c, i, std::move(next));
      if (n.idle && !may_be_observed(n, x, now)) continue;
      visit(std::move(n), x, results, seen, next_level);
    }
  }

  void visit(Configuration n, Index x, Front& results, Front& seen, std::vector<Configuration>& next_level) {
    if (has(n.definite, x)) {
      finish(std::move(n), x, results);
      return;
    }
    if (seen.add(n)) next_level.push_back(std::move(n));
  }

  // What would be overwritten unobserved need not have happened, if its outcome is unknown: that way is not gone.
  bool legal(const Configuration& c, Index i, KeyState& next) {
    if ((c.idle && blind(history_[i])) || must_wait(c, i)) return false;
    ++result_.steps;
    return apply(c.state, history_[i], next);
  }

  Configuration after(const Configuration& c, Index i, KeyState next) {
    forget_past(next);
    Configuration n{c.definite, c.optional, std::move(next), optional(i)};
    if (optional(i))
      n.optional.add(numbers_[i]);
    else
      insert(n.definite, i);
    const std::size_t before = n.definite.size();
    absorb_reads(n);
    if (n.definite.size() > before) n.idle = false;
    return n;
  }

  // Ends of life that have come are all the same: the key may vanish at any moment.
  void forget_past(KeyState& state) const {
    if (state.may_end <= now_ && state.may_end > kEnded) state.may_end = kEnded;
  }

  bool may_be_observed(const Configuration& c, Index x, Instant now) const {
    if (may_vanish(c.state, now)) return true;
    for (const Index i : in_flight_)
      if ((i == x || !done_in(c, i)) && !blind(history_[i]) &&
          (!history_[i].pure_read() || c.state.kind == KeyState::Kind::kAnything))
        return true;
    return false;
  }

  // Of operations of unknown outcome that do the same, the earlier ones go first: one order stands for all.
  bool twin_waits(const Configuration& c, Index i) const {
    if (!optional(i)) return false;
    for (const Index j : in_flight_) {
      if (j == i) return false;
      if (optional(j) && !c.optional.has(numbers_[j]) && alike(history_[i], history_[j])) return true;
    }
    return false;
  }
  static bool alike(const Operation& a, const Operation& b) {
    const auto deletes = [](const Operation& o) {
      return o.kind == Operation::Kind::kDelete || o.kind == Operation::Kind::kGetDelete;
    };
    if (deletes(a) && deletes(b)) return true;
    return a.kind == b.kind && a.only_if_missing == b.only_if_missing && a.only_if_present == b.only_if_present &&
           a.keep_ttl == b.keep_ttl && a.value == b.value && a.amount == b.amount && a.ends == b.ends;
  }

  bool violated(Index x) {
    result_.kind = Judgement::Kind::kViolated;
    result_.illegal = x;
    std::set<KeyState> states;
    for (const Configuration& c : configurations_) states.insert(c.state);
    result_.states.assign(states.begin(), states.end());
    return false;
  }
  bool give_up() {
    result_.kind = Judgement::Kind::kUndecided;
    return false;
  }

  static constexpr Instant kEnded = instant(std::numeric_limits<std::int64_t>::min() + 1);

  const History history_;
  const std::uint64_t budget_;
  Instant now_{};
  std::vector<Index> numbers_;  // of operations of unknown outcome, in OptionalSet
  Index optionals_ = 0;
  std::vector<Index> befores_;  // the answered operation that its connection sent just before; kNone: none
  Indices in_flight_;           // in the order of their calls
  std::vector<Configuration> configurations_;
  Judgement result_;
};

}  // namespace

Judgement judge(const History& history, std::uint64_t budget, KeyState initial) {
  return Search(history, budget, std::move(initial)).run();
}

}  // namespace hc::sim
