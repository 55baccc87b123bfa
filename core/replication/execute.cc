// Commands: when a primary may run one, and when its reply may leave (rules 3a, 3e, 4a, 5b, 8).
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kExpireSlotsPerTick = 2048;
constexpr std::size_t kExpireBudget = 64;

// Ends of life are wall time, and no other clock's.
WallTime wall_of(Now now) {
  if (!HC_MUTANT(kWrongWallClock)) return now.wall;
  return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(now.mono.time_since_epoch()));
}

}  // namespace

// Grants from every other member of the commit set (3a), by the time that was read after the request (3e).
bool Replication::leased(const Replica& r, Time now) const {
  if (HC_MUTANT(kCachedClock)) now = previous_now_;
  for (const Target& t : r.lead->targets)
    if (t.in_commit_set() && !leases_.holds(t.who, r.epoch, epoch(), now)) return false;
  return true;
}

bool Replication::may_execute(Slot s, Time now) const {
  const Replica& r = replicas_[s.value];
  if (!r.lead || log_.closing()) return false;  // nothing is written behind the clean mark (9b)
  if (r.lead->stage != Stage::kServing && !HC_MUTANT(kServeBeforeTakeover)) return false;
  return leased(r, now);
}

// 7a: what somebody lacks is kept until he has it. At the bound those who write wait.
bool Replication::backlog_full(const Replica& r) const {
  if (HC_MUTANT(kLearnerUnbounded)) return false;
  return r.tail_bytes >= config_.backlog_bytes || log_.full() || backlog_ >= config_.backlog_bytes_all;
}

std::optional<Reply> Replication::too_few_in_sync(Slot s, const CommandSpec& spec) const {
  if (!spec.writes() || config_.min_in_sync <= 1) return std::nullopt;
  const std::size_t has = view_->config(s).list.size();
  if (has >= config_.min_in_sync) return std::nullopt;
  return Reply::error("TRYAGAIN only " + std::to_string(has) + " in-sync replicas, min-in-sync is " +
                      std::to_string(config_.min_in_sync));
}

// 9e. Not at once where another one can write: it is about to take over.
std::optional<Reply> Replication::disk_refuses(const Replica& r, const CommandSpec& spec, Time now) const {
  if (!cannot_write(spec)) return std::nullopt;
  const auto can_write = [&](const Target& t) { return t.in_commit_set() && !full_.contains(t.who); };
  if (std::ranges::any_of(r.lead->targets, can_write) && now - log_.refused_since() < config_.patience)
    return std::nullopt;
  return Reply::error("MISCONF " + name_of(config_.self.id) + " cannot write to its disk (" + log_.refused_why() +
                      "), so it refuses writes: make room, and it goes on by itself. Nothing was applied");
}

Execution Replication::execution(Replica& r, Now now, EffectWriter* effects) {
  clock_.read(now.mono);
  Execution x{r.table, wall_of(now), random_, effects, &clock_, notices_wanted_ != 0 ? &notices_ : nullptr};
  x.filters_keys = key_filter_ppm_ != 0;
  return x;
}

// What ran, and wrote the entry `seq` or depends on it, noted things: they are told when that is committed.
void Replication::keep_notices(Slot s, Seq seq) {
  if (notices_wanted_ == 0) return;
  Replica& r = at(s);
  const bool now = seq <= r.commit || HC_MUTANT(kNoticeBeforeCommit);
  std::vector<Telling>& list = now ? tellings_ : r.lead->tellings;
  for (Noticed& notice : notices_.take()) list.push_back({s, {r.epoch, seq}, std::move(notice)});
}

