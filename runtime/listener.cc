#include "runtime/listener.h"

#include <utility>

#include "runtime/port_owner.h"
#include "runtime/socket_names.h"

namespace hc {

namespace {
constexpr int kBacklog = 511;
}

Listener::Listener(Loop& loop) {
  uv_tcp_init(loop.uv(), &tcp_);
  tcp_.data = this;
}

Listener::~Listener() = default;

std::expected<void, std::string> Listener::bind(const std::string& host, std::uint16_t port) {
  name_ = host + ":" + std::to_string(port);
  const auto address = resolve_now(host, port);
  if (!address) return std::unexpected("cannot listen on " + name_ + ": " + address.error());
  int status = uv_tcp_bind(&tcp_, reinterpret_cast<const sockaddr*>(&*address), 0);
  sockaddr_storage bound{};
  int size = sizeof bound;
  if (status == 0) status = uv_tcp_getsockname(&tcp_, reinterpret_cast<sockaddr*>(&bound), &size);
  if (status != 0)
    return std::unexpected("cannot listen on " + name_ + ": " + busy_or_not(status, port, PortKind::kTcp));
  port_ = address_of(reinterpret_cast<const sockaddr*>(&bound)).port;
  return {};
}

std::expected<void, std::string> Listener::listen(std::function<void(uv_stream_t*)> knocked) {
  knocked_ = std::move(knocked);
  const int status = uv_listen(reinterpret_cast<uv_stream_t*>(&tcp_), kBacklog, [](uv_stream_t* stream, int result) {
    if (result == 0) static_cast<Listener*>(stream->data)->knocked_(stream);
  });
  if (status != 0)
    return std::unexpected("cannot listen on " + name_ + ": " + busy_or_not(status, port_, PortKind::kTcp));
  return {};
}

void Listener::close() {
  if (!open_) return;
  open_ = false;
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_), nullptr);
}

}  // namespace hc
