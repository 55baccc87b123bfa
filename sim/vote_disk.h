// The folder of a machine that holds its vote file, bytes and all.
//
// The two files of a real folder (io/vote_file.h) are one here, which has the bytes of one record or of the next: what
// runtime promises of them is tested there. What it may do: be slow, fail an fsync (fatal to the process; which record
// is there is open), lose at a crash what was not synced yet, or have it without having said so, be wiped, rot (both
// files), or be an older one that was put back. Budget: the disks of a majority of the newest view's voters stay intact
// (sim/nemesis.h).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "core/base/ids.h"
#include "core/base/random.h"
#include "sim/schedule.h"

namespace hc::sim {

class VoteDisk {
 public:
  struct Done {
    std::uint64_t id;
    bool failed;
  };

  explicit VoteDisk(Random random) : random_(random) {}

  // `view`: the epoch that the record has installed, for the checkers.
  void write(Schedule& schedule, std::uint32_t machine, std::uint64_t process, std::uint64_t id, std::string bytes,
             Epoch view);
  // A write is due. nullopt: it belonged to a process that is gone.
  std::optional<Done> synced(std::uint64_t process);
  void crash();
  void wipe();
  void rot();                       // some bytes of the file are others
  void restore();                   // an older state of the file takes its place
  void put_back(std::string file);  // as it was once

  const std::optional<std::string>& file() const { return file_; }
  const std::optional<std::string>& older() const { return older_; }  // what restore() gives back
  bool rotten() const { return rotten_; }
  bool writes() const { return !pending_.empty(); }
  Epoch acknowledged_view() const { return acknowledged_view_; }  // of the last write that was reported durable

  void set_slow(Duration most) { slow_ = most; }
  void set_exactly(Duration d) { least_ = slow_ = d; }
  void fail_next() { fail_next_ = true; }
  void calm() {
    slow_ = kQuick;
    fail_next_ = false;
  }

 private:
  static constexpr Duration kQuick = 2ms;
  struct Write {
    std::uint64_t process, id;
    std::string bytes;
    Epoch view;
  };
  void keep_older();

  std::optional<std::string> file_, older_;
  Epoch acknowledged_view_, older_view_;
  bool rotten_ = false;
  std::deque<Write> pending_;
  Instant busy_until_{};
  Duration least_ = 20us, slow_ = kQuick;
  bool fail_next_ = false;
  Random random_;
};

}  // namespace hc::sim
