// Memory: what counts, whom a primary evicts for itself and for its replicas, when it refuses, and what replicas report
// (rules 5e, 8).
//
// A primary above its limit evicts keys of slots that it leads, whatever the policy finds among a few samples (Redis'
// approximation), before it executes what may need memory, and between commands. Every eviction is a deletion like any
// other: it has a position, and is replicated. A replica never refuses; above its limit it tells the primaries that it
// follows, and they evict keys of the slots that both hold, or refuse.
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kEvictAtOnce = 2048;  // keys, before a command goes ahead although there is more to do
constexpr std::size_t kPool = 16;
constexpr std::uint64_t kSlotTries = 64;
constexpr int kKeyTries = 16;
constexpr Duration kMoreSoon = 1ms;
constexpr std::size_t kRelocateByWriter =
    64;  // places: who makes fragments takes part, and for each key that it evicts:
constexpr std::size_t kRelocateByEviction = 16;
constexpr std::size_t kHollowPart = 50, kHollowLeast = std::size_t{2} << 20;  // more than this is worth moving entries
constexpr Duration kToldFor = 1s;  // somebody above its limit says so again and again

using Policy = EvictionPolicy;

bool of_volatile(Policy p) { return p >= Policy::kVolatileLru; }
bool of_frequency(Policy p) { return p == Policy::kAllkeysLfu || p == Policy::kVolatileLfu; }

// The higher, the sooner it goes.
std::uint64_t score(const SlotTable::Item& item, Policy policy, const AccessClock& clock) {
  switch (policy) {
    case Policy::kAllkeysLru:
    case Policy::kVolatileLru:
      return clock.idle_seconds(item.stamp);
    case Policy::kAllkeysLfu:
    case Policy::kVolatileLfu:
      return 255 - clock.frequency(item.stamp);
    case Policy::kVolatileTtl:
      return ~static_cast<std::uint64_t>(item.expiry.time_since_epoch().count());
    default:
      return 0;
  }
}

bool may_go(const SlotTable::Item& item, Policy policy) { return !of_volatile(policy) || item.expiry != kNoExpiry; }

}  // namespace

void Replication::limit_memory(const MemoryLimits& limits) {
  memory_.limits = limits;
  memory_.pool.clear();
  clock_.keep(of_frequency(limits.policy) ? AccessClock::Keeps::kFrequency : AccessClock::Keeps::kRecency,
              limits.lfu_log_factor, limits.lfu_decay_minutes);
  evict_at_ = Time{};
}

// Where free places lie between entries evicting more would help little: entries are moved together.
void Replication::measured(std::size_t beyond, std::size_t hollow) {
  memory_.beyond = beyond;
  memory_.hollow = config_.relocate ? 0 : hollow;
  if (memory_.over() > 0) evict_at_ = Time{};
  const bool much = hollow > memory_.limits.bytes / kHollowPart && hollow > kHollowLeast;
  if (config_.relocate && memory_.limits.bytes != 0 && much && !memory_.relocate_at) memory_.relocate_at = Time{};
}

void Replication::relocate_some(std::size_t places, Time now) {
  for (std::size_t budget = places; budget > 0 && memory_.relocate_slot < replicas_.size();) {
    SlotTable& table = replicas_[memory_.relocate_slot].table;
    memory_.relocate_cursor = table.relocate(memory_.relocate_cursor, budget, config_.relocate);
    if (memory_.relocate_cursor == 0) ++memory_.relocate_slot;
  }
  memory_.relocate_at = now + kMoreSoon;
  if (memory_.relocate_slot < replicas_.size()) return;
  memory_.relocate_slot = 0;
  memory_.relocate_at.reset();
}

// To be called after every change of its table or tail. A slot that gets its first key gets its filter here.
void Replication::account(Replica& r) {
  fit_filter(r);
  const std::size_t now = r.table.bytes() + r.tail_memory + (r.remains ? r.remains->bytes() : 0);
  memory_.counted += now - r.counted;
  r.counted = now;
}

// ------------------------------------------------------------------------------------------------------------ as
// primary

