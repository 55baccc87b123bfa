#include "io/log_codec.h"

#include <algorithm>
#include <cstdio>

#include "core/base/seam.h"
#include "io/crc32c.h"

namespace hc {
namespace {

constexpr Bytes kMagic = "HC-LOG\r\n";
constexpr std::size_t kFrameHeadBytes = 20, kHeaderSumAt = kSegmentHeaderBytes - 4;
constexpr std::uint64_t kSectorBytes = 512;
constexpr std::size_t kFrameKept = std::size_t{1} << 20;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

enum class Kind : std::uint8_t {
  kRunBegan = 1,
  kRunEnded = 2,
  kPastRun = 3,
  kApplied = 4,
  kEmptied = 5,
  kFilled = 6,
  kKept = 7,
  kSnapshotBegan = 8,
  kSnapshotEnded = 9,
  kPacked = 10,  // first in a frame, which has no other: its records, packed
};
enum EntryFlag : std::uint8_t { kBoundary = 1, kOtherPrevious = 2 };

std::uint32_t get32(Bytes bytes, std::size_t at) { return WireReader(bytes.substr(at, 4)).fixed32(); }
std::uint64_t get64(Bytes bytes, std::size_t at) { return WireReader(bytes.substr(at, 8)).fixed64(); }

void kind(Kind k, WireWriter& out) { out.byte(static_cast<std::uint8_t>(k)); }

Fsync read_policy(WireReader& in) {
  const std::uint8_t policy = in.byte();
  if (policy > static_cast<std::uint8_t>(Fsync::kAlways)) in.turn_bad();
  return in.ok() ? static_cast<Fsync>(policy) : Fsync::kNo;
}

void write_entry(const Entry& e, WireWriter& out) {
  const bool other = e.previous_epoch != e.at.slot_epoch;
  out.byte(static_cast<std::uint8_t>((e.boundary ? kBoundary : 0) | (other ? kOtherPrevious : 0)));
  out.position(e.at);
  if (other) out.number(e.previous_epoch);
  if (!e.boundary) out.bytes(e.effects.bytes());
}
Entry read_entry(WireReader& in) {
  Entry e;
  const std::uint8_t flags = in.byte();
  if (flags > (kBoundary | kOtherPrevious)) in.turn_bad();
  e.boundary = (flags & kBoundary) != 0;
  e.at = in.position();
  e.previous_epoch = (flags & kOtherPrevious) ? in.epoch() : e.at.slot_epoch;
  if (!e.boundary) e.effects = Value::copy_of(in.bytes());
  return e;
}

void write_record(const LogRecord& record, WireWriter& out) {
  std::visit(Overload{
                 [&](const RunBegan& r) {
                   kind(Kind::kRunBegan, out);
                   out.random(r.generation);
                   out.byte(static_cast<std::uint8_t>(r.policy));
                 },
                 [&](const RunEnded&) { kind(Kind::kRunEnded, out); },
                 [&](const PastRun& r) {
                   kind(Kind::kPastRun, out);
                   out.random(r.generation);
                   out.byte(static_cast<std::uint8_t>(r.policy));
                   out.byte(r.clean);
                 },
                 [&](const Applied& r) {
                   kind(Kind::kApplied, out);
                   out.number(r.slot);
                   write_entry(r.entry, out);
                 },
                 [&](const Emptied& r) {
                   kind(Kind::kEmptied, out);
                   out.number(r.slot);
                   out.position(r.at);
                   out.byte(r.whole);
                 },
                 [&](const Filled& r) {
                   kind(Kind::kFilled, out);
                   out.number(r.slot);
                   out.bytes(r.effects);
                   out.byte(r.last);
                 },
                 [&](const Kept& r) {
                   kind(Kind::kKept, out);
                   out.number(r.slot);
                   out.position(r.at);
                   out.random(r.origin);
                   out.byte(r.whole);
                 },
                 [&](const SnapshotBegan&) { kind(Kind::kSnapshotBegan, out); },
                 [&](const SnapshotEnded&) { kind(Kind::kSnapshotEnded, out); },
             },
             record);
}

LogRecord read_record(WireReader& in) {
  switch (static_cast<Kind>(in.byte())) {
    case Kind::kRunBegan: {
      RunBegan r;
      r.generation = in.random<GenerationTag>();
      r.policy = read_policy(in);
      return r;
    }
    case Kind::kRunEnded:
      return RunEnded{};
    case Kind::kPastRun: {
      PastRun r;
      r.generation = in.random<GenerationTag>();
      r.policy = read_policy(in);
      r.clean = in.byte() != 0;
      return r;
    }
    case Kind::kApplied: {
      Applied r;
      r.slot = in.slot();
      r.entry = read_entry(in);
      return r;
    }
    case Kind::kEmptied: {
      Emptied r;
      r.slot = in.slot();
      r.at = in.position();
      r.whole = in.byte() != 0;
      return r;
    }
    case Kind::kFilled: {
      Filled r;
      r.slot = in.slot();
      r.effects = std::string(in.bytes());
      r.last = in.byte() != 0;
      return r;
    }
    case Kind::kKept: {
      Kept r;
      r.slot = in.slot();
      r.at = in.position();
      r.origin = in.random<GenerationTag>();
      r.whole = in.byte() != 0;
      return r;
    }
    case Kind::kSnapshotBegan:
      return SnapshotBegan{};
    case Kind::kSnapshotEnded:
      return SnapshotEnded{};
    case Kind::kPacked:
      break;  // not within a frame
  }
  in.turn_bad();
  return RunEnded{};
}

// ---- frames

struct FrameHead {
  std::uint32_t length = 0;
  std::uint64_t synced = 0;
  std::uint32_t body_sum = 0;
};

std::string place(std::uint64_t number, std::uint64_t offset) {
  std::string text;
  WireWriter out(text);
  out.fixed64(number);
  out.fixed64(offset);
  return text;
}

// The head of a frame that may stand at `offset`; nullopt: none does.
std::optional<FrameHead> frame_head(Bytes file, std::uint64_t number, std::uint64_t offset) {
  if (file.size() - offset < kFrameHeadBytes) return std::nullopt;
  const Bytes head = file.substr(offset, kFrameHeadBytes);
  const std::uint32_t sum = crc32c(head.substr(0, 16), crc32c(place(number, offset)));
  if (sum != get32(head, 16) && !HC_MUTANT(kNoCrc)) return std::nullopt;
  return FrameHead{get32(head, 0), get64(head, 4), get32(head, 12)};
}

// All that the body of a frame says; false: it says nothing that was written.
bool read_body(Bytes body, std::vector<LogRecord>& records) {
  WireReader in(body);
  std::optional<std::string> unpacked;
  if (body.starts_with(static_cast<char>(Kind::kPacked))) {
    in.byte();
    const std::uint64_t size = in.number();
    if (in.ok()) unpacked = unpack(body.substr(body.size() - in.left()), size);
    if (!unpacked) return false;
    in = WireReader(*unpacked);
  }
  records = read_log_records(in);
  return in.ok();
}

// The records of the frame at `offset`; nullopt: it is not whole, or damaged.
std::optional<std::vector<LogRecord>> frame_at(Bytes file, std::uint64_t number, std::uint64_t offset,
                                               std::uint64_t& end) {
  const auto head = frame_head(file, number, offset);
  if (!head) return std::nullopt;
  const std::uint64_t left = file.size() - offset - kFrameHeadBytes;
  if (head->length > left && !HC_MUTANT(kTornTailAccepted)) return std::nullopt;
  const Bytes body = file.substr(offset + kFrameHeadBytes, head->length);
  if (crc32c(body) != head->body_sum && !HC_MUTANT(kNoCrc) && !HC_MUTANT(kTornTailAccepted)) return std::nullopt;
  std::vector<LogRecord> records;
  const bool sound = read_body(body, records);
  if (!sound && !HC_MUTANT(kNoCrc) && !HC_MUTANT(kTornTailAccepted)) return std::nullopt;
  if (!sound && !records.empty()) records.pop_back();  // the mutants take what they understand
  end = offset + kFrameHeadBytes + body.size();
  return records;
}

bool is_header(Bytes file, std::uint64_t number) {
  return file.size() >= kSegmentHeaderBytes && file.starts_with(kMagic) &&
         crc32c(file.substr(0, kHeaderSumAt)) == get32(file, kHeaderSumAt) && get64(file, 12) == number;
}

// Some frame behind says that it was written when more than `offset` bytes were durable.
bool known_durable(Bytes file, std::uint64_t number, std::uint64_t offset) {
  for (std::uint64_t at = offset + 1; at + kFrameHeadBytes <= file.size(); ++at)
    if (const auto head = frame_head(file, number, at); head && head->synced > offset) return true;
  return false;
}

// What does not read at `offset` may be what a process that died left of a write. A loss of power leaves whole sectors
// unwritten; of what is all there and has no empty sector, something has become another.
bool may_be_torn(Bytes file, std::uint64_t number, std::uint64_t offset) {
  if (HC_MUTANT(kRotCutAsTorn)) return true;
  const bool header = offset == 0;
  const auto head = header ? std::nullopt : frame_head(file, number, offset);
  const std::uint64_t size = header ? kSegmentHeaderBytes : kFrameHeadBytes + (head ? head->length : 0);
  return file.size() - offset < size || empty_sector(file, offset, offset + size);
}

std::string damage(Bytes name, std::uint64_t offset, Bytes what) {
  const std::string file(name);
  return file + " is damaged at offset " + std::to_string(offset) + ": " + std::string(what) +
         ". In a cluster move the log away and start the member again, the others fill it; to keep what stands before "
         "the damage and lose the rest: log-inspect cut " +
         file;
}

}  // namespace

void write_log_records(const std::vector<LogRecord>& records, WireWriter& out) {
  for (const LogRecord& record : records) write_record(record, out);
}

std::vector<LogRecord> read_log_records(WireReader& in) {
  std::vector<LogRecord> records;
  while (in.ok() && in.left() > 0) records.push_back(read_record(in));
  return records;
}

bool empty_sector(Bytes file, std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t at = begin; at < end;) {
    const std::uint64_t next = std::min(end, (at / kSectorBytes + 1) * kSectorBytes);
    if (file.substr(at, next - at).find_first_not_of('\0') == Bytes::npos) return true;
    at = next;
  }
  return false;
}

