// A new view: which slots are led, followed, learned, left.
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

// Streams of chance beside the one that was given, so that these change nothing there.
constexpr std::uint64_t kEvictions = 1, kUses = 2;

constexpr std::size_t kTargetsRemembered = 4096;
constexpr std::size_t kLearnersAtOnce = 128;  // slots; a fraction of a millisecond
constexpr Duration kLearnersEvery = 5ms;

struct ChangedSlots {
  SlotSet at_once;   // the configuration is another one than before, or the list names a process that has ended
  SlotSet learners;  // nothing but who is to learn it
};

ChangedSlots changed_slots(const View& before, const View& now) {
  ChangedSlots changed{SlotSet(now.slot_count()), SlotSet(now.slot_count())};
  const auto number = [](std::size_t i) { return Slot{static_cast<std::uint16_t>(i)}; };
  now.slots.for_each_difference(before.slots, [&](std::size_t i) { changed.at_once.add(number(i)); });
  std::vector<Incarnation> ended;
  std::vector<NodeId> others;  // whose process is another one
  for (const ViewMember& m : before.members)
    if (const Incarnation who{m.info.id, m.info.generation}; !now.names(who)) ended.push_back(who);
  if (now.same_wanted(before) && ended.empty()) return changed;
  for (const ViewMember& m : now.members)
    if (!before.names({m.info.id, m.info.generation})) others.push_back(m.info.id);
  const auto has_ended = [&](Incarnation who) { return std::ranges::find(ended, who) != ended.end(); };
  const auto is_another = [&](NodeId id) { return std::ranges::find(others, id) != others.end(); };
  for (std::size_t i = 0; i < now.slots.size(); ++i) {
    const Slot s = number(i);
    const auto wanted = now.ring.wanted(s);
    if (now.config(s).passed_over || (!ended.empty() && std::ranges::any_of(now.config(s).list, has_ended))) {
      changed.at_once.add(s);
    } else if (!std::ranges::equal(wanted, before.ring.wanted(s)) ||
               (!others.empty() && std::ranges::any_of(wanted, is_another))) {
      changed.learners.add(s);
    }
  }
  changed.learners.remove(changed.at_once);
  return changed;
}

}  // namespace

Replication::Replication(const NodeConfig& config, Peers& peers, Log& log, Random random)
    : config_(config),
      peers_(peers),
      log_(log),
      random_(random),
      replicas_(config.slots),
      asking_(config.slots),
      awake_(config.slots),
      rested_(config.slots),
      left_over_(config.slots),
      unserved_(config.slots),
      memory_(config.memory, hash_mix(config.seed, kEvictions)),
      clock_(hash_mix(config.seed, kUses)),
      differing_(config.slots) {
  limit_memory(config.memory);
  key_filter_ppm_ = config.key_filter_ppm;
}

void Replication::install(const ViewRef& view, Time now) {
  const ViewRef old = std::exchange(view_, view);
  leases_.set_length(view->lease, view->drift_percent);
  std::vector<Slot> led;
  const auto install = [&](Slot s) {
    tally(s, false);
    install_slot(s, old.get(), now);
    tally(s, true);
    if (replica(s).lead && replica(s).lead->stage == Stage::kAsking) led.push_back(s);
  };
  if (old) {
    const ChangedSlots changed = changed_slots(*old, *view);
    changed.at_once.for_each(install);
    for (auto& [word, slots] : standing_)  // of another ring
      if (word.first == ReportKind::kDrop) slots.remove(changed.learners);
    others_learn_.slots.add(changed.learners);
    others_learn_.slots.remove(changed.at_once);
    others_learn_.next = now;
    install_learners(now);
  } else {
    for (std::size_t i = 0; i < replicas_.size(); ++i) install(slot_number(i));
  }
  if (old && old->members != view->members) hurry_fills();
  note_who_is_behind(old.get(), now);
  ask_lease_at_.clear();
  for (const auto& [member, common] : targeted_) ask_lease_at_[member] = now;
  if (!old || old->members != view->members) tick_at_ = now;  // who waits for a process that has ended complains
  ask_leases(now);
  for (const Slot s : led) step_takeover(s, {now, {}});
  ask_tails(std::nullopt, {});
  parked_look_ = true;
}

// Where the members of the ring are others, thousands of slots have other learners, and nothing else: nobody waits for
// that, but clients wait for us.
void Replication::install_learners(Time now) {
  if (!others_learn_.next || now < *others_learn_.next) return;
  std::size_t left = HC_BUGGIFY(kLearnersOneByOne) ? 1 : kLearnersAtOnce;
  for (auto s = others_learn_.slots.next({}); s; s = others_learn_.slots.next(*s)) {
    if (left-- == 0) return void(others_learn_.next = now + kLearnersEvery);
    install_learners_of(*s, now);
  }
  others_learn_.next.reset();
}

