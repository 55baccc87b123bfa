#include "sim/check/search.h"

#include <algorithm>
#include <array>
#include <set>

#include "sim/check/chains.h"
#include "sim/check/course.h"
#include "sim/check/moves.h"
#include "sim/check/visited.h"

namespace hc::sim {
namespace {

constexpr std::size_t kVisitedWordsMost = 8'000'000;  // 64 MB

bool has(const std::uint64_t* set, std::uint32_t bit) { return set[bit / 64] >> (bit % 64) & 1; }
void add(std::uint64_t* set, std::uint32_t bit) { set[bit / 64] |= std::uint64_t{1} << (bit % 64); }
void remove(std::uint64_t* set, std::uint32_t bit) { set[bit / 64] &= ~(std::uint64_t{1} << (bit % 64)); }

// The ways on from a configuration, in the order in which they are tried.
enum class Way : std::uint8_t {
  kFirst,
  kHide,      // what returns is hidden: it is explained without any effect
  kExchange,  // an exchange in flight finds what it expects: who knows when it will again
  kItself,    // what returns takes effect
  kVanish,    // the key's life ends
  kHelpers,   // something else in flight takes effect, after which what returns may
  kUnknown,   // the same with something of unknown outcome
  kOthers,    // something else in flight that does not help at once
  kUnknowns,  // the same with something of unknown outcome
  kNone,
};

class Search {
 public:
  // The first `phases_most` phases.
  Search(const History& history, const std::vector<Moment>& moments, std::uint64_t budget, const KeyState& initial,
         std::size_t phases_most = std::numeric_limits<std::size_t>::max())
      : budget_(budget),
        moves_(history),
        chains_(history, moments, phases_most, initial),
        course_(history, moments, moves_, chains_),
        phases_(course_.too_much ? 0
                : chains_.on()   ? chains_.explicable()
                                 : std::min(phases_most, course_.phases())),
        visited_(course_.slot_words, course_.optional_words),
        slot_words_(course_.slot_words),
        words_(2 * course_.slot_words + course_.optional_words),
        scratch_(words_) {
    moves_.settle();
    state_ = moves_.state(initial);
    lost_ = moves_.state(KeyState::present("(what no read shows)", kForever));
  }

  Judgement run() {
    if (course_.too_much) return undecided();
    if (arrive(0)) return explained();
    while (!frames_.empty()) {
      if (result_.steps + looked_at_ / 4 > budget_ || visited_.words_in_all() > kVisitedWordsMost) return undecided();
      if (!next_way()) {
        frames_.pop_back();
        continue;
      }
      const std::uint32_t phase = frames_.back().phase;
      if (finished_ ? arrive(phase + 1) : visit(phase, false)) return explained();
    }
    return violated();
  }
  bool looks_ahead() const { return chains_.on(); }
  std::size_t phases() const { return phases_; }
  std::size_t returns_in_all() const { return course_.phases(); }
  std::size_t furthest() const { return furthest_; }
  Index returns(std::size_t phase) const { return course_.phase[phase].returns; }

 private:
  struct Frame {
    std::uint32_t phase;
    StateId state;
    std::uint32_t at = 0;  // how far within the way
    Way way = Way::kFirst;
    bool wanted = false;  // with what returns, something else in flight may take effect
    bool idle;            // the last to take effect need not have, and nothing has observed it so far
    bool arrived;         // nothing took effect in this phase so far
  };

  // ---- the configuration at hand: scratch_, state_, idle_

  std::uint64_t* done() { return scratch_.data(); }
  std::uint64_t* hidden() { return scratch_.data() + slot_words_; }
  std::uint64_t* optional() { return scratch_.data() + 2 * slot_words_; }

  void load(const Frame& f) {
    const std::uint64_t* words = &frame_words_[(frames_.size() - 1) * words_];
    std::copy_n(words, words_, scratch_.data());
    state_ = f.state;
    idle_ = f.idle;
  }
  const std::uint64_t* words_of_top() const { return &frame_words_[(frames_.size() - 1) * words_]; }

