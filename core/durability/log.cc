#include "core/durability/log.h"

#include <algorithm>
#include <iterator>

#include "core/base/check.h"
#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Duration kSyncEvery = 1s;
constexpr Duration kRetryEvery = 200ms;  // what a full disk refused
constexpr Duration kProbeEvery = 1s;     // with an append of nothing
constexpr std::size_t kRecordWeight = 24;
constexpr std::size_t kAboutAsMany = 1024;  // records that the next append has room for at once
constexpr std::size_t kSnapshotAtOnce = std::size_t{128} << 10;
// Bytes of a snapshot in a second, where somebody else wants the processor and the disk, too; else so much at once, and
// a pause.
constexpr std::size_t kSnapshotBesides = std::size_t{6} << 20;
constexpr Duration kSnapshotPause = 1ms;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

}  // namespace

std::size_t weight(const LogRecord& record) {
  std::size_t bytes = kRecordWeight;
  if (const auto* a = std::get_if<Applied>(&record)) bytes += a->entry.effects.size();
  if (const auto* f = std::get_if<Filled>(&record)) bytes += f->effects.size();
  return bytes;
}

Log::Log(const NodeConfig& config)
    : config_(config),
      slots_(config.slots),
      policy_(config.append_fsync),
      wanted_(config.append_fsync),
      growth_bytes_(config.snapshot_bytes),
      growth_percent_(config.snapshot_percent) {}

// ------------------------------------------------------------------------------------------------------------- reading

void Log::begin_run(const RunBegan& began) {
  if (runs_.empty() || runs_.back().generation != began.generation) {
    const bool clean = HC_MUTANT(kCleanMarkKept) && !runs_.empty() && runs_.back().clean;
    runs_.push_back({began.generation, began.policy, clean});
  }
  runs_.back().policy = began.policy;
}

bool Log::read(const LogRecord& record) {
  // Only a log that begins with a snapshot has its mark right behind one run and those before it.
  const bool head = std::holds_alternative<RunBegan>(record) ? runs_.empty() : std::holds_alternative<PastRun>(record);
  const bool first = std::exchange(fresh_, fresh_ && head);
  grown_ += weight(record);
  return std::visit(Overload{
                        [&](const RunBegan& r) {
                          begin_run(r);
                          return true;
                        },
                        [&](const RunEnded&) {
                          if (!runs_.empty()) runs_.back().clean = true;
                          return true;
                        },
                        [&](const PastRun& r) {
                          const bool known = std::ranges::any_of(
                              runs_, [&](const Run& run) { return run.generation == r.generation; });
                          if (!known) runs_.insert(runs_.end() - 1, Run{r.generation, r.policy, r.clean});
                          return true;
                        },
                        [&](const Applied& r) {
                          if (of(r.slot).known) of(r.slot).written = true;
                          return of(r.slot).known;
                        },
                        [&](const Emptied& r) {
                          of(r.slot) = {static_cast<std::uint32_t>(runs_.size() - 1), true, true, r.whole};
                          return true;
                        },
                        [&](const Filled& r) {
                          if (r.last && of(r.slot).known) of(r.slot).whole = true;
                          return of(r.slot).known;
                        },
                        [&](const Kept& r) {
                          OfSlot& slot = of(r.slot);
                          if (slot.known) return false;  // what was read so far is the same
                          const auto origin = std::ranges::find(runs_, r.origin, &Run::generation);
                          slot = {static_cast<std::uint32_t>(origin - runs_.begin()), true, true, r.whole};
                          return true;
                        },
                        [&](const SnapshotBegan&) {
                          grown_ = 0;
                          for (OfSlot& slot : slots_) slot.known = slot.known && !first;
                          return false;
                        },
                        [&](const SnapshotEnded&) {
                          snapshot_weight_ = grown_;
                          for (OfSlot& slot : slots_) slot.known = true;
                          return false;
                        },
                    },
                    record);
}

// ------------------------------------------------------------------------------------------------------------- the run

void Log::gather(LogRecord record) {
  HC_CHECK(!closing_, "something is written behind the clean mark");
  bytes_ += weight(record);
  ++counters_.records;
  gathered_.push_back(std::move(record));
}