std::string segment_name(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "%08llu.log", static_cast<unsigned long long>(number));
  return text;
}

std::optional<std::uint64_t> segment_number(Bytes name) {
  if (!name.ends_with(".log")) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : name.substr(0, name.size() - 4)) {
    if (c < '0' || c > '9' || number > 1'000'000'000'000'000) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return segment_name(number) == name ? std::optional(number) : std::nullopt;
}

std::string encode_first(std::uint64_t segment) {
  const std::string text = "HC-FIRST 1 " + std::to_string(segment) + " ";
  char sum[16];
  std::snprintf(sum, sizeof sum, "%08x\n", crc32c(text));
  return text + sum;
}

std::optional<std::uint64_t> decode_first(Bytes text) {
  constexpr Bytes kBefore = "HC-FIRST 1 ";
  if (!text.starts_with(kBefore)) return std::nullopt;
  std::uint64_t segment = 0;
  for (const char c : text.substr(kBefore.size())) {
    if (c < '0' || c > '9' || segment > 1'000'000'000'000'000) break;
    segment = segment * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return segment > 0 && encode_first(segment) == text ? std::optional(segment) : std::nullopt;
}

void LogBeginning::read(const std::vector<LogRecord>& records) {
  whole_ = whole_ || std::ranges::any_of(records, [](const LogRecord& r) { return std::get_if<SnapshotEnded>(&r); });
}

std::string LogBeginning::error(Bytes name) const {
  if (whole_) return {};
  return std::string(name) + " says that the log begins with the snapshot in " + segment_name(first_) +
         ", but that snapshot does not end, so it is damaged. In a cluster move the log away and start the member "
         "again, the others fill it";
}

std::string SegmentWriter::header() {
  std::string text;
  WireWriter out(text);
  out.raw(kMagic);
  out.fixed32(kLogFormat);
  out.fixed64(number_);
  out.fixed64(before_);
  out.fixed32(crc32c(text));
  size_ += text.size();
  return text;
}

// What stands behind the head, made smaller if it gets smaller by that.
void SegmentWriter::pack_body() {
  const Bytes plain = Bytes(frame_).substr(kFrameHeadBytes);
  const auto piece = packer_.pack(plain);
  if (!piece) return;
  std::string body;
  WireWriter out(body);
  kind(Kind::kPacked, out);
  out.number(plain.size());
  out.raw(*piece);
  if (body.size() < plain.size()) frame_.replace(kFrameHeadBytes, std::string::npos, body);
}

const std::string& SegmentWriter::frame(const std::vector<LogRecord>& records, bool packed) {
  if (frame_.capacity() > kFrameKept) frame_ = {};
  frame_.assign(kFrameHeadBytes, '\0');
  WireWriter out(frame_);
  write_log_records(records, out);
  if (packed) pack_body();
  const Bytes body = Bytes(frame_).substr(kFrameHeadBytes);
  std::string head;
  WireWriter before(head);
  before.fixed32(static_cast<std::uint32_t>(body.size()));
  before.fixed64(synced_);
  before.fixed32(crc32c(body));
  before.fixed32(crc32c(head, crc32c(place(number_, size_))));
  frame_.replace(0, kFrameHeadBytes, head);
  size_ += frame_.size();
  return frame_;
}

std::optional<std::uint64_t> size_before(Bytes file, std::uint64_t number) {
  return is_header(file, number) ? std::optional(get64(file, 20)) : std::nullopt;
}

bool says_durable(Bytes file, std::uint64_t number) { return known_durable(file, number, 0); }

SegmentReader::SegmentReader(Bytes file, std::uint64_t number, Bytes name, std::optional<Behind> behind)
    : file_(file), number_(number), behind_(std::move(behind)), name_(name) {
  if (file.size() >= 12 && file.starts_with(kMagic) && get32(file, 8) != kLogFormat) {
    over_ = true;
    error_ = name_ + " has format " + std::to_string(get32(file, 8)) + " (at offset 8), this program knows " +
             std::to_string(kLogFormat) + ": start the version that wrote it";
  } else if (is_header(file, number)) {
    good_ = kSegmentHeaderBytes;
  } else {
    stop("it does not begin as segment " + std::to_string(number) + " of a log");
  }
}

// A torn tail, or damage.
void SegmentReader::stop(Bytes what) {
  over_ = ends_log_ = true;
  const bool durable = known_durable(file_, number_, good_) || (behind_ && behind_->durable());
  if (durable || !may_be_torn(file_, number_, good_)) error_ = damage(name_, good_, what);
}

// All that is there was read.
void SegmentReader::finish() {
  over_ = true;
  if (!behind_ || !behind_->size || *behind_->size == good_ || HC_MUTANT(kLostEndUnseen)) return;
  ends_log_ = true;
  if (*behind_->size < good_ || behind_->durable())
    error_ = damage(name_, good_, "it had " + std::to_string(*behind_->size) + " bytes when the next one was begun");
}

std::optional<std::vector<LogRecord>> SegmentReader::next() {
  if (!over_ && good_ >= file_.size()) finish();
  if (over_) return std::nullopt;
  std::uint64_t end = 0;
  auto records = frame_at(file_, number_, good_, end);
  if (records) {
    good_ = end;
  } else {
    stop("a frame's checksum does not match");
  }
  return records;
}

}  // namespace hc
