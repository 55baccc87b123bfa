// What a member holds of one slot, and its part in it. Data only; Replication moves it.
//
// The history is kept as a tail: the entries after `base` up to `at`, contiguous. Everything before is known to be held
// by all in-sync members. A state's data lives in that state: `lead` exists only in a primary.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/base/reply.h"
#include "core/base/time.h"
#include "core/command/notice.h"
#include "core/replication/entry.h"
#include "core/store/effects.h"
#include "core/store/slot_table.h"

namespace hc {

// A walk over the slot on its way to a learner (7a).
struct Fill {
  std::uint64_t id = 0;
  std::uint64_t next_chunk = 0;  // to be sent; 0 = not begun
  std::uint64_t cursor = 0;      // where the walk goes on
  bool walked = false;           // the last chunk was sent
  struct Sent {
    std::uint64_t chunk, cursor_after;
    std::size_t bytes;
    bool last;
    Time at;
    bool waits = false;  // nothing more of the slot is sent before it is answered: the first chunk, and sums
  };
  std::vector<Sent> unacked;
  std::uint64_t attempt = 0;       // raised when chunks are sent again: acknowledgements of an earlier one do not count
  Time progress{};                 // when a chunk was sent or acknowledged last
  bool stalled = false;            // nothing was acknowledged for T: no entries are kept for it
  bool entries_again = false;      // an acknowledgement of entries came too early to count
  std::uint64_t acked_cursor = 0;  // the walk goes on here after a broken session
  std::uint64_t acked_chunks = 0;
  std::uint64_t arrived = 0;  // bytes of the slot that were counted as arrived
  // What the learner has left of the slot is compared by sums (9a).
  bool remains = false;  // there is something
  struct Part {
    std::uint64_t begin, end;
  };
  std::vector<Part> asked;                  // the parts whose sums are on their way
  std::optional<std::vector<Part>> wanted;  // those of them that the next chunk holds

  bool waits() const { return !unacked.empty() && unacked.back().waits; }
  std::size_t bytes_out() const {
    std::size_t bytes = 0;
    for (const Sent& sent : unacked) bytes += sent.bytes;
    return bytes;
  }
  void ask_nothing() {
    asked.clear();
    wanted.reset();
  }
};

// How much of `bytes` a walk that stands at this cursor has passed.
inline std::uint64_t passed(std::size_t bytes, std::uint64_t cursor) {
  constexpr double kWhole = static_cast<double>(std::uint64_t{1} << SlotTable::kCursorBits);
  return static_cast<std::uint64_t>(static_cast<double>(bytes) * (static_cast<double>(cursor) / kWhole));
}

// Another process that this primary replicates to: of the list, or a learner.
struct Target {
  Incarnation who;
  Epoch view;  // in which it became one: by an earlier one it takes nothing of ours
  bool listed = false;
  bool answered = false;     // its tail is known, in this slot epoch
  bool filled = false;       // learner: the whole walk is acknowledged
  bool counted = false;      // learner: declared caught up; from then on like listed. Never taken back
  bool beyond_tail = false;  // lacks more than the kept tail: to be taken out
  Seq acked;                 // holds everything up to here, said in this slot epoch
  Seq sent;                  // sent on this session
  Time progress{};           // when acked or sent last moved: for repeating
  Time waiting_since{};      // for its answer, acknowledgement or grant
  std::unique_ptr<Fill> fill;

  bool in_commit_set() const { return listed || counted; }
};

struct Replica;
std::size_t bytes_on_the_way(const Replica& r, const Target& t);  // of entries: sent and not acknowledged
// What an entry counts in a backlog.
inline std::size_t cost(const Entry& entry) { return sizeof(Entry) + entry.effects.bytes().size(); }
// What it counts in the memory: nothing if it deletes, for it is there to give memory back. (If evictions counted, each
// would ask for the next. Redis leaves the buffers of its replicas out for the same reason.)
inline std::size_t memory_cost(const Entry& entry) {
  return begins_with_erase(entry.effects.bytes()) ? 0 : cost(entry);
}

enum class Stage : std::uint8_t {
  kAsking,   // for the tails of the list (6a)
  kWaiting,  // until no earlier primary may still execute (3c)
  kClosing,  // the boundary is on its way
  kServing,
};

// A reply that waits for its entry's commit (5b).
struct Waiter {
  Seq seq;
  std::uint64_t token = 0;
  Reply reply;
};
// What may be told of a key, when this position is committed (11c).
struct Telling {
  Slot slot;
  Position at;
  Noticed notice;
};
// A key that an uncommitted entry touches; hash 0 touches all.
struct Touched {
  Seq seq;
  std::uint64_t hash = 0;
};

struct Lead {
  Stage stage = Stage::kAsking;
  std::vector<Target> targets;
  Seq boundary;
  Seq told_commit;
  std::optional<Time> untold_since;  // something is committed beyond it
  std::vector<Waiter> waiters;       // ascending by seq
  std::vector<Touched> touched;      // ascending by seq
  std::vector<Telling> tellings;     // likewise

  Target* target(Incarnation who) {
    for (Target& t : targets)
      if (t.who == who) return &t;
    return nullptr;
  }
};

// A former primary of this slot whose grants from us may still run (3c).
struct Former {
  Incarnation who;  // none: our own process' predecessor (a reset after a restart)
  Time until;
};

// A boundary that we hold: what it follows decides about entries of earlier slot epochs (6b).
struct Boundary {
  Position at;
};

// A client's command of ours, executed as primary, whose fate a later primary's boundary decides (6b); or what is to be
// told of it.
struct Limbo {
  Position entry;
  std::uint64_t token = 0;  // 0: nobody waits
  Reply reply;
  Time give_up;
  std::optional<Telling> telling{};
};

// The first two cache lines are what a command of its primary looks at.
struct alignas(64) Replica {
  SlotTable table;
  std::unique_ptr<Lead> lead;
  Epoch epoch;                 // slot epoch of the installed view
  Position at;                 // how much we hold
  Seq commit;                  // primary: committed; else: known to be committed
  std::size_t tail_bytes = 0;  // sum of the costs of `tail`
  std::size_t counted = 0;     // of table and tail, in the memory of all
  std::uint32_t parked = 0;    // commands that wait for this slot
  bool listed = false;         // this process is in the list
  bool learner = false;        // the ring wants this process, the list does not name it yet
  bool filled = false;         // learner: the whole walk arrived
  bool holds = false;          // there is content that a list once named, a fill, or what was on disk

  std::vector<Entry> tail;
  std::unique_ptr<SlotTable> remains;  // learner: what it held when the walk began. Says nothing by itself (9a)
  std::size_t tail_memory = 0;         // sum of their memory costs
  Position base;                       // the tail begins after it
  Time since{};                        // when the installed view was
  Seq durable;                         // where there is a log: what stands in it, so that it may be acknowledged (9b)
  std::vector<Former> formers;
  std::vector<Boundary> boundaries;  // newest last, a few
  std::vector<Limbo> limbo;
  std::uint64_t fill = 0, next_chunk = 0;  // learner: the walk being received
  Incarnation primary;                     // by the installed view
  bool queued = false;                     // in the list of slots with something to send
};

}  // namespace hc