  bool waits(const std::uint64_t* sets, std::uint32_t phase, const Course::Part& p) const {
    if (p.before == kNoIndex) return false;
    const Course::Part& before = course_.part[p.before];
    return before.phase >= phase && !has(sets, before.slot);
  }

  StateId apply(StateId state, MoveId move) {
    ++result_.steps;
    return moves_.apply(state, move);
  }

  // A legal observer takes effect now.
  bool absorb(std::uint32_t phase, Index i) {
    const Course::Part& p = course_.part[i];
    if (has(done(), p.slot) || waits(done(), phase, p) || apply(state_, p.move) != state_) return false;
    add(done(), p.slot);
    return true;
  }
  bool absorb_all(std::uint32_t phase) {
    if (moves_.state_of(state_).kind == KeyState::Kind::kAnything) return false;
    bool any = false;
    for (const Index i : course_.watchers(phase)) any |= absorb(phase, i);
    return any;
  }

  // Ends of life that have come are all the same: the key may vanish at any moment.
  void forget_past(Instant now) {
    const KeyState& s = moves_.state_of(state_);
    if (s.may_end > now || s.may_end <= kEnded) return;
    KeyState ended = s;
    ended.may_end = kEnded;
    state_ = moves_.state(ended);
  }

  // Of a definite operation: has it taken effect?
  auto settled(std::uint32_t phase, const std::uint64_t* sets) const {
    return [this, phase, sets](Index i) {
      const Course::Part& p = course_.part[i];
      return p.phase < phase || (p.since <= phase && has(sets, p.slot));
    };
  }

  // The configuration has come through all phases before this one. True: through all there are.
  bool arrive(std::uint32_t phase) {
    for (;; ++phase) {
      if (phase == phases_) return note(phase), true;
      if (moves_.state_of(state_).kind != KeyState::Kind::kAnything)
        for (const Index i : course_.calls(phase))
          if (course_.part[i].observer) absorb(phase, i);
      const std::uint32_t slot = course_.part[course_.phase[phase].returns].slot;
      if (!has(done(), slot)) break;
      remove(done(), slot);
    }
    forget_past(course_.phase[phase].at);
    idle_ = false;
    note(phase);
    return visit(phase, true);
  }

  // Always false: nothing is decided yet, but that it is worth a frame.
  bool visit(std::uint32_t phase, bool arrived) {
    const std::uint64_t key =
        std::uint64_t{phase} << 32 | std::uint64_t{moves_.shape(state_)} << 1 | static_cast<std::uint64_t>(idle_);
    if (!visited_.add(key, {done(), hidden(), optional()}, course_.better_done(phase), course_.writes(phase),
                      moves_.state_of(state_).may_end, looked_at_))
      return false;
    frame_words_.resize(frames_.size() * words_);
    frame_words_.insert(frame_words_.end(), scratch_.begin(), scratch_.end());
    frames_.push_back({phase, state_, 0, Way::kFirst, false, idle_, arrived});
    return false;
  }

  // For the report: what the key may have been when the search could not get on.
  void note(std::uint32_t phase) {
    if (phase < furthest_) return;
    if (phase > furthest_) states_there_.clear();
    furthest_ = phase;
    if (states_there_.empty() || states_there_.back() != state_) states_there_.push_back(state_);
  }

  // ---- ways on

