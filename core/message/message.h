// What members tell each other over peer links. Plain values; io/peer gives them bytes.
//
// A link carries frames in one direction: from the member that dialled to the one that accepted; answers travel on the
// answerer's own link. (Only Welcome and Refused go back on the link that they answer.) A frame belongs to a session,
// made by Hello and Welcome, of two processes; core/peer drops whatever is outside it (rule 4b).
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/base/member.h"
#include "core/base/reply.h"
#include "core/base/time.h"
#include "core/base/wire_version.h"
#include "core/base/words.h"
#include "core/membership/packet.h"
#include "core/replication/entry.h"
#include "core/view/ballot.h"

namespace hc {

// ---- the session itself
struct Hello {  // opens a session: "I am, and I take you for …"
  std::uint32_t wire_min = kWireVersionMin;
  std::uint32_t wire_max = 0;  // the highest that it speaks; 0: it says nothing of it, as version 1 did, so wire_min
  std::string cluster_name;
  ClusterId cluster;  // none: not yet in one
  std::uint32_t replication_factor = 0;
  std::uint32_t slots = 0;
  MemberInfo self;
  NodeId to;  // none: whoever listens there
  std::uint64_t nonce = 0;
};
struct Welcome {  // accepts it; session = nonces of both
  MemberInfo self;
  std::uint64_t nonce = 0;
  std::uint64_t echo = 0;  // the Hello's nonce
  std::uint32_t wire = 0;  // what the session speaks; 0: version 1, which says nothing of it
};
struct Refused {  // ends it, with a sentence for the operator
  std::string reason;
  std::uint64_t echo = 0;
};

// ---- views (rule 2)
struct ViewAsk {  // send me your newest view
  Epoch have;     // what it changes of this one is enough; none: whole
};
struct ViewIs {
  ViewRef view;
  ViewChangeRef change{};  // how it travels, if not whole: see Proposal
};
struct Prepare {
  Epoch instance;
  Ballot ballot;
  std::string founders;  // for epoch 1 among founders: the list is part of the instance's name; else empty
};
struct Promise {
  Epoch instance;
  Ballot ballot;
  StorageId storage;
  std::uint64_t writes = 0;
  std::optional<Accepted> accepted;
};
struct Accept {
  Epoch instance;
  Ballot ballot;
  Proposal proposal;
  std::string founders;
};
struct AcceptedIs {
  Epoch instance;
  Ballot ballot;
  StorageId storage;
  std::uint64_t writes = 0;
};
struct Rejected {  // by a promise to a higher ballot, or because the proposal breaks a rule (reason says which)
  Epoch instance;
  Ballot ballot;
  Ballot promised;
  std::string reason;
};
struct VoteCountAsk {  // 2e: what count of votes do you know for my storage?
  StorageId storage;
};
struct VoteCountIs {
  StorageId storage;
  std::uint64_t writes = 0;
};
struct ViewHeldAsk {  // 2f: have you view `epoch`, or a later one, durably? Answered when that is so
  Epoch epoch;
};
struct ViewHeld {
  Epoch epoch;
};
struct Reports {
  std::vector<Report> reports;
};

// ---- leases (rule 3)
struct LeaseAsk {
  Time sent;  // the asker's clock; comes back as it is
};
struct Grant {
  Time sent;
  Epoch view;  // installed at the granter when it granted
};

// ---- replication, takeover, fill (rules 5, 6, 7)
struct Append {
  Slot slot;
  Epoch slot_epoch;  // the sender's; the entries keep their own
  Seq commit;
  std::vector<Entry> entries;  // contiguous; empty: only tells the commit
};
struct Appended {
  Slot slot;
  Epoch slot_epoch;
  Seq seq;  // holds everything up to here
};
struct TailAsk {
  struct One {
    Slot slot;
    Epoch slot_epoch;
    Position mine;
  };
  std::vector<One> slots;
};
struct TailIs {
  struct One {
    Slot slot;
    Epoch slot_epoch;
    Position at;  // how much the answerer holds
    Seq known_commit;
    std::vector<Entry> entries;  // what it holds beyond the asker's position
    std::uint64_t unsynced = 0;  // so many at its end it acknowledges when its log has them (9b)
  };
  std::vector<One> slots;
};
struct FillChunk {
  Slot slot;
  Epoch slot_epoch;
  std::uint64_t fill = 0;   // names this walk
  std::uint64_t chunk = 0;  // 0 empties the slot and sets its position
  Position at;              // the primary's position when it read these entries
  std::string effects;      // puts, as core/store/effects.h encodes them
  bool last = false;
  std::uint64_t attempt = 0;  // a chunk that is sent again may hold other keys than it did the first time
};
struct FillAck {
  Slot slot;
  Epoch slot_epoch;
  std::uint64_t fill = 0;
  std::uint64_t chunk = 0;
  std::uint64_t attempt = 0;
};
// What a learner has left of the slot (7a) need not be sent. It says whether there is something, when the walk begins;
// the primary tells sums of what stands in the next parts of the slot, and which of them the learner wants is all that
// the next chunk holds. A part is what lies from the cursor where the one before ends (SlotTable::walk).
struct FillRemains {
  Slot slot;
  Epoch slot_epoch;
  std::uint64_t fill = 0;
  bool some = false;
};
struct FillSums {
  struct Part {
    std::uint64_t end = 0;  // cursor; 0: that of the slot
    std::uint64_t sum = 0;  // hash_bytes() of its puts, in the order of a walk
  };
  Slot slot;
  Epoch slot_epoch;
  std::uint64_t fill = 0;
  std::uint64_t chunk = 0;  // the one that they are before
  Position at;              // the primary's when it read these entries
  std::uint64_t attempt = 0;
  std::uint64_t begin = 0;  // cursor
  std::uint64_t seed = 0;   // drawn for this question, so that nobody can choose values with equal sums
  std::vector<Part> parts;
};
struct FillWant {
  Slot slot;
  Epoch slot_epoch;
  std::uint64_t fill = 0;
  std::uint64_t chunk = 0;
  std::uint64_t attempt = 0;
  std::vector<std::uint64_t> parts;  // by number, rising
};
struct DiscardAsk {  // 7c: may I forget these slots, which no longer name me?
  SlotSet slots;
};
struct DiscardOk {  // their takeover, in slot epochs up to as_of, is complete
  SlotSet slots;
  Epoch as_of;
};
struct Pressure {  // 5e: the sender is above its memory limit by so much, of what the receiver leads; 0: no longer
  std::uint64_t bytes_over = 0;
};

struct Digests {  // 10: of slots that the sender leads, when it sent the last entry before this (wire version 2)
  struct One {
    Slot slot;
    Epoch slot_epoch;
    Position at;
    std::uint64_t digest = 0;
  };
  std::vector<One> slots;
};

// ---- events
enum class Space : std::uint8_t { kChannel, kPattern, kShard };  // of what clients subscribe to
inline constexpr std::size_t kSpaces = 3;

struct Interest {  // what clients of the sender listen to; counted up by the sender
  struct One {
    Space space = Space::kChannel;
    std::string name;
    std::uint64_t clients = 0;  // 0: none any more
  };
  std::uint64_t number = 0;
  bool whole = false;         // all there is; else what has changed
  std::uint32_t notices = 0;  // what they may be told of keys: core/command/notice.h
  std::vector<One> changes;
};
struct InterestKnown {
  std::uint64_t number = 0;
};
struct Publish {
  std::uint64_t number = 0;  // of the sender; 0: it does not ask how many clients got it
  bool shard = false;
  std::string channel, payload;
};
struct Published {
  std::uint64_t number = 0;
  std::uint64_t clients = 0;  // that it was given to
};

// ---- routing (rule 4)
struct Forward {
  RequestId request;
  Epoch epoch;              // the sender's view
  Duration patience{};      // how long the executor may let it wait
  std::vector<Slot> slots;  // empty: the slot of its keys; else run once per slot, replies merged
  Words args;
  bool relay = false;  // the sender does not reach the primary: whoever gets this asks it, if it is another one (4e)
};
enum class Outcome : std::uint8_t {
  kDone = 0,         // executed and committed: `reply` is the answer
  kNotMine = 1,      // not executed: not its primary by view `epoch`
  kNotExecuted = 2,  // not executed: waited in vain (takeover, lease), or the boundary says that it is not applied
  kUnknown = 3,      // may have been applied
};
struct Forwarded {
  RequestId request;
  Outcome outcome = Outcome::kDone;
  Epoch epoch;
  Reply reply;             // owned
  std::vector<Slot> left;  // of Forward::slots: those that were not executed
};

// ---- membership over a stream (rule 1's fallback)
struct GossipByStream {
  GossipPacket packet;
};

using Message =
    std::variant<Hello, Welcome, Refused, ViewAsk, ViewIs, Prepare, Promise, Accept, AcceptedIs, Rejected, VoteCountAsk,
                 VoteCountIs, Reports, LeaseAsk, Grant, Append, Appended, TailAsk, TailIs, FillChunk, FillAck,
                 DiscardAsk, DiscardOk, Forward, Forwarded, GossipByStream, ViewHeldAsk, ViewHeld, Pressure, Interest,
                 InterestKnown, Publish, Published, Digests, FillRemains, FillSums, FillWant>;

std::string_view name_of(const Message& message);

// The lowest wire version that can say this; a session of a lower one does not carry it.
inline std::uint32_t wire_since(const Report& report) { return report.kind == ReportKind::kAcceptLoss ? 2 : 1; }
std::uint32_t wire_since(const Proposal& proposal);
template <class M>
std::uint32_t wire_since_of(const M& m) {
  if constexpr (std::is_same_v<M, Digests> || std::is_same_v<M, FillRemains> || std::is_same_v<M, FillSums> ||
                std::is_same_v<M, FillWant>) {
    return 2;
  } else if constexpr (std::is_same_v<M, Reports>) {
    return std::ranges::any_of(m.reports, [](const Report& r) { return wire_since(r) > 1; }) ? 2 : 1;
  } else if constexpr (std::is_same_v<M, Accept>) {
    return wire_since(m.proposal);
  } else if constexpr (std::is_same_v<M, Promise>) {
    return m.accepted ? wire_since(m.accepted->proposal) : 1;
  } else {
    return 1;
  }
}
std::uint32_t wire_since(const Message& message);
// About how many bytes it takes on the wire; right for those that can be large.
std::size_t weight(const Message& message);

struct Frame {
  NodeId from;
  Generation from_generation;
  Generation to_generation;   // none only under Hello
  std::uint64_t session = 0;  // 0 only under Hello, Welcome, Refused
  std::uint64_t number = 0;   // counts up from 1 within a session
  Epoch installed;            // the sender's installed view epoch (3c, 3d, 4a)
  std::vector<Message> messages;
};

}  // namespace hc
