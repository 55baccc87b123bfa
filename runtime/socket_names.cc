#include "runtime/socket_names.h"

#include <netdb.h>

#include <array>
#include <cstring>

namespace hc {

namespace {

template <class Get>
std::string name_by(const uv_tcp_t* tcp, Get get) {
  sockaddr_storage storage{};
  int size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (get(tcp, address, &size) != 0) return {};
  return text_of(address);
}

}  // namespace

std::string peer_name(const uv_tcp_t* tcp) { return name_by(tcp, uv_tcp_getpeername); }
std::string local_name(const uv_tcp_t* tcp) { return name_by(tcp, uv_tcp_getsockname); }

int descriptor_of(const uv_tcp_t* tcp) {
  uv_os_fd_t fd = -1;
  return uv_fileno(reinterpret_cast<const uv_handle_t*>(tcp), &fd) == 0 ? fd : -1;
}

Address address_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    uv_ip6_name(v6, host.data(), host.size());
    return {host.data(), ntohs(v6->sin6_port)};
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  uv_ip4_name(v4, host.data(), host.size());
  return {host.data(), ntohs(v4->sin_port)};
}

std::string text_of(const sockaddr* address) {
  const Address a = address_of(address);
  if (address->sa_family == AF_INET6) return "[" + a.host + "]:" + std::to_string(a.port);
  return to_string(a);
}

std::optional<sockaddr_storage> numeric(const std::string& host, std::uint16_t port) {
  sockaddr_storage storage{};
  if (uv_ip4_addr(host.c_str(), port, reinterpret_cast<sockaddr_in*>(&storage)) == 0) return storage;
  if (uv_ip6_addr(host.c_str(), port, reinterpret_cast<sockaddr_in6*>(&storage)) == 0) return storage;
  return std::nullopt;
}

std::expected<sockaddr_storage, std::string> resolve_now(const std::string& host, std::uint16_t port) {
  if (const auto known = numeric(host, port)) return *known;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string service = std::to_string(port);
  const int status = getaddrinfo(host.c_str(), service.c_str(), &hints, &found);
  if (status != 0) return std::unexpected(std::string(gai_strerror(status)));
  sockaddr_storage storage{};
  std::memcpy(&storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return storage;
}

}  // namespace hc