// 5e: before it executes what may need memory. A reply: there is none, and nothing was executed.
std::optional<Reply> Replication::make_room(Slot s, const CommandSpec& spec, Now now) {
  if (memory_.quiet() || !(spec.flags & kDenyOom)) return std::nullopt;
  std::size_t left = kEvictAtOnce;
  bool room = relieve({}, left, now);
  for (const Target& t : replicas_[s.value].lead->targets) room = relieve(t.who.member, left, now) && room;
  if (memory_.relocate_at) relocate_some(kRelocateByWriter + (kEvictAtOnce - left) * kRelocateByEviction, now.mono);
  if (room || backlog_full(replicas_[s.value])) return std::nullopt;  // in a full backlog nothing can go yet: it waits
  ++counters_.out_of_memory;
  return Reply::error_literal("OOM command not allowed when used memory > 'maxmemory'.");
}

// Evicts until `whom` (none: ourselves) is within its limit, or `left` is used up. False: nothing can go any more.
bool Replication::relieve(NodeId whom, std::size_t& left, Now now) {
  const auto over = [&] {
    if (!whom) return memory_.over();
    const auto told = memory_.others.find(whom);
    return told == memory_.others.end() ? 0 : told->second.over;
  };
  for (; over() > 0 && left > 0; --left)
    if (!evict_one(whom, now)) return false;
  if (over() > 0) evict_at_ = now.mono + kMoreSoon;
  return true;
}

// Between commands: after a limit was lowered, or when replicas or buffers grew.
void Replication::evict_some(Now now) {
  evict_at_.reset();
  if (memory_.quiet()) return;
  if (now.mono >= memory_.forget_at) {
    memory_.forget_at = now.mono + kToldFor;
    std::erase_if(memory_.others, [&](const auto& other) { return now.mono >= other.second.until; });
  }
  std::size_t left = kEvictAtOnce;
  relieve({}, left, now);
  for (const auto& [whom, told] : memory_.others) relieve(whom, left, now);
}

bool Replication::may_evict(Slot s, NodeId whom, Time now) const {
  const Replica& r = replicas_[s.value];
  if (!r.lead || r.table.size() == 0 || backlog_full(r) || log_.refuses()) return false;
  if (of_volatile(memory_.limits.policy) && r.table.expiring() == 0) return false;
  const auto holds_it = [&](const Target& t) { return t.who.member == whom; };
  return (!whom || std::ranges::any_of(r.lead->targets, holds_it)) && may_execute(s, now);
}

// Any slot that may give something, by chance. nullopt: there is none.
std::optional<Slot> Replication::draw_slot(NodeId whom, Time now) {
  for (std::uint64_t i = 0; i < kSlotTries; ++i)
    if (const Slot s = slot_number(memory_.chance.below(replicas_.size())); may_evict(s, whom, now)) return s;
  const std::size_t from = memory_.chance.below(replicas_.size());
  for (std::size_t i = 0; i < replicas_.size(); ++i)
    if (const Slot s = slot_number((from + i) % replicas_.size()); may_evict(s, whom, now)) return s;
  return std::nullopt;
}

// A few keys by chance; those worth it stay in the pool. False: there is no slot to draw from.
bool Replication::sample(NodeId whom, Time now) {
  const Policy policy = memory_.limits.policy;
  auto& pool = memory_.pool;
  for (std::uint32_t n = 0; n < std::max(memory_.limits.samples, 1U); ++n) {
    const auto slot = draw_slot(whom, now);
    if (!slot) return n > 0;
    const SlotTable& table = replicas_[slot->value].table;
    auto item = table.random(memory_.chance);
    for (int tries = 0; !may_go(*item, policy) && tries < kKeyTries; ++tries) item = table.random(memory_.chance);
    for (std::uint64_t cursor = 0; !may_go(*item, policy);)  // few keys have a time to live: the first that has
      cursor = table.walk(cursor, [&](const SlotTable::Item& other) {
        if (may_go(other, policy)) item = other;
      });
    const std::uint64_t worth = score(*item, policy, clock_);
    const auto same = [&](const Memory::Candidate& c) { return c.slot == *slot && c.key == item->key; };
    if (std::ranges::any_of(pool, same)) continue;
    if (pool.size() == kPool && worth <= pool.front().score) continue;
    if (pool.size() == kPool) pool.erase(pool.begin());
    const auto place = std::ranges::upper_bound(pool, worth, {}, &Memory::Candidate::score);
    pool.insert(place, {worth, *slot, std::string(item->key)});
  }
  return true;
}

