// The physical floor under tools/bench/run: a server that does nothing but read and write. One thread and epoll; for
// every command that it takes for one it writes a reply of the right size, without looking at anything else. So what a
// real server costs above it is what a server does, and no server in one thread costs less by these system calls.
//
// A command is a '*' in what was read: neither keys nor values of the load have one. SETs are answered by +OK; GETs by
// as many bytes as the last SET of this process had in its value. Replies that do not fit wait for the client.
//
// Usage: echo_limit PORT, on 127.0.0.1. Exit status: 1 if the port cannot be had, 64 for bad usage.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
constexpr std::string_view kSet = "*3\r\n$3\r\nSET\r\n$16\r\n", kGet = "*2\r\n$3\r\nGET\r\n";
constexpr std::size_t kKeyAndEnd = 18;

class Echo {
 public:
  explicit Echo(std::uint16_t port) : loop_(epoll_create1(0)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 1024) != 0) {
      std::perror("echo_limit");
      std::exit(1);
    }
    watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
  }

  [[noreturn]] void run() {
    for (std::array<epoll_event, 256> events{};;) {
      const int count = epoll_wait(loop_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
    }
  }

 private:
  void watch(int descriptor, int operation, std::uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.fd = descriptor;
    epoll_ctl(loop_, operation, descriptor, &event);
  }

  void serve(const epoll_event& event) {
    const int descriptor = event.data.fd;
    if (descriptor == listener_) return enter();
    if (event.events & EPOLLOUT) {
      std::string rest = std::move(unsent_[descriptor]);
      unsent_.erase(descriptor);
      watch(descriptor, EPOLL_CTL_MOD, EPOLLIN);
      return send(descriptor, rest);
    }
    const ssize_t size = read(descriptor, buffer_.data(), buffer_.size());
    if (size <= 0) return void(close(descriptor));
    answer(descriptor, {buffer_.data(), static_cast<std::size_t>(size)});
  }

  void enter() {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (client < 0) return;
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(client, EPOLL_CTL_ADD, EPOLLIN);
  }

  void answer(int descriptor, std::string_view bytes) {
    if (bytes.starts_with(kSet) && bytes.size() > kSet.size() + kKeyAndEnd + 1)
      learn_value(static_cast<std::size_t>(std::atol(bytes.data() + kSet.size() + kKeyAndEnd + 1)));
    const std::string& one = bytes.starts_with(kGet) ? bulk_ : ok_;
    const auto commands = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '*'));
    if (commands == 1) return send(descriptor, one);
    replies_.clear();
    for (std::size_t i = 0; i < commands; ++i) replies_ += one;
    send(descriptor, replies_);
  }

  void learn_value(std::size_t size) {
    if (size == value_bytes_) return;
    value_bytes_ = size;
    bulk_ = "$" + std::to_string(size) + "\r\n" + std::string(size, 'x') + "\r\n";
  }

  void send(int descriptor, std::string_view bytes) {
    if (bytes.empty()) return;
    const ssize_t sent = write(descriptor, bytes.data(), bytes.size());
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    if (bytes.empty()) return;
    unsent_[descriptor] = bytes;
    watch(descriptor, EPOLL_CTL_MOD, EPOLLOUT);
  }

  const int loop_, listener_;
  std::array<char, kReadBytes> buffer_{};
  std::size_t value_bytes_ = 0;
  const std::string ok_ = "+OK\r\n";
  std::string bulk_ = "$0\r\n\r\n", replies_;
  std::map<int, std::string> unsent_;
};

}  // namespace

int main(int argc, char** argv) {
  const int port = argc == 2 ? std::atoi(argv[1]) : 0;
  if (port <= 0 || port > 65535) {
    std::fprintf(stderr, "usage: echo_limit PORT\n");
    return 64;
  }
  Echo(static_cast<std::uint16_t>(port)).run();
}
