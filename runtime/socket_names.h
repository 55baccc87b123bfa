// Sockets' names as text, and text as sockets' addresses.
#pragma once

#include <uv.h>

#include <expected>
#include <optional>
#include <string>

#include "core/base/member.h"

namespace hc {

std::string peer_name(const uv_tcp_t* tcp);  // "127.0.0.1:40312", "[::1]:40312"; empty if it has none
std::string local_name(const uv_tcp_t* tcp);
int descriptor_of(const uv_tcp_t* tcp);  // -1 if it has none

std::string text_of(const sockaddr* address);
Address address_of(const sockaddr* address);

// A numeric IPv4 or IPv6 address; nullopt if it is a name.
std::optional<sockaddr_storage> numeric(const std::string& host, std::uint16_t port);
// Asks the resolver, which may block: only for the start.
std::expected<sockaddr_storage, std::string> resolve_now(const std::string& host, std::uint16_t port);

}  // namespace hc
