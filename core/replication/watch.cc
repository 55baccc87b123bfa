// Who keeps us waiting: leases, repetition, complaints, and the other reports that views rest on (rules 3a, 5d, 7b,
// 7c).
#include <algorithm>
#include <ranges>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr Duration kTick = 100ms;
constexpr Duration kTicksApart = 10ms;             // at least
constexpr Duration kTellAfter = 200ms;             // what is committed, where no entry followed
constexpr Duration kRepeatAfter = 400ms;           // sent and not acknowledged
constexpr std::size_t kSlowBytesPerMs = 16 << 10;  // 16 MiB/s
constexpr std::int64_t kLeaseAsksPerLease = 3;
constexpr std::int64_t kLeaseAskedEarly = 16;  // by this part of it, where the node is awake
constexpr std::size_t kManyAwake = 256;        // slots that a report looks at
constexpr Duration kReportsApart = 50ms;       // then
constexpr std::size_t kRelocateAtOnce = 4000;  // places; about a millisecond

// How long so many bytes may take on their way before we believe that they were dropped at its end.
Duration time_for(std::size_t bytes) { return std::chrono::milliseconds(bytes / kSlowBytesPerMs); }

}  // namespace

// ------------------------------------------------------------------------------------------------------------- leases

void Replication::ask_lease(NodeId member, Time now) {
  if (HC_BUGGIFY(kLeaseForgotten)) leases_.forget(member);
  ask_lease_at_[member] =
      now + (HC_BUGGIFY(kLeaseAskedLate) ? view_->lease * 3 / 4 : view_->lease / kLeaseAsksPerLease);
  peers_.send(member, LeaseAsk{now});
}

void Replication::ask_leases(Time now) {
  for (const auto& [member, at] : ask_lease_at_)
    if (now >= at - view_->lease / kLeaseAskedEarly) ask_lease(member, now);
}

void Replication::handle(Incarnation from, const LeaseAsk& m, Time now) {
  if (!view_) return;
  const bool named = view_->names(from) && view_->names(self());  // 2d
  if ((!named && !HC_MUTANT(kGrantToOldGeneration)) || HC_BUGGIFY(kGrantWithheld)) return;
  leases_.give(from.member, now);
  peers_.send(from, Grant{m.sent, epoch()});
  // Who would ask it soon asks it in the same frame.
  const auto ours = ask_lease_at_.find(from.member);
  if (ours != ask_lease_at_.end() && ours->second - now <= view_->lease / kLeaseAsksPerLease / 2)
    ask_lease(from.member, now);
}

void Replication::handle(Incarnation from, const Grant& m, Now now) {
  leases_.receive(from, m.sent, m.view, epoch(), now.mono);
  parked_look_ = true;
}

// ---------------------------------------------------------------------------------------------------- peers come, time

void Replication::seems_dead(NodeId peer, bool dead) {
  if (dead) {
    seem_dead_.insert(peer);
  } else {
    seem_dead_.erase(peer);
  }
}

bool Replication::know_full(std::set<Incarnation> full) { return std::exchange(full_, std::move(full)) != full_; }

// 7d: what waits for such a one may be at rest.
bool Replication::know_out_of_time(std::set<Incarnation> who) {
  if (HC_MUTANT(kOutOfTimeUnheard) || who == out_of_time_) return false;
  out_of_time_ = std::move(who);
  for (const Incarnation& one : out_of_time_)
    if (const auto with = targeted_.find(one.member); with != targeted_.end()) awake_.add(with->second.slots);
  return true;
}

// 9e: as far as that moves us: who cannot write itself is no better. Whose disk is full is not waited for, and as
// primary is as good as silent.
bool Replication::full(Incarnation who) const {
  return full_.contains(who) && !log_.refuses() && !HC_MUTANT(kFullDiskKeepsRole);
}

// Others may have answered: nobody kept us waiting meanwhile. Leases, and waits for them, run on.
void Replication::paused(Duration lost) {
  watched_at_ += lost;
  for (auto& [to, lane] : lanes_) lane.progress += lost;
  for (Replica& r : replicas_) {
    r.since += lost;
    if (!r.lead) continue;
    for (Target& t : r.lead->targets) {
      t.waiting_since += lost;
      t.progress += lost;
      if (t.fill) t.fill->progress += lost;
    }
  }
}

