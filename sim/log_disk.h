// The files of a machine that its log stands in, bytes and all.
//
// What is written is with the kernel: it survives the process, and not the machine; the next process reads it, and
// cannot tell. A sync makes durable what its process wrote, and names of files, too; the first one, before the process
// has written anything, the last two segments that it found. When the machine loses its power, what was not synced is
// there in part: the file is cut anywhere, sectors of it are zeros, a file without a synced name may be gone. A process
// that dies amid a write leaves the beginning of it. Rot changes some bytes of what was written. An fsync that fails is
// fatal to the process; what it should have made durable is as after a loss of power, and a later one does not help. A
// full disk takes no write and forgets none: the file is as it was before.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/effect.h"
#include "io/log_codec.h"
#include "io/log_reader.h"
#include "sim/schedule.h"

namespace hc::sim {

class LogDisk {
 public:
  enum class What : std::uint8_t { kAppend, kSync, kKeep };
  struct Done {
    std::uint64_t id;
    What what;
    bool failed;
    bool refused = false;                 // there is no room
    bool low = false;                     // it was the last room, or nearly
    std::vector<LogRecord> records = {};  // given back
  };

  explicit LogDisk(Random random) : random_(random) {}

  // ---- the process
  void open(Generation generation, bool always);  // a new process has it
  // All records, in order, the torn tail cut off; or what is damaged.
  std::expected<std::vector<std::vector<LogRecord>>, std::string> read();
  std::uint64_t next_segment() const { return segments_.empty() ? first_ : segments_.rbegin()->first + 1; }
  void append(Schedule& schedule, std::uint32_t machine, std::uint64_t process, const AppendLog& append);
  void sync(Schedule& schedule, std::uint32_t machine, std::uint64_t process, std::uint64_t id);
  void keep(Schedule& schedule, std::uint32_t machine, std::uint64_t process, const KeepLog& keep);
  // Something is due. nullopt: it belonged to a process that is gone.
  std::optional<Done> due(std::uint64_t process);

  // ---- what befalls it
  void crash(bool power_lost);
  void wipe();
  void rot();
  void fail_next() { fail_next_ = true; }
  // So many appends still find room, and are told so.
  void set_full(bool full, std::uint64_t room = 0) {
    full_ = full;
    room_ = room;
  }
  void set_slow(Duration most) { slow_ = most; }
  void set_exactly(Duration d) { least_ = slow_ = d; }
  void calm() {
    slow_ = kQuick;
    fail_next_ = false;
  }

  // Whatever that process made durable is there; and, if it said so before it acknowledged, whatever it acknowledged.
  bool intact(Generation generation) const { return intact_.contains(generation); }
  bool complete(Generation generation) const { return intact(generation) && intact_.at(generation); }
  // A loss of power took what it had not made durable: maybe all of some slot, if it acknowledges without (9b).
  bool cut(Generation generation) const { return cut_.contains(generation); }
  bool rotten() const { return rotten_; }
  std::uint64_t bytes() const;
  std::uint64_t torn() const { return torn_; }  // bytes that were cut

 private:
  static constexpr Duration kQuick = 2ms;
  struct Segment {
    std::string bytes;
    std::size_t durable = 0;
    std::size_t spared = 0;  // by what was lost last
    bool named = false;      // its name is durable
  };
  struct Write {
    std::uint64_t process, id;
    What what = What::kAppend;
    bool sync = false;
    std::uint64_t segment = 0;
    std::string bytes{};
    std::vector<LogRecord> records{};
    bool begins = false;                            // the segment
    std::map<std::uint64_t, std::size_t> covers{};  // kSync: sizes when it was asked
    bool earlier = false;                           // kSync: of what the process found
    std::size_t at = 0;                             // in the segment
  };
  LogReader whole_log() const;
  void make_durable(std::uint64_t segment, std::size_t size);
  void write(const Write& w, std::size_t bytes);
  void synced(const Write& w);
  void cut_durably();
  void lose_unsynced();
  void lose_unsynced(Segment& segment);

  std::map<std::uint64_t, Segment> segments_;
  std::uint64_t first_ = 1;  // what is older does not count
  std::uint64_t own_ = 0;    // the first that this process writes
  std::optional<SegmentWriter> writer_;
  std::multimap<Instant, Write> pending_;
  std::map<Generation, bool> intact_;
  std::set<Generation> cut_;
  std::set<Generation> may_be_cut_;  // they acknowledge without a sync, and left something that is not durable
  Generation last_;                  // whose process had it last
  Instant busy_until_{};
  Duration least_ = 20us, slow_ = kQuick;
  bool fail_next_ = false, full_ = false, rotten_ = false;
  std::uint64_t torn_ = 0, room_ = 0;
  Random random_;
};

}  // namespace hc::sim
