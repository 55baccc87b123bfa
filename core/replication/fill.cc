// Filling learners, and counting them when they are caught up (rules 7a, 7b, 7c).
//
// Some fills begin at a time. The primary walks the slot and sends chunks among the slot's entries, in order: a chunk
// carries the state of its keys at the position that it names, and the learner takes it only there. As many bytes are
// on their way to each member as its pace permits. After a broken session the walk goes on at the last acknowledged
// chunk.
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kChunkOverhead = 64;  // what an empty chunk counts against the window
constexpr std::size_t kWindowLeast = 4096;
constexpr Duration kBeginEvery = 10ms;
constexpr std::size_t kBeginAtOnce = 64, kUnhurriedCounts = 16;
constexpr Duration kDiscardsEvery = 1s;  // memory that nobody waits for

}  // namespace

Replication::Lane& Replication::lane(NodeId to) {
  const std::size_t chunk = std::max(config_.fill_chunk_bytes, kWindowLeast);
  return lanes_.try_emplace(to, Pace(chunk, config_.fill_window_bytes)).first->second;
}

void Replication::queue_fill(Slot s, Target& t) {
  if (t.listed || t.filled || !t.fill || t.fill->walked) return;
  if (t.fill->id == 0) return (in_no_hurry(s) ? to_begin_.unhurried : to_begin_.hurried).push_back(s);
  Lane& lane = this->lane(t.who.member);
  if (lane.queued.has(s)) return;
  lane.queued.add(s);
  lane.waiting.push_back(s);
}

// It is only being moved: it has as many copies as it should, and each of them with a process that stays for now.
bool Replication::in_no_hurry(Slot s) const {
  const InSyncList& list = view_->config(s).list;
  const auto stays = [&](Incarnation who) {
    const ViewMember* m = view_->member(who.member);
    return m && m->info.generation == who.generation && m->state != MemberState::kAbsent;
  };
  return list.size() >= view_->ring.wanted(s).size() && std::ranges::all_of(list, stays);
}

// A member of their lists stops, or has ended: slots that were in no hurry may be now.
void Replication::hurry_fills() {
  std::erase_if(to_begin_.unhurried, [&](Slot s) {
    if (in_no_hurry(s)) return false;
    to_begin_.hurried.push_back(s);
    return true;
  });
}

// Thousands of small slots at once would keep both ends busy at a stretch, and clients waiting. Those that lack a copy
// begin first, and sooner than those that are only moved.
void Replication::begin_fills(Time now) {
  if (to_begin_.empty() || now < to_begin_.next) return;
  to_begin_.next = now + kBeginEvery;
  const std::size_t at_once = HC_BUGGIFY(kFillsBeginOneByOne) ? 1 : kBeginAtOnce;
  for (std::size_t begun = 0; begun < at_once && !to_begin_.empty();) {
    std::deque<Slot>& line = to_begin_.hurried.empty() ? to_begin_.unhurried : to_begin_.hurried;
    const Slot s = line.front();
    line.pop_front();
    const Replica& r = replica(s);
    if (!r.lead || (r.lead->stage != Stage::kServing && !HC_MUTANT(kCaughtUpBeforeTakeover))) continue;
    for (Target& t : at(s).lead->targets) {
      if (t.listed || !t.fill || t.fill->id != 0) continue;
      t.fill->id = next_fill_++;
      t.waiting_since = now;
      queue_fill(s, t);
      begun += in_no_hurry(s) ? kUnhurriedCounts : 1;
    }
  }
}

// What is on its way may be lost, or will be sent anew.
void Replication::forget_sent(Target& t) {
  lane(t.who.member).arrived_or_lost(t.fill->bytes_out());
  t.fill->unacked.clear();
}

// From the beginning.
void Replication::fill_anew(Target& t) {
  forget_sent(t);
  const bool stalled = t.fill->stalled;  // until something is acknowledged
  *t.fill = Fill{};
  t.fill->id = next_fill_++;
  t.fill->stalled = stalled;
  t.filled = false;
}

void Replication::pump(NodeId to, Time now) {
  Lane& lane = this->lane(to);
  if (full({to, peers_.generation(to)})) return;  // 9e: it has no room
  while (!lane.waiting.empty() && lane.outstanding < lane.pace.window() && peers_.open(to)) {
    const Slot s = lane.waiting.front();
    Replica& r = at(s);
    Target* learner = nullptr;
    if (r.lead && (r.lead->stage == Stage::kServing || HC_MUTANT(kCaughtUpBeforeTakeover)))
      for (Target& t : r.lead->targets)
        if (t.who.member == to && !t.listed && t.fill && t.fill->id != 0 && !t.fill->walked) learner = &t;
    if (learner && send_chunk(s, *learner, lane, now)) continue;
    lane.waiting.pop_front();
    lane.queued.remove(s);
  }
}