  // Makes the next configuration from the top frame; finished_: the phase is through. False: there is none.
  bool next_way() {
    Frame& f = frames_.back();
    const Index x = course_.phase[f.phase].returns;
    const Course::Part& part = course_.part[x];
    for (;;) {
      switch (f.way) {
        case Way::kFirst:
          f.way = Way::kHide;
          f.wanted = wanted(f, x);
          if (f.wanted) f.way = Way::kExchange;
          break;
        case Way::kHide:
          f.way = f.wanted ? Way::kVanish : Way::kExchange;
          if (f.arrived && has(words_of_top() + slot_words_, part.slot)) return load(f), finish(part);
          break;
        case Way::kExchange:
          if (next_exchange(f, x)) return settle(part);
          break;
        case Way::kItself: {
          f.way = f.wanted ? Way::kHide : Way::kVanish;
          const StateId next = legal(f, x);
          if (next == kIllegal) break;
          // A legal observer makes all longer ways superfluous.
          if (part.observer && next == f.state) f.way = Way::kNone;
          take(f, x, next);
          return finish(part);
        }
        case Way::kVanish:
          f.way = always_legal(part) ? Way::kOthers : Way::kHelpers;
          if (!may_vanish(moves_.state_of(f.state), course_.phase[f.phase].at)) break;
          load(f);
          state_ = moves_.state(KeyState::missing());
          idle_ = false;
          absorb_all(f.phase);
          return settle(part);
        case Way::kHelpers:
        case Way::kOthers:
          if (next_in_flight(f, x)) return settle(part);
          break;
        case Way::kUnknown:
        case Way::kUnknowns:
          if (next_unknown(f, part)) return settle(part);
          break;
        case Way::kNone:
          return false;
      }
    }
  }

  static bool always_legal(const Course::Part& p) { return p.free_write && p.blind; }

  bool settle(const Course::Part& part) {
    if (has(done(), part.slot)) return finish(part);
    finished_ = false;
    return true;
  }
  bool finish(const Course::Part& part) {
    remove(done(), part.slot);
    remove(hidden(), part.slot);
    finished_ = true;
    return true;
  }

  // What would be overwritten unobserved need not have happened, if its outcome is unknown, or is hidden if it is a
  // free write: that way is not gone.
  StateId legal(const Frame& f, Index i) {
    const Course::Part& p = course_.part[i];
    if ((f.idle && p.blind) || waits(words_of_top(), f.phase, p) || !fits(f, i)) return kIllegal;
    return apply(f.state, p.move);
  }
  // By what is read later.
  bool fits(const Frame& f, Index i) {
    const Course::Part& p = course_.part[i];
    if (!chains_.on() || p.observer) return true;
    ++result_.steps;
    return chains_.allows(moves_.state_of(f.state), i, settled(f.phase, words_of_top()));
  }

  // The top frame's configuration, after `i`.
  void take(const Frame& f, Index i, StateId next) {
    const Course::Part& p = course_.part[i];
    load(f);
    state_ = next;
    if (p.blind) hide_others(f.phase);
    if (p.definite) {
      add(done(), p.slot);
      remove(hidden(), p.slot);
    } else {
      add(optional(), p.slot);
    }
    forget_past(course_.phase[f.phase].at);
    idle_ = !p.definite || p.free_write;
    if (absorb_all(f.phase)) idle_ = false;
    lose(f.phase);
  }
  bool hides_more(const Frame& f) const {
    const std::uint64_t *writes = course_.writes(f.phase), *sets = words_of_top();
    for (std::size_t w = 0; w < slot_words_; ++w)
      if (writes[w] & ~sets[w] & ~sets[slot_words_ + w]) return true;
    return false;
  }
  // All texts that nobody will read are one.
  void lose(std::uint32_t phase) {
    if (chains_.on() && chains_.unheard() && chains_.lost(moves_.state_of(state_), settled(phase, done())))
      state_ = lost_;
  }
  void hide_others(std::uint32_t phase) {
    const std::uint64_t* writes = course_.writes(phase);
    for (std::size_t w = 0; w < slot_words_; ++w) hidden()[w] |= writes[w] & ~done()[w];
  }

  bool helps(StateId next, const Course::Part& x) { return apply(next, x.move) != kIllegal; }

  // Somebody else in flight observes or exchanges what `x`, if it is hidden, would write.
  bool wanted(const Frame& f, Index x) {
    const Course::Part& part = course_.part[x];
    if (!f.arrived || !part.blind || !has(words_of_top() + slot_words_, part.slot)) return false;
    const StateId next = legal(f, x);
    if (next == kIllegal || next == f.state) return false;
    for (const Index i : course_.flight(f.phase)) {
      const Course::Part& p = course_.part[i];
      if ((p.observer || p.exchange) && !has(words_of_top(), p.slot) && apply(next, p.move) != kIllegal &&
          (p.exchange || moves_.operation_of(p.move).kind == Operation::Kind::kGet))
        return true;
    }
    return false;
  }