// What came before there was this session was not sent, and what was on its way in another may be lost.
void Replication::session_opened(NodeId peer, Now now) {
  if (!view_) return;
  say_again(peer, {}, now);
  if (HC_MUTANT(kUnacknowledgedForgotten)) return;
  awake_.for_each([&](Slot s) {
    if (replica(s).primary.member == peer && replica(s).commit < durable(replica(s))) acknowledge(s);
  });
}

// It has a newer view: what it could not take in its old one is said again, and as a former primary it is released.
void Replication::advanced(NodeId peer, Epoch before, Now now) {
  if (view_) say_again(peer, before, now);
  step_waiting(now);
}

void Replication::say_again(NodeId peer, Epoch before, Now now) {
  ask_tails(peer, before);
  if (ask_lease_at_.contains(peer)) ask_lease(peer, now.mono);
  for_each_awake_with(peer, before, [&](Slot s) {
    Replica& r = at(s);
    for (Target& t : r.lead->targets) {
      const bool has_all = HC_MUTANT(kUnsentForgotten) ? t.acked == t.sent : t.acked == r.at.seq;
      if (t.who.member != peer || has_all || t.view <= before) continue;
      t.sent = t.acked;
      queue(s);
    }
  });
  restart_fills(peer, before, now.mono);
}

void Replication::repeat(Now now) {
  bool asking = false;
  std::set<NodeId> silent;  // learners of which a chunk on its way was not acknowledged for long
  awake_.for_each_not_in(left_over_, [&](Slot s) {
    prefetch_next(s);
    Replica& r = replicas_[s.value];
    std::erase_if(r.limbo, [&](const Limbo& l) {
      if (now.mono < l.give_up) return false;
      if (l.token) done_.push_back({l.token, Outcome::kUnknown, {}});
      return true;
    });
    if (!r.lead || r.lead->targets.empty()) return;
    asking |= r.lead->stage == Stage::kAsking;
    const std::optional<Time> since = r.lead->untold_since;
    if (r.commit > r.lead->told_commit && (!since || now.mono - *since >= kTellAfter)) queue(s);
    for (Target& t : r.lead->targets) {
      if (t.sent > t.acked && now.mono - t.progress > kRepeatAfter &&
          now.mono - t.progress > kRepeatAfter + time_for(bytes_on_the_way(r, t))) {
        t.sent = t.acked;
        t.progress = now.mono;
        queue(s);
      }
      if (!t.listed && !t.filled && t.fill && !t.fill->unacked.empty() &&
          now.mono - t.fill->progress > 4 * kRepeatAfter)
        silent.insert(t.who.member);
      if (stuck(r, t, now.mono) && !std::exchange(t.fill->stalled, true)) trim(r);
      try_count(s, t, now.mono);
      if (HC_MUTANT(kCaughtUpRevoked) && t.counted && t.acked < r.at.seq) t.counted = false;
    }
  });
  if (asking) ask_tails(std::nullopt, {});
  for (const NodeId member : silent) restart_fills(member, {}, now.mono);
}

bool Replication::tick(Now now, bool beside) {
  install_learners(now.mono);
  ask_leases(now.mono);
  if (next_release_ && now.mono >= *next_release_) step_waiting(now);
  if (evict_at_ && now.mono >= *evict_at_) evict_some(now);
  if (memory_.relocate_at && now.mono >= *memory_.relocate_at) relocate_some(kRelocateAtOnce, now.mono);
  if (filter_at_ && now.mono >= *filter_at_) fit_filters(now.mono);
  begin_fills(now.mono);
  const bool due = now.mono >= tick_at_ - (beside ? kTick - kTicksApart : 0ms);
  if (due) {
    tick_at_ = now.mono + (HC_MUTANT(kTimerNotRearmed) ? Duration(1h) : kTick);
    parked_look_ = true;
    expire(now);
    evict_some(now);
    report_pressure(true);
    if (view_ && view_->members.size() > 1) {
      repeat(now);
      if (now.mono >= discards_at_ || HC_BUGGIFY(kDiscardsAsked)) ask_discards(now.mono);
      for (auto& [to, lane] : lanes_) HC_BUGGIFY(kFillsAgain) ? restart_fills(to, {}, now.mono) : pump(to, now.mono);
    }
  }
  run_parked(now);
  previous_now_ = now.mono;
  const bool report = due || (report_at_ && now.mono >= *report_at_);
  if (report) report_at_.reset();
  return report;
}