Executor::Result Replication::run(Slot slot, const CommandSpec& spec, Args args, std::uint64_t token, Epoch sender,
                                  Time give_up, Now now) {
  Replica& r = at(slot);
  if (HC_MUTANT(kOneInFive)) {  // an executor that serves whatever it is sent, from a store of its own
    Execution x{strays_[slot], wall_of(now), random_, nullptr};
    return {Ran::kDone, execute(spec, args, x)};
  }
  if (!r.lead) {
    if (HC_MUTANT(kNoEpochCheck)) {
      Execution x{r.table, wall_of(now), random_, nullptr};
      return {Ran::kDone, execute(spec, args, x)};
    }
    if (sender <= epoch()) return {Ran::kNotMine, {}};
    if (HC_MUTANT(kNotMineWhenBehind)) return {Ran::kRefused, Reply::error_literal("CLUSTERDOWN not mine")};
  } else {
    if (auto refusal = too_few_in_sync(slot, spec)) return {Ran::kRefused, std::move(*refusal)};
    if (auto refusal = disk_refuses(r, spec, now.mono)) return {Ran::kRefused, std::move(*refusal)};
    const bool may_write = spec.writes() || r.table.expiring() > 0;  // a read deletes what has expired (8)
    const bool room = (!may_write || !backlog_full(r)) && !cannot_write(spec);
    const bool for_nothing = HC_BUGGIFY(kParksForNothing);
    parked_look_ |= for_nothing;
    if (room && !for_nothing && r.parked == 0 && may_execute(slot, now.mono)) {
      if (auto refusal = make_room(slot, spec, now)) return {Ran::kRefused, std::move(*refusal)};
      if (!may_write || !backlog_full(r)) return execute_now(slot, spec, args, token, now);  // what went is kept, too
    }
  }
  ++counters_.parked;
  ++r.parked;
  parked_.push_back({slot, &spec, args, token, sender, give_up});
  return {Ran::kWaits, {}};
}

// Of commands that read, as Redis does.
void Replication::count_lookups(const CommandSpec& spec, const Execution& x) {
  if (spec.writes()) return;
  counters_.hits += x.hits;
  counters_.misses += x.misses;
}

Executor::Result Replication::execute_now(Slot s, const CommandSpec& spec, Args args, std::uint64_t token, Now now) {
  Replica& r = at(s);
  ++counters_.executed;
  const std::size_t bytes = r.table.bytes();
  if (!must_tell(r)) {
    const std::uint64_t before = r.table.digest();
    Execution x = execution(r, now, nullptr);
    x.reads = spec.tells_misses();
    Reply reply = execute(spec, args, x);
    count_lookups(spec, x);
    if (r.table.bytes() != bytes) account(r);
    if (r.table.digest() != before) {
      r.at = r.base = {r.epoch, r.at.seq.next()};
      r.commit = r.at.seq;
    }
    keep_notices(s, r.commit);
    return {Ran::kDone, std::move(reply)};
  }
  effects_.reset();
  Execution x = execution(r, now, &effects_);
  x.reads = spec.tells_misses();
  Reply reply = execute(spec, args, x);
  count_lookups(spec, x);
  if (r.table.bytes() != bytes) account(r);
  const bool wrote = !effects_.empty();
  if (wrote) {
    reply.own();
    const Seq seq = r.at.seq.next();
    if (spec.route == Route::kKeys) {
      for (std::uint64_t hash : touched_keys(spec, args)) r.lead->touched.push_back({seq, hash});
    } else if (spec.writes()) {
      r.lead->touched.push_back({seq, 0});
    } else {  // it came by keys that had expired
      for_each_effect(effects_.bytes(),
                      [&](const StoreEffect& e) { r.lead->touched.push_back({seq, hash_of(e.key)}); });
    }
    write_down(s, effects_);
    HC_CHECK(r.at.seq == seq, "one entry for a command");
    effects_.reset();
    keep_notices(s, r.at.seq);
    advance_commit(s, now);
  }
  const Seq wait = !wrote ? must_wait_for(r, spec, args) : r.at.seq > r.commit ? r.at.seq : Seq();
  if (!wrote) keep_notices(s, wait);
  const bool early = wrote ? HC_MUTANT(kAckBeforeReplication) : HC_MUTANT(kReadUncommitted);
  if (!wait || early) return {Ran::kDone, std::move(reply)};
  reply.own();
  auto& waiters = r.lead->waiters;
  const auto place = std::ranges::upper_bound(waiters, wait, {}, &Waiter::seq);
  waiters.insert(place, Waiter{wait, token, std::move(reply)});
  return {Ran::kWaits, {}};
}

