// A load of GET, SET or INCR over RESP, from one thread: every connection sends a batch of `pipeline` commands, waits
// for all their replies, and sends the next batch (a closed loop). `setwait` is one operation of two commands: a SET,
// and a WAIT for one replica of it. What the server costs is measured by the caller (tools/bench/run); this program
// says how many operations there were and how long they took.
//
// Prints one line: operations, seconds, operations per second, then the latency of an operation (from the sending of
// its batch to its reply) in microseconds: median, p99, p99.9, p99.99, maximum; then error replies (a WAIT in vain is
// one) and misses.
// Exit status: 0, 1 for a connection that fails or stalls, 4 if there were error replies, 64 for bad usage.
#include <arpa/inet.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string command = "set";
  int connections = 50;
  std::uint64_t pipeline = 1;
  std::uint64_t operations_max = 100'000;
  double seconds_max = 0;  // 0: no limit
  std::size_t value_bytes = 100;
  std::uint64_t ttl_seconds = 0;  // of SETs; 0: none
  std::uint64_t keys = 1'000'000;
  bool in_order = false;  // keys 0, 1, 2 … instead of drawn ones

  bool waits() const { return command == "setwait"; }
  bool sets() const { return command == "set" || waits(); }
};

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: kvload [--host ADDRESS] [--port N] [--command get|set|setwait|incr] [--connections N]\n"
               "              [--pipeline N] [--operations N] [--seconds S] [--value-bytes N] [--ttl-seconds N]\n"
               "              [--keys N] [--in-order]\n");
  std::exit(64);
}

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "kvload: %s: %s\n", what, errno == 0 ? "unexpected" : std::strerror(errno));
  std::exit(1);
}

Options parse(int argc, char** argv) {
  static const option kLong[] = {
      {"host", 1, nullptr, 'h'},        {"port", 1, nullptr, 'p'},        {"command", 1, nullptr, 't'},
      {"connections", 1, nullptr, 'c'}, {"pipeline", 1, nullptr, 'P'},    {"operations", 1, nullptr, 'n'},
      {"seconds", 1, nullptr, 's'},     {"value-bytes", 1, nullptr, 'd'}, {"keys", 1, nullptr, 'r'},
      {"ttl-seconds", 1, nullptr, 'e'}, {"in-order", 0, nullptr, 'o'},    {nullptr, 0, nullptr, 0}};
  Options options;
  for (int name; (name = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    const auto number = [] { return std::strtoull(optarg, nullptr, 10); };
    switch (name) {
      case 'h':
        options.host = optarg;
        break;
      case 'p':
        options.port = static_cast<std::uint16_t>(number());
        break;
      case 't':
        options.command = optarg;
        break;
      case 'c':
        options.connections = static_cast<int>(number());
        break;
      case 'P':
        options.pipeline = number();
        break;
      case 'n':
        options.operations_max = number();
        break;
      case 's':
        options.seconds_max = std::strtod(optarg, nullptr);
        break;
      case 'd':
        options.value_bytes = number();
        break;
      case 'e':
        options.ttl_seconds = number();
        break;
      case 'r':
        options.keys = number();
        break;
      case 'o':
        options.in_order = true;
        break;
      default:
        usage();
    }
  }
  const bool known = options.command == "get" || options.sets() || options.command == "incr";
  if (optind != argc || !known || options.connections < 1 || options.pipeline < 1 || options.keys < 1) usage();
  return options;
}

std::uint64_t now_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1));
}

// Latencies in microseconds: exact below 64, then 64 steps for each doubling (1.6 % wide).
class Histogram {
 public:
  void add(std::uint64_t us, std::uint64_t times) {
    counts_[bucket(us)] += times;
    total_ += times;
    largest_ = std::max(largest_, us);
  }
  std::uint64_t quantile(double part) const {
    std::uint64_t seen = 0;
    for (std::size_t b = 0; b < counts_.size(); ++b) {
      seen += counts_[b];
      if (seen > 0 && static_cast<double>(seen) >= part * static_cast<double>(total_)) return lower_bound(b);
    }
    return largest_;
  }
  std::uint64_t largest() const { return largest_; }