// True while there is more to send of this slot.
bool Replication::send_chunk(Slot s, Target& t, Lane& lane, Time now) {
  Replica& r = at(s);
  Fill& fill = *t.fill;
  if (fill.next_chunk > 0 && t.sent < r.base.seq) fill_anew(t);  // too far behind the kept tail
  if (fill.next_chunk == 0) {
    // An empty slot at a committed position. What is not committed reaches the learner as entries, so that it can hand
    // them on in a takeover like every other replica: content that stands for an uncommitted entry could not.
    const Position from = HC_MUTANT(kFillFromUncommitted) ? r.at : r.base;
    t.sent = t.acked = from.seq;
    fill.unacked.push_back({fill.next_chunk++, 0, kChunkOverhead, false, now, may_remain(t)});
    lane.outstanding += kChunkOverhead;
    fill.progress = now;
    peers_.send(t.who.member, FillChunk{s, r.epoch, fill.id, 0, from, {}, false, fill.attempt});
  }
  if (fill.waits()) return false;
  stream(s, t, now);  // a chunk is taken only at its position
  if (fill.remains && !fill.wanted) return send_sums(s, t, lane, now), false;
  FillChunk chunk{s, r.epoch, fill.id, fill.next_chunk, r.at, {}, false, fill.attempt};
  EffectWriter puts;
  std::size_t bytes = kChunkOverhead;
  const std::size_t chunk_bytes = HC_BUGGIFY(kChunkTiny) ? 1 : config_.fill_chunk_bytes;
  const auto put = [&](const SlotTable::Item& item) {
    SlotTable::Item whole = item;
    if (HC_MUTANT(kFillForgetsExpiry)) whole.expiry = kNoExpiry;
    puts.put(whole);
    bytes += item.key.size() + item.value.size() + (item.object ? item.object->bytes() : 0);
  };
  if (fill.wanted) {
    visit_wanted(r, fill, put);
  } else {
    do {
      fill.cursor = r.table.walk(fill.cursor, put);
    } while (fill.cursor != 0 && bytes < chunk_bytes);
  }
  chunk.effects = puts.take();
  chunk.last = fill.cursor == 0;
  fill.unacked.push_back({fill.next_chunk++, fill.cursor, bytes, chunk.last, now});
  fill.walked = chunk.last;
  fill.progress = now;
  lane.outstanding += bytes;
  counters_.fill_bytes += bytes;
  peers_.send(t.who.member, std::move(chunk));
  return !fill.walked;
}

// The session broke, or it could take nothing in view `before`, the one that it had: what was not acknowledged is sent
// again, from there.
void Replication::restart_fills(NodeId to, Epoch before, Time now) {
  for_each_awake_with(to, before, [&](Slot s) {
    for (Target& t : at(s).lead->targets) {
      if (t.who.member != to || t.listed || t.filled || !t.fill || t.fill->id == 0 || t.view <= before) continue;
      Fill& fill = *t.fill;
      if (fill.acked_chunks == 0) fill_anew(t);
      ++fill.attempt;
      forget_sent(t);
      fill.ask_nothing();
      fill.cursor = fill.acked_cursor;
      fill.next_chunk = fill.acked_chunks;
      fill.walked = false;
      t.sent = t.acked;
      fill.progress = now;
      queue_fill(s, t);
    }
  });
  pump(to, now);
}

void Replication::handle(Incarnation from, FillChunk&& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  if (others_learn_.slots.has(m.slot)) install_learners_of(m.slot, now.mono);
  Replica& r = at(m.slot);
  if (m.slot_epoch != r.epoch || from != r.primary || !r.learner || on_offer(m.slot)) return;
  if (m.chunk == 0 && r.fill != m.fill) {  // 7a: from an empty slot
    if (HC_MUTANT(kFillOverRemains)) {
      r.tail.clear();
      r.tail_bytes = r.tail_memory = 0;
      r.at = r.base = m.at;
      account(r);
    } else {
      keep_remains(r);
      empty_slot(m.slot, m.at, false);
      if (log_.on()) peers_.send(from, FillRemains{m.slot, m.slot_epoch, m.fill, r.remains != nullptr});
    }
    r.fill = m.fill;
    r.next_chunk = 0;
    r.filled = false;
    r.holds = true;
  }
  // A chunk that is sent again may reach further than it did the first time, so it is taken again.
  if (r.fill != m.fill || m.chunk > r.next_chunk) return;
  if (r.at != m.at && !HC_MUTANT(kChunkLate)) return;
  clock_.read(now.mono);
  HC_CHECK(hc::apply(Bytes(m.effects), r.table, &clock_), "a chunk that does not decode");
  if (m.last) r.remains.reset();
  account(r);
  if (log_.on()) log_.filled(m.slot, m.effects, m.last);
  r.next_chunk = m.chunk + 1;
  r.filled = m.last;
  if (HC_BUGGIFY(kFillAckKept)) return;
  const FillAck ack{m.slot, m.slot_epoch, m.fill, m.chunk, m.attempt};
  if (!log_.on() || HC_MUTANT(kCaughtUpBeforeDurable)) {
    peers_.send(from, ack);
  } else {
    held_acks_.push_back({log_.next(), from, ack});
  }
}