  // Of those in flight that do the same, the next to return goes first: whatever the other can do later, it can.
  bool twin_waits(const Frame& f, std::size_t at) const {
    const MoveId effect = course_.effects[course_.flight(f.phase)[at]];
    return effect != Course::kNoEffect && twin_in_flight(f, effect, at);
  }
  bool twin_in_flight(const Frame& f, MoveId effect, std::size_t before) const {
    const auto flight = course_.flight(f.phase).first(before);
    return std::any_of(flight.begin(), flight.end(), [&](Index i) {
      return course_.effects[i] == effect && !has(words_of_top(), course_.part[i].slot);
    });
  }

  bool next_exchange(Frame& f, Index x) {
    const auto flight = course_.flight(f.phase);
    while (!course_.part[x].exchange && ++f.at < flight.size()) {
      const Course::Part& p = course_.part[flight[f.at]];
      if (!p.exchange || has(words_of_top(), p.slot)) continue;
      const StateId next = legal(f, flight[f.at]);
      if (next == kIllegal || next == f.state || twin_waits(f, f.at)) continue;
      take(f, flight[f.at], next);
      return true;
    }
    f.at = 0;
    f.way = Way::kItself;
    return false;
  }

  bool next_in_flight(Frame& f, Index x) {
    const bool helpers = f.way == Way::kHelpers, all = always_legal(course_.part[x]);
    const auto flight = course_.flight(f.phase);
    const bool known = moves_.state_of(f.state).kind != KeyState::Kind::kAnything;
    while (++f.at < flight.size()) {  // the first is `x`
      const Index i = flight[f.at];
      const Course::Part& p = course_.part[i];
      if (has(words_of_top(), p.slot) || (p.observer && known && p.before == kNoIndex)) continue;
      const StateId next = legal(f, i);
      if (next == kIllegal || (!all && helps(next, course_.part[x]) != helpers) || twin_waits(f, f.at)) continue;
      take(f, i, next);
      if (idle_ && !may_be_observed(f.phase)) continue;
      return true;
    }
    f.at = 0;
    f.way = helpers ? Way::kUnknown : Way::kUnknowns;
    return false;
  }

  bool next_unknown(Frame& f, const Course::Part& x) {
    const bool helpers = f.way == Way::kUnknown, all = always_legal(x);
    for (; f.at < course_.classes.size(); ++f.at) {
      const Course::Class& c = course_.classes[f.at];
      if ((f.idle && c.blind) || twin_in_flight(f, c.move, course_.flight(f.phase).size())) continue;
      const std::uint32_t number = first_unused(c);
      if (number == c.end || course_.optional_since[number] > f.phase) continue;
      const StateId next = fits(f, c.one) ? apply(f.state, c.move) : kIllegal;
      const bool in_vain = next == f.state && !(c.blind && hides_more(f));
      if (next == kIllegal || in_vain || (!all && helps(next, x) != helpers)) continue;
      take_unknown(f, c, number, next);
      if (idle_ && !may_be_observed(f.phase)) continue;
      ++f.at;
      return true;
    }
    f.at = 0;
    f.way = helpers ? Way::kOthers : Way::kNone;
    return false;
  }
  std::uint32_t first_unused(const Course::Class& c) const {
    const std::uint64_t* optional = words_of_top() + 2 * slot_words_;
    std::uint32_t number = c.first;
    while (number < c.end && has(optional, number)) ++number;
    return number;
  }
  void take_unknown(const Frame& f, const Course::Class& c, std::uint32_t number, StateId next) {
    load(f);
    state_ = next;
    if (c.blind) hide_others(f.phase);
    add(optional(), number);
    forget_past(course_.phase[f.phase].at);
    idle_ = !absorb_all(f.phase);
    lose(f.phase);
  }