// The key that is worth least among those that were looked at. False: nothing can go.
bool Replication::evict_one(NodeId whom, Now now) {
  if (memory_.limits.policy == Policy::kNoEviction) return false;
  clock_.read(now.mono);
  while (sample(whom, now.mono)) {
    for (std::size_t i = memory_.pool.size(); i-- > 0;) {
      const Memory::Candidate c = memory_.pool[i];
      if (!may_evict(c.slot, whom, now.mono)) continue;
      memory_.pool.erase(memory_.pool.begin() + static_cast<std::ptrdiff_t>(i));
      const auto item = replicas_[c.slot.value].table.find(c.key);
      if (!item || !may_go(*item, memory_.limits.policy) || score(*item, memory_.limits.policy, clock_) < c.score)
        continue;  // gone, or used since
      evict(c.slot, c.key, now);
      return true;
    }
    std::erase_if(memory_.pool, [&](const auto& c) { return !may_evict(c.slot, {}, now.mono); });
  }
  return false;
}

// 8: a deletion like any other.
void Replication::evict(Slot s, Bytes key, Now now) {
  Replica& r = at(s);
  const std::size_t before = r.table.bytes();
  const std::uint64_t hash = hash_of(key);
  r.table.erase(key, hash);
  notices_.add(Notice::kEvicted, key);
  const std::size_t freed = before - std::min(before, r.table.bytes());
  const bool tells = must_tell(r) && !HC_MUTANT(kEvictionNotReplicated);
  memory_.evicted.push_back({s, std::string(key), {r.epoch, tells ? r.at.seq.next() : r.at.seq}});
  ++counters_.evicted;
  if (tells) {
    EffectWriter effects;
    effects.erase(key);
    append_entry(s, {{r.epoch, r.at.seq.next()}, r.at.slot_epoch, false, Value::copy_of(effects.take())});
    r.lead->touched.push_back({r.at.seq, hash});
    keep_notices(s, r.at.seq);
    for (const Target& t : r.lead->targets)
      if (const auto told = memory_.others.find(t.who.member); told != memory_.others.end())
        told->second.over -= std::min(told->second.over, freed);
    advance_commit(s, now);
  } else if (!must_tell(r)) {
    r.at = r.base = {r.epoch, r.at.seq.next()};
    r.commit = r.at.seq;
    keep_notices(s, r.commit);
  }
  account(r);
}

void Replication::handle(Incarnation from, const Pressure& m, Now now) {
  if (m.bytes_over == 0) {
    memory_.others.erase(from.member);
  } else {
    memory_.others[from.member] = {m.bytes_over, now.mono + kToldFor};
    evict_at_ = now.mono;
  }
}

// ------------------------------------------------------------------------------------------------------------ as
// replica

// To each primary that we follow its part of what we are above our limit, by what its slots take here. Said when it
// begins, at every tick while it lasts, and when it is over.
void Replication::report_pressure(bool tick) {
  const std::size_t over = memory_.over();
  if (over == 0 ? !memory_.said : memory_.said && !tick) return;
  memory_.said = over > 0;
  std::map<NodeId, std::size_t> held;
  std::size_t all = 0;
  for (const Replica& r : replicas_) {
    all += r.counted;
    if (!r.lead && r.counted > 0 && (r.listed || r.learner)) held[r.primary.member] += r.counted;
  }
  for (const auto& [primary, bytes] : held) {
    const auto part = static_cast<std::uint64_t>(static_cast<unsigned __int128>(over) * bytes / all);
    peers_.send(primary, Pressure{over == 0 ? 0 : std::max<std::uint64_t>(part, 1)});
  }
}

}  // namespace hc