std::optional<Time> Replication::deadline() const {
  if (!view_ && parked_.empty()) return std::nullopt;
  Time next = tick_at_;
  if (next_release_) next = std::min(next, *next_release_);
  if (evict_at_) next = std::min(next, *evict_at_);
  if (memory_.relocate_at) next = std::min(next, *memory_.relocate_at);
  if (filter_at_) next = std::min(next, *filter_at_);
  if (!to_begin_.empty()) next = std::min(next, to_begin_.next);
  if (report_at_) next = std::min(next, *report_at_);
  if (others_learn_.next) next = std::min(next, *others_learn_.next);
  for (const auto& [member, at] : ask_lease_at_) next = std::min(next, at);
  return next;
}

// ------------------------------------------------------------------------------------------------------------ reports

// The view names a newer process of that member.
bool Replication::ended(Incarnation who) const {
  const ViewMember* m = view_->member(who.member);
  return m && m->info.generation != who.generation;
}

Duration Replication::patience(Incarnation about, Time now) const {
  // Who was full with us may have room again with us, and its word be on the way.
  const bool just_had_room = log_.room_since() && now - *log_.room_since() < config_.patience;
  if (ended(about) || out_of_time_.contains(about) || (full(about) && !just_had_room)) return {};
  const auto refused = peers_.refused_since(about.member);
  if (refused && now - *refused >= config_.patience_refused) return config_.patience_refused;
  return seem_dead_.contains(about.member) ? config_.patience_refused : config_.patience;
}

bool Replication::waits_for(const Replica& r, const Target& t, Time now) const {
  if (t.beyond_tail || ended(t.who) || out_of_time_.contains(t.who)) return true;
  const Stage stage = r.lead->stage;
  if (stage == Stage::kAsking) return t.listed && !t.answered;
  if (!t.in_commit_set()) return false;
  if (HC_MUTANT(kNoReplicationComplaint)) return false;
  const bool ours = log_.refuses();  // what keeps us waiting is our own disk
  return (stage >= Stage::kClosing && t.acked < r.at.seq && !ours) || !leases_.holds(t.who, r.epoch, epoch(), now);
}

// 7a: a learner of which nothing was heard for T since its turn, neither of this slot's fill nor of another's.
bool Replication::stuck(const Replica& r, const Target& t, Time now) const {
  if (r.lead->stage != Stage::kServing || t.in_commit_set() || (t.fill && t.fill->id == 0)) return false;
  const auto lane = lanes_.find(t.who.member);
  const Time progress = t.filled || lane == lanes_.end() ? Time{} : lane->second.progress;
  return now - std::max(t.waiting_since, progress) >= config_.patience;
}

void Replication::watch_targets(Slot s, Time now, Said& said) {
  Replica& r = replicas_[s.value];
  const InSyncList& list = view_->config(s).list;
  const auto say = [&](ReportKind kind, Incarnation about) {
    said.try_emplace({kind, about}, SlotSet(config_.slots)).first->second.add(s);
  };
  for (Target& t : r.lead->targets) {
    if (rested_.has(s)) t.waiting_since = std::max(t.waiting_since, watched_at_);
    if (t.counted) say(ReportKind::kCaughtUp, t.who);
    if (stuck(r, t, now) && list.size() < view_->replication_factor) {
      say(ReportKind::kStuck, t.who);
    } else if (!waits_for(r, t, now)) {
      if (t.in_commit_set() || r.lead->stage != Stage::kServing) t.waiting_since = now;
    } else if (t.in_commit_set() && (t.beyond_tail || now - t.waiting_since >= patience(t.who, now))) {
      say(ReportKind::kComplaint, t.who);
    }
    if (t.listed && may_leave(s, t.who) && !HC_BUGGIFY(kDropsLate)) say(ReportKind::kDrop, t.who);
  }
}

// 7c: the ring no longer wants it, all whom the ring wants are in the list or counted, and the takeover is complete. In
// a full list the last of those whom the ring no longer wants may make room.
bool Replication::may_leave(Slot s, Incarnation who) const {
  const auto wanted = view_->ring.wanted(s);
  const InSyncList& list = view_->config(s).list;
  const auto unwanted = [&](Incarnation x) { return std::ranges::find(wanted, x.member) == wanted.end(); };
  if (!unwanted(who)) return false;
  if (HC_MUTANT(kDropBeforeTakeover)) return true;
  Lead& lead = *replica(s).lead;
  if (lead.stage != Stage::kServing) return false;
  const auto is_in = [&](NodeId id) {
    const Incarnation process = view_->incarnation_of(id);
    const Target* t = lead.target(process);
    return t ? t->in_commit_set() : list.names(process);
  };
  if (std::ranges::all_of(wanted, is_in)) return true;
  const bool last = std::none_of(std::ranges::find(list, who) + 1, list.end(), unwanted);
  return list.size() == kListMax && last && !HC_MUTANT(kFullListStays);
}

