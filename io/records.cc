#include "io/records.h"

#include <algorithm>
#include <array>
#include <span>

#include "core/base/check.h"
#include "io/peer_codec.h"

namespace hc {
namespace {

// What differs from the usual entry: an effect of the slot epoch `base`, right behind the entry written before it, and
// naming that one's slot epoch as the previous.
enum EntryFlag : std::uint8_t {
  kBoundary = 1,
  kOtherEpoch = 2,
  kOtherSeq = 4,
  kOtherPrevious = 8,
  kAllEntryFlags = 15
};

bool has_text(Reply::Kind kind) {
  switch (kind) {
    case Reply::Kind::kSimple:
    case Reply::Kind::kError:
    case Reply::Kind::kBulk:
    case Reply::Kind::kDouble:
    case Reply::Kind::kVerbatim:
      return true;
    default:
      return false;
  }
}
bool has_items(Reply::Kind kind) {
  return kind == Reply::Kind::kArray || kind == Reply::Kind::kMap || kind == Reply::Kind::kSet ||
         kind == Reply::Kind::kPush || kind == Reply::Kind::kSeries;
}

void kind(RecordKind kind, WireWriter& out) { out.byte(static_cast<std::uint8_t>(kind)); }

void write_slots(const std::vector<Slot>& slots, WireWriter& out) {
  out.number(slots.size());
  for (const Slot s : slots) out.number(s);
}
void read_slots(WireReader& in, DecodeBudget& budget, std::vector<Slot>& slots) {
  const std::size_t count = in.count();
  if (!budget.take(count * sizeof(Slot))) return in.turn_bad();
  slots.reserve(count);
  for (std::size_t i = 0; i < count; ++i) slots.push_back(in.slot());
}

void read_words(WireReader& in, DecodeBudget& budget, Words& words) {
  constexpr std::size_t kFew = 8;
  const std::size_t count = in.count();
  if (!budget.take(count * sizeof(std::string))) return in.turn_bad();
  std::array<Bytes, kFew> few;
  std::vector<Bytes> many(count <= kFew ? 0 : count);
  const std::span<Bytes> views = count <= kFew ? std::span(few).first(count) : std::span(many);
  for (Bytes& view : views) view = in.bytes();
  if (in.ok()) words = std::span<const Bytes>(views);
}

Time read_time(WireReader& in) {
  const std::int64_t n = in.zigzag();
  if (n < -kTimeMax || n > kTimeMax) in.turn_bad();
  return Time(Duration(in.ok() ? n : 0));
}

}  // namespace

Duration within_bounds(std::int64_t nanoseconds) {
  return std::clamp(Duration(nanoseconds), Duration::zero(), kDurationMax);
}

// ---- entries
void write_entries(const std::vector<Entry>& entries, Epoch base, WireWriter& out) {
  out.number(entries.size());
  Position before{base, Seq(0)};
  for (const Entry& e : entries) {
    unsigned flags = 0;
    if (e.boundary) flags |= kBoundary;
    if (e.at.slot_epoch != base) flags |= kOtherEpoch;
    if (e.at.seq != before.seq.next()) flags |= kOtherSeq;
    if (e.previous_epoch != before.slot_epoch) flags |= kOtherPrevious;
    out.byte(static_cast<std::uint8_t>(flags));
    if (flags & kOtherEpoch) out.number(e.at.slot_epoch);
    if (flags & kOtherSeq) out.number(e.at.seq);
    if (flags & kOtherPrevious) out.number(e.previous_epoch);
    out.bytes(e.effects.bytes());
    before = e.at;
  }
}

void read_entries(Epoch base, WireReader& in, DecodeBudget& budget, std::vector<Entry>& entries) {
  const std::size_t count = in.count(2);
  if (!budget.take(count * sizeof(Entry))) return in.turn_bad();
  entries.reserve(count);
  Position before{base, Seq(0)};
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Entry& e = entries.emplace_back();
    const std::uint8_t flags = in.byte();
    if (flags > kAllEntryFlags) return in.turn_bad();
    e.boundary = (flags & kBoundary) != 0;
    e.at.slot_epoch = (flags & kOtherEpoch) ? in.epoch() : base;
    e.at.seq = (flags & kOtherSeq) ? in.seq() : before.seq.next();
    e.previous_epoch = (flags & kOtherPrevious) ? in.epoch() : before.slot_epoch;
    const Bytes effects = in.bytes();
    if (!effects.empty()) e.effects = Value::copy_of(effects);
    before = e.at;
  }
}

