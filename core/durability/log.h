// The log of a member: gathers what is to be written, asks the host to append it, and knows what may be acknowledged
// (rule 9b); and what an earlier process of the member left there, slot by slot (rule 9a).
//
// Group commit (DeWitt et al., "Implementation Techniques for Main Memory Database Systems", 1984): one append is on
// its way at a time; what comes meanwhile goes with the next. When a segment is begun all before the one before it is
// durable, and that one on its way to be: nobody waits for it, and at most two segments can lose anything.
//
// Whoever applies something tells it here, in order; Replication asks what it may acknowledge. Nothing here knows what
// a record means for a table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/config.h"
#include "core/base/time.h"
#include "core/durability/log_status.h"
#include "core/durability/record.h"
#include "core/effect.h"
#include "core/event.h"
#include "core/view/report.h"

namespace hc {

class Log {
 public:
  explicit Log(const NodeConfig& config);

  bool on() const { return config_.append_only; }

  // ---- reading, before open()
  // What the record means for the tables. False: it is about a slot whose beginning was not read yet.
  bool read(const LogRecord& record);

  // ---- this process' run
  // Begins segment `segment`, when what stands before it is durable: an earlier run may have left some to the kernel,
  // and what this one writes says that it is. Nothing may be acknowledged, and nothing of ours may be named in a view,
  // before opened().
  void open(std::uint64_t segment, Effects& out);
  bool opened() const { return opened_; }
  // The clean mark: nothing may change any more. closed() when it is durable, or when there is no room for it.
  void close();
  bool closing() const { return closing_; }
  bool closed() const { return closed_; }
  void set_policy(Fsync policy);
  Fsync policy() const { return policy_; }

  // ---- writing
  void applied(Slot s, const Entry& entry);
  void emptied(Slot s, Position at, bool whole);
  void filled(Slot s, std::string effects, bool last);
  void prefetch(Slot s) const { __builtin_prefetch(&slots_[s.value]); }  // a hint: applied() comes next
  // The append that takes what is written now.
  std::uint64_t next() const { return next_; }
  bool full() const { return bytes_ > config_.log_bytes_waiting; }
  void flush(Time now, Effects& out);

  // The host has appended: up to where the slots in it may be acknowledged now. (What our process alone has is lost
  // with it, so acknowledgements wait under every policy: for the fsync with `always`, else for the kernel to have it.)
  using Durable = std::vector<std::pair<Slot, Seq>>;
  Durable appended(std::uint64_t id, Time now);
  void synced(std::uint64_t id);
  // There was no room for the append or for what a snapshot asked (9e). It is asked again, and what has come meanwhile
  // with it. Number 0: there is room for a little more only, so what is on its way may be the last.
  void refused(LogRefused& refused, Time now);
  // There is no room, or hardly any: since when, and the system's words. Until an append finds enough.
  bool refuses() const { return refused_since_.has_value(); }
  Time refused_since() const { return refused_since_.value_or(kNever); }
  std::optional<Time> room_since() const { return room_since_; }  // there was none before
  const std::string& refused_why() const { return refused_why_; }

  // ---- what is on disk, as evidence (9a)
  // What we hold, at `at`, for a list that names the process `writer` of this member.
  DiskOffer offer(Slot s, Generation writer, Position at) const;
  bool whole(Slot s) const { return of(s).whole; }
  std::optional<Time> deadline() const;
  bool has_unwritten(Time now) const;  // flush() may have something to ask
  // `snapshot_slots`: of the one that is being written, so many are.
  LogStatus status(std::size_t snapshot_slots) const;
  // An fsync has been on its way for longer than that (9d).
  bool hangs(Time now, Duration longest) const {
    return outstanding_ && outstanding_->sync && now - asked_at_ > longest;
  }