void Log::open(std::uint64_t segment, Effects& out) {
  segment_ = segment;
  begin_run({config_.self.generation, policy_});
  gather(RunBegan{config_.self.generation, policy_});
  if (segment > 1 && !HC_MUTANT(kEarlierRunUnsynced)) ask_sync(out);
  flush({}, out);
}

void Log::close() {
  if (closing_) return;
  gather(RunEnded{});
  closing_ = true;
}

// A stronger policy holds at once, a weaker one when the log says so.
void Log::set_policy(Fsync policy) {
  if (policy == std::exchange(wanted_, policy) || !on()) return;
  gather(RunBegan{config_.self.generation, policy});
  if (policy > policy_) {
    policy_ = policy;
    weaker_.reset();
  } else {
    weaker_ = policy;
  }
}

// ------------------------------------------------------------------------------------------------------------- writing

// What a snapshot does not name is empty where it ends: a slot whose history begins amid one says so first.
void Log::applied(Slot s, const Entry& entry) {
  if (!of(s).written && snapshotting() && !HC_MUTANT(kHistoryAmidSnapshotUnsaid)) {
    of(s).origin = static_cast<std::uint32_t>(runs_.size() - 1);
    gather(Emptied{s, {}, true});
  }
  of(s).written = true;
  gather(Applied{s, entry});
  touched_.emplace_back(s, entry.at.seq);
}

void Log::emptied(Slot s, Position at, bool whole) {
  OfSlot& slot = of(s);
  if (!slot.written && whole && at == Position{}) return;  // as it has always been
  slot = {static_cast<std::uint32_t>(runs_.size() - 1), true, true, whole};
  const auto about = [&](const std::pair<Slot, Seq>& t) { return t.first == s; };
  std::erase_if(touched_, about);
  if (outstanding_) std::erase_if(outstanding_->touched, about);
  gather(Emptied{s, at, whole});
  touched_.emplace_back(s, at.seq);
}

void Log::filled(Slot s, std::string effects, bool last) {
  of(s).whole |= last;
  fill_ends_ |= last && policy_ != Fsync::kNo;
  gather(Filled{s, std::move(effects), last});
}

void Log::begin_segment(Time now) {
  ++segment_;
  segment_weight_ = 0;
  std::vector<LogRecord> head;
  head.emplace_back(std::in_place_type<RunBegan>, config_.self.generation, wanted_);
  if (snapshot_ == Snapshot::kWanted && !refuses()) {
    snapshot_ = Snapshot::kWriting;
    snapshot_segment_ = segment_;
    snapshot_began_ = now;
    grown_ = 0;
    for (std::size_t i = 0; i + 1 < runs_.size(); ++i)
      head.emplace_back(std::in_place_type<PastRun>, runs_[i].generation, runs_[i].policy, runs_[i].clean);
    head.emplace_back(std::in_place_type<SnapshotBegan>);
  }
  gathered_.insert(gathered_.begin(), head.begin(), head.end());
}

void Log::ask_sync(Effects& out) {
  syncing_ = next_;
  unsynced_ = false;
  ++counters_.syncs;
  out.sync_log(next_++);
}

