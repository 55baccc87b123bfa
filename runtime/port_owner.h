// Who holds a port, found out from /proc: so that "address already in use" names the process to stop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace hc {

enum class PortKind : std::uint8_t { kTcp, kUdp };

// "process 1234 (redis-server *:6379)"; nullopt if it cannot be seen (another user's, another namespace's).
std::optional<std::string> port_owner(std::uint16_t port, PortKind kind);

// What libuv's error means for this port, in words.
std::string busy_or_not(int status, std::uint16_t port, PortKind kind);

}  // namespace hc
