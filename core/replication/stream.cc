// Entries to the commit set and to learners, acknowledgements back, commits (rules 5a, 5b, 5c, 6b).
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kEntriesPerMessage = 512;
constexpr std::size_t kBoundariesKept = 16;
constexpr std::size_t kToldAtOnceBytes = std::size_t{16} << 10;  // of entries that replicas may let go of

}  // namespace

std::size_t bytes_on_the_way(const Replica& r, const Target& t) {
  std::size_t sum = 0;
  const std::uint64_t first = std::max(t.acked, r.base.seq).value;
  for (std::uint64_t seq = first; seq < t.sent.value; ++seq)
    sum += r.tail[seq - r.base.seq.value].effects.bytes().size();
  return sum;
}

// ------------------------------------------------------------------------------------------------------- as primary

void Replication::append_entry(Slot s, Entry entry) {
  Replica& r = at(s);
  if (log_.on()) log_.applied(s, entry);
  r.at = entry.at;
  if (entry.boundary) note_boundary(r, entry.at);
  r.tail_bytes += cost(entry);
  r.tail_memory += memory_cost(entry);
  if (r.lead) backlog_ += cost(entry);
  r.tail.push_back(std::move(entry));
  account(r);
  ++counters_.entries;
  queue(s);
}

// The next entry, of what a command of ours did.
void Replication::write_down(Slot s, EffectWriter& effects) {
  const Replica& r = replica(s);
  append_entry(s, {{r.epoch, r.at.seq.next()}, r.at.slot_epoch, false, Value::copy_of(effects.bytes())});
}

void Replication::note_boundary(Replica& r, Position at) {
  if (r.boundaries.size() == kBoundariesKept) r.boundaries.erase(r.boundaries.begin());
  r.boundaries.push_back({at});
}

void Replication::forget_entries(Replica& r, Position upto) {
  const bool was_full = backlog_full(r);
  const std::size_t count = upto.seq.value - r.base.seq.value;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) {
    bytes += cost(r.tail[i]);
    r.tail_memory -= memory_cost(r.tail[i]);
  }
  r.base = upto;
  r.tail.erase(r.tail.begin(), r.tail.begin() + static_cast<std::ptrdiff_t>(count));
  r.tail_bytes -= bytes;
  account(r);
  if (!r.lead) return;
  backlog_ -= bytes;
  if (was_full && !backlog_full(r)) parked_look_ = true;
}

void Replication::queue(Slot s) {
  if (std::exchange(at(s).queued, true)) return;
  queued_.push_back(s);
}

void Replication::flush(Now now) {
  queued_before_.clear();
  queued_before_.swap(queued_);
  for (Slot s : queued_before_) {
    Replica& r = at(s);
    r.queued = false;
    if (!r.lead) continue;
    if (HC_BUGGIFY(kStreamLate)) {
      queue(s);
      continue;
    }
    for (Target& t : r.lead->targets) stream(s, t, now.mono);
    r.lead->told_commit = r.commit;
    r.lead->untold_since.reset();
  }
  begin_fills(now.mono);
  for (auto& [to, lane] : lanes_)
    if (!lane.waiting.empty()) pump(to, now.mono);
  report_pressure(false);
  tell_digests(now.mono);
}

bool Replication::has_unsent(Time now) const {
  return !queued_.empty() || std::ranges::any_of(lanes_, [](const auto& to) { return !to.second.waiting.empty(); }) ||
         (now >= to_begin_.next && !to_begin_.empty()) || memory_.said != (memory_.over() > 0) || digests_due(now);
}

void Replication::stream(Slot s, Target& t, Time now) {
  Replica& r = at(s);
  if (r.lead->stage < Stage::kClosing) return;
  if (!t.in_commit_set() && (!t.fill || t.fill->next_chunk == 0)) return;
  if (t.sent < r.base.seq) {
    t.beyond_tail = t.in_commit_set();
    if (!t.in_commit_set()) try_count(s, t, now);  // it cannot: it is filled once more
    return;
  }
  if (t.acked >= r.base.seq && HC_BUGGIFY(kEntriesAgain)) t.sent = t.acked;
  const std::size_t most = HC_BUGGIFY(kOneEntryPerMessage) ? 1 : kEntriesPerMessage;
  do {
    Append m{s, r.epoch, r.commit, {}};
    const std::size_t from = t.sent.value - r.base.seq.value;
    const std::size_t count = std::min(most, r.tail.size() - from);
    m.entries.assign(r.tail.begin() + static_cast<std::ptrdiff_t>(from),
                     r.tail.begin() + static_cast<std::ptrdiff_t>(from + count));
    if (!peers_.send(t.who.member, std::move(m))) return;
    if (count > 0) t.progress = now;
    t.sent = Seq(t.sent.value + count);
  } while (t.sent < r.at.seq);
}