void Log::flush(Time now, Effects& out) {
  if (!on() || segment_ == 0 || waits() || closed_) return;
  if (snapshot_ == Snapshot::kWritten && now >= keep_at_) {
    snapshot_ = Snapshot::kKeeping;
    out.keep_log(keeping_ = next_++, snapshot_segment_);
  }
  if (opened_ && !refuses() && (has_grown() || (snapshot_at_ && now >= *snapshot_at_))) want_snapshot();
  if (config_.snapshot_every > Duration{} && (!snapshot_at_ || now >= *snapshot_at_))
    snapshot_at_ = now + config_.snapshot_every;
  // While a sync is under way no segment is begun, so a snapshot waits for its end.
  const bool wanted = snapshot_ == Snapshot::kWanted && opened_ && !refuses() && !syncing_ && !closing_;
  const bool full = segment_weight_ >= config_.segment_bytes;
  // A new segment asks for the sync of the one before by itself; else it would never begin where a sync takes a second.
  const bool begins = wanted || (full && !gathered_.empty() && !refuses() && !closing_);
  if (policy_ == Fsync::kEverySecond && unsynced_ && !syncing_ && now >= sync_at_ && !begins) {
    sync_at_ = now + kSyncEvery;
    ask_sync(out);
  }
  if (gathered_.empty() && !wanted && !refuses()) return;
  if (refuses() && now < (gathered_.empty() ? probe_at_ : retry_at_)) return;
  if ((full || wanted) && !closing_ && !syncing_) {
    if (unsynced_) ask_sync(out);
    begin_segment(now);
  }
  const bool sync = policy_ == Fsync::kAlways || !opened_ || closing_ || weaker_ || fill_ends_ || must_sync_ ||
                    snapshot_ == Snapshot::kEnding;
  AppendLog append{next_++, segment_, sync && !HC_MUTANT(kFsyncSkipped), std::exchange(gathered_, {}),
                   config_.snapshot_packed && (snapshot_ == Snapshot::kWriting || snapshot_ == Snapshot::kEnding)};
  const std::size_t bytes = std::exchange(bytes_, 0);
  segment_weight_ += bytes;
  grown_ += bytes;
  asked_at_ = now;
  if (!unsynced_) sync_at_ = std::max(sync_at_, now + kSyncEvery);
  must_sync_ = low_ = false;
  probe_at_ = now + kProbeEvery;
  gathered_.reserve(std::min(append.records.size(), kAboutAsMany));
  const std::size_t slots = std::min(touched_.size(), kAboutAsMany);
  outstanding_ = Outstanding{append.id,
                             append.sync,
                             !opened_,
                             closing_,
                             snapshot_ == Snapshot::kEnding,
                             std::exchange(fill_ends_, false),
                             std::exchange(unsynced_, true),
                             bytes,
                             std::exchange(weaker_, std::nullopt),
                             std::exchange(touched_, {})};
  touched_.reserve(slots);
  ++counters_.appends;
  counters_.syncs += append.sync;
  out.append_log(std::move(append));
}

Log::Durable Log::appended(std::uint64_t id, Time now) {
  if (!outstanding_ || outstanding_->id != id) return {};
  Outstanding done = std::move(*outstanding_);
  outstanding_.reset();
  if (refuses() && !low_) {
    refused_since_.reset();
    room_since_ = now;
  }
  if (done.sync) unsynced_ = false;
  opened_ |= done.opens;
  closed_ |= done.closes;
  if (done.snapshot) snapshot_ = Snapshot::kWritten;
  if (done.weaker && *done.weaker == wanted_) policy_ = *done.weaker;
  return std::move(done.touched);
}

void Log::synced(std::uint64_t id) {
  if (syncing_ == id) syncing_ = 0;
}

void Log::refused(LogRefused& refused, Time now) {
  if (snapshot_ == Snapshot::kKeeping && refused.id == keeping_) {
    snapshot_ = Snapshot::kWritten;
    keep_at_ = now + kRetryEvery;
  }
  const bool undo = outstanding_ && outstanding_->id == refused.id;
  if (!undo && refused.id != 0) return;
  if (!refuses()) refused_since_ = now;
  refused_why_ = std::move(refused.why);
  low_ = true;
  if (!undo) return;
  Outstanding undone = std::move(*outstanding_);
  outstanding_.reset();
  closed_ |= closing_;  // the run ends without a clean mark
  retry_at_ = now + kRetryEvery;
  must_sync_ |= undone.sync;
  fill_ends_ |= undone.fill_ends;
  unsynced_ = undone.over_unsynced;
  if (undone.weaker && !weaker_ && *undone.weaker == wanted_) weaker_ = undone.weaker;
  segment_weight_ -= undone.bytes;
  grown_ -= undone.bytes;
  bytes_ += undone.bytes;
  const auto in_front = [](auto& all, auto& before) {
    all.insert(all.begin(), std::make_move_iterator(before.begin()), std::make_move_iterator(before.end()));
  };
  in_front(gathered_, refused.records);
  in_front(touched_, undone.touched);
}

// ----------------------------------------------------------------------------------------------------------- snapshots

void Log::want_snapshot() {
  if (!on() || closing_ || snapshot_ != Snapshot::kNone) return;
  snapshot_ = Snapshot::kWanted;
}