  bool may_be_observed(std::uint32_t phase) {
    const KeyState& s = moves_.state_of(state_);
    if (may_vanish(s, course_.phase[phase].at)) return true;
    const bool anything = s.kind == KeyState::Kind::kAnything;
    for (const Index i : course_.flight(phase)) {
      const Course::Part& p = course_.part[i];
      if (has(done(), p.slot) || p.blind) continue;
      if (anything || p.before != kNoIndex || (!p.observer && apply(state_, p.move) != kIllegal)) return true;
    }
    const auto optional_observer = [&](const Course::Class& c) {
      return !c.blind && !used_up(c) && apply(state_, c.move) != state_;
    };
    return std::any_of(course_.classes.begin(), course_.classes.end(), optional_observer);
  }
  bool used_up(const Course::Class& c) { return has(optional(), c.end - 1); }

  // ---- the end

  Judgement explained() {
    tell_states();
    return result_;
  }
  Judgement violated() {
    result_.kind = Judgement::Kind::kViolated;
    result_.illegal = course_.phase[furthest_].returns;
    tell_states();
    return result_;
  }
  void tell_states() {
    std::set<KeyState> states;
    for (const StateId s : states_there_) {
      if (s == lost_) continue;
      KeyState state = moves_.state_of(s);
      state.value = moves_.names().readable(state.value);
      states.insert(std::move(state));
    }
    result_.states.assign(states.begin(), states.end());
  }
  Judgement undecided() {
    result_.kind = Judgement::Kind::kUndecided;
    return result_;
  }

  static constexpr Instant kEnded = instant(std::numeric_limits<std::int64_t>::min() + 1);

  const std::uint64_t budget_;
  Moves moves_;
  const Chains chains_;
  const Course course_;
  const std::size_t phases_;
  Visited visited_;
  const std::size_t slot_words_, words_;

  std::vector<std::uint64_t> scratch_;
  StateId state_, lost_;
  bool idle_ = false;
  bool finished_ = false;

  std::vector<Frame> frames_;
  std::vector<std::uint64_t> frame_words_;
  std::uint32_t furthest_ = 0;
  std::vector<StateId> states_there_;
  std::uint64_t looked_at_ = 0;
  Judgement result_;
};

// A search that looks ahead gives up before it comes to the return that nothing explains. That is the last one of the
// shortest beginning of the history that is illegal.
Judgement pinned_down(const History& history, const std::vector<Moment>& moments, std::uint64_t budget,
                      const KeyState& initial, const Search& whole, Judgement found) {
  std::uint64_t steps = found.steps;
  std::size_t good = whole.furthest(), bad = whole.phases(), stride = 1;  // so many phases
  std::vector<KeyState> states = std::move(found.states);
  while (bad - good > 1 && steps < budget) {
    const std::size_t middle = good + std::min(stride, (bad - good) / 2);
    const Judgement j = Search(history, moments, budget - steps, initial, middle).run();
    steps += j.steps;
    if (j.kind == Judgement::Kind::kLinearizable) {
      good = middle;
      states = j.states;
      stride *= 2;
    } else if (j.kind == Judgement::Kind::kViolated) {
      bad = middle;
    } else {
      break;
    }
  }
  found.illegal = whole.returns(bad - 1);
  found.states = std::move(states);
  found.steps = steps;
  return found;
}

}  // namespace

Judgement search(const History& history, const std::vector<Moment>& moments, std::uint64_t budget,
                 const KeyState& initial) {
  Search whole(history, moments, budget, initial);
  Judgement j = whole.run();
  if (j.kind == Judgement::Kind::kLinearizable && whole.phases() < whole.returns_in_all()) {
    j.kind = Judgement::Kind::kViolated;  // by the read that nothing explains
    j.illegal = whole.returns(whole.phases());
    return j;
  }
  if (j.kind != Judgement::Kind::kViolated || !whole.looks_ahead()) return j;
  return pinned_down(history, moments, budget, initial, whole, std::move(j));
}

}  // namespace hc::sim