// 5b: a reply waits for the uncommitted effects that it depends on, and for nothing else.
Seq Replication::must_wait_for(const Replica& r, const CommandSpec& spec, Args args) const {
  if (r.at.seq <= r.commit) return {};
  if (spec.route != Route::kKeys) return r.at.seq;
  const KeyHashes keys = touched_keys(spec, args);
  const auto& touched = r.lead->touched;
  for (auto it = touched.rbegin(); it != touched.rend() && it->seq > r.commit; ++it)
    if (it->hash == 0 || std::ranges::find(keys, it->hash) != keys.end()) return it->seq;
  return {};
}

// What waited for a takeover, a lease or a view: list, takeover, lease and time are checked again (3e).
void Replication::run_parked(Now now) {
  if (!parked_look_ || parked_.empty()) return;
  parked_look_ = false;
  std::deque<Parked> kept;
  std::set<Slot> waiting;  // what came later in these slots waits behind it (4d)
  for (Parked& p : std::exchange(parked_, {})) {
    Replica& r = at(p.slot);
    if (now.mono >= p.give_up && p.token) {
      --r.parked;
      done_.push_back({p.token, Outcome::kNotExecuted, {}});
      if (HC_MUTANT(kQueuedRunsAfterRefusal)) {
        ++r.parked;
        p.token = 0;
        kept.push_back(std::move(p));
      }
      continue;
    }
    if (!r.lead && p.sender <= epoch()) {
      --r.parked;
      if (p.token) done_.push_back({p.token, Outcome::kNotMine, {}});
      continue;
    }
    auto refusal = r.lead ? disk_refuses(r, *p.spec, now.mono) : std::nullopt;
    const bool stale = HC_MUTANT(kStaleCheckAfterWait) && r.lead && r.lead->stage == Stage::kServing;
    const bool behind = waiting.contains(p.slot) && !HC_MUTANT(kReadsPassWaitingWrites);
    const bool waits =
        behind || !r.lead || !(stale || may_execute(p.slot, now.mono)) || backlog_full(r) || cannot_write(*p.spec);
    if (waits && (behind || !refusal)) {
      waiting.insert(p.slot);
      kept.push_back(std::move(p));
      continue;
    }
    --r.parked;
    if (!refusal) refusal = too_few_in_sync(p.slot, *p.spec);
    if (!refusal) refusal = make_room(p.slot, *p.spec, now);
    if (refusal) {
      done_.push_back({p.token, Outcome::kDone, std::move(*refusal)});
      continue;
    }
    if (backlog_full(r)) {  // by what went to make room
      ++r.parked;
      waiting.insert(p.slot);
      kept.push_back(std::move(p));
      continue;
    }
    Result result = execute_now(p.slot, *p.spec, p.args.views(), p.token, now);
    if (result.ran != Ran::kDone) continue;
    result.reply.own();
    done_.push_back({p.token, Outcome::kDone, std::move(result.reply)});
  }
  parked_ = std::move(kept);
}

// Rule 8: the primary decides that keys expired, and replicates the deletion.
void Replication::expire(Now now) {
  if (HC_BUGGIFY(kExpiresNothing)) return;
  const std::size_t budget = HC_BUGGIFY(kExpiresOne) ? 1 : kExpireBudget;
  const std::size_t most = std::min(awake_.count(), kExpireSlotsPerTick);
  for (std::size_t n = 0; n < most; ++n) {
    const auto next = awake_.next(expire_from_);
    const Slot s = next ? *next : *awake_.next(Slot{0});
    expire_from_ = Slot{static_cast<std::uint16_t>(s.value + 1)};
    Replica& r = replicas_[s.value];
    if (!r.lead || r.table.expiring() == 0 || backlog_full(r) || log_.refuses() || !may_execute(s, now.mono)) continue;
    const std::size_t before = r.table.size();
    const bool replicate = must_tell(r);
    EffectWriter effects;
    Execution x = execution(r, now, replicate ? &effects : nullptr);
    expire_some(x, budget);
    account(r);
    counters_.expired += before - r.table.size();
    if (replicate && !effects.empty()) {
      write_down(s, effects);
      r.lead->touched.push_back({r.at.seq, 0});
      keep_notices(s, r.at.seq);
      advance_commit(s, now);
    } else if (before != r.table.size()) {
      r.at = r.base = {r.epoch, r.at.seq.next()};
      r.commit = r.at.seq;
      keep_notices(s, r.commit);
    }
  }
}

}  // namespace hc