void Log::set_growth(std::size_t bytes, std::uint32_t percent) {
  growth_bytes_ = bytes;
  growth_percent_ = percent;
}

bool Log::has_grown() const {
  return growth_percent_ != 0 && grown_ >= growth_bytes_ + snapshot_weight_ / 100 * growth_percent_;
}

bool Log::snapshot_room(Time now) const { return !refuses() && bytes_ < kSnapshotAtOnce && now >= snapshot_next_; }

void Log::snapshot_chunk(Slot s, std::string effects, bool others, Time now) {
  const std::size_t bytes = effects.size();
  filled(s, std::move(effects), false);
  if (others)
    snapshot_next_ = std::max(snapshot_next_, now - kSnapshotPause) + Duration(1s) * bytes / kSnapshotBesides;
  else if (bytes_ >= kSnapshotAtOnce)
    snapshot_next_ = now + kSnapshotPause;
}

bool Log::kept(Slot s, Position at) {
  const OfSlot& slot = of(s);
  if (!slot.written && at == Position{}) return false;
  gather(Kept{s, at, runs_[slot.origin].generation, slot.whole});
  return true;
}

void Log::snapshot_ended() {
  gather(SnapshotEnded{});
  snapshot_weight_ = grown_ + bytes_;
  snapshot_ = Snapshot::kEnding;
}

void Log::old_removed(std::uint64_t id, Time now) {
  if (snapshot_ != Snapshot::kKeeping || id != keeping_) return;
  snapshot_ = Snapshot::kNone;
  snapshot_took_ = now - snapshot_began_;
  ++counters_.snapshots;
}

// ------------------------------------------------------------------------------------------------------------ evidence

DiskOffer Log::offer(Slot s, Generation writer, Position at) const {
  const auto run = std::ranges::find(runs_, writer, &Run::generation);
  const OfSlot& slot = of(s);
  if (run == runs_.end() && !HC_MUTANT(kRecoverForeignLog)) return {};
  if (!slot.known) return {};
  if (slot.written && runs_.begin() + slot.origin > run && !HC_MUTANT(kRecoverForeignLog)) return {};
  // Who is named was counted, and then it is whole, or begins anew: nothing was acknowledged before the log says so.
  if (!slot.whole) return {s, !HC_MUTANT(kBeginningForgotten) && run != runs_.end() && run->complete(), true, {}};
  if (HC_MUTANT(kCompleteForgetsOrigin)) return {s, true, runs_.back().complete(), at};
  if (HC_MUTANT(kPolicyFromConfig)) return {s, true, config_.append_fsync == Fsync::kAlways || run->clean, at};
  return {s, true, run == runs_.end() || run->complete(), at};
}

LogStatus Log::status(std::size_t snapshot_slots) const {
  LogStatus status{refuses(), refused_why_, grown_, {}, 0, snapshot_took_};
  if (snapshot_ == Snapshot::kNone || snapshot_ == Snapshot::kWanted) return status;
  status.snapshot_began = snapshot_began_;
  status.snapshot_slots = snapshot_ == Snapshot::kWriting ? snapshot_slots : config_.slots;
  return status;
}

bool Log::has_unwritten(Time now) const {
  if (!on() || segment_ == 0 || waits() || closed_) return false;
  const std::optional<Time> due = deadline();
  return !gathered_.empty() || snapshot_ == Snapshot::kWanted || has_grown() || (due && now >= *due) ||
         (config_.snapshot_every > Duration{} && !snapshot_at_);
}

std::optional<Time> Log::deadline() const {
  if (waits()) return std::nullopt;
  if (closing()) return refuses() && !gathered_.empty() ? std::optional(retry_at_) : std::nullopt;
  Time next = snapshot_at_.value_or(kNever);
  if (unsynced_ && !syncing_ && policy_ == Fsync::kEverySecond) next = std::min(next, sync_at_);
  if (refuses()) next = std::min(next, gathered_.empty() ? probe_at_ : retry_at_);
  if (snapshot_ == Snapshot::kWriting && !refuses()) next = std::min(next, snapshot_next_);
  if (snapshot_ == Snapshot::kWritten) next = std::min(next, keep_at_);
  return next == kNever ? std::nullopt : std::optional(next);
}

}  // namespace hc
