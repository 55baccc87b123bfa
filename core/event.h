// What can happen to a node. Past tense: the host has seen it.
//
// Ownership: `Bytes` in an event borrow until step() returns; frames and packets are moved in.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/base/memory_limits.h"
#include "core/durability/record.h"
#include "core/message/message.h"
#include "core/view/decree.h"

namespace hc {

struct Started {                   // once, first (but for what was read from the log)
  std::optional<VoteRecord> vote;  // what the vote file held; nullopt: no folder, or an empty one
  std::uint64_t segment = 0;       // the first number that no segment of the log has had
};
struct Asked {  // a client sent a command; replies come back under the same two numbers, in any order
  ClientId client;
  RequestId request;
  std::span<const Bytes> args;  // at least one
};
struct ClientGone {
  ClientId client;
};
struct LinkOpened {  // our dial succeeded
  LinkId link;
};
struct LinkClosed {  // any link ended; for a dial that never opened: it failed
  LinkId link;
  bool refused = false;  // the other side's machine said that nobody listens there
};
struct Received {  // a frame came in on a link that we dialled or that was dialled to us
  LinkId link;
  Frame frame;
};
struct Heard {  // a gossip datagram that opened under our cluster's seal
  Address from;
  GossipPacket packet;
};
struct VoteStored {  // the StoreVote of this number, and all before it, are durable
  std::uint64_t id = 0;
};
struct Woke {};       // deadline() has passed
struct TurnEnded {};  // nothing more is ready just now: send what was gathered
struct StopAsked {};  // SIGTERM
struct LeaveAsked {   // an operator wants this member, whoever it is and dead or alive, out of the cluster for good
  NodeId member;
};

struct LogRead {  // before Started: the next records of the log, in order
  std::vector<LogRecord> records;
};
struct LogAppended {  // the AppendLog of this number stands in the log; if that was asked, durably, with all before it
  std::uint64_t id = 0;
};
struct LogSynced {  // what was appended before the SyncLog of this number is durable
  std::uint64_t id = 0;
};
struct LogKept {  // the KeepLog of this number is done
  std::uint64_t id = 0;
};
struct LogRefused {  // there is no room for the AppendLog or KeepLog of this number: the log is as it was before (9e)
  std::uint64_t id = 0;
  std::vector<LogRecord> records;  // of the append, given back
  std::string why;                 // "No space left on device"
};
struct FsyncSet {  // by the operator: the log's policy
  Fsync policy = Fsync::kEverySecond;
};
struct SnapshotAsked {};  // by the operator
struct GrowthSet {        // by the operator: by how much the log has grown when a snapshot is written
  std::size_t bytes = 0;
  std::uint32_t percent = 0;  // of what the last snapshot took, besides; 0: it never is for its growth
};

struct MemoryLimited {  // the operator set other limits
  MemoryLimits limits;
};
struct MemoryMeasured {          // of the process
  std::size_t beyond_bytes = 0;  // what it takes beyond what the core counts: buffers, tables of its own
  std::size_t hollow_bytes = 0;  // free within pages that are in use
};

struct KeysFiltered {          // the operator wants filters over the keys of slots
  std::uint32_t rate_ppm = 0;  // of false positives; 0: none
};
struct ClientReset {  // it listens to nothing any more
  ClientId client;
};
struct NoticesSet {  // by the operator: what clients of this member may be told of keys (core/command/notice.h)
  std::uint32_t notices = 0;
};

struct ForceAsked {  // an operator decrees who is left (2h)
  Decree decree;
};

struct LossAccepted {  // by the operator: of these slots no process that holds them runs, and they are to go on (7e)
  SlotSet slots;
};

using Event = std::variant<Started, Asked, ClientGone, LinkOpened, LinkClosed, Received, Heard, VoteStored, Woke,
                           TurnEnded, StopAsked, LogRead, LogAppended, LogSynced, LogKept, FsyncSet, SnapshotAsked,
                           LeaveAsked, MemoryLimited, MemoryMeasured, KeysFiltered, ClientReset, NoticesSet, LogRefused,
                           GrowthSet, ForceAsked, LossAccepted>;

}  // namespace hc
