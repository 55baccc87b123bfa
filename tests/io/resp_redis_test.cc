// The parser beside the original: the same bytes to RespParser and to redis-server (skipped where that is missing), and
// what comes back compared, errors to the letter. Everything that is asked is ECHO, which both can answer.
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "core/base/random.h"
#include "io/resp.h"
#include "io/resp_client.h"

namespace hc {
namespace {

// A redis-server on a socket in a folder of its own.
class Original {
 public:
  Original() {
    folder_ = testing::TempDir() + "hc-resp-XXXXXX";
    if (mkdtemp(folder_.data()) == nullptr) return;
    socket_ = folder_ + "/redis.sock";
    child_ = fork();
    if (child_ == 0) {
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_.c_str(), "--save", "", "--dir",
             folder_.c_str(), "--logfile", "/dev/null", nullptr);
      _exit(127);
    }
    for (int tries = 0; tries < 100 && !exited() && !(ready_ = answers()); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ~Original() {
    if (!exited()) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
    unlink(socket_.c_str());
    rmdir(folder_.c_str());
  }
  Original(const Original&) = delete;
  Original& operator=(const Original&) = delete;

  bool ready() const { return ready_; }
  // Everything it answers to `bytes`, on a connection of its own.
  std::string answer(Bytes bytes) {
    const int fd = connected();
    EXPECT_GE(fd, 0);
    EXPECT_EQ(write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    shutdown(fd, SHUT_WR);
    std::string all;
    std::array<char, 65536> piece;
    for (ssize_t n = 0; (n = read(fd, piece.data(), piece.size())) > 0;)
      all.append(piece.data(), static_cast<std::size_t>(n));
    close(fd);
    return all;
  }

 private:
  bool exited() {
    if (child_ < 0) return true;
    if (!exited_) exited_ = waitpid(child_, nullptr, WNOHANG) == child_;
    return exited_;
  }
  bool answers() { return socket_known() && answer("PING\r\n") == "+PONG\r\n"; }
  bool socket_known() {
    const int fd = connected();
    if (fd >= 0) close(fd);
    return fd >= 0;
  }
  int connected() {
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
    close(fd);
    return -1;
  }
  std::string folder_, socket_;
  pid_t child_ = -1;
  bool ready_ = false, exited_ = false;
};

bool is_echo(Bytes name) {
  std::string text(name);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text == "echo";
}

// What Redis would answer, as far as this parser says; nullopt: a command that is not ECHO came out.
std::optional<std::string> expected(Bytes bytes) {
  RespParser parser;
  std::string out;
  for (std::size_t consumed = 0;; bytes.remove_prefix(consumed)) {
    const auto outcome = parser.next(bytes, consumed);
    if (outcome == RespParser::Outcome::kNeedMore) return out;
    if (outcome == RespParser::Outcome::kError) {
      write_reply(Reply::error(parser.error()), 2, out);
      return out;
    }
    const auto args = parser.args();
    if (!is_echo(args[0])) return std::nullopt;
    write_reply(args.size() == 2 ? Reply::bulk(Text::borrow(args[1]))
                                 : Reply::error_literal("ERR wrong number of arguments for 'echo' command"),
                2, out);
  }
}

class RespBesideRedis : public testing::Test {
 protected:
  static void SetUpTestSuite() { original_ = new Original; }
  static void TearDownTestSuite() {
    delete original_;
    original_ = nullptr;
  }
  void SetUp() override {
    if (!original_->ready()) GTEST_SKIP() << "no redis-server here";
  }
  void compare(Bytes bytes) {
    const auto ours = expected(bytes);
    ASSERT_TRUE(ours.has_value()) << bytes;
    EXPECT_EQ(*ours, original_->answer(bytes)) << "for: " << bytes.substr(0, 200);
  }
  static Original* original_;
};
Original* RespBesideRedis::original_ = nullptr;

TEST_F(RespBesideRedis, Examples) {
  const std::string a_bulk = "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n";
  for (const Bytes bytes : {
           "*2\r\n$4\r\nECHO\r\n$3\r\nabc\r\n",
           "*x\r\n",
           "*-5\r\n*0\r\n*-0\r\n",
           "*+1\r\n",
           "* 1\r\n",
           "*1 \r\n",
           "*\r\n",
           "*2147483647\r\n",
           "*2147483648\r\n",
           "*9223372036854775808\r\n",
           "*99999999999999999999\r\n",
           "*007\r\n",
           "*1\r\n#4\r\n",
           "*1\r\n\r\n",
           "*1\r\n\n\r\n",
           "*1\r\n\x01\r\n",
           "*1\r\n$\r\n",
           "*1\r\n$-1\r\n",
           "*1\r\n$+4\r\n",
           "*1\r\n$04\r\n",
           "*1\r\n$536870912\r\n",
           "*1\r\n$536870913\r\n",
           "*1\r\n$4\rxECHOxx",
           "*1\rx$4\rxECHOxx",
           "*2\r\n$4\r\nECHO\r\n$3\r\nabcde*x\r\n",
           "echo abc\n",
           "  echo\tabc\r\n",
           "\vecho abc\n",
           "echo 'a b'\r\n",
           "echo \"a\\x41\\xZZ\\n\\r\\t\\b\\a\\q\\\"\"\r\n",
           "echo 'a\\'b\\n'\r\n",
           "echo \"abc\r\n",
           "echo 'abc\r\n",
           "echo \"a\"b\r\n",
           "echo 'a'b\r\n",
           "echo a\"b c\"\r\n",
           "echo a'b'\n",
           "echo \"\"\r\n",
           "echo ''\n",
           "echo \"a\\\r\n",
           "\r\n\r\n\n   \r\necho a\r\n",
           "echo a b c\r\n",
           "echo \r\r\n",
           "echo a\rb\n",
       })
    compare(bytes);
  compare(a_bulk + a_bulk + "*1\r\n:3\r\n" + a_bulk);
  compare("echo " + std::string(66000, 'x'));
  compare("*" + std::string(66000, '1'));
  compare("*1\r\n$" + std::string(66000, '1'));
  compare("*1\r\n$" + std::string(60000, '1') + "\r\n");
}

// Valid pipelines with a few bytes changed, but never into a zero byte: Redis stops looking for a line's end there.
TEST_F(RespBesideRedis, DamagedPipelines) {
  Random random(20240607);
  const std::string interesting = "*$\r\n0123456789-+ '\"\\xechoECHO\t:";
  int compared = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string bytes;
    write_command({"ECHO", "a\r\nb"}, bytes);
    bytes += random.percent(50) ? "echo 'x y' \r\n" : "echo \"\\x41\\n\"\n";
    write_command({"echo", ""}, bytes);
    for (std::uint64_t changes = random.between(1, 3); changes > 0; --changes) {
      const auto at = static_cast<std::size_t>(random.below(bytes.size()));
      const char c = interesting[static_cast<std::size_t>(random.below(interesting.size()))];
      switch (random.below(3)) {
        case 0:
          bytes[at] = c;
          break;
        case 1:
          bytes.insert(at, 1, c);
          break;
        default:
          bytes.erase(at, 1);
      }
    }
    const auto ours = expected(bytes);
    if (!ours) continue;
    ++compared;
    ASSERT_EQ(*ours, original_->answer(bytes)) << "for: " << bytes;
  }
  EXPECT_GT(compared, 1000);
}

}  // namespace
}  // namespace hc
