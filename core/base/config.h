// What a node is told at its start. Durations are the defaults of docs/PROTOCOL.md; the simulator draws others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/member.h"
#include "core/base/memory_limits.h"
#include "core/base/slot.h"
#include "core/base/time.h"
#include "core/base/wire_version.h"

namespace hc {

struct Founder {
  NodeId id;
  Address gossip;
};

// When what a member wrote into its log is made durable: before it is acknowledged, once a second, or never.
enum class Fsync : std::uint8_t { kNo = 0, kEverySecond = 1, kAlways = 2 };

struct NodeConfig {
  MemberInfo self;          // id, addresses, labels; generation drawn by the host; storage is set by the core
  StorageId fresh_storage;  // drawn by the host: taken when the vote file has none
  std::uint64_t seed = 1;   // all randomness of the node

  std::string cluster_name = "hypercache";
  std::uint32_t slots = kSlots;

  // 4b: what it speaks at most; 0, or beyond the program's own: that.
  std::uint32_t wire_version_max = kWireVersionMax;

  // How it comes to a view (2g). Alone: founds at once. With `join` or `founders` it waits for others. `found` founds
  // although `join` is given, if nothing is on disk.
  std::vector<Address> join;
  bool found = false;
  std::vector<Founder> founders;
  bool durable_votes = false;  // there is a data folder: StoreVote is answered by VoteStored. Else votes live in memory

  // The log (rule 9). Requires: durable_votes, where it is on.
  bool append_only = false;
  Fsync append_fsync = Fsync::kEverySecond;
  std::size_t segment_bytes = std::size_t{64} << 20;  // about
  // A snapshot is written when the log has grown by so much, and by that much of what the last one took (0 percent: not
  // for its growth); and so often, if ever.
  std::size_t snapshot_bytes = std::size_t{64} << 20;
  std::uint32_t snapshot_percent = 100;
  Duration snapshot_every{};
  bool snapshot_packed = false;  // what is appended while one is written is compressed, where that makes it smaller
  std::size_t log_bytes_waiting = std::size_t{32} << 20;  // not written yet: beyond it those who write wait

  // For the first view, if this node founds it.
  std::uint32_t replication_factor = 2;
  Duration lease = 1s;
  std::uint32_t drift_percent = 10;
  bool slot_loss_wait = false;
  std::uint32_t voters_max = 5;

  std::uint32_t min_in_sync = 1;
  Duration deadline = 5s;      // of a client's operation
  Duration slow_request{};     // commands that wait so long are noted, and those whose outcome is unknown; 0: none
  Duration patience = 2500ms;  // T of rule 5d
  Duration patience_refused = 300ms;
  std::size_t fill_chunk_bytes = 32 * 1024;
  std::size_t fill_window_bytes = 512 * 1024;  // on the way to one learner member, at most
  // Entries that are kept because somebody lacks them: at the bound those who write wait.
  std::size_t backlog_bytes = std::size_t{16} << 20;       // of one slot
  std::size_t backlog_bytes_all = std::size_t{128} << 20;  // of all slots that this member leads
  Relocate relocate = nullptr;       // the host's allocator can do that; content never depends on places
  MemoryLimits memory;               // at the start: see MemoryLimited
  std::uint32_t key_filter_ppm = 0;  // at the start: see KeysFiltered
  std::uint32_t notices = 0;         // at the start: see NoticesSet
};

}  // namespace hc