// As in-sync replica or filled learner: nothing heard of the primary, or it lacks this list for too long.
bool Replication::silent(const Replica& r, const PrimarySeen& primary, Time now) {
  if (now - std::max(primary.last, r.since) >= primary.patience) return true;
  return primary.installed < r.epoch && now - r.since >= primary.patience;
}

Replication::PrimarySeen Replication::seen_of(Incarnation primary, Time now) const {
  const auto behind = behind_since_.find(primary);
  return {peers_.last_heard(primary), patience(primary, now), peers_.installed(primary),
          behind == behind_since_.end() ? Time{} : behind->second};
}

bool Replication::late(const PrimarySeen& primary, Time now) const {
  return now - primary.last >= primary.patience ||
         (primary.installed < epoch() && now - primary.behind_since >= primary.patience);
}

void Replication::watch_primary(Slot s, const PrimarySeen& primary, Time now, Said& said) {
  const Replica& r = replica(s);
  const bool counts = r.listed || (r.learner && r.filled && !HC_MUTANT(kCountedLearnerMute));
  if (!counts || !silent(r, primary, now)) return;
  said.try_emplace({ReportKind::kComplaint, r.primary}, SlotSet(config_.slots)).first->second.add(s);
}

// `said` of it, in this look: who waits only to be taken in, or out (7c), needs no further look to have that said
// again.
bool Replication::at_rest(Slot s, Time now, const Said& said) const {
  const Replica& r = replica(s);
  if (!r.limbo.empty()) return false;
  if (!r.lead && (r.listed || r.learner) && r.commit < durable(r)) return false;  // its acknowledgement may be lost
  if (!r.lead) return (r.listed && !HC_MUTANT(kWipeBeforeView)) || r.learner || !r.holds;
  const auto has_word = [&](ReportKind kind, const Target& t) {
    const auto word = said.find({kind, t.who});
    return word != said.end() && word->second.has(s);
  };
  const auto settled = [&](const Target& t) {
    if (waits_for(r, t, now)) return false;
    if (t.fill && t.fill->id == 0) return true;  // its turn has not come
    if (t.acked != r.at.seq || t.sent != r.at.seq) return false;
    if (t.listed) return !t.fill && (has_word(ReportKind::kDrop, t) || !may_leave(s, t.who));
    return has_word(ReportKind::kCaughtUp, t) && (!t.fill || t.fill->unacked.empty());
  };
  return r.lead->stage == Stage::kServing && r.lead->told_commit == r.commit && r.commit == r.at.seq &&
         r.table.expiring() == 0 && std::ranges::all_of(r.lead->targets, settled);
}

// Who waits for a grant has waited since the last look, when there still was one.
void Replication::wake_where_grants_end(Time now) {
  std::set<Incarnation> lacking;
  for (const auto& [member, at] : ask_lease_at_)
    if (const Incarnation who = view_->incarnation_of(member); !leases_.holds(who, Epoch{}, epoch(), now))
      lacking.insert(who);
  if (!std::ranges::includes(ungranted_, lacking))
    rested_.for_each([&](Slot s) {
      if (replica(s).lead) awake_.add(s);
    });
  ungranted_ = std::move(lacking);
}

// What its slots that are at rest have to say of that; the others are looked at anyway.
Replication::PrimariesSeen Replication::watch_late_primaries(Time now, Said& said) {
  PrimariesSeen primaries;
  for (const auto& [who, common] : followed_) {
    const PrimarySeen primary = primaries[who] = seen_of(who, now);
    if (late(primary, now)) common.slots.for_each_not_in(awake_, [&](Slot s) { watch_primary(s, primary, now, said); });
  }
  return primaries;
}

