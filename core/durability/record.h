// What a member writes into its log, as values (rule 9); io/log_codec gives them bytes.
//
// The log is one row of records in the order in which they came to be, of all slots. Read from its beginning it says
// what this member held of every slot, and which process of the member (which generation) wrote it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "core/base/config.h"
#include "core/base/ids.h"
#include "core/replication/entry.h"

namespace hc {

// From here on this process writes, under this policy. First in every segment, and whenever the policy changes; what
// stands before it is durable when it is.
struct RunBegan {
  Generation generation;
  Fsync policy = Fsync::kNo;
  bool operator==(const RunBegan&) const = default;
};
struct RunEnded {  // the clean mark: nothing of this process follows
  bool operator==(const RunEnded&) const = default;
};
struct PastRun {  // in a snapshot: an earlier process, some of whose writing is still there
  Generation generation;
  Fsync policy = Fsync::kNo;
  bool clean = false;
  bool operator==(const PastRun&) const = default;
};
struct Applied {  // an entry of the slot's history, right behind what is held
  Slot slot;
  Entry entry;
};
struct Emptied {  // the slot holds nothing, at this position
  Slot slot;
  Position at;
  bool whole = false;  // that is all there is; else the chunks of a fill follow
  bool operator==(const Emptied&) const = default;
};
struct Filled {  // a chunk of a fill, or of a snapshot: these keys are as it says
  Slot slot;
  std::string effects;  // puts, as core/store/effects.h encodes them
  bool last = false;    // of a fill: the slot is whole now
  bool operator==(const Filled&) const = default;
};
struct Kept {  // in a snapshot: the slot is at this position; its chunks follow, among its entries
  Slot slot;
  Position at;
  Generation origin;  // what is held goes on, unbroken, from what this process wrote first
  bool whole = false;
  bool operator==(const Kept&) const = default;
};

// A snapshot (9c): what is held of every slot, said anew, among what happens meanwhile. Who begins to read here knows
// nothing of a slot before its Kept or Emptied; where the snapshot ends, whatever was not named is empty.
struct SnapshotBegan {
  bool operator==(const SnapshotBegan&) const = default;
};
struct SnapshotEnded {
  bool operator==(const SnapshotEnded&) const = default;
};

using LogRecord =
    std::variant<RunBegan, RunEnded, PastRun, Applied, Emptied, Filled, Kept, SnapshotBegan, SnapshotEnded>;

// About how many bytes it takes.
std::size_t weight(const LogRecord& record);

}  // namespace hc