// ---- replies
void write_reply_record(const Reply& reply, WireWriter& out, int depth) {
  HC_CHECK(depth <= kReplyDepthMax, "a reply nests too deeply");
  out.byte(static_cast<std::uint8_t>(reply.kind));
  if (reply.kind == Reply::Kind::kInteger) return out.zigzag(reply.integer);
  if (has_text(reply.kind)) return out.bytes(reply.text.view);
  if (!has_items(reply.kind)) return;
  out.number(reply.items.size());
  for (const Reply& item : reply.items) write_reply_record(item, out, depth + 1);
}

void read_reply_record(WireReader& in, DecodeBudget& budget, Reply& reply, int depth) {
  const std::uint8_t kind = in.byte();
  if (kind > static_cast<std::uint8_t>(Reply::Kind::kVerbatim) || depth > kReplyDepthMax) return in.turn_bad();
  reply.kind = static_cast<Reply::Kind>(kind);
  if (reply.kind == Reply::Kind::kInteger) {
    reply.integer = in.zigzag();
  } else if (has_text(reply.kind)) {
    const Bytes text = in.bytes();
    if (text == kOkText)
      reply.text = Text::borrow(kOkText);
    else if (!text.empty())
      reply.text = Text::copy_of(text);
  } else if (has_items(reply.kind)) {
    const std::size_t count = in.count();
    if (!budget.take(count * sizeof(Reply))) return in.turn_bad();
    reply.items.resize(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) read_reply_record(in, budget, reply.items[i], depth + 1);
  }
}

// ---- records
void write_record(const Append& m, WireWriter& out) {
  kind(RecordKind::kAppend, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.commit);
  write_entries(m.entries, m.slot_epoch, out);
}
static void read(WireReader& in, DecodeBudget& budget, Append& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.commit = in.seq();
  read_entries(m.slot_epoch, in, budget, m.entries);
}

void write_record(const Appended& m, WireWriter& out) {
  kind(RecordKind::kAppended, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.seq);
}
static void read(WireReader& in, DecodeBudget&, Appended& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.seq = in.seq();
}

void write_record(const Forward& m, WireWriter& out) {
  kind(RecordKind::kForward, out);
  out.number(m.request);
  out.number(m.epoch);
  out.zigzag(m.patience.count());
  write_slots(m.slots, out);
  out.byte(m.relay ? 1 : 0);
  out.number(m.args.size());
  for (const Bytes arg : m.args) out.bytes(arg);
}
static void read(WireReader& in, DecodeBudget& budget, Forward& m) {
  m.request = in.request();
  m.epoch = in.epoch();
  m.patience = within_bounds(in.zigzag());
  read_slots(in, budget, m.slots);
  m.relay = in.byte() != 0;
  read_words(in, budget, m.args);
}

void write_record(const Forwarded& m, WireWriter& out) {
  kind(RecordKind::kForwarded, out);
  out.number(m.request);
  out.byte(static_cast<std::uint8_t>(m.outcome));
  out.number(m.epoch);
  write_reply_record(m.reply, out);
  write_slots(m.left, out);
}
static void read(WireReader& in, DecodeBudget& budget, Forwarded& m) {
  m.request = in.request();
  const std::uint8_t outcome = in.byte();
  if (outcome > static_cast<std::uint8_t>(Outcome::kUnknown)) return in.turn_bad();
  m.outcome = static_cast<Outcome>(outcome);
  m.epoch = in.epoch();
  read_reply_record(in, budget, m.reply);
  read_slots(in, budget, m.left);
}