// In the simulator only: reports that are legal, but without reason.
void Replication::report_for_nothing([[maybe_unused]] Said& said) {
  const auto say = [&](ReportKind kind, Slot s, Incarnation about) {
    said.try_emplace({kind, about}, SlotSet(config_.slots)).first->second.add(s);
  };
  const auto any_slot = [&] { return slot_number(random_.below(replicas_.size())); };
  if (HC_BUGGIFY(kComplainsOfAnyone))
    if (const Slot s = any_slot(); at(s).lead)
      for (const Target& t : at(s).lead->targets)
        if (t.in_commit_set()) say(ReportKind::kComplaint, s, t.who);
  if (HC_BUGGIFY(kStuckAtOnce))
    if (const Slot s = any_slot(); at(s).lead)
      for (const Target& t : at(s).lead->targets)
        if (!t.in_commit_set()) say(ReportKind::kStuck, s, t.who);
  if (HC_BUGGIFY(kComplainsOfPrimary))
    if (const Slot s = any_slot(); !at(s).lead && at(s).listed) say(ReportKind::kComplaint, s, at(s).primary);
}

// 9e: that there is none, or again some.
void Replication::tell_of_room(std::vector<Report>& reports, Time now) const {
  const auto since = log_.room_since();
  if (!log_.refuses() && (!since || now - *since >= 2 * config_.patience)) return;
  SlotSet slots(config_.slots);
  for (std::size_t i = 0; log_.refuses() && i < replicas_.size(); ++i) slots.add(slot_number(i));
  reports.push_back({ReportKind::kFull, self(), self(), epoch(), std::move(slots), now, {}});
}

// While thousands of slots are taken over every frame makes some of them news, and a report looks at all that are
// awake: so it waits a moment for what else becomes news.
bool Replication::take_urgent(Time now) {
  if (!std::exchange(urgent_, false)) return false;
  const Time allowed = watched_at_ + kReportsApart;
  if (now >= allowed || awake_.count() <= kManyAwake) return true;
  if (!report_at_) report_at_ = allowed;
  return false;
}

void Replication::watch_awake(Time now, const PrimariesSeen& primaries, Said& said) {
  SlotSet resting(config_.slots);  // from now on
  awake_.for_each_not_in(left_over_, [&](Slot s) {
    prefetch_next(s);
    const Replica& r = replica(s);
    if (r.lead) {
      watch_targets(s, now, said);
    } else if (r.listed || r.learner) {
      watch_primary(s, primaries.at(r.primary), now, said);
    } else if (r.holds && r.limbo.empty()) {
      left_over_.add(s);
    }
    rested_.remove(s);
    if (!at_rest(s, now, said)) return;
    rested_.add(s);
    awake_.remove(s);
    resting.add(s);
  });
  // What was said of them holds until one wakes.
  for (const auto& [word, slots] : said)
    if (word.first == ReportKind::kCaughtUp || word.first == ReportKind::kDrop)
      slots.for_each_also_in(resting,
                             [&](Slot s) { standing_.try_emplace(word, SlotSet(config_.slots)).first->second.add(s); });
}

// Who is alone has nobody to report of but its own former process (9a).
std::vector<Report> Replication::reports(Time now) {
  if (!view_ || (view_->members.size() < 2 && !log_.on())) return {};
  const bool alone = view_->members.size() < 2 && followed_.empty() && targeted_.empty();
  wake_where_grants_end(now);
  for (auto& [word, slots] : standing_) slots.remove(awake_);
  std::erase_if(standing_, [](const auto& word) { return word.second.empty(); });
  Said said = standing_;
  const PrimariesSeen primaries = watch_late_primaries(now, said);
  if (!alone) watch_awake(now, primaries, said);
  watched_at_ = now;
  report_for_nothing(said);
  std::vector<Report> result;
  for (auto& [key, slots] : said) {
    if (key.first == ReportKind::kComplaint) ++counters_.complaints;
    result.push_back({key.first, self(), key.second, epoch(), std::move(slots), now, {}});
  }
  if (log_.on() && nothing_on_offer_ != view_ && !offer_disk(result, now)) nothing_on_offer_ = view_;
  if (log_.on()) tell_of_room(result, now);
  return result;
}

// ----------------------------------------------------------------------------------------------------------- watching

bool Replication::all_served() const {
  if (log_.on() && view_)
    for (std::size_t i = 0; i < replicas_.size(); ++i)
      if (const Incarnation first = view_->config(slot_number(i)).list.front();
          first.member == config_.self.id && first != self())
        return false;
  return unserved_.empty();
}

