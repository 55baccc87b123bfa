// A load of GET, SET or INCR over RESP, from one thread: every connection sends a batch of `pipeline` commands, waits
// for all their replies, and sends the next batch (a closed loop). `setwait` is one operation of two commands: a SET,
// and a WAIT for one replica of it; `mix` is SET and GET in turn. What the server costs is measured by the caller
// (tools/bench/run); this program says how many operations there were and how long they took.
//
// With --rate operations fall due by the clock, whether or not earlier ones were answered (an open loop), and the
// latency of one counts from when it was due. SIGTERM ends either loop as its time would.
//
// --port may be given several times: the connections spread over these ports. With --rate a connection that the server
// closes is no failure: it is opened again, to the next port, and what was not answered on it is sent again.
//
// Prints one line: operations, seconds, operations per second, then the latency of an operation (from the sending of
// its batch, or from when it was due, to its reply) in microseconds: median, p99, p99.9, p99.99, maximum; then error
// replies (a WAIT in vain is one), misses, and operations that were sent again.
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
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000, kStalledNs = 10 * kSecondNs;

volatile std::sig_atomic_t told_to_end = 0;

struct Options {
  std::string host = "127.0.0.1";
  std::vector<std::uint16_t> ports;
  std::string command = "set";
  int connections = 50;
  std::uint64_t pipeline = 1;
  std::uint64_t operations_max = 100'000;
  std::uint64_t rate = 0;  // operations per second; 0: a closed loop
  double seconds_max = 0;  // 0: no limit
  std::size_t value_bytes = 100;
  std::uint64_t ttl_seconds = 0;  // of SETs; 0: none
  std::uint64_t keys = 1'000'000;
  bool in_order = false;  // keys 0, 1, 2 … instead of drawn ones

  bool waits() const { return command == "setwait"; }
  bool mixed() const { return command == "mix"; }
  bool sets() const { return command == "set" || mixed() || waits(); }
};

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: kvload [--host ADDRESS] [--port N]... [--command get|set|setwait|incr|mix] [--connections N]\n"
               "              [--pipeline N | --rate N] [--operations N] [--seconds S] [--value-bytes N]\n"
               "              [--ttl-seconds N] [--keys N] [--in-order]\n");
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
      {"ttl-seconds", 1, nullptr, 'e'}, {"in-order", 0, nullptr, 'o'},    {"rate", 1, nullptr, 'R'},
      {nullptr, 0, nullptr, 0}};
  Options options;
  for (int name; (name = getopt_long(argc, argv, "", kLong, nullptr)) != -1;) {
    const auto number = [] { return std::strtoull(optarg, nullptr, 10); };
    switch (name) {
      case 'h':
        options.host = optarg;
        break;
      case 'p':
        options.ports.push_back(static_cast<std::uint16_t>(number()));
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
      case 'R':
        options.rate = number();
        break;
      case 'o':
        options.in_order = true;
        break;
      default:
        usage();
    }
  }
  const bool known = options.command == "get" || options.sets() || options.command == "incr";
  const bool open_loop_of_pairs = options.rate > 0 && (options.waits() || options.pipeline != 1);
  if (optind != argc || !known || open_loop_of_pairs) usage();
  if (options.connections < 1 || options.pipeline < 1 || options.keys < 1) usage();
  if (options.ports.empty()) options.ports.push_back(6379);
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

// Of an open loop.
struct Operation {
  std::uint64_t due_ns = 0;
  std::uint64_t number = 0;
  std::uint64_t key = 0;
};

