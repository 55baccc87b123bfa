// GossipPacket <-> a sealed datagram.
//
// A datagram is: format (1 byte), nonce (12), AES-256-GCM of the packet, tag (16). The key is SHA-256 of "hypercache
// gossip v1" and the cluster's name: it keeps clusters of different names and damaged datagrams apart and is no secret
// towards whoever knows the name. Whoever sends chooses the nonce, and never twice the same: nonce_of(its generation,
// a counter).
//
// A packet within core/membership's bound (bytes_of(packet) <= kPacketBytesMax) gives at most kPacketBytesMax bytes.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "core/base/bytes.h"
#include "core/membership/packet.h"

namespace hc {

// A longer datagram is refused unread. (UDP over IPv4 carries no more.)
inline constexpr std::size_t kDatagramBytesMax = 65507;

using GossipNonce = std::array<unsigned char, 12>;
// 48 bits of the sender's generation, 48 of its counter of packets.
GossipNonce nonce_of(Generation sender, std::uint64_t counter);

class GossipSeal {
 public:
  explicit GossipSeal(Bytes cluster_name);
  ~GossipSeal();
  GossipSeal(const GossipSeal&) = delete;
  GossipSeal& operator=(const GossipSeal&) = delete;

  std::string seal(const GossipPacket& packet, const GossipNonce& nonce);
  // Total. Errors: "other cluster name or corrupted", or what is malformed inside a seal that was right.
  std::expected<GossipPacket, std::string> open(Bytes datagram);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// Without the seal: what GossipByStream carries, and what is sealed.
std::string encode_packet(const GossipPacket& packet);
std::expected<GossipPacket, std::string> decode_packet(Bytes bytes);

}  // namespace hc
