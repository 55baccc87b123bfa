// The UDP socket of the failure detector: packets out sealed, datagrams in opened. What does not open is counted and
// dropped; what cannot be sent now is lost, as UDP may lose it anyway.
#pragma once

#include <uv.h>

#include <cstdint>
#include <expected>
#include <string>

#include "core/effect.h"
#include "io/gossip_codec.h"
#include "runtime/host.h"
#include "runtime/resolver.h"

namespace hc {

class GossipSocket {
 public:
  GossipSocket(Loop& loop, Resolver& resolver, const std::string& cluster_name);
  ~GossipSocket();  // Requires: close() was called, and the loop has run since
  GossipSocket(const GossipSocket&) = delete;
  GossipSocket& operator=(const GossipSocket&) = delete;

  std::expected<void, std::string> bind(const std::string& host, std::uint16_t port);
  void start(Host& host, Generation self);
  void send(const Address& to, const GossipPacket& packet);
  void close();
  std::uint64_t dropped() const { return dropped_; }

 private:
  void received(ssize_t count, const char* data, const sockaddr* from, unsigned flags);

  Loop& loop_;
  Resolver& resolver_;
  GossipSeal seal_;
  Host* host_ = nullptr;
  Generation self_;
  uv_udp_t udp_{};
  std::uint64_t sent_ = 0;
  std::uint64_t dropped_ = 0;
  bool open_ = true;
};

}  // namespace hc
