#include "runtime/gossip_socket.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "runtime/port_owner.h"
#include "runtime/socket_names.h"

namespace hc {

GossipSocket::GossipSocket(Loop& loop, Resolver& resolver, const std::string& cluster_name)
    : loop_(loop), resolver_(resolver), seal_(cluster_name) {
  uv_udp_init(loop.uv(), &udp_);
  udp_.data = this;
}

GossipSocket::~GossipSocket() = default;

std::expected<void, std::string> GossipSocket::bind(const std::string& host, std::uint16_t port) {
  const std::string name = host + ":" + std::to_string(port) + " (UDP)";
  const auto address = resolve_now(host, port);
  if (!address) return std::unexpected("cannot listen on " + name + ": " + address.error());
  const int status = uv_udp_bind(&udp_, reinterpret_cast<const sockaddr*>(&*address), 0);
  if (status != 0)
    return std::unexpected("cannot listen on " + name + ": " + busy_or_not(status, port, PortKind::kUdp));
  return {};
}

void GossipSocket::start(Host& host, Generation self) {
  host_ = &host;
  self_ = self;
  uv_udp_recv_start(
      &udp_,
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(static_cast<GossipSocket*>(handle->data)->loop_.read_buffer(), Loop::kReadBytes);
      },
      [](uv_udp_t* udp, ssize_t count, const uv_buf_t* buffer, const sockaddr* from, unsigned flags) {
        static_cast<GossipSocket*>(udp->data)->received(count, buffer->base, from, flags);
      });
}

void GossipSocket::received(ssize_t count, const char* data, const sockaddr* from, unsigned flags) {
  if (count < 0 || from == nullptr) return;  // an ICMP error of an earlier send, or nothing more to read
  auto packet = seal_.open({data, static_cast<std::size_t>(count)});
  if (!packet || (flags & UV_UDP_PARTIAL) != 0) {
    ++dropped_;
    spdlog::debug("gossip from {} dropped: {}", text_of(from), packet ? "cut short" : packet.error());
    return;
  }
  host_->happened(Heard{address_of(from), std::move(*packet)});
}

void GossipSocket::send(const Address& to, const GossipPacket& packet) {
  std::string datagram = seal_.seal(packet, nonce_of(self_, ++sent_));
  resolver_.resolve(to, [this, datagram = std::move(datagram)](const sockaddr* address) mutable {
    if (address == nullptr || !open_) return;
    const uv_buf_t buffer = uv_buf_init(datagram.data(), static_cast<unsigned>(datagram.size()));
    uv_udp_try_send(&udp_, &buffer, 1, address);
  });
}

void GossipSocket::close() {
  if (!open_) return;
  open_ = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&udp_), nullptr);
}

}  // namespace hc
