// A log as a member writes it: core/durability decides, io gives it bytes, and a host like the real one keeps files
// that can be cut. Beside it stands what the log has to say: every entry in order, where each frame ends, what was
// acknowledged, and what of the log is said, by the log, to be durable.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/durability/log.h"
#include "core/store/slot_table.h"
#include "io/log_codec.h"

namespace hc {

// Of a log: a segment, and an offset in it.
using Place = std::pair<std::uint64_t, std::uint64_t>;
using Files = std::map<std::uint64_t, std::string>;

struct Held {
  std::vector<SlotTable> tables;
  std::vector<Position> at;
  explicit Held(std::uint32_t slots) : tables(slots), at(slots) {}
  bool operator==(const Held& other) const;
};

struct Recovered {
  Held held;
  std::string error;
  Place end{};  // the log ends here
};
// As a member does at its start. `log`: of the new process.
Recovered recover(const Files& files, std::uint64_t first, Log& log);

class WrittenLog {
 public:
  static constexpr std::uint32_t kSlots = 3;

  WrittenLog(Fsync policy, std::size_t segment_bytes);

  // ---- what happens to it
  void put(std::uint32_t slot, const std::string& key, const std::string& value);
  void erase(std::uint32_t slot, const std::string& key);
  void turn();       // what was gathered is appended
  void sync_done();  // the one that is on its way
  void want_snapshot();
  void say_some();  // of the snapshot that is being written
  void close();     // the clean mark
  // The process dies and another one begins; if the power was lost with it, on what `left` has, each file at least as
  // long as what was durable of it. Empty, or what is wrong with what it reads.
  std::string restart(std::optional<Files> left);

  // ---- what there is
  const NodeConfig& config() const { return config_; }
  const Files& files() const { return files_; }
  std::uint64_t first() const { return first_; }
  std::uint64_t durable(std::uint64_t segment) const;  // bytes of it
  // The log goes up to `place`, and behind it are whole segments up to `last`. Before which place that log, and the
  // file that says where it begins, say that all was durable.
  Place said_durable(Place place, std::uint64_t last) const;
  // What whole frames before that hold.
  Held until(Place place) const;
  // Whatever was acknowledged and durable then is in there.
  bool has_acknowledged(const Held& held) const { return reaches(held, acknowledged_); }

 private:
  struct Change {
    Slot slot;
    Seq seq;
    std::string effects;
  };
  struct Frame {
    Place end;
    std::size_t changes;  // in this frame and before
    Place mark;           // so much is durable, it says
    bool ends_snapshot;
  };
  using Reached = std::map<std::uint32_t, Seq>;
  static bool reaches(const Held& held, const Reached& reached);
  void write(std::uint32_t slot, std::string effects);
  void begin(std::uint64_t segment);
  void carry_out(Effects& out);
  void append(const AppendLog& append);

  NodeConfig config_;
  std::unique_ptr<Log> log_;
  std::optional<SegmentWriter> writer_;
  Files files_;
  std::map<std::uint64_t, std::uint64_t> durable_;
  std::uint64_t first_ = 1, own_ = 1;  // the log begins there; this process' segments
  Held held_{kSlots};
  std::vector<Change> changes_;
  std::vector<Frame> frames_;
  Reached acknowledged_, with_the_kernel_, when_asked_;
  std::uint64_t syncing_ = 0;
  std::map<std::uint64_t, std::uint64_t> covers_;  // sizes, by the sync that is on its way
  std::uint32_t said_ = 0;                         // steps of the snapshot
  Time now_{1s};
};

}  // namespace hc