struct Connection {
  int descriptor = -1;
  std::string out;
  std::size_t sent = 0;
  std::uint64_t waiting = 0;  // replies of the batch that are still to come
  std::uint64_t sent_at_ns = 0;
  std::deque<Operation> unanswered;  // of an open loop, in order
  std::string line;                  // of a reply that has not wholly arrived
  std::size_t skip = 0;              // bytes of a bulk that are still to come
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), value_(options.value_bytes, 'x'), behind_value_(behind_value(options)) {
    loop_ = epoll_create1(0);
    connections_.resize(static_cast<std::size_t>(options.connections));
    for (Connection& c : connections_) open_somewhere(c);
  }

  // Runs to the end and prints the line. Returns the exit status.
  int run() {
    begun_ns_ = now_ns();
    if (options_.rate > 0) {
      run_open();
    } else {
      run_closed();
    }
    const double seconds = static_cast<double>(now_ns() - begun_ns_) / 1e9;
    std::printf("%llu %.4f %.0f %llu %llu %llu %llu %llu %llu %llu %llu\n", ull(done_), seconds,
                static_cast<double>(done_) / seconds, ull(latency_.quantile(0.5)), ull(latency_.quantile(0.99)),
                ull(latency_.quantile(0.999)), ull(latency_.quantile(0.9999)), ull(latency_.largest()), ull(errors_),
                ull(misses_), ull(sent_again_));
    return errors_ > 0 ? 4 : 0;
  }

 private:
  static unsigned long long ull(std::uint64_t n) { return n; }

  void run_closed() {
    for (Connection& c : connections_) next_batch(c);
    std::array<epoll_event, 512> events{};
    while (done_ < issued_) {
      const int count = epoll_wait(loop_, events.data(), static_cast<int>(events.size()), 10'000);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail("no reply for 10 s");
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
    }
  }

  void run_open() {
    std::array<epoll_event, 512> events{};
    while (!over() || done_ < issued_) {
      send_what_is_due();
      const std::uint64_t now = now_ns(), next = over() ? now + kStalledNs : std::max(due_ns(issued_), now);
      const timespec wait{static_cast<time_t>((next - now) / kSecondNs), static_cast<long>((next - now) % kSecondNs)};
      const int count = epoll_pwait2(loop_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
      if (count < 0 && errno != EINTR) fail("epoll_pwait2");
      if (count > 0) last_reply_ns_ = now_ns();
      if (done_ < issued_ && now > std::max(last_reply_ns_, begun_ns_) + kStalledNs) fail("no reply for 10 s");
      for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)]);
    }
  }

  // No further operation begins.
  bool over() const {
    const double seconds = static_cast<double>(now_ns() - begun_ns_) / 1e9;
    return told_to_end != 0 || issued_ >= options_.operations_max ||
           (options_.seconds_max > 0 && seconds >= options_.seconds_max);
  }

  std::uint64_t due_ns(std::uint64_t operation) const {
    return begun_ns_ +
           static_cast<std::uint64_t>(static_cast<double>(operation) * 1e9 / static_cast<double>(options_.rate));
  }

  void send_what_is_due() {
    for (const std::uint64_t now = now_ns(); !over() && due_ns(issued_) <= now; ++issued_) {
      const std::uint64_t key = (options_.in_order ? issued_ : draw()) % options_.keys;
      Connection& c = connections_[issued_ % connections_.size()];
      send(c, {due_ns(issued_), issued_, key});
    }
    for (Connection& c : connections_)
      if (!c.out.empty()) flush(c);
  }

  void send(Connection& c, const Operation& operation) {
    append_command(c.out, operation.number, operation.key);
    c.unanswered.push_back(operation);
    ++c.waiting;
  }

  // To the next of our ports where somebody listens. What the old one was asked and did not answer is asked there.
  void reopen(Connection& c) {
    close(c.descriptor);
    open_somewhere(c);
    const std::deque<Operation> again = std::exchange(c.unanswered, {});
    c.out.clear(), c.line.clear();
    c.sent = c.skip = c.waiting = 0;
    sent_again_ += again.size();
    for (const Operation& operation : again) send(c, operation);
    flush(c);
  }

  void open_somewhere(Connection& c) {
    const std::size_t ports = options_.rate > 0 ? options_.ports.size() : 1;
    for (std::size_t tried = 0; !open(c);)
      if (++tried == ports) fail("connect");
  }

  bool open(Connection& c) {
    c.descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.ports[opened_++ % options_.ports.size()]);
    if (inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1) usage();
    if (connect(c.descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      close(c.descriptor);
      return false;
    }
    const int on = 1;
    setsockopt(c.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c.descriptor, F_SETFL, O_NONBLOCK);
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
    return true;
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

  void append_command(std::string& out, std::uint64_t number, std::uint64_t key) {
    std::array<char, 128> head{};
    const bool set = options_.mixed() ? number / connections_.size() % 2 == 0 : options_.sets();
    const char* name = set ? "SET" : options_.command == "incr" ? "INCR" : "GET";
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
    if (over()) return;
    const std::uint64_t count = std::min(options_.pipeline, options_.operations_max - issued_);
    c.out.clear();
    c.sent = 0;
    for (std::uint64_t i = 0; i < count; ++i)
      append_command(c.out, issued_ + i, (options_.in_order ? issued_ + i : draw()) % options_.keys);
    issued_ += count;
    c.waiting = count;
    c.sent_at_ns = now_ns();
    flush(c);
  }

  void flush(Connection& c) {
    while (c.sent < c.out.size()) {
      const ssize_t n = write(c.descriptor, c.out.data() + c.sent, c.out.size() - c.sent);
      if (n < 0 && errno != EAGAIN && options_.rate > 0) return;  // it is closed, which reading will tell
      if (n < 0 && errno != EAGAIN) fail("write");
      if (n < 0) return watch(c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      c.sent += static_cast<std::size_t>(n);
    }
    c.out.clear();
    c.sent = 0;
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
    if (n <= 0 && options_.rate > 0) return reopen(c);
    if (n <= 0) fail("the server closed a connection");
    take({buffer_.data(), static_cast<std::size_t>(n)}, c);
    if (options_.rate == 0 && c.waiting == 0) next_batch(c);
  }

  void take(std::string_view bytes, Connection& c) {
    const std::uint64_t now = now_ns();
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
    if (options_.rate == 0) return latency_.add((now - c.sent_at_ns) / 1000, finished);
    for (; finished > 0; --finished) {
      latency_.add((now - c.unanswered.front().due_ns) / 1000, 1);
      c.unanswered.pop_front();
    }
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
  std::uint64_t last_reply_ns_ = 0, sent_again_ = 0;
  std::size_t opened_ = 0;
  Histogram latency_;
};

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGTERM, [](int) { told_to_end = 1; });
  std::signal(SIGPIPE, SIG_IGN);
  return Load(parse(argc, argv)).run();
}