void write_record(const FillChunk& m, WireWriter& out) {
  kind(RecordKind::kFillChunk, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.fill);
  out.number(m.chunk);
  out.position(m.at);
  out.byte(m.last ? 1 : 0);
  out.number(m.attempt);
  out.bytes(m.effects);
}
static void read(WireReader& in, DecodeBudget&, FillChunk& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.fill = in.number();
  m.chunk = in.number();
  m.at = in.position();
  m.last = in.byte() != 0;
  m.attempt = in.number();
  m.effects = std::string(in.bytes());
}

void write_record(const FillAck& m, WireWriter& out) {
  kind(RecordKind::kFillAck, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.fill);
  out.number(m.chunk);
  out.number(m.attempt);
}
static void read(WireReader& in, DecodeBudget&, FillAck& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.fill = in.number();
  m.chunk = in.number();
  m.attempt = in.number();
}

void write_record(const LeaseAsk& m, WireWriter& out) {
  kind(RecordKind::kLeaseAsk, out);
  out.zigzag(m.sent.time_since_epoch().count());
}
static void read(WireReader& in, DecodeBudget&, LeaseAsk& m) { m.sent = read_time(in); }

void write_record(const Grant& m, WireWriter& out) {
  kind(RecordKind::kGrant, out);
  out.zigzag(m.sent.time_since_epoch().count());
  out.number(m.view);
}
static void read(WireReader& in, DecodeBudget&, Grant& m) {
  m.sent = read_time(in);
  m.view = in.epoch();
}

void write_record(const Pressure& m, WireWriter& out) {
  kind(RecordKind::kPressure, out);
  out.number(m.bytes_over);
}
static void read(WireReader& in, DecodeBudget&, Pressure& m) { m.bytes_over = in.number(); }

void write_record(const Interest& m, WireWriter& out) {
  kind(RecordKind::kInterest, out);
  out.number(m.number);
  out.byte(m.whole ? 1 : 0);
  out.number(std::uint64_t{m.notices});
  out.number(m.changes.size());
  for (const Interest::One& one : m.changes) {
    out.byte(static_cast<std::uint8_t>(one.space));
    out.bytes(one.name);
    out.number(one.clients);
  }
}
static void read(WireReader& in, DecodeBudget& budget, Interest& m) {
  m.number = in.number();
  m.whole = in.byte() != 0;
  m.notices = in.at_most<std::uint32_t>();
  const std::size_t count = in.count(3);
  if (!budget.take(count * sizeof(Interest::One))) return in.turn_bad();
  m.changes.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Interest::One& one = m.changes.emplace_back();
    const std::uint8_t space = in.byte();
    if (space >= kSpaces) return in.turn_bad();
    one.space = static_cast<Space>(space);
    one.name = std::string(in.bytes());
    one.clients = in.number();
  }
}

void write_record(const InterestKnown& m, WireWriter& out) {
  kind(RecordKind::kInterestKnown, out);
  out.number(m.number);
}
static void read(WireReader& in, DecodeBudget&, InterestKnown& m) { m.number = in.number(); }

void write_record(const Publish& m, WireWriter& out) {
  kind(RecordKind::kPublish, out);
  out.number(m.number);
  out.byte(m.shard ? 1 : 0);
  out.bytes(m.channel);
  out.bytes(m.payload);
}
static void read(WireReader& in, DecodeBudget&, Publish& m) {
  m.number = in.number();
  m.shard = in.byte() != 0;
  m.channel = std::string(in.bytes());
  m.payload = std::string(in.bytes());
}

void write_record(const Published& m, WireWriter& out) {
  kind(RecordKind::kPublished, out);
  out.number(m.number);
  out.number(m.clients);
}
static void read(WireReader& in, DecodeBudget&, Published& m) {
  m.number = in.number();
  m.clients = in.number();
}

void write_record(const Digests& m, WireWriter& out) {
  kind(RecordKind::kDigests, out);
  out.number(m.slots.size());
  for (const Digests::One& one : m.slots) {
    out.number(one.slot);
    out.number(one.slot_epoch);
    out.position(one.at);
    out.fixed64(one.digest);
  }
}
static void read(WireReader& in, DecodeBudget& budget, Digests& m) {
  constexpr std::size_t kLeast = 4 + 8;
  const std::size_t count = in.count(kLeast);
  if (!budget.take(count * sizeof(Digests::One))) return in.turn_bad();
  m.slots.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Digests::One& one = m.slots.emplace_back();
    one.slot = in.slot();
    one.slot_epoch = in.epoch();
    one.at = in.position();
    one.digest = in.fixed64();
  }
}