  // ---- snapshots (9c)
  void want_snapshot();
  void set_growth(std::size_t bytes, std::uint32_t percent);
  // One is being written: Replication says what is held, slot by slot, as much at a time as there is room for.
  bool snapshotting() const { return snapshot_ == Snapshot::kWriting; }
  bool snapshot_room(Time now) const;
  bool kept(Slot s, Position at);  // false: there is nothing to say of it
  // `others`: something else was done since the last one. Clients come first, so the next has to wait longer.
  void snapshot_chunk(Slot s, std::string effects, bool others, Time now);
  void snapshot_ended();
  void old_removed(std::uint64_t id, Time now);
  bool snapshot_pending() const { return snapshot_ != Snapshot::kNone; }

  struct Counters {
    std::uint64_t appends = 0, syncs = 0, records = 0, snapshots = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Run {
    Generation generation;
    Fsync policy = Fsync::kNo;
    bool clean = false;
    // Whatever it acknowledged is in the log.
    bool complete() const { return clean || policy == Fsync::kAlways; }
  };
  struct OfSlot {
    std::uint32_t origin = 0;  // the run that began what is held now, unbroken since
    bool known = true;         // its beginning was read
    bool written = false;      // some record is about it
    bool whole = true;         // no fill is under way
  };
  OfSlot& of(Slot s) { return slots_[s.value]; }
  const OfSlot& of(Slot s) const { return slots_[s.value]; }
  enum class Snapshot : std::uint8_t {
    kNone,
    kWanted,   // the next segment begins with one
    kWriting,  // slot by slot
    kEnding,   // until it is durable
    kWritten,
    kKeeping,  // until what is older is gone
  };
  void gather(LogRecord record);
  void begin_segment(Time now);
  void ask_sync(Effects& out);
  // Nothing is appended now: an append is on its way, or what an earlier run left is made durable.
  bool waits() const { return outstanding_ || (!opened_ && syncing_ != 0); }
  bool has_grown() const;
  void begin_run(const RunBegan& began);

  const NodeConfig& config_;
  std::vector<Run> runs_;
  std::vector<OfSlot> slots_;

  Fsync policy_, wanted_;  // as it holds; as it was asked for
  std::uint64_t segment_ = 0, next_ = 1;
  std::size_t segment_weight_ = 0, bytes_ = 0;
  bool opened_ = false, closing_ = false, closed_ = false;
  bool unsynced_ = false;      // something was appended that no sync has covered
  bool fill_ends_ = false;     // in gathered_: more than a second's work would be lost with it
  std::uint64_t syncing_ = 0;  // the SyncLog that is on its way
  Time sync_at_{};             // everysec
  Time asked_at_{};            // of the outstanding append
  Snapshot snapshot_ = Snapshot::kNone;
  std::uint64_t snapshot_segment_ = 0, keeping_ = 0;
  Time snapshot_began_{}, snapshot_next_{};  // the next chunk, when its turn comes
  std::optional<Duration> snapshot_took_;
  std::size_t growth_bytes_;
  std::uint32_t growth_percent_;
  std::size_t grown_ = 0, snapshot_weight_ = 0;  // since the last snapshot began; what that one took
  std::optional<Time> snapshot_at_;
  bool fresh_ = true;  // nothing was read but whose run it is, and which were before it
  std::vector<LogRecord> gathered_;
  Durable touched_;  // slots in gathered_
  struct Outstanding {
    std::uint64_t id;
    bool sync, opens, closes, snapshot, fill_ends, over_unsynced;
    std::size_t bytes;
    std::optional<Fsync> weaker;  // a policy that holds when this is durable
    Durable touched;
  };
  std::optional<Outstanding> outstanding_;
  std::optional<Fsync> weaker_;
  std::optional<Time> refused_since_, room_since_;
  std::string refused_why_;
  Time retry_at_{}, keep_at_{};  // of what was refused
  Time probe_at_{};              // where nothing waits: whether there is room
  bool low_ = false;             // said since the append that is on its way was asked
  bool must_sync_ = false;       // what was refused was to be durable when answered
  Counters counters_;
};

}  // namespace hc
