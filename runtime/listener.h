// A listening TCP socket: says that somebody knocks, and at which port it listens.
#pragma once

#include <uv.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "runtime/loop.h"

namespace hc {

class Listener {
 public:
  explicit Listener(Loop& loop);
  ~Listener();  // Requires: close() was called, and the loop has run since
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Takes the port (0: any free one) on the address; nothing is let in before listen(). An error is a sentence that
  // names the address and, where it can be found out, who holds it.
  std::expected<void, std::string> bind(const std::string& host, std::uint16_t port);
  // `knocked` must accept at least one connection from the given handle.
  std::expected<void, std::string> listen(std::function<void(uv_stream_t*)> knocked);
  std::uint16_t port() const { return port_; }
  void close();

 private:
  uv_tcp_t tcp_{};
  std::uint16_t port_ = 0;
  std::string name_;
  bool open_ = true;
  std::function<void(uv_stream_t*)> knocked_;
};

}  // namespace hc
