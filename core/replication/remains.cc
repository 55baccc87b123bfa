// What a learner has left of a slot, from its disk or from before, shortens its fill (rule 9a).
//
// It proves nothing: it may be of another history, of half a walk, or old. So it is compared: before a chunk the
// primary tells sums of the next parts of the slot as they are at its position, and the learner takes of its remains
// the parts whose sums are the same. Those are the bytes that the chunk would have held, at the position that it would
// have had; the others are sent. So nothing rests on where the remains come from.
#include <algorithm>

#include "core/base/seam.h"
#include "core/replication/replication.h"

namespace hc {
namespace {

constexpr std::size_t kPartsOfChunk = 32;  // a part has so much less than a chunk
constexpr std::size_t kPartsAtOnce = 256, kChunksAtOnce = 8;
constexpr std::size_t kSumsShare = 8;  // looking at bytes costs both ends so much less than sending them
constexpr std::size_t kSumsOverhead = 64;

// The entries of a table in one part.
template <class Visit>
void visit(const SlotTable& table, const Fill::Part& part, const Visit& each) {
  std::uint64_t cursor = part.begin;
  do {
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) {
      if (part.end == 0 || SlotTable::cursor_of(hash_of(item.key)) < part.end) each(item);
    });
  } while (cursor != 0 && (part.end == 0 || cursor < part.end));
}

// What is summed.
void put_summed(SlotTable::Item item, EffectWriter& puts) {
  if (HC_MUTANT(kSumsForgetExpiry)) item.expiry = kNoExpiry;
  puts.put(item);
}

}  // namespace

// ------------------------------------------------------------------------------------------------------- as primary

bool Replication::may_remain(const Target& t) const {
  const ViewMember* member = view_->member(t.who.member);
  return log_.on() && member && member->info.keeps_log && peers_.wire(t.who.member) >= wire_since_of(FillSums{});
}

// The answer to the first chunk, before that is acknowledged.
void Replication::handle(Incarnation from, const FillRemains& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  Replica& r = at(m.slot);
  if (!r.lead || m.slot_epoch != r.epoch) return;
  Target* t = r.lead->target(from);
  if (!t || !t->fill || t->fill->id != m.fill) return;
  t->fill->remains = m.some;
  if (!t->fill->waits() || !t->fill->asked.empty()) return;
  t->fill->unacked.back().waits = false;
  queue_fill(m.slot, *t);
  pump(from.member, now.mono);
}

// The next chunk waits for the answer.
void Replication::send_sums(Slot s, Target& t, Lane& lane, Time now) {
  const Replica& r = replica(s);
  Fill& fill = *t.fill;
  FillSums m{s, r.epoch, fill.id, fill.next_chunk, r.at, fill.attempt, fill.cursor, random_.next(), {}};
  fill.ask_nothing();
  std::size_t bytes = 0;
  std::uint64_t cursor = fill.cursor;
  do {
    const std::uint64_t begin = cursor;
    EffectWriter puts;
    do {
      cursor = r.table.walk(cursor, [&](const SlotTable::Item& item) { put_summed(item, puts); });
    } while (cursor != 0 && puts.bytes().size() < config_.fill_chunk_bytes / kPartsOfChunk);
    m.parts.push_back({cursor, hash_bytes(puts.bytes(), m.seed)});
    fill.asked.push_back({begin, cursor});
    bytes += puts.bytes().size();
  } while (cursor != 0 && m.parts.size() < kPartsAtOnce && bytes < kChunksAtOnce * config_.fill_chunk_bytes);
  const std::size_t weight = kSumsOverhead + bytes / kSumsShare;
  fill.unacked.push_back({fill.next_chunk, fill.cursor, weight, false, now, true});
  fill.progress = now;
  lane.outstanding += weight;
  peers_.send(t.who.member, std::move(m));
}

void Replication::handle(Incarnation from, const FillWant& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  Replica& r = at(m.slot);
  if (!r.lead || m.slot_epoch != r.epoch) return;
  Target* t = r.lead->target(from);
  if (!t || !t->fill || t->fill->id != m.fill || t->fill->attempt != m.attempt) return;
  Fill& fill = *t->fill;
  if (!fill.waits() || fill.asked.empty() || m.chunk != fill.next_chunk) return;
  const Fill::Sent sums = fill.unacked.back();
  fill.unacked.pop_back();
  Lane& lane = this->lane(from.member);
  lane.arrived_or_lost(sums.bytes);
  lane.pace.acknowledged(sums.bytes, now.mono - sums.at, now.mono);
  fill.wanted.emplace();
  for (const std::uint64_t part : m.parts)
    if (part < fill.asked.size()) fill.wanted->push_back(fill.asked[part]);
  fill.progress = lane.progress = t->waiting_since = now.mono;
  fill.stalled = false;
  queue_fill(m.slot, *t);
  pump(from.member, now.mono);
}

// The entries of the parts that are wanted, and the walk goes on behind all that were asked about.
void Replication::visit_wanted(const Replica& r, Fill& fill, const std::function<void(const SlotTable::Item&)>& each) {
  for (const Fill::Part& part : *fill.wanted) visit(r.table, part, each);
  fill.cursor = fill.asked.back().end;
  fill.ask_nothing();
}

// ------------------------------------------------------------------------------------------------------- as learner

// Of two remains the larger: the other one may be half a walk.
void Replication::keep_remains(Replica& r) {
  if (!log_.on() || r.table.size() == 0) return;
  if (r.remains && r.remains->size() >= r.table.size()) return;
  r.remains = std::make_unique<SlotTable>();
  r.remains->swap(r.table);
}

void Replication::drop_remains(Replica& r) {
  if (!r.remains) return;
  r.remains.reset();
  account(r);
}

void Replication::handle(Incarnation from, const FillSums& m, Now now) {
  if (m.slot.value >= replicas_.size()) return;
  Replica& r = at(m.slot);
  if (m.slot_epoch != r.epoch || from != r.primary || !r.learner || on_offer(m.slot)) return;
  if (r.fill != m.fill || m.chunk > r.next_chunk) return;
  if (r.at != m.at && !HC_MUTANT(kSumsLate)) return;
  clock_.read(now.mono);
  FillWant want{m.slot, m.slot_epoch, m.fill, m.chunk, m.attempt, {}};
  EffectWriter taken;
  std::uint64_t begin = m.begin;
  for (std::size_t i = 0; i < m.parts.size(); ++i) {
    const Fill::Part part{begin, m.parts[i].end};
    begin = part.end;
    EffectWriter puts;
    if (r.remains) visit(*r.remains, part, [&](const SlotTable::Item& item) { put_summed(item, puts); });
    const bool same = hash_bytes(puts.bytes(), m.seed) == m.parts[i].sum;
    if (!same && !(HC_MUTANT(kRemainsUnchecked) && r.remains)) {
      want.parts.push_back(i);
    } else if (r.remains) {
      visit(*r.remains, part, [&](const SlotTable::Item& item) { taken.put(item); });
    }
  }
  const std::string effects = taken.take();
  HC_CHECK(hc::apply(Bytes(effects), r.table, &clock_), "remains that do not decode");
  account(r);
  counters_.fill_bytes_kept += effects.size();
  if (!effects.empty()) log_.filled(m.slot, effects, false);
  peers_.send(from, std::move(want));
}

}  // namespace hc