void Replication::install_learners_of(Slot s, Time now) {
  others_learn_.slots.remove(s);
  tally(s, false);
  install_slot(s, view_.get(), now);
  tally(s, true);
  for (const auto& [member, common] : targeted_)
    if (!ask_lease_at_.contains(member)) ask_lease_at_[member] = now;
  if (const Incarnation primary = replica(s).primary; followed_.contains(primary) && !behind_since_.contains(primary))
    behind_since_[primary] = now;
}

// What the slot counts in the sums of all slots: taken out before it changes, put back after.
void Replication::tally(Slot s, bool in) {
  const Replica& r = replica(s);
  const auto count = [&](auto& all, const auto& key) {
    auto it = all.find(key);
    if (it == all.end() && in) it = all.try_emplace(key, Common{SlotSet(config_.slots)}).first;
    if (it == all.end() || it->second.slots.has(s) == in) return;
    if (in) {
      it->second.slots.add(s);
      ++it->second.count;
    } else {
      it->second.slots.remove(s);
      if (--it->second.count == 0) all.erase(it);
    }
  };
  if (!r.lead) {
    if (r.listed || r.learner) count(followed_, r.primary);
    return;
  }
  backlog_ += in ? r.tail_bytes : -r.tail_bytes;
  for (const Target& t : r.lead->targets) {
    count(targeted_, t.who.member);
    if (!t.fill || t.fill->unacked.empty()) continue;
    Lane& to = lane(t.who.member);
    if (in)
      to.outstanding += t.fill->bytes_out();
    else
      to.arrived_or_lost(t.fill->bytes_out());
  }
}

// Of those who have not installed the view before either, it is known from then on.
void Replication::note_who_is_behind(const View* old, Time now) {
  SmallMap<Incarnation, Time> since;
  for (const auto& [primary, common] : followed_) {
    const auto before = behind_since_.find(primary);
    const bool still = old && before != behind_since_.end() && peers_.installed(primary) < old->epoch;
    since[primary] = still ? before->second : now;
  }
  behind_since_ = std::move(since);
}

void Replication::install_slot(Slot s, const View* old, Time now) {
  Replica& r = at(s);
  const SlotConfig& config = view_->config(s);
  r.primary = config.list.front();
  r.listed = config.list.names(self()) || (HC_MUTANT(kAckFromNewGeneration) && config.list.names(self().member));
  r.learner = view_->is_learner(s, self());
  if (!r.learner) drop_remains(r);
  if (old && config.epoch == r.epoch) {  // other views do not touch the slot, but learners may be new
    if (r.lead) refresh_learners(s, now);
    return;
  }
  if (old) note_former(r, s, *old, now);
  differing_.remove(s);
  r.epoch = config.epoch;
  r.since = now;
  if (r.primary == self()) return begin_lead(s, old, now);
  step_down(s, now);
  if (r.listed) r.holds = true;
  if (r.learner) {  // a fill of an earlier slot epoch counts for nothing
    r.filled = false;
    r.fill = 0;
  }
}

// A member that installs a view is told of the targets that are new in it, and they are few.
void Replication::note_target(Slot s) {
  new_targets_.emplace_back(view_->epoch, s);
  if (new_targets_.size() <= kTargetsRemembered) return;
  forgotten_up_to_ = new_targets_.front().first;
  new_targets_.pop_front();
}

// 3c: grants that we gave the former primary before this list was installed may still run.
void Replication::note_former(Replica& r, Slot s, const View& old, Time now) {
  const Incarnation former = old.config(s).list.front();
  if (HC_MUTANT(kWaitsForLastOnly)) r.formers.clear();
  std::erase_if(r.formers, [&](const Former& f) { return f.until <= now; });
  if (former.member == config_.self.id) return;
  const Time until = leases_.given_until(former.member);
  if (until <= now) return;
  for (Former& f : r.formers) {
    if (f.who != former) continue;
    f.until = std::max(f.until, until);
    return;
  }
  r.formers.push_back({former, until});
}