void Replication::handle(Incarnation from, const FillAck& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  Replica& r = at(m.slot);
  if (!r.lead || m.slot_epoch != r.epoch) return;
  Target* t = r.lead->target(from);
  if (!t || !t->fill || t->fill->id != m.fill) return;
  if (t->fill->attempt != m.attempt && !HC_MUTANT(kChunkAttemptIgnored)) return;
  Fill& fill = *t->fill;
  Lane& lane = this->lane(from.member);
  const bool waited = fill.waits();
  while (!fill.unacked.empty() && fill.unacked.front().chunk <= m.chunk) {
    const Fill::Sent& sent = fill.unacked.front();
    lane.arrived_or_lost(sent.bytes);
    lane.pace.acknowledged(sent.bytes, now.mono - sent.at, now.mono);
    fill.acked_cursor = sent.cursor_after;
    fill.acked_chunks = sent.chunk + 1;
    const std::uint64_t arrived = sent.last ? r.table.bytes() : passed(r.table.bytes(), fill.acked_cursor);
    lane.arrived += arrived - std::min(arrived, fill.arrived);
    fill.arrived = std::max(arrived, fill.arrived);
    if (sent.last && !t->filled) {
      t->filled = true;
      ++lane.filled;
      ++counters_.fills;
    }
    fill.unacked.erase(fill.unacked.begin());
  }
  fill.progress = lane.progress = t->waiting_since = now.mono;
  fill.stalled = false;
  if (fill.acked_chunks > 0 && std::exchange(fill.entries_again, false)) {
    t->sent = t->acked;
    queue(m.slot);
  }
  try_count(m.slot, *t, now.mono);
  if (waited && !fill.waits()) queue_fill(m.slot, *t);
  pump(from.member, now.mono);
}

// 7b: it acknowledged all that is committed and grants leases; from now on commits and leases need it.
void Replication::try_count(Slot s, Target& t, Time now) {
  Replica& r = at(s);
  if (t.listed || t.counted || !t.filled) return;
  if (t.sent < r.base.seq) {  // the tail was cut before
    fill_anew(t);
    return queue_fill(s, t);
  }
  const bool complete = r.lead->stage == Stage::kServing || HC_MUTANT(kCaughtUpBeforeTakeover) ||
                        (HC_MUTANT(kCountedWhileWaiting) && r.lead->stage == Stage::kWaiting);
  if (!complete || HC_BUGGIFY(kCountsLate) || t.acked < r.commit || !leases_.holds(t.who, r.epoch, epoch(), now))
    return;
  t.counted = true;
  t.waiting_since = now;
  if (!in_no_hurry(s)) urgent_ = true;
}

// 7c: content that no view names us for is asked about, and forgotten when the slot's takeover is complete.
void Replication::ask_discards(Time now) {
  discards_at_ = now + kDiscardsEvery;
  if (log_.on() && !view_->names(self())) return;  // what is on our disk shortens the fills to come
  std::map<NodeId, SlotSet> questions;
  awake_.for_each([&](Slot s) {
    const Replica& r = replica(s);
    if (HC_MUTANT(kWipeBeforeView) && r.listed && !r.lead && r.holds) {
      const auto wanted = view_->ring.wanted(s);
      if (std::ranges::find(wanted, config_.self.id) == wanted.end()) empty_slot(s, {}, false);
    }
    if (r.listed || r.learner || !r.holds || on_offer(s) || others_learn_.slots.has(s)) return;
    if (HC_MUTANT(kDropBeforeTakeover)) return empty_slot(s, {}, false);
    questions.try_emplace(r.primary.member, SlotSet(config_.slots)).first->second.add(s);
  });
  for (auto& [to, slots] : questions) peers_.send(to, DiscardAsk{std::move(slots)});
}

// What an earlier process of a member held may be what a view rests on that nobody here knows yet: we have counted it.
void Replication::handle(Incarnation from, const DiscardAsk& m) {
  if (HC_BUGGIFY(kDiscardsKept)) return;
  DiscardOk ok{SlotSet(config_.slots), epoch()};
  const auto counted = [&](const Target& t) { return t.who.member == from.member && t.in_commit_set(); };
  m.slots.for_each([&](Slot s) {
    if (s.value >= replicas_.size()) return;
    const Replica& r = at(s);
    if (!r.lead || r.lead->stage != Stage::kServing || view_->config(s).list.names(from)) return;
    if (std::ranges::any_of(r.lead->targets, counted) && !HC_MUTANT(kDiscardsACounted)) return;
    ok.slots.add(s);
  });
  if (!ok.slots.empty()) peers_.send(from, std::move(ok));
}

void Replication::handle(Incarnation from, const DiscardOk& m) {
  m.slots.for_each([&](Slot s) {
    if (s.value >= replicas_.size()) return;
    Replica& r = at(s);
    const bool ours = r.listed || r.learner || !r.holds || others_learn_.slots.has(s);
    if (!ours && r.primary == from && r.epoch <= m.as_of && !on_offer(s)) empty_slot(s, {}, false);
  });
}

}  // namespace hc