void Replication::invariants() const {
  SlotSet to_begin(config_.slots);
  for (const auto* line : {&to_begin_.hurried, &to_begin_.unhurried})
    for (const Slot s : *line) to_begin.add(s);
  std::size_t backlog = 0, counted = 0;
  std::map<Incarnation, Common> followed;
  std::map<NodeId, Common> targeted;
  std::map<NodeId, std::size_t> outstanding;
  const auto note = [&](auto& all, const auto& key, Slot s) {
    Common& common = all.try_emplace(key, Common{SlotSet(config_.slots)}).first->second;
    common.count += common.slots.has(s) ? 0 : 1;
    common.slots.add(s);
  };
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const Replica& r = replicas_[i];
    const auto where = [i] { return "slot " + std::to_string(i); };
    HC_CHECK(r.base.seq.value + r.tail.size() == r.at.seq.value, where() + ": the tail reaches from base to at");
    HC_CHECK(r.tail.empty() || r.tail.back().at == r.at, where() + ": at is the last entry's position");
    HC_CHECK(r.commit <= r.at.seq, where() + ": commit beyond what we hold");
    HC_CHECK(!r.lead || r.commit <= durable(r), where() + ": committed what our own log does not have");
    std::size_t bytes = 0, memory = 0;
    for (const Entry& e : r.tail) bytes += cost(e), memory += memory_cost(e);
    HC_CHECK(bytes == r.tail_bytes, where() + ": what its tail counts");
    const std::size_t remains = r.remains ? r.remains->bytes() : 0;
    HC_CHECK(r.counted == r.table.bytes() + memory + remains, where() + ": what it counts of the memory");
    counted += r.counted;
    if (!r.lead && (r.listed || r.learner)) note(followed, r.primary, slot_number(i));
    HC_CHECK(!left_over_.has(slot_number(i)) || (!r.lead && !r.listed && !r.learner && r.limbo.empty()),
             where() + ": more than something left over");
    if (view_ && !others_learn_.slots.has(slot_number(i))) {
      HC_CHECK(r.learner == view_->is_learner(slot_number(i), self()), where() + ": whether we are to learn it");
      for (const Incarnation who : r.lead ? view_->learners(slot_number(i)) : std::vector<Incarnation>())
        HC_CHECK(r.lead->target(who), where() + ": " + name_of(who.member) + " learns it from nobody");
    }
    HC_CHECK(unserved_.has(slot_number(i)) == (r.lead && r.lead->stage != Stage::kServing),
             where() + ": whether it is served");
    if (!r.lead) continue;
    HC_CHECK(r.lead->stage != Stage::kAsking || asking_.has(slot_number(i)), where() + ": asks unnoticed");
    backlog += r.tail_bytes;
    HC_CHECK(r.primary == self(), where() + ": leads without being first in the list");
    HC_CHECK(
        r.lead->stage != Stage::kServing ||
            (!r.boundaries.empty() && r.boundaries.back().at.slot_epoch == r.epoch && r.commit >= r.lead->boundary),
        where() + ": serves without a committed boundary of its slot epoch");
    HC_CHECK(r.lead->stage != Stage::kServing || r.tail.empty() ||
                 r.tail_bytes - cost(r.tail.back()) < config_.backlog_bytes,
             where() + ": a backlog beyond its bound");
    for (const Target& t : r.lead->targets) {
      note(targeted, t.who.member, slot_number(i));
      if (t.fill) outstanding[t.who.member] += t.fill->bytes_out();
      HC_CHECK(t.acked <= t.sent && t.sent <= r.at.seq, where() + ": acknowledged, sent, held in this order");
      HC_CHECK(!t.counted || t.filled, where() + ": counted before it was filled");
      HC_CHECK(!t.fill || t.fill->id != 0 || t.fill->next_chunk == 0, where() + ": filled before its turn");
      HC_CHECK(!t.fill || t.fill->id != 0 || r.lead->stage != Stage::kServing || to_begin.has(slot_number(i)),
               where() + ": a fill that will never begin");
    }
  }
  HC_CHECK(others_learn_.slots.empty() || others_learn_.next, "what a view says of learners is never taken note of");
  for (const auto& [to, lane] : lanes_)
    HC_CHECK(lane.outstanding == outstanding[to], "what is on its way to " + name_of(to));
  HC_CHECK(followed == followed_, "whom the slots follow");
  HC_CHECK(targeted == targeted_, "whom the slots replicate to");
  HC_CHECK(backlog == backlog_, "what the backlogs of all slots count");
  HC_CHECK(counted == memory_.counted, "the memory of all slots");
}

}  // namespace hc
