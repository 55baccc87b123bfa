// What a member says of itself: who it is, where it listens, and which process and data folder stand behind the name.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/ids.h"

namespace hc {

struct Address {
  std::string host;  // a numeric IPv4 or IPv6 address, or a name that the host resolves
  std::uint16_t port = 0;
  auto operator<=>(const Address&) const = default;
};

inline std::string to_string(const Address& a) { return a.host + ":" + std::to_string(a.port); }

struct MemberInfo {
  NodeId id;
  std::string host;  // announced address; gossip (UDP) and peer links (TCP) share `gossip_port`
  std::uint16_t gossip_port = 0;
  std::uint16_t resp_port = 0;
  std::uint16_t http_port = 0;
  std::string host_label;  // replicas of a slot go to distinct hosts where possible; empty = a host of its own
  std::string zone;        // likewise zones; empty = all in one zone
  Generation generation;
  StorageId storage;
  bool keeps_log = false;  // what it held may be on its disk when it comes back (9a)
  auto operator<=>(const MemberInfo&) const = default;

  Address gossip() const { return {host, gossip_port}; }
};

}  // namespace hc
