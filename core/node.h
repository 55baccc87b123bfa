// A member of the cluster as a pure state machine. The same class runs under libuv (runtime/) and in the simulator
// (sim/); it owns no clock, thread, socket or file.
//
// The host's loop: read bytes; read the clocks; step(event); drain the effects in order; when nothing more is ready,
// step(TurnEnded), if turn_pending(); sleep until deadline() and step(Woke). That is all.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/durability/log_status.h"
#include "core/effect.h"
#include "core/event.h"
#include "core/membership/swim.h"

namespace hc {

class AccessClock;
class Bus;
class SlotTable;
struct Evicted;
struct Memory;
struct Owed;
struct Telling;

// What a watcher (INFO, metrics, the simulator's checkers) may read. Values are copies or borrow until the next step.
struct SlotStatus {
  enum class Role : std::uint8_t { kNone, kLearner, kReplica, kTakingOver, kPrimary };
  Role role = Role::kNone;
  Epoch slot_epoch;
  Position at;
  Seq commit;                // primary: committed; replica: known committed
  bool may_execute = false;  // at the time asked: takeover complete, waits over, lease held
  std::uint64_t digest = 0;
  std::size_t keys = 0;
  std::size_t tail = 0;  // entries kept
};

class Node {
 public:
  explicit Node(NodeConfig config);
  ~Node();
  Node(Node&&) noexcept;
  Node& operator=(Node&&) noexcept;

  // Total: every event is legal in every state. Effects are appended; the list must be drained before the next step.
  void step(Event event, Now now, Effects& out);
  // Was anything left for the end of the turn? Else TurnEnded would change nothing, and may be spared.
  bool turn_pending(Now now) const;
  // When to step(Woke). nullopt: never. In the past: at once.
  std::optional<Time> deadline() const;
  // A hint: commands on these keys come next, so their places may be fetched into the processor's cache, all at once.
  // Changes nothing.
  void prefetch(std::span<const Bytes> keys) const;
  // HC_CHECKs of everything that must hold between steps.
  void invariants(Now now) const;

  // ---- watching
  const NodeConfig& config() const;
  const MemberInfo& self() const;  // with the storage identity as soon as that may be given a vote (2e)
  StorageId storage() const;       // of its data folder, in any case
  const ViewRef& view() const;     // installed; null before the first. Until the next step
  const Swim& membership() const;
  SlotStatus slot(Slot s, Now now) const;
  bool may_execute(Slot s, Now now) const;  // as SlotStatus has it
  const SlotTable& table(Slot s) const;
  // In a view as an active member, and serving every slot that it leads; what `ready` means.
  bool ready(Now now) const;
  // It has said Stopped because it was told to leave, and nothing of it is needed any more.
  bool left() const;
  // A snapshot of the log is wanted, or being written (9c).
  bool snapshot_pending() const;
  LogStatus log() const;
  // Why ForceAsked would be refused, and what to do; empty: it would not.
  std::string why_not_force(const Decree& decree) const;
  // What LossAccepted may name (7e): those of these slots, or of all, if none is named, that are lost; or why not, and
  // what to do.
  std::expected<SlotSet, std::string> lost(std::span<const Slot> slots) const;
  // 4b: the highest wire version that this process speaks; the one that its session to a member does, 0: there is none.
  std::uint32_t wire_max() const;
  std::uint32_t wire(NodeId to) const;
  std::size_t differing_slots() const;  // that we follow, from what their primary has (10)
  // It has accepted a view of which it knows no decision.
  bool undecided() const;
  const Memory& memory() const;
  std::uint32_t key_filter_ppm() const;  // 0: no filters over the keys of slots
  const AccessClock& access_clock() const;
  std::map<NodeId, Owed> owed() const;  // to whom this primary owes something
  const Bus& bus() const;
  // Keys that this primary evicted in the last step; until the next one.
  std::span<const Evicted> evicted() const;
  // What was told of keys in the last step; likewise.
  std::span<const Telling> told() const;
  struct Counters {
    std::uint64_t commands = 0, executed = 0, forwards_sent = 0, forwards_served = 0, not_mine = 0, unknown = 0,
                  refused = 0, views_installed = 0, takeovers = 0, entries_replicated = 0, fills_completed = 0,
                  complaints = 0, proposals = 0, expired = 0, parked = 0, frames_dropped = 0, resets = 0, evicted = 0,
                  out_of_memory = 0, fill_bytes = 0, hits = 0, misses = 0, log_records = 0, log_appends = 0,
                  log_syncs = 0, log_snapshots = 0, digests_compared = 0, digest_mismatches = 0, fill_bytes_kept = 0;
  };
  const Counters& counters() const;
  std::uint64_t executed_and_takeovers() const;  // of the counters, these two together
  std::uint64_t digest_mismatches() const;       // of the counters

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

}  // namespace hc