 private:
  static std::size_t bucket(std::uint64_t us) {
    if (us < 64) return us;
    const auto exponent = static_cast<unsigned>(std::bit_width(us)) - 1;
    return (exponent - 5) * 64 + ((us >> (exponent - 6)) & 63);
  }
  static std::uint64_t lower_bound(std::size_t bucket) {
    if (bucket < 64) return bucket;
    const std::size_t exponent = bucket / 64 + 5;
    return (std::uint64_t{1} << exponent) + (static_cast<std::uint64_t>(bucket % 64) << (exponent - 6));
  }
  std::array<std::uint64_t, 64 * 64> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t largest_ = 0;
};

struct Connection {
  int descriptor = -1;
  std::string out;
  std::size_t sent = 0;
  std::uint64_t waiting = 0;  // replies of the batch that are still to come
  std::uint64_t sent_at_ns = 0;
  std::string line;      // of a reply that has not wholly arrived
  std::size_t skip = 0;  // bytes of a bulk that are still to come
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), value_(options.value_bytes, 'x'), behind_value_(behind_value(options)) {
    loop_ = epoll_create1(0);
    connections_.resize(static_cast<std::size_t>(options.connections));
    for (Connection& c : connections_) open(c);
  }

  // Runs to the end and prints the line. Returns the exit status.
  int run() {
    begun_ns_ = now_ns();
    for (Connection& c : connections_) next_batch(c);
    std::array<epoll_event, 512> events{};
    while (done_ < issued_) {
      const int count = epoll_wait(loop_, events.data(), static_cast<int>(events.size()), 10'000);
      if (count <= 0) fail("no reply for 10 s");
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
    }
    const double seconds = static_cast<double>(now_ns() - begun_ns_) / 1e9;
    std::printf("%llu %.4f %.0f %llu %llu %llu %llu %llu %llu %llu\n", ull(done_), seconds,
                static_cast<double>(done_) / seconds, ull(latency_.quantile(0.5)), ull(latency_.quantile(0.99)),
                ull(latency_.quantile(0.999)), ull(latency_.quantile(0.9999)), ull(latency_.largest()), ull(errors_),
                ull(misses_));
    return errors_ > 0 ? 4 : 0;
  }

 private:
  static unsigned long long ull(std::uint64_t n) { return n; }

  void open(Connection& c) {
    c.descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1) usage();
    if (connect(c.descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
    const int on = 1;
    setsockopt(c.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c.descriptor, F_SETFL, O_NONBLOCK);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
  }

  void watch(Connection& c, int operation, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = &c;
    epoll_ctl(loop_, operation, c.descriptor, &event);
  }

  std::uint64_t draw() {  // xorshift64
    random_ ^= random_ << 13;
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    return random_;
  }

  void append_command(std::string& out, std::uint64_t key) {
    std::array<char, 128> head{};
    const bool set = options_.sets();
    const char* name = options_.command == "get" ? "GET" : set ? "SET" : "INCR";
    const int words = !set ? 2 : options_.ttl_seconds == 0 ? 3 : 5;
    int size = std::snprintf(head.data(), head.size(), "*%d\r\n$%zu\r\n%s\r\n$16\r\nkey:%012llu\r\n", words,
                             std::strlen(name), name, ull(key));
    out.append(head.data(), static_cast<std::size_t>(size));
    if (!set) return;
    size = std::snprintf(head.data(), head.size(), "$%zu\r\n", value_.size());
    out.append(head.data(), static_cast<std::size_t>(size)).append(value_).append("\r\n").append(behind_value_);
  }

  static std::string behind_value(const Options& options) {
    std::string text;
    const std::string ttl = std::to_string(options.ttl_seconds);
    if (options.ttl_seconds > 0) text = "$2\r\nEX\r\n$" + std::to_string(ttl.size()) + "\r\n" + ttl + "\r\n";
    return options.waits() ? text + "*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n1000\r\n" : text;
  }

  void next_batch(Connection& c) {
    const double seconds = static_cast<double>(now_ns() - begun_ns_) / 1e9;
    if (options_.seconds_max > 0 && seconds >= options_.seconds_max) return;
    if (issued_ >= options_.operations_max) return;
    const std::uint64_t count = std::min(options_.pipeline, options_.operations_max - issued_);
    c.out.clear();
    c.sent = 0;
    for (std::uint64_t i = 0; i < count; ++i)
      append_command(c.out, (options_.in_order ? issued_ + i : draw()) % options_.keys);
    issued_ += count;
    c.waiting = count;
    c.sent_at_ns = now_ns();
    flush(c);
  }

  void flush(Connection& c) {
    while (c.sent < c.out.size()) {
      const ssize_t n = write(c.descriptor, c.out.data() + c.sent, c.out.size() - c.sent);
      if (n < 0 && errno != EAGAIN) fail("write");
      if (n < 0) return watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      c.sent += static_cast<std::size_t>(n);
    }
  }

  void serve(const epoll_event& event) {
    Connection& c = *static_cast<Connection*>(event.data.ptr);
    if (event.events & EPOLLOUT) {
      watch(c, EPOLL_CTL_MOD, EPOLLIN);
      flush(c);
    }
    if (!(event.events & (EPOLLIN | EPOLLHUP | EPOLLERR))) return;
    const ssize_t n = read(c.descriptor, buffer_.data(), buffer_.size());
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) fail("the server closed a connection");
    take({buffer_.data(), static_cast<std::size_t>(n)}, c);
    if (c.waiting == 0) next_batch(c);
  }

  void take(std::string_view bytes, Connection& c) {
    const std::uint64_t us = (now_ns() - c.sent_at_ns) / 1000;
    std::uint64_t finished = 0;
    while (!bytes.empty()) {
      if (c.skip > 0) {
        const std::size_t n = std::min(c.skip, bytes.size());
        bytes.remove_prefix(n);
        c.skip -= n;
        finished += c.skip == 0;
        continue;
      }
      const std::size_t end = bytes.find('\n');
      c.line.append(bytes.substr(0, end));
      if (end == std::string_view::npos) break;
      bytes.remove_prefix(end + 1);
      finished += ends_reply(c);
      c.line.clear();
    }
    c.waiting -= finished;
    done_ += finished;
    latency_.add(us, finished);
  }

  // The line ends a reply; if not, a bulk of c.skip bytes follows.
  bool ends_reply(Connection& c) {
    const bool in_vain = options_.waits() && c.line[0] == ':' && c.line[1] == '0';
    if ((c.line[0] == '-' || in_vain) && ++errors_ <= 3) std::fprintf(stderr, "kvload: %s\n", c.line.c_str());
    if (options_.waits() && c.line[0] != ':') return false;  // its WAIT ends the operation
    if (c.line[0] != '$') return true;
    const long size = std::strtol(c.line.c_str() + 1, nullptr, 10);
    if (size < 0) {
      ++misses_;
      return true;
    }
    c.skip = static_cast<std::size_t>(size) + 2;
    return false;
  }

  const Options options_;
  const std::string value_, behind_value_;
  int loop_ = -1;
  std::vector<Connection> connections_;
  std::vector<char> buffer_ = std::vector<char>(512 * 1024);
  std::uint64_t random_ = 88172645463325252ULL;
  std::uint64_t begun_ns_ = 0, issued_ = 0, done_ = 0, errors_ = 0, misses_ = 0;
  Histogram latency_;
};

}  // namespace

int main(int argc, char** argv) { return Load(parse(argc, argv)).run(); }
