// How much may wait to be sent on a link between members, before it is closed.
#include "runtime/peer_links.h"

#include <gtest/gtest.h>

#include "runtime/listener.h"
#include "runtime/stream.h"

namespace hc {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kSmall = kMiB / 8;
const LinkId kLink(1);

struct NoOutside : Outside {
  void carry_out(Dial&&) override {}
  void carry_out(Close&&) override {}
  void carry_out(Send&&) override {}
  void carry_out(Gossip&&) override {}
  void carry_out(StoreVote&&) override {}
  void carry_out(BecameReady&&) override {}
  void carry_out(Stopped&&) override {}
  void carry_out(Note&&) override {}
  void carry_out(AppendLog&&) override {}
  void carry_out(SyncLog&&) override {}
  void carry_out(KeepLog&&) override {}
  void carry_out(Announce&&) override {}
  void turn_ended() override {}
};

// The other side: it reads everything, and counts it.
struct Reader : Stream {
  Reader(Loop& loop, std::size_t& bytes) : Stream(loop), bytes_(bytes) {}
  std::size_t consume(std::string_view bytes) override {
    bytes_ += bytes.size();
    return bytes.size();
  }
  void ended(int) override {}
  std::size_t& bytes_;
};

// A link on which 1 MiB may wait.
struct PeerLinksTest : testing::Test {
  explicit PeerLinksTest(Duration patience = 0s) : links(loop, resolver, kMiB, patience) {}
  void SetUp() override {
    links.attach(host);
    ASSERT_TRUE(listener.bind("127.0.0.1", 0));
    ASSERT_TRUE(listener.listen([this](uv_stream_t* knocking) {
      auto* reader = new Reader(loop, arrived);
      ASSERT_EQ(reader->accept(knocking), 0);
      if (reads)
        reader->start_reading();
      else
        lazy = reader;
    }));
    links.dial(kLink, {"127.0.0.1", listener.port()});
  }
  void TearDown() override {
    links.close_all();
    listener.close();
    host.close();
    loop.close();
    uv_run(loop.uv(), UV_RUN_DEFAULT);
  }
  void send(std::size_t bytes) {
    Frame frame;
    FillChunk chunk;
    chunk.effects.assign(bytes, 'x');
    frame.messages.emplace_back(std::move(chunk));
    links.send(kLink, frame);
  }
  bool closed() const { return links.size() == 0; }
  // How many more small frames may wait.
  std::size_t room() {
    std::size_t sent = 0;
    for (; !closed() && sent < 1000; ++sent) send(kSmall);
    return sent - 1;
  }

  static NodeConfig config() {
    NodeConfig c;
    c.self = {NodeId(1), "127.0.0.1", 1, 0, 0, {}, {}, {1, 1}, {1, 1}};
    return c;
  }

  Loop loop;
  Resolver resolver{loop};
  NoOutside outside;
  Host host{loop, config(), outside};
  PeerLinks links;
  Listener listener{loop};
  std::size_t arrived = 0;
  bool reads = true;
  Reader* lazy = nullptr;  // does not read yet
};

TEST_F(PeerLinksTest, SoMuchMayWait) { EXPECT_EQ(room(), kMiB / kSmall); }

TEST_F(PeerLinksTest, OneFrameMayBeOfAnySize) {
  send(20 * kMiB);
  ASSERT_FALSE(closed());
  EXPECT_EQ(room(), kMiB / kSmall - 1) << "beside it as much as ever";
}

TEST_F(PeerLinksTest, ALargeFrameThatIsSentMakesNoRoom) {
  send(20 * kMiB);
  links.flush();
  while (arrived < 20 * kMiB && !closed()) uv_run(loop.uv(), UV_RUN_ONCE);
  ASSERT_FALSE(closed());
  EXPECT_EQ(room(), kMiB / kSmall);
}

struct PatientPeerLinksTest : PeerLinksTest {
  PatientPeerLinksTest() : PeerLinksTest(200ms) {}
};

TEST_F(PatientPeerLinksTest, MoreMayWaitButNotAnyAmount) { EXPECT_EQ(room(), 16 * kMiB / kSmall); }

TEST_F(PatientPeerLinksTest, WhoTakesItIsSentIt) {
  for (std::size_t i = 0; i < 15 * kMiB / kSmall; ++i) send(kSmall);
  links.flush();
  while (arrived < 15 * kMiB && !closed()) uv_run(loop.uv(), UV_RUN_ONCE);
  EXPECT_FALSE(closed());
}

TEST_F(PatientPeerLinksTest, WhoTakesNothingIsLeft) {
  reads = false;
  for (std::size_t i = 0; i < 15 * kMiB / kSmall; ++i) send(kSmall);
  links.flush();
  while (!closed()) uv_run(loop.uv(), UV_RUN_ONCE);
  lazy->start_reading();  // and sees the end
}

}  // namespace
}  // namespace hc