void Replication::handle(Incarnation from, const Appended& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  Replica& r = at(m.slot);
  if (!r.lead || r.lead->stage < Stage::kClosing || m.slot_epoch != r.epoch) return;
  Target* t = r.lead->target(from);
  if (!t && HC_MUTANT(kAckFromNewGeneration))
    for (Target& other : r.lead->targets)
      if (other.who.member == from.member) t = &other;
  if (!t || m.seq > r.at.seq) return;
  if (!t->in_commit_set() && (!t->fill || t->fill->next_chunk == 0)) return;
  if (m.seq <= t->acked) return;
  // 7a: before a chunk of this fill is acknowledged it may speak of a former one, which had sent as much.
  if (t->fill && !t->filled && t->fill->acked_chunks == 0 && !HC_MUTANT(kAckOfAFormerFill)) {
    t->fill->entries_again = true;
    return;
  }
  t->acked = m.seq;
  t->sent = std::max(t->sent, m.seq);
  t->progress = now.mono;
  if (t->in_commit_set() || t->filled) t->waiting_since = now.mono;  // a fill waits for its chunks
  if (t->sent < r.at.seq) queue(m.slot);
  advance_commit(m.slot, now);
  if (r.lead) try_count(m.slot, *t, now.mono);
}

// 5b: when the whole commit set has acknowledged, in this slot epoch.
void Replication::advance_commit(Slot s, Now now) {
  Replica& r = at(s);
  if (r.lead->stage < Stage::kClosing) return;
  std::vector<Seq> acked;
  Seq all = durable(r);
  for (const Target& t : r.lead->targets) {
    if (!t.listed && !(t.counted && !HC_MUTANT(kLearnerNotCounted))) continue;
    all = std::min(all, t.acked);
    if (HC_MUTANT(kCommitOnMajority)) acked.push_back(t.acked);
  }
  if (HC_MUTANT(kCommitOnMajority) && !acked.empty()) {
    acked.push_back(r.at.seq);
    std::ranges::sort(acked);
    all = acked[(acked.size() - 1) / 2];
  }
  if (all > r.commit) {
    r.commit = all;
    release(r);
    decide_limbo(r);
    tell_commit(s, now.mono);
  }
  if (r.lead->stage == Stage::kClosing && r.commit >= r.lead->boundary) served(s, now);
  trim(r);
}

// Replicas hear of a commit with the next entry, and if there is none, after a while (repeat()): to them it matters for
// what they keep, but for a boundary, on which commands of a former primary wait (6b).
void Replication::tell_commit(Slot s, Time now) {
  Replica& r = at(s);
  Lead& lead = *r.lead;
  if (lead.stage == Stage::kClosing || r.tail_bytes >= kToldAtOnceBytes) return queue(s);
  if (!lead.untold_since) lead.untold_since = now;
}

void Replication::release(Replica& r) {
  auto& waiters = r.lead->waiters;
  std::size_t n = 0;
  for (; n < waiters.size() && waiters[n].seq <= r.commit; ++n)
    done_.push_back({waiters[n].token, Outcome::kDone, std::move(waiters[n].reply)});
  waiters.erase(waiters.begin(), waiters.begin() + static_cast<std::ptrdiff_t>(n));
  auto& tellings = r.lead->tellings;
  std::size_t told = 0;
  for (; told < tellings.size() && tellings[told].at.seq <= r.commit; ++told)
    tellings_.push_back(std::move(tellings[told]));
  tellings.erase(tellings.begin(), tellings.begin() + static_cast<std::ptrdiff_t>(told));
  auto& touched = r.lead->touched;
  std::size_t past = 0;
  while (past < touched.size() && touched[past].seq <= r.commit) ++past;
  touched.erase(touched.begin(), touched.begin() + static_cast<std::ptrdiff_t>(past));
}