void write_record(const FillRemains& m, WireWriter& out) {
  kind(RecordKind::kFillRemains, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.fill);
  out.byte(m.some ? 1 : 0);
}
static void read(WireReader& in, DecodeBudget&, FillRemains& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.fill = in.number();
  m.some = in.byte() != 0;
}

void write_record(const FillSums& m, WireWriter& out) {
  kind(RecordKind::kFillSums, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.fill);
  out.number(m.chunk);
  out.position(m.at);
  out.number(m.attempt);
  out.number(m.begin);
  out.fixed64(m.seed);
  out.number(m.parts.size());
  for (const FillSums::Part& part : m.parts) {
    out.number(part.end);
    out.fixed64(part.sum);
  }
}
static void read(WireReader& in, DecodeBudget& budget, FillSums& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.fill = in.number();
  m.chunk = in.number();
  m.at = in.position();
  m.attempt = in.number();
  m.begin = in.number();
  m.seed = in.fixed64();
  const std::size_t count = in.count(9);
  if (!budget.take(count * sizeof(FillSums::Part))) return in.turn_bad();
  m.parts.resize(count);
  for (FillSums::Part& part : m.parts) {
    part.end = in.number();
    part.sum = in.fixed64();
  }
}

void write_record(const FillWant& m, WireWriter& out) {
  kind(RecordKind::kFillWant, out);
  out.number(m.slot);
  out.number(m.slot_epoch);
  out.number(m.fill);
  out.number(m.chunk);
  out.number(m.attempt);
  out.number(m.parts.size());
  for (const std::uint64_t part : m.parts) out.number(part);
}
static void read(WireReader& in, DecodeBudget& budget, FillWant& m) {
  m.slot = in.slot();
  m.slot_epoch = in.epoch();
  m.fill = in.number();
  m.chunk = in.number();
  m.attempt = in.number();
  const std::size_t count = in.count();
  if (!budget.take(count * sizeof(std::uint64_t))) return in.turn_bad();
  m.parts.resize(count);
  for (std::uint64_t& part : m.parts) part = in.number();
}

void read_record(RecordKind kind, WireReader& in, DecodeBudget& budget, Message& message) {
  switch (kind) {
    case RecordKind::kAppend:
      return read(in, budget, message.emplace<Append>());
    case RecordKind::kAppended:
      return read(in, budget, message.emplace<Appended>());
    case RecordKind::kForward:
      return read(in, budget, message.emplace<Forward>());
    case RecordKind::kForwarded:
      return read(in, budget, message.emplace<Forwarded>());
    case RecordKind::kFillChunk:
      return read(in, budget, message.emplace<FillChunk>());
    case RecordKind::kFillAck:
      return read(in, budget, message.emplace<FillAck>());
    case RecordKind::kLeaseAsk:
      return read(in, budget, message.emplace<LeaseAsk>());
    case RecordKind::kGrant:
      return read(in, budget, message.emplace<Grant>());
    case RecordKind::kPressure:
      return read(in, budget, message.emplace<Pressure>());
    case RecordKind::kInterest:
      return read(in, budget, message.emplace<Interest>());
    case RecordKind::kInterestKnown:
      return read(in, budget, message.emplace<InterestKnown>());
    case RecordKind::kPublish:
      return read(in, budget, message.emplace<Publish>());
    case RecordKind::kPublished:
      return read(in, budget, message.emplace<Published>());
    case RecordKind::kDigests:
      return read(in, budget, message.emplace<Digests>());
    case RecordKind::kFillRemains:
      return read(in, budget, message.emplace<FillRemains>());
    case RecordKind::kFillSums:
      return read(in, budget, message.emplace<FillSums>());
    case RecordKind::kFillWant:
      return read(in, budget, message.emplace<FillWant>());
    case RecordKind::kControl:
      break;
  }
  in.turn_bad();
}

}  // namespace hc
