// Takeover, in every new slot epoch, by the old primary too (rules 6a, 3c): ask every other in-sync replica for its
// tail, make equal by extending, wait until no earlier primary may execute, commit a boundary. Then serve.
#include <algorithm>
#include <map>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {

// One question per member, for all its slots that have not answered; to one that had view `before`, of those that it
// could not answer in that.
void Replication::ask_tails(std::optional<NodeId> only, Epoch before) {
  std::map<NodeId, TailAsk> questions;
  const auto ask = [&](Slot s) {
    const Replica& r = replica(s);
    if (!r.lead || r.lead->stage != Stage::kAsking) return asking_.remove(s);
    for (const Target& t : r.lead->targets)
      if (t.listed && !t.answered && t.view > before && (!only || t.who.member == *only))
        questions[t.who.member].slots.push_back({s, r.epoch, r.at});
  };
  if (!only) {
    asking_.for_each(ask);
  } else if (const auto with = targeted_.find(*only); with != targeted_.end()) {
    with->second.slots.for_each_also_in(asking_, ask);
  }
  for (auto& [to, question] : questions) {
    if (HC_BUGGIFY(kTailsAskedTwice)) peers_.send(to, question);
    peers_.send(to, std::move(question));
  }
}

// The question is a promise: it is answered only in the slot epoch that it asks for, so nothing of an earlier one is
// taken afterwards.
void Replication::handle(Incarnation from, const TailAsk& m, Now) {
  TailIs answer;
  for (const TailAsk::One& one : m.slots) {
    if (one.slot.value >= replicas_.size()) continue;
    Replica& r = at(one.slot);
    const bool promised = r.epoch == one.slot_epoch && r.listed && r.primary == from;
    const bool rash = HC_MUTANT(kTakeoverWithoutPromise) && r.epoch < one.slot_epoch && r.holds;
    if ((!promised && !rash) || HC_BUGGIFY(kTailKept)) continue;
    TailIs::One is{one.slot, one.slot_epoch, r.at, r.commit, {}, r.at.seq.value - durable(r).value};
    const bool in_full = HC_BUGGIFY(kTailInFull);
    if (one.mine.seq >= r.base.seq && (one.mine.seq < r.at.seq || in_full)) {
      const std::uint64_t known = in_full ? 0 : one.mine.seq.value - r.base.seq.value;
      is.entries.assign(r.tail.begin() + static_cast<std::ptrdiff_t>(known), r.tail.end());
    }
    if (HC_MUTANT(kTailSyncedOnly) && is.unsynced > 0 && is.unsynced <= r.tail.size()) {
      const std::size_t known = r.tail.size() - is.unsynced;
      is.at = known == 0 ? r.base : r.tail[known - 1].at;
      std::erase_if(is.entries, [&](const Entry& e) { return e.at > is.at; });
      is.unsynced = 0;
    }
    answer.slots.push_back(std::move(is));
  }
  if (!answer.slots.empty()) peers_.send(from, std::move(answer));
}

void Replication::handle(Incarnation from, TailIs&& m, Now now) {
  for (TailIs::One& one : m.slots) {
    if (one.slot.value >= replicas_.size()) continue;
    Replica& r = at(one.slot);
    if (!r.lead || r.lead->stage != Stage::kAsking || r.epoch != one.slot_epoch) continue;
    Target* t = r.lead->target(from);
    if (t && t->listed && !t->answered) tail_heard(one.slot, *t, one, now);
  }
}

// All tails come from one chain, so one extends the other; ours only ever grows.
void Replication::tail_heard(Slot s, Target& t, TailIs::One& one, Now now) {
  Replica& r = at(s);
  const bool fits = take_entries(s, one.entries);
  HC_CHECK(fits && one.at.seq <= r.at.seq && on_history(r, one.at),
           "tails extend each other: slot " + std::to_string(s.value) + ", ours ends at (" +
               std::to_string(r.at.slot_epoch.value) + "," + std::to_string(r.at.seq.value) + "), the one of " +
               name_of(t.who.member) + " at (" + std::to_string(one.at.slot_epoch.value) + "," +
               std::to_string(one.at.seq.value) + ")");
  t.answered = true;
  t.sent = one.at.seq;
  t.acked = Seq(one.at.seq.value - std::min(one.unsynced, one.at.seq.value));
  t.progress = t.waiting_since = now.mono;
  t.beyond_tail = one.at.seq < r.base.seq;
  know_commit(s, one.known_commit);
  step_takeover(s, now);
}

void Replication::step_takeover(Slot s, Now now) {
  Replica& r = at(s);
  Lead& lead = *r.lead;
  if (lead.stage == Stage::kAsking) {
    const bool all = std::ranges::all_of(lead.targets, [](const Target& t) { return !t.listed || t.answered; });
    if (!all || std::ranges::any_of(lead.targets, [](const Target& t) { return t.beyond_tail; })) return;
    lead.stage = Stage::kWaiting;
  }
  if (lead.stage != Stage::kWaiting) return;
  if (formers_gone(r, now.mono)) return close_takeover(s, now);
  waiting_.push_back(s);
  for (const Former& f : r.formers)
    if (f.until > now.mono) next_release_ = std::min(next_release_.value_or(kNever), f.until);
}

// 3c: our grants to them have run out, or their process says that it has this list.
bool Replication::formers_gone(Replica& r, Time now) const {
  if (HC_MUTANT(kBoundaryBeforeWait)) return true;
  return std::ranges::all_of(r.formers, [&](const Former& f) {
    if (now >= f.until) return true;
    if (!f.who || HC_BUGGIFY(kReleaseUnseen)) return false;
    const Epoch installed = peers_.installed(f.who);
    return HC_MUTANT(kReleasedOfOldEpoch) ? static_cast<bool>(installed) : installed >= r.epoch;
  });
}

void Replication::step_waiting(Now now) {
  next_release_.reset();
  for (Slot s : std::exchange(waiting_, {})) {
    Replica& r = at(s);
    if (r.lead && r.lead->stage == Stage::kWaiting) step_takeover(s, now);
  }
}

void Replication::close_takeover(Slot s, Now now) {
  Replica& r = at(s);
  r.lead->stage = Stage::kClosing;
  r.formers.clear();
  if (HC_MUTANT(kRestampEntries))
    for (Entry& e : r.tail) e.at.slot_epoch = r.epoch;
  if (!HC_MUTANT(kNoEpochBoundary))
    append_entry(s, {{r.epoch, r.at.seq.next()}, HC_MUTANT(kRestampEntries) ? r.epoch : r.at.slot_epoch, true, {}});
  r.lead->boundary = r.at.seq;
  queue(s);
  advance_commit(s, now);
  if (HC_MUTANT(kCaughtUpBeforeTakeover) && r.lead->stage == Stage::kClosing)
    for (Target& t : r.lead->targets)
      if (!t.listed) queue_fill(s, t);
}

void Replication::served(Slot s, Now now) {
  Replica& r = at(s);
  r.lead->stage = Stage::kServing;
  unserved_.remove(s);
  parked_look_ = true;
  if (!in_no_hurry(s)) urgent_ = !HC_BUGGIFY(kServesQuietly);
  for (Target& t : r.lead->targets) {
    t.waiting_since = now.mono;
    if (!t.listed) queue_fill(s, t);
  }
}

}  // namespace hc
