#include "sim/log_disk.h"

#include <algorithm>
#include <ranges>

#include "sim/streams.h"

namespace hc::sim {
namespace {

constexpr std::size_t kSector = 512;

}  // namespace

// ---- the process

void LogDisk::open(Generation generation, bool always) {
  writer_.reset();
  pending_.clear();
  busy_until_ = {};
  intact_[generation] = always;
  if (!always) may_be_cut_.insert(generation);
  last_ = generation;
}

LogReader LogDisk::whole_log() const {
  const auto numbers = std::ranges::subrange(segments_.lower_bound(first_), segments_.end()) | std::views::keys;
  return LogReader(
      first_, {numbers.begin(), numbers.end()},
      [this](std::uint64_t number, std::size_t most) { return segments_.at(number).bytes.substr(0, most); }, "log");
}

std::expected<std::vector<std::vector<LogRecord>>, std::string> LogDisk::read() {
  std::vector<std::vector<LogRecord>> all;
  std::erase_if(segments_, [&](const auto& s) { return s.first < first_; });
  const std::uint64_t size = bytes();
  LogReader reader = whole_log();
  while (auto records = reader.next()) all.push_back(std::move(*records));
  if (!reader.error().empty()) return std::unexpected(reader.error());
  std::erase_if(segments_, [&](const auto& s) { return s.first > reader.last(); });
  if (!segments_.empty()) segments_.rbegin()->second.bytes.resize(reader.good());
  std::erase_if(segments_, [](const auto& s) { return s.second.bytes.empty(); });
  if (size != bytes()) cut_durably();
  torn_ += size - bytes();
  own_ = next_segment();
  return all;
}

void LogDisk::append(Schedule& schedule, std::uint32_t machine, std::uint64_t process, const AppendLog& append) {
  const Duration takes = append.sync ? draw(random_, least_, slow_) : draw(random_, 1us, least_);
  busy_until_ = std::max(busy_until_, schedule.now()) + takes;
  Write w{process, append.id, What::kAppend, append.sync, append.segment};
  if (!writer_ || writer_->number() != append.segment) {
    const auto before = segments_.find(append.segment - 1);
    writer_.emplace(append.segment, before == segments_.end() ? 0 : before->second.bytes.size());
    w.bytes = writer_->header();
    w.begins = true;
  }
  w.at = writer_->size() - w.bytes.size();
  w.bytes += writer_->frame(append.records, append.packed);
  w.records = append.records;
  pending_.emplace(busy_until_, std::move(w));
  schedule.at(busy_until_, Kind::kLogged, machine, process);
}

void LogDisk::sync(Schedule& schedule, std::uint32_t machine, std::uint64_t process, std::uint64_t id) {
  const Instant end = schedule.now() + draw(random_, least_, slow_);
  Write w{process, id, What::kSync, true};
  w.earlier = segments_.empty() || segments_.rbegin()->first < own_;
  for (const auto& [number, segment] : segments_)
    if (number + (w.earlier ? 2 : 0) >= own_) w.covers[number] = segment.bytes.size();
  pending_.emplace(end, std::move(w));
  schedule.at(end, Kind::kLogged, machine, process);
}

// Durable first that it begins there, then what is older goes, one after the other.
void LogDisk::keep(Schedule& schedule, std::uint32_t machine, std::uint64_t process, const KeepLog& keep) {
  const Instant end = schedule.now() + draw(random_, least_, slow_);
  pending_.emplace(end, Write{process, keep.id, What::kKeep, false, keep.segment});
  schedule.at(end, Kind::kLogged, machine, process);
}

void LogDisk::cut_durably() {
  for (auto& [number, segment] : segments_) segment.named = true;
  if (!segments_.empty()) segments_.rbegin()->second.durable = segments_.rbegin()->second.bytes.size();
}

void LogDisk::make_durable(std::uint64_t number, std::size_t size) {
  const auto it = segments_.find(number);
  if (it == segments_.end()) return;
  it->second.named = true;
  it->second.durable = std::max(it->second.durable, size);
  if (writer_ && writer_->number() == number) writer_->synced(it->second.durable);
}

std::optional<LogDisk::Done> LogDisk::due(std::uint64_t process) {
  if (pending_.empty() || pending_.begin()->second.process != process) return std::nullopt;
  Write w = std::move(pending_.extract(pending_.begin()).mapped());
  const bool low = full_ && w.what == What::kAppend && room_ > 0;
  room_ -= low ? 1 : 0;
  if (full_ && !low && w.what != What::kSync) {
    if (w.begins) writer_.reset();
    if (w.what == What::kAppend && !w.begins) writer_->take_back(writer_->size() - w.bytes.size());
    return Done{w.id, w.what, false, true, false, std::move(w.records)};
  }
  const Done done{w.id, w.what, w.sync && std::exchange(fail_next_, false), false, low};
  if (w.what == What::kAppend) write(w, w.bytes.size());
  if (w.what == What::kKeep) {
    first_ = w.segment;
    std::erase_if(segments_, [&](const auto& s) { return s.first < first_; });
  }
  if (done.failed) lose_unsynced();
  if (!done.failed && w.sync) synced(w);
  return done;
}

// Where it belongs: what a failed fsync has lost before it leaves a hole of whole sectors.
void LogDisk::write(const Write& w, std::size_t bytes) {
  Segment& segment = segments_[w.segment];
  if (segment.bytes.size() < w.at) {
    segment.bytes.resize(std::max(segment.spared, segment.bytes.size() / kSector * kSector));
    segment.bytes.resize(w.at, '\0');
  }
  segment.bytes += w.bytes.substr(0, bytes);
}

void LogDisk::synced(const Write& w) {
  if (w.what == What::kSync) {
    for (const auto& [number, size] : w.covers) make_durable(number, size);
  } else {
    for (const auto& [number, segment] : segments_)
      if (number >= own_) make_durable(number, segment.bytes.size());
  }
  for (auto& [number, segment] : segments_) segment.named = true;
  if (w.earlier) std::erase_if(may_be_cut_, [this](Generation g) { return g != last_; });
}

// ---- what befalls it

void LogDisk::lose_unsynced(Segment& segment) {
  const std::size_t unsynced = segment.bytes.size() - segment.durable;
  if (unsynced == 0) return;
  segment.spared = segment.durable;
  segment.bytes.resize(segment.durable + random_.below(unsynced + 1));
  for (std::size_t at = segment.durable; at < segment.bytes.size();) {
    const std::size_t end = std::min(segment.bytes.size(), (at / kSector + 1) * kSector);
    if (random_.percent(30))
      std::fill(segment.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                segment.bytes.begin() + static_cast<std::ptrdiff_t>(end), '\0');
    at = end;
  }
  segment.durable = segment.bytes.size();
}

void LogDisk::lose_unsynced() {
  const bool any = std::ranges::any_of(
      segments_, [](const auto& s) { return s.second.durable < s.second.bytes.size() || !s.second.named; });
  if (any) cut_.insert(may_be_cut_.begin(), may_be_cut_.end());
  for (auto& [number, segment] : segments_) lose_unsynced(segment);
}

void LogDisk::crash(bool power_lost) {
  for (auto& [when, w] : pending_) {
    if (w.what == What::kKeep && random_.percent(50)) {
      first_ = w.segment;
      std::erase_if(segments_, [&](const auto& s) { return s.first < first_ && random_.percent(50); });
    }
    if (w.what != What::kAppend) continue;
    const std::size_t written = random_.below(w.bytes.size() + 1);
    if (written > 0) write(w, written);
    if (written < w.bytes.size()) break;
  }
  pending_.clear();
  writer_.reset();
  if (!power_lost || rotten_) return;  // the same harm twice might look like none
  lose_unsynced();
  std::erase_if(segments_, [this](const auto& s) { return !s.second.named && random_.percent(50); });
  for (auto& [number, segment] : segments_) segment.named = true;
}

void LogDisk::wipe() {
  segments_.clear();
  pending_.clear();
  writer_.reset();
  intact_.clear();
  first_ = own_ = 1;
  rotten_ = false;
}

void LogDisk::rot() {
  // What stands behind a torn segment is not read, and goes.
  LogReader log = whole_log();
  while (log.next()) continue;
  auto it = segments_.lower_bound(first_);
  const auto count = static_cast<std::uint64_t>(std::distance(it, segments_.upper_bound(log.last())));
  if (count == 0) return;
  std::advance(it, static_cast<std::ptrdiff_t>(random_.below(count)));
  const auto& [number, segment] = *it;
  std::string& bytes = it->second.bytes;
  // Of what can be read: what is torn is so already.
  SegmentReader reader(bytes, number, "");
  std::vector<std::uint64_t> ends{reader.good()};
  while (reader.next()) ends.push_back(reader.good());
  if (ends.back() == 0) return;
  for (std::uint64_t n = random_.between(1, 3); n > 0; --n) {
    const std::uint64_t at = random_.below(ends.back());
    const char was = bytes[at];
    bytes[at] = static_cast<char>(was ^ static_cast<char>(random_.between(1, 255)));
    const auto end = std::ranges::upper_bound(ends, at);
    const std::uint64_t begin = end == ends.begin() ? 0 : *std::prev(end);
    if (empty_sector(bytes, begin, *end))  // nobody could tell it from a sector that was never written
      bytes[at] = was;
    else
      rotten_ = true;
  }
  if (rotten_) intact_.clear();
}

std::uint64_t LogDisk::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [number, segment] : segments_) sum += segment.bytes.size();
  return sum;
}

}  // namespace hc::sim