// What all in-sync members are known to hold is kept no longer, but for a fill that makes progress.
void Replication::trim(Replica& r) {
  Seq upto = std::min(r.commit, r.at.seq);
  if (r.lead) {
    for (const Target& t : r.lead->targets) {
      const bool filling = !t.in_commit_set() && t.fill && t.fill->next_chunk > 0 && !t.fill->stalled;
      if (filling && !HC_BUGGIFY(kLearnerCut)) upto = std::min(upto, t.acked);
    }
  }
  if (upto <= r.base.seq) return;
  forget_entries(r, r.tail[upto.value - r.base.seq.value - 1].at);
}

// ------------------------------------------------------------------------------------------------------- as replica

bool Replication::on_history(const Replica& r, Position p) const {
  if (p.seq <= r.base.seq) return p.seq < r.base.seq || p == r.base;
  if (p.seq > r.at.seq) return false;
  return r.tail[p.seq.value - r.base.seq.value - 1].at == p;
}

// 5a: an entry is applied only right after the one that it names. False: it does not fit.
bool Replication::take_entry(Slot s, Entry& entry) {
  Replica& r = at(s);
  if (entry.at.seq <= r.at.seq) return on_history(r, entry.at) || HC_MUTANT(kNoPreviousPosition);
  if (entry.at.seq != r.at.seq.next()) return false;
  if (entry.previous() != r.at && !HC_MUTANT(kNoPreviousPosition)) return false;
  const bool refuses = HC_MUTANT(kBackupOom) && memory_.over() > 0;
  if (!entry.boundary && !refuses)
    HC_CHECK(hc::apply(entry.effects.bytes(), r.table, &clock_), "effects that do not decode");
  append_entry(s, std::move(entry));
  return true;
}

bool Replication::take_entries(Slot s, std::vector<Entry>& entries) {
  for (Entry& entry : entries)
    if (!take_entry(s, entry)) return false;
  return true;
}

void Replication::handle(Incarnation from, Append&& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  Replica& r = at(m.slot);
  const bool late = HC_MUTANT(kLateAck) && m.slot_epoch < r.epoch && r.listed;
  if (!late && (m.slot_epoch != r.epoch || from != r.primary)) return;  // 5c; who is ahead has told us its epoch
  const bool filling = r.learner && r.fill != 0;
  if (r.lead || !(r.listed || filling)) return;
  clock_.read(now.mono);
  take_entries(m.slot, m.entries);
  know_commit(m.slot, m.commit);
  if (m.entries.empty() || HC_BUGGIFY(kAckLate)) return;
  const bool rash = HC_MUTANT(kCaughtUpBeforeDurable) && r.learner;
  if (durable(r) == r.at.seq || rash) peers_.send(from, Appended{m.slot, m.slot_epoch, r.at.seq});  // else: appended()
}

// As replica, or as learner of a fill that has begun: what we hold.
void Replication::acknowledge(Slot s) {
  const Replica& r = replica(s);
  const bool filling = r.learner && r.fill != 0;
  if (!r.lead && (r.listed || filling)) peers_.send(r.primary, Appended{s, r.epoch, durable(r)});
}

void Replication::know_commit(Slot s, Seq commit) {
  Replica& r = at(s);
  commit = std::min(commit, r.at.seq);
  if (commit <= r.commit) return;
  r.commit = commit;
  decide_limbo(r);
  trim(r);
}

// 6b: the first boundary after the entry's slot epoch decides, once it is committed.
void Replication::decide_limbo(Replica& r) {
  std::erase_if(r.limbo, [&](Limbo& l) {
    const Boundary* decides = nullptr;
    for (const Boundary& b : r.boundaries) {
      if (b.at.slot_epoch <= l.entry.slot_epoch) continue;
      if (b.at.seq > r.commit && !HC_MUTANT(kAnsweredByUncommittedBoundary)) break;
      decides = &b;
      if (!HC_MUTANT(kAnsweredByLaterBoundary)) break;
    }
    if (!decides) return false;
    const bool forgotten = r.boundaries.size() == kBoundariesKept && decides == &r.boundaries.front();
    const bool applied = l.entry.seq < decides->at.seq;
    const Outcome outcome = forgotten ? Outcome::kUnknown : applied ? Outcome::kDone : Outcome::kNotExecuted;
    if (l.token) done_.push_back({l.token, outcome, applied ? std::move(l.reply) : Reply{}});
    if (l.telling && outcome == Outcome::kDone) tellings_.push_back(std::move(*l.telling));
    return true;
  });
}

}  // namespace hc
