#include "tools/cli/resp.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/cli/cluster.h"

namespace hc::cli {

void Resp::fail(const std::string& what) const {
  throw Failure{kUnreachable, to_string(door_) + ", for Redis clients, " + what};
}

Resp::Resp(const Door& door, std::chrono::milliseconds patience) : door_(door) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(door.host.c_str(), std::to_string(door.port).c_str(), &hints, &found); error != 0)
    fail(std::string("is not known: ") + ::gai_strerror(error));
  timeval limit{};
  limit.tv_sec = static_cast<time_t>(patience.count() / 1000);
  limit.tv_usec = static_cast<suseconds_t>(patience.count() % 1000 * 1000);
  for (const addrinfo* a = found; a && socket_ < 0; a = a->ai_next) {
    socket_ = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (socket_ < 0) continue;
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (::connect(socket_, a->ai_addr, a->ai_addrlen) == 0) break;
    const int why = errno;
    ::close(std::exchange(socket_, -1));
    errno = why;
  }
  const int why = errno;
  ::freeaddrinfo(found);
  if (socket_ < 0) fail(std::string("does not answer: ") + std::strerror(why));
}

Resp::~Resp() {
  if (socket_ >= 0) ::close(socket_);
}

void Resp::send(std::span<const Bytes> words) { write_command(words, out_); }

void Resp::flush() {
  for (std::size_t sent = 0; sent < out_.size();) {
    const ssize_t count = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(std::string("takes nothing more: ") + std::strerror(errno));
    sent += static_cast<std::size_t>(count);
  }
  out_.clear();
}

Reply Resp::read() {
  if (!out_.empty()) flush();
  for (;;) {
    Reply reply;
    std::size_t consumed = 0;
    const auto outcome = parser_.next(in_, consumed, reply);
    in_.erase(0, consumed);
    if (outcome == RespReplyParser::Outcome::kReply) return reply;
    if (outcome == RespReplyParser::Outcome::kError) fail("answers what is no RESP: " + parser_.error());
    char some[1 << 16];
    const ssize_t count = ::recv(socket_, some, sizeof some, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count == 0) fail("has closed the connection");
    if (count < 0)
      fail(errno == EAGAIN ? std::string("does not answer in time (--timeout)")
                           : std::string("does not answer: ") + std::strerror(errno));
    in_.append(some, static_cast<std::size_t>(count));
  }
}

Reply Resp::ask(std::initializer_list<Bytes> words) {
  send(std::span(words.begin(), words.size()));
  return read();
}

}  // namespace hc::cli