// What clients of ours still wait for is decided by a boundary of the next primary (6b).
void Replication::step_down(Slot s, Time now) {
  Replica& r = at(s);
  if (!r.lead) return;
  for (Waiter& w : r.lead->waiters) {
    HC_CHECK(w.seq > r.base.seq && w.seq <= r.at.seq, "an entry that a client waits for is in the tail");
    r.limbo.push_back(
        {r.tail[w.seq.value - r.base.seq.value - 1].at, w.token, std::move(w.reply), now + config_.deadline});
  }
  for (Telling& t : r.lead->tellings) {
    if (HC_MUTANT(kNoticeOfUncommitted))
      tellings_.push_back(std::move(t));
    else
      r.limbo.push_back({t.at, 0, {}, now + config_.deadline, std::move(t)});
  }
  r.lead.reset();
  unserved_.remove(s);
  decide_limbo(r);
}

// It holds nothing, at this position. `whole`: that is all there is; else a fill follows, or it is not ours any more.
void Replication::empty_slot(Slot s, Position at, bool whole) {
  Replica& r = this->at(s);
  r.table.clear();
  r.tail.clear();
  r.tail_bytes = r.tail_memory = 0;
  r.at = r.base = at;
  r.commit = r.durable = {};
  if (log_.on()) log_.emptied(s, at, whole);
  r.boundaries.clear();
  for (Limbo& l : r.limbo)
    if (l.token) done_.push_back({l.token, Outcome::kUnknown, {}});
  r.limbo.clear();
  r.filled = r.holds = false;
  account(r);
}

// False: perhaps at one who was not with it, and without any who was (7e). Who led it before needed grants of these,
// who may have given them until they ended, and none of ours (3c). Whoever was filled by the last of them is with it:
// that one led alone then, and has counted us, or has ended.
bool Replication::goes_on_by_itself(Slot s, const View* old) const {
  const SlotConfig& config = view_->config(s);
  const InSyncList& list = config.list;
  const bool last_known = old && (old->epoch.next() == config.epoch || HC_MUTANT(kAnyListIsTheLast));
  if (!last_known) return list.size() > 1;  // 7e leaves one, and nobody comes to it whom that one has not counted
  const InSyncList& last = old->config(s).list;
  return last.names(config_.self.id) || replica(s).filled ||
         std::ranges::any_of(last, [&](Incarnation who) { return list.names(who); });
}

void Replication::begin_lead(Slot s, const View* old, Time now) {
  Replica& r = at(s);
  const SlotConfig& config = view_->config(s);
  const bool named_before = old && old->config(s).list.names(self());
  if (!named_before && !r.filled && view_->epoch != Epoch(1)) {
    // A slot that begins anew (7e), or goes on from our disk (9a). Grants of our own former process may still run, also
    // where nobody else is a member any more: it is over when we are L old.
    if (!recovers(s, old)) empty_slot(s, {}, true);
    const bool alone = HC_MUTANT(kAloneAtOnce) && view_->members.size() == 1 && log_.on();
    if (!alone && !HC_MUTANT(kGrantForgottenByRestart)) r.formers.push_back({{}, started_at_ + view_->lease});
  }
  if (view_->epoch != Epoch(1) && !goes_on_by_itself(s, old) && !HC_MUTANT(kOutsiderAtOnce))
    r.formers.push_back({{}, now + view_->lease});
  // Filled and not counted (7e): what its primary had committed need not stand in our log yet.
  if (!named_before && r.filled) r.commit = std::min(r.commit, durable(r));
  auto lead = std::make_unique<Lead>();
  if (r.lead) {
    lead->waiters = std::move(r.lead->waiters);
    lead->touched = std::move(r.lead->touched);
    lead->tellings = std::move(r.lead->tellings);
  }
  for (Incarnation who : config.list) {
    if (who == self()) continue;
    Target t;
    t.who = who;
    t.view = view_->epoch;
    t.listed = true;
    t.waiting_since = now;
    note_target(s);
    lead->targets.push_back(std::move(t));
  }
  r.lead = std::move(lead);
  asking_.add(s);
  unserved_.add(s);
  r.holds = true;
  refresh_learners(s, now);
  ++counters_.takeovers;
}

void Replication::refresh_learners(Slot s, Time now) {
  Replica& r = at(s);
  for (Incarnation who : view_->learners(s)) {
    if (r.lead->target(who)) continue;
    Target t;
    t.who = who;
    t.view = view_->epoch;
    t.waiting_since = now;
    t.fill = std::make_unique<Fill>();
    note_target(s);
    r.lead->targets.push_back(std::move(t));
    if (r.lead->stage == Stage::kServing || HC_MUTANT(kCaughtUpBeforeTakeover)) queue_fill(s, r.lead->targets.back());
  }
}

}  // namespace hc
