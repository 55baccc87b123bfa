// What members gossip, as values: io/ encodes and seals them, the membership state machine writes and judges them.
//
// A packet says who sends it (id and process), to which cluster the sender belongs, which view epoch is the newest it
// has heard of, at most one message of the failure detector, and rumors: what the sender believes of some members.
// Nothing in here is trusted beyond the seal: Swim::hear takes any value of these types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/member.h"

namespace hc {

// In the order of precedence among rumors of one incarnation: the later one wins.
enum class Liveness : std::uint8_t {
  kAlive,
  kSuspect,  // did not answer somebody; has until the suspicion's end to refute
  kDead,     // did not refute
  kLeft,     // stopped on purpose (SIGTERM); said by the member itself
};

// For people: "alive", "suspect", "dead", "left".
constexpr std::string_view to_text(Liveness liveness) {
  switch (liveness) {
    case Liveness::kAlive:
      return "alive";
    case Liveness::kSuspect:
      return "suspect";
    case Liveness::kDead:
      return "dead";
    case Liveness::kLeft:
      return "left";
  }
  return "unknown";
}

// What somebody believes of one member. Only the member itself raises its incarnation (SWIM 4.2).
struct MemberRumor {
  MemberInfo info;
  std::uint64_t incarnation = 0;
  Liveness liveness = Liveness::kAlive;
  NodeId accuser;  // who says suspect or dead; none for alive and left
  bool operator==(const MemberRumor&) const = default;
};

// Are you there? Answered by Ack to whoever sent the packet, and only by the member named as target.
struct Ping {
  std::uint64_t probe = 0;  // the sender's number, comes back in the answer
  NodeId target;
  NodeId origin;           // for whom a relay asks; none = the sender asks for itself
  bool by_stream = false;  // came over the peer link, so the answer takes the peer link too
  bool operator==(const Ping&) const = default;
};
// Ask the target for me. Answered by Ack as soon as the target answered, or by Nack: "I live, it did not answer".
struct PingRequest {
  std::uint64_t probe = 0;
  NodeId target;
  bool operator==(const PingRequest&) const = default;
};
struct Ack {
  std::uint64_t probe = 0;
  bool operator==(const Ack&) const = default;
};
struct Nack {
  std::uint64_t probe = 0;
  bool operator==(const Nack&) const = default;
};
// Push-pull: the packet's rumors are the sender's table, and it wants the receiver's. A table longer than one packet
// goes on in SyncReply packets, which want no answer.
struct SyncRequest {
  bool operator==(const SyncRequest&) const = default;
};
struct SyncReply {
  bool operator==(const SyncReply&) const = default;
};

using GossipBody = std::variant<std::monostate, Ping, PingRequest, Ack, Nack, SyncRequest, SyncReply>;

struct GossipPacket {
  NodeId from;  // with `generation`: the process that sends
  Generation generation;
  ClusterId cluster;   // none = not yet a member of a view; two different ids refuse each other
  Epoch newest_epoch;  // newest view epoch that the sender knows of
  GossipBody body;     // monostate: rumors only
  std::vector<MemberRumor> rumors;
  bool operator==(const GossipPacket&) const = default;
};

// Sizes, so that a sealed packet fits one datagram on any path (IPv6 minimum MTU 1280, less headers). An encoding
// must stay below these, or the bound is lost: a rumor's fixed part, a packet without rumors, everything.
inline constexpr std::size_t kRumorBytesFixed = 80;
inline constexpr std::size_t kPacketBytesFixed = 140;
inline constexpr std::size_t kPacketBytesMax = 1200;
inline constexpr std::size_t kMemberTextBytesMax = 255;  // host, host label and zone, each; longer is refused

inline std::size_t bytes_of(const MemberRumor& rumor) {
  return kRumorBytesFixed + rumor.info.host.size() + rumor.info.host_label.size() + rumor.info.zone.size();
}
inline std::size_t bytes_of(const GossipPacket& packet) {
  std::size_t bytes = kPacketBytesFixed;
  for (const MemberRumor& rumor : packet.rumors) bytes += bytes_of(rumor);
  return bytes;
}

}  // namespace hc
