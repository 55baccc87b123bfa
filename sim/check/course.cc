#include "sim/check/course.h"

#include <algorithm>
#include <compare>
#include <map>

namespace hc::sim {
namespace {

constexpr std::size_t kFlightMost = 40'000'000;  // over all phases

using Kind = Operation::Kind;
using Is = Observed::Kind;
using Indices = std::vector<Index>;

bool blind(const Operation& o) {
  switch (o.kind) {
    case Kind::kSet:
      return !o.only_if_missing && !o.only_if_present && !o.keep_ttl &&
             (!o.returns_old || o.observed.kind == Is::kNothing);
    case Kind::kDelete:
    case Kind::kGetDelete:
      return o.observed.kind == Is::kNothing;
    case Kind::kLost:
    case Kind::kEvicted:
      return true;
    default:
      return false;
  }
}

bool observer(const Operation& o) {
  const bool zero = o.observed.kind == Is::kNumber && o.observed.number == 0;
  switch (o.kind) {
    case Kind::kGet:
    case Kind::kExists:
      return true;
    case Kind::kCompareAndSet:
    case Kind::kGetDelete:
      return o.observed.kind == Is::kNil;
    case Kind::kDelete:
    case Kind::kExpire:
      return zero;
    case Kind::kIncrease:
      return o.observed.kind == Is::kNotInteger;
    case Kind::kSet:
      if (o.only_if_missing) return o.observed.kind == (o.returns_old ? Is::kText : Is::kNil);
      return o.only_if_present && o.observed.kind == Is::kNil;
    default:
      return false;
  }
}

bool unheard(const Operation& o) { return o.kind == Kind::kAppend && o.observed.kind == Is::kNothing; }

// What a PERSIST replied is not asked after one of unknown outcome (takes_part()).
bool not_asked(const Operation& o, Instant first_unknown_persist) {
  return o.kind == Kind::kPersist && o.observed.number == 0 && o.returned >= first_unknown_persist;
}

}  // namespace

Course::Course(const History& history, const std::vector<Moment>& moments, Moves& moves, const Chains& chains)
    : part(history.size()), effects(history.size(), kNoEffect) {
  describe(history, moments, moves, chains);
  give_slots(moments);
  number_optionals(moments);
  lay_out(history, moments);
}

void Course::describe(const History& history, const std::vector<Moment>& moments, Moves& moves, const Chains& chains) {
  Instant first_unknown_persist = kForever;
  for (const Operation& o : history)
    if (o.kind == Kind::kPersist && o.outcome == Operation::Outcome::kUnknown)
      first_unknown_persist = std::min(first_unknown_persist, o.called);
  struct Sent {
    std::uint32_t client;
    std::uint64_t connection, place;
    std::size_t nth;
    Index operation;
    auto operator<=>(const Sent&) const = default;
    bool same_connection(const Sent& o) const { return client == o.client && connection == o.connection; }
  };
  std::vector<Sent> sent;
  for (const Moment& m : moments) {
    if (m.returns) continue;
    const Operation& o = history[m.operation];
    Part& p = part[m.operation];
    p.definite = o.definite();
    KeyState next;
    p.blind = blind(o) && apply(KeyState::missing(), o, next);
    p.observer = p.definite && observer(o);
    p.move = not_asked(o, first_unknown_persist) ? moves.move(o, {}) : moves.move(o);
    p.exchange = p.definite && o.kind == Kind::kCompareAndSet && o.observed.kind == Is::kOk;
    if (p.exchange || (p.blind && o.kind == Kind::kSet)) effects[m.operation] = moves.move(o, {});
    p.free_write = p.definite && (p.blind || (unheard(o) && !(chains.on() && chains.placed(m.operation))));
    p.needless = p.free_write && chains.on() && chains.unheard() && chains.needless(m.operation);
    if (p.definite && o.connection != 0) sent.push_back({o.client, o.connection, o.place, sent.size(), m.operation});
  }
  std::ranges::sort(sent);
  const Sent* before = nullptr;
  for (const Sent& s : sent) {
    const Sent* const next = &s + 1 == sent.data() + sent.size() ? nullptr : &s + 1;
    if (next && s.same_connection(*next) && s.place == next->place) continue;  // of one place the last
    if (before && before->same_connection(s)) {
      part[s.operation].before = before->operation;
      part[s.operation].free_write = part[before->operation].free_write = false;
      effects[s.operation] = effects[before->operation] = kNoEffect;
      part[s.operation].needless = part[before->operation].needless = false;
    }
    before = &s;
  }
}

void Course::give_slots(const std::vector<Moment>& moments) {
  std::vector<std::uint32_t> free;
  std::uint32_t slots = 0, returned = 0;
  for (const Moment& m : moments) {
    Part& p = part[m.operation];
    if (!p.definite) continue;
    if (m.returns) {
      p.phase = returned++;
      free.push_back(p.slot);
      continue;
    }
    p.since = returned;
    if (free.empty()) {
      p.slot = slots++;
    } else {
      p.slot = free.back();
      free.pop_back();
    }
  }
  slot_words = (slots + 63) / 64;
}

void Course::number_optionals(const std::vector<Moment>& moments) {
  std::map<MoveId, std::vector<Index>> alike;
  std::uint32_t returned = 0, all = 0;
  for (const Moment& m : moments) {
    Part& p = part[m.operation];
    if (m.returns) {
      ++returned;
    } else if (!p.definite) {
      p.since = returned;
      alike[p.move].push_back(m.operation);
    }
  }
  for (const auto& [move, operations] : alike) {
    const std::uint32_t first = all;
    for (const Index i : operations) {
      part[i].slot = all++;
      optional_since.push_back(part[i].since);
    }
    classes.push_back({move, first, all, operations.front(), part[operations.front()].blind});
  }
  optional_words = (all + 63) / 64;
}

void Course::lay_out(const History& history, const std::vector<Moment>& moments) {
  std::size_t in_flight = 0, sum = 0;
  for (const Moment& m : moments) {
    if (!part[m.operation].definite) continue;
    if (m.returns) sum += in_flight--;
    in_flight += !m.returns;
  }
  if (sum > kFlightMost) {
    too_much = true;
    return;
  }
  flying.reserve(sum);
  const auto begin_phase = [&](Index returns, Instant at) {
    phase.push_back({returns, at, static_cast<std::uint32_t>(called.size()), static_cast<std::uint32_t>(flying.size()),
                     static_cast<std::uint32_t>(watching.size())});
  };
  const auto insert = [&](Indices& now, Index i) {
    now.insert(std::upper_bound(now.begin(), now.end(), part[i].phase,
                                [&](std::uint32_t at, Index other) { return at < part[other].phase; }),
               i);
  };
  // What is in flight now, and of that the observers, the free writes, those that are better done.
  Indices now, observers, new_calls;
  std::vector<std::uint64_t> writes(slot_words), better(slot_words);
  for (const Moment& m : moments) {
    const Part& p = part[m.operation];
    if (!p.definite) continue;
    const std::uint64_t bit = std::uint64_t{1} << (p.slot % 64);
    if (!m.returns) {
      new_calls.push_back(m.operation);
      insert(now, m.operation);
      if (p.observer) insert(observers, m.operation);
      if (p.free_write) writes[p.slot / 64] |= bit;
      if (p.observer || p.needless) better[p.slot / 64] |= bit;
      continue;
    }
    begin_phase(m.operation, history[m.operation].returned);
    called.insert(called.end(), new_calls.begin(), new_calls.end());
    new_calls.clear();
    flying.insert(flying.end(), now.begin(), now.end());
    watching.insert(watching.end(), observers.begin(), observers.end());
    write_slots.insert(write_slots.end(), writes.begin(), writes.end());
    better_done_slots.insert(better_done_slots.end(), better.begin(), better.end());
    now.erase(now.begin());
    if (p.observer) observers.erase(observers.begin());
    writes[p.slot / 64] &= ~bit;
    better[p.slot / 64] &= ~bit;
  }
  begin_phase(kNoIndex, kForever);
}

}  // namespace hc::sim
