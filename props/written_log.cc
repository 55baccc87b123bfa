#include "props/written_log.h"

#include <algorithm>
#include <ranges>

#include "core/store/effects.h"
#include "io/log_reader.h"

namespace hc {
namespace {

// What core/replication does with it.
bool take(const LogRecord& record, Held& held) {
  if (const auto* a = std::get_if<Applied>(&record)) {
    Position& at = held.at[a->slot.value];
    if (a->entry.at.seq <= at.seq) return true;  // a snapshot has it
    if (a->entry.previous().seq != at.seq) return false;
    at = a->entry.at;
    return apply(a->entry.effects.bytes(), held.tables[a->slot.value]);
  }
  if (const auto* f = std::get_if<Filled>(&record)) return apply(Bytes(f->effects), held.tables[f->slot.value]);
  if (const auto* e = std::get_if<Emptied>(&record)) {
    held.tables[e->slot.value].clear();
    held.at[e->slot.value] = e->at;
  }
  if (const auto* k = std::get_if<Kept>(&record)) held.at[k->slot.value] = k->at;
  return true;
}

}  // namespace

bool Held::operator==(const Held& other) const {
  return at == other.at && std::ranges::equal(tables, other.tables, {}, &SlotTable::digest, &SlotTable::digest);
}

Recovered recover(const Files& files, std::uint64_t first, Log& log) {
  Recovered r{Held(WrittenLog::kSlots), {}};
  const auto numbers = std::views::keys(files);
  LogReader reader(
      first, {numbers.begin(), numbers.end()},
      [&](std::uint64_t number, std::size_t most) { return files.at(number).substr(0, most); }, "log");
  bool sound = true;
  while (const auto records = reader.next())
    for (const LogRecord& record : *records)
      if (log.read(record)) sound = sound && take(record, r.held);
  r.error = sound ? reader.error() : "records that make no sense";
  r.end = {reader.last(), reader.good()};
  return r;
}

WrittenLog::WrittenLog(Fsync policy, std::size_t segment_bytes) {
  config_.append_only = true;
  config_.append_fsync = policy;
  config_.segment_bytes = segment_bytes;
  config_.slots = kSlots;
  config_.snapshot_percent = 0;
  config_.self.generation = {7, 1};
  log_ = std::make_unique<Log>(config_);
  begin(1);
}

void WrittenLog::begin(std::uint64_t segment) {
  own_ = segment;
  Effects out;
  log_->open(segment, out);
  carry_out(out);
}

// ----------------------------------------------------------------------------------------------------- what is written

void WrittenLog::write(std::uint32_t slot, std::string effects) {
  if (!log_->opened() || log_->closing()) return;
  Position& at = held_.at[slot];
  at = {Epoch(1), Seq(at.seq.value + 1)};
  apply(Bytes(effects), held_.tables[slot]);
  const Slot s{static_cast<std::uint16_t>(slot)};
  log_->applied(s, {at, Epoch(1), false, Value::copy_of(effects)});
  changes_.push_back({s, at.seq, std::move(effects)});
}

void WrittenLog::put(std::uint32_t slot, const std::string& key, const std::string& value) {
  EffectWriter effects;
  effects.put(key, value, kNoExpiry);
  write(slot, effects.take());
}

void WrittenLog::erase(std::uint32_t slot, const std::string& key) {
  EffectWriter effects;
  effects.erase(key);
  write(slot, effects.take());
}

void WrittenLog::close() {
  if (log_->opened()) log_->close();
}

void WrittenLog::want_snapshot() {
  said_ = 0;
  log_->want_snapshot();
}

// Positions and keys one after the other, so that writes come between.
void WrittenLog::say_some() {
  if (!log_->snapshotting() || log_->closing()) return;
  const std::uint32_t slot = said_ / 2;
  if (slot == kSlots) return log_->snapshot_ended();
  const Slot s{static_cast<std::uint16_t>(slot)};
  if (said_++ % 2 == 0) {
    if (!log_->kept(s, held_.at[slot])) ++said_;
    return;
  }
  EffectWriter puts;
  for (std::uint64_t cursor = 0, first = 1; first == 1 || cursor != 0; first = 0)
    cursor = held_.tables[slot].walk(cursor, [&](const SlotTable::Item& item) { puts.put(item); });
  log_->snapshot_chunk(s, puts.take(), false, now_);
}

void WrittenLog::turn() {
  now_ += 400ms;
  Effects out;
  do {
    out.clear();
    log_->flush(now_, out);
    carry_out(out);
  } while (!out.list().empty());
}

// ------------------------------------------------------------------------------------------------------------ the host

void WrittenLog::carry_out(Effects& out) {
  for (Effect& effect : out.list()) {
    if (const auto* a = std::get_if<AppendLog>(&effect)) append(*a);
    if (const auto* sync = std::get_if<SyncLog>(&effect)) {
      syncing_ = sync->id;
      when_asked_ = with_the_kernel_;
      covers_.clear();
      const std::uint64_t from =
          files_.empty() || files_.rbegin()->first < own_ ? std::max<std::uint64_t>(own_, 2) - 2 : own_;
      for (const auto& [number, file] : files_)
        if (number >= from) covers_[number] = file.size();
    }
    if (const auto* keep = std::get_if<KeepLog>(&effect)) {
      first_ = keep->segment;
      std::erase_if(files_, [this](const auto& f) { return f.first < first_; });
      log_->old_removed(keep->id, now_);
    }
  }
}

void WrittenLog::append(const AppendLog& append) {
  std::string& file = files_[append.segment];
  if (!writer_ || writer_->number() != append.segment) {
    const auto before = files_.find(append.segment - 1);
    writer_.emplace(append.segment, before == files_.end() ? 0 : before->second.size());
    file = writer_->header();
  }
  const std::uint64_t mark = durable(append.segment);
  file += writer_->frame(append.records, append.packed);
  Frame frame{{append.segment, file.size()}, frames_.empty() ? 0 : frames_.back().changes, {}, false};
  if (mark > 0) frame.mark = {append.segment, mark};
  for (const LogRecord& record : append.records) {
    frame.changes += std::holds_alternative<Applied>(record);
    frame.ends_snapshot |= std::holds_alternative<SnapshotEnded>(record);
  }
  frames_.push_back(frame);
  if (append.sync) {
    for (const auto& [number, bytes] : files_)
      if (number >= own_) durable_[number] = bytes.size();
    writer_->synced(file.size());
  }
  for (const auto& [slot, seq] : log_->appended(append.id, now_)) with_the_kernel_[slot.value] = seq;
  if (append.sync || log_->policy() == Fsync::kAlways) acknowledged_ = with_the_kernel_;
}

void WrittenLog::sync_done() {
  if (!syncing_) return;
  for (const auto& [number, size] : covers_) durable_[number] = std::max(durable_[number], size);
  if (writer_ && covers_.contains(writer_->number())) writer_->synced(covers_[writer_->number()]);
  for (const auto& [slot, seq] : when_asked_) acknowledged_[slot] = std::max(acknowledged_[slot], seq);
  log_->synced(std::exchange(syncing_, 0));
}

std::string WrittenLog::restart(std::optional<Files> left) {
  const bool power_lost = left.has_value();
  if (power_lost) files_ = std::move(*left);
  ++config_.self.generation.lo;
  log_ = std::make_unique<Log>(config_);
  writer_.reset();
  syncing_ = 0;
  Recovered r = recover(files_, first_, *log_);
  if (!r.error.empty()) return r.error;
  if (r.held != until(r.end)) return "it is not what was written";
  if (!reaches(r.held, acknowledged_)) return "what was acknowledged is gone";
  if (!power_lost && !reaches(r.held, with_the_kernel_)) return "what the kernel had is gone";
  // What is torn is cut off, durably.
  std::erase_if(files_, [&](const auto& f) { return f.first > r.end.first; });
  if (auto last = files_.find(r.end.first); last != files_.end() && last->second.size() > r.end.second) {
    last->second.resize(r.end.second);
    durable_[last->first] = r.end.second;
  }
  if (power_lost)
    for (const auto& [number, file] : files_) durable_[number] = file.size();
  std::erase_if(durable_, [&](const auto& d) { return !files_.contains(d.first); });
  std::erase_if(frames_, [&](const Frame& f) { return f.end > r.end; });
  changes_.resize(frames_.empty() ? 0 : frames_.back().changes);
  held_ = std::move(r.held);
  with_the_kernel_.clear();
  for (std::uint32_t s = 0; s < kSlots; ++s) with_the_kernel_[s] = held_.at[s].seq;
  begin(r.end.first + 1);
  return {};
}

// ------------------------------------------------------------------------------------------------------- what there is

std::uint64_t WrittenLog::durable(std::uint64_t segment) const {
  const auto at = durable_.find(segment);
  return at == durable_.end() ? 0 : at->second;
}

Place WrittenLog::said_durable(Place place, std::uint64_t last) const {
  Place said{};
  if (last > place.first) said = {last - 1, 0};  // when it was begun
  bool ended = first_ == 1;
  for (const Frame& f : frames_) {
    if (f.end.first > place.first && f.end.first <= last) said = std::max(said, f.mark);
    if (f.end.first < first_ || !f.ends_snapshot || std::exchange(ended, true)) continue;
    said = std::max(said, f.end);
  }
  return said;
}

Held WrittenLog::until(Place place) const {
  Held held(kSlots);
  std::size_t count = 0;
  for (const Frame& f : frames_)
    if (f.end <= place) count = f.changes;
  for (std::size_t i = 0; i < count; ++i) {
    const Change& c = changes_[i];
    held.at[c.slot.value] = {Epoch(1), c.seq};
    apply(Bytes(c.effects), held.tables[c.slot.value]);
  }
  return held;
}

bool WrittenLog::reaches(const Held& held, const Reached& reached) {
  return std::ranges::all_of(reached, [&](const auto& r) { return held.at[r.first].seq >= r.second; });
}

}  // namespace hc
