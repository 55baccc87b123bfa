// What the log says at the start, what waits for it afterwards, and what is offered of it (rules 9a, 9b).
#include <algorithm>
#include <map>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kBesides = 512;  // about what the last entry of a chunk takes beyond

}  // namespace

// ------------------------------------------------------------------------------------------------------------ reading

// The log passed its checksums, so what does not fit is a mistake of ours.
void Replication::restore(const LogRecord& record, Time now) {
  clock_.read(now);
  if (const auto* a = std::get_if<Applied>(&record)) {
    Replica& r = at(a->slot);
    if (a->entry.at.seq <= r.at.seq) return;  // a snapshot has it
    HC_CHECK(a->entry.previous() == r.at, "the log goes on where it was: slot " + std::to_string(a->slot.value));
    HC_CHECK(hc::apply(a->entry.effects.bytes(), r.table, &clock_), "effects in the log that do not decode");
    if (a->entry.boundary) note_boundary(r, a->entry.at);
    r.at = r.base = a->entry.at;
    r.commit = r.durable = r.at.seq;
    r.holds = true;
    account(r);
  } else if (const auto* e = std::get_if<Emptied>(&record)) {
    Replica& r = at(e->slot);
    r.table.clear();
    r.boundaries.clear();
    r.at = r.base = e->at;
    r.commit = r.durable = r.at.seq;
    r.holds = e->at != Position{};
    account(r);
  } else if (const auto* f = std::get_if<Filled>(&record)) {
    Replica& r = at(f->slot);
    HC_CHECK(hc::apply(Bytes(f->effects), r.table, &clock_), "a chunk in the log that does not decode");
    account(r);
  } else if (const auto* k = std::get_if<Kept>(&record)) {
    Replica& r = at(k->slot);
    r.at = r.base = k->at;
    if (HC_MUTANT(kSnapshotPositionOffByOne)) r.at = r.base = {k->at.slot_epoch, k->at.seq.next()};
    r.commit = r.durable = r.at.seq;
    r.holds = true;
  }
}

// ------------------------------------------------------------------------------------------------------------ waiting

void Replication::appended(std::uint64_t id, const Log::Durable& durable, Now now) {
  std::vector<Slot> told;
  for (const auto& [s, seq] : durable) {
    Replica& r = at(s);
    if (seq <= r.durable) continue;
    r.durable = seq;
    if (r.lead) {
      advance_commit(s, now);
    } else {
      told.push_back(s);
    }
  }
  std::ranges::sort(told);
  const auto repeated = std::ranges::unique(told);
  told.erase(repeated.begin(), repeated.end());
  for (const Slot s : told) acknowledge(s);
  std::erase_if(held_acks_, [&](const HeldAck& held) {
    if (held.append > id) return false;
    if (replica(held.ack.slot).fill == held.ack.fill) peers_.send(held.to, held.ack);
    return true;
  });
  parked_look_ = true;
}

// A chunk stands in the log where it is true, so that replay may apply the entries around it as they come.
void Replication::write_snapshot(Time now) {
  while (log_.snapshotting() && log_.snapshot_room(now)) {
    if (snapshot_.slot == replicas_.size()) {
      snapshot_ = {};
      return log_.snapshot_ended();
    }
    const Slot s = slot_number(snapshot_.slot);
    const Replica& r = replica(s);
    const bool some = snapshot_.cursor != 0 || log_.kept(s, r.at);
    if (some && r.table.size() > 0) {
      EffectWriter puts;
      puts.expect(std::min(r.table.bytes(), config_.fill_chunk_bytes) + kBesides);
      do {
        snapshot_.cursor = r.table.walk(snapshot_.cursor, [&](const SlotTable::Item& item) { puts.put(item); });
      } while (snapshot_.cursor != 0 && puts.bytes().size() < config_.fill_chunk_bytes);
      const std::uint64_t served = counters_.executed + counters_.entries;
      const bool others = std::exchange(snapshot_.served, served) != served;
      log_.snapshot_chunk(s, puts.take(), others, now);
    } else {
      snapshot_.cursor = 0;
    }
    if (snapshot_.cursor == 0) ++snapshot_.slot;
  }
}

// ----------------------------------------------------------------------------------------------------------- offering

// The view was decided on our word that we have it on disk.
bool Replication::recovers(Slot s, const View* old) const {
  if (!log_.on() || !old) return false;
  for (const Incarnation& who : old->config(s).list)
    if (who.member == config_.self.id) return log_.whole(s) && log_.offer(s, who.generation, replica(s).at).held;
  return HC_MUTANT(kRecoverOutsideLastSet) && replica(s).holds;
}

// The list names an earlier process of ours: what we have on disk may be all that there is, and is kept as it is.
bool Replication::on_offer(Slot s) const {
  if (!log_.on() || HC_MUTANT(kOfferGoesStale)) return false;
  const InSyncList& list = view_->config(s).list;
  return list.names(config_.self.id) && !list.names(self());
}

// 9a: of every slot whose list names an earlier process of ours, as soon as that one's grants have run out (3c): who is
// alone by now need not have been, L ago. False: no list of this view does.
bool Replication::offer_disk(std::vector<Report>& reports, Time now) const {
  if (!view_->names(self())) return true;
  const bool alone = HC_MUTANT(kAloneAtOnce) && view_->members.size() == 1;
  if (!alone && now < started_at_ + view_->lease && !HC_MUTANT(kGrantForgottenByRestart)) return true;
  std::map<Incarnation, Report> offers;
  const auto offer = [&](Slot s, Incarnation about, DiskOffer what) {
    Report& r =
        offers.try_emplace(about, Report{ReportKind::kOffer, self(), about, epoch(), SlotSet(config_.slots), now, {}})
            .first->second;
    what.slot = s;
    r.slots.add(s);
    r.offers.push_back(what);
  };
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    const Slot s = slot_number(i);
    const InSyncList& list = view_->config(s).list;
    for (const Incarnation& who : list)
      if (who.member == config_.self.id && who != self()) offer(s, who, log_.offer(s, who.generation, replica(s).at));
    if (HC_MUTANT(kRecoverOutsideLastSet) && !list.names(config_.self.id) && replica(s).holds)
      offer(s, list.front(), {s, true, true, replica(s).at});
  }
  for (auto& [about, report] : offers) reports.push_back(std::move(report));
  return !offers.empty() || HC_MUTANT(kRecoverOutsideLastSet);
}

}  // namespace hc
