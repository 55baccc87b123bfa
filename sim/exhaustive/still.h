// A small cluster in which time stands still: what happens next is somebody's choice, and every choice can be listed.
//
// It lives an ordinary life first, on clocks that go on, until the moment that its scene wants; then clocks and
// membership are frozen: no timer fires, no gossip arrives, no new connection opens. What is left are the messages on
// their way, in order on each connection and in any order between connections, two operations of two clients or of one
// connection, and at most one fault. A node is a function of what it was fed, so a state is known by that: see key().
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "io/peer_codec.h"
#include "sim/check/history.h"
#include "sim/workload.h"

namespace hc::sim::exhaustive {

enum class Scene : std::uint8_t {
  kSteady,    // three members; nothing changes
  kHandover,  // three members; the view that gives the slot another primary is decided, and only one knows
  kTakeover,  // the primary is cut off from the two others, whose complaint took it out; its lease runs
};
std::string_view name_of(Scene scene);

struct Course {
  Scene scene = Scene::kSteady;
  std::uint32_t asked[2] = {0, 1};  // which machine each operation is sent to
  bool pipelined = false;           // by one client on one connection, one behind the other
  bool fault = false;               // one may happen
};

struct Choice {
  enum class Kind : std::uint8_t { kAsk, kDeliver, kCut, kCrash, kReplay };
  Kind kind{};
  std::uint32_t a = 0, b = 0;  // kAsk: operation; kDeliver, kReplay: connection, direction; kCut: connection;
                               // kCrash: machine
};

class Still {
 public:
  explicit Still(const Course& course);

  // What can happen, in a fixed order.
  std::vector<Choice> choices() const;
  // A sentence if a check objects.
  std::optional<std::string> take(const Choice& choice);
  std::string narrate(const Choice& choice) const;  // before it is taken

  // Two states of the same course with the same key go on in the same way.
  std::uint64_t key() const;

 private:
  static constexpr std::uint32_t kMachines = 3;
  struct Connection {
    std::uint32_t from = 0, to = 0;  // machines: who dialled whom
    LinkId at_from, at_to;
    bool open = true;
    std::deque<std::string> forth, back;    // frames on their way
    std::string last_forth{}, last_back{};  // the last that arrived since time stands still
  };
  struct Gossiped {
    std::uint32_t to;
    Address from;
    GossipPacket packet;
  };
  struct Operated {
    Request request;
    std::uint32_t machine = 0;
    bool asked = false, answered = false;
    bool later = false;  // asked when the other one was answered
  };

  Now now() const { return {time_, WallTime(std::chrono::hours(1))}; }
  bool up(std::uint32_t machine) const { return nodes_[machine].has_value(); }
  void begin(std::uint32_t machine, bool founds);
  void step(std::uint32_t machine, Event event, std::uint64_t hashed);
  void turn(std::uint32_t machine, Event event, std::uint64_t hashed);
  void perform(std::uint32_t machine);
  void dial(std::uint32_t machine, const Dial& d);
  void send(std::uint32_t machine, Send& s);
  void close(std::uint32_t machine, LinkId link);
  void deliver(Connection& c, bool forth);
  void replay(const Connection& c, bool forth);
  void cut(Connection& c);
  void isolate(std::uint32_t machine);
  void crash(std::uint32_t machine);
  void answer(const Answer& a);
  void ask(std::uint32_t operation);
  // Until `enough`, with time that goes on.
  template <class Enough>
  void live(Enough enough);
  bool flow();
  bool settled() const;
  bool led_by_another_than(NodeId member) const;
  std::optional<std::string> check() const;
  ViewRef newest() const;

  Course course_;
  Time time_{std::chrono::hours(1)};
  bool written_ = false;  // the key, before time stands still
  bool frozen_ = false;
  bool fault_ = false;  // has happened
  std::optional<std::uint32_t> isolated_;
  std::vector<NodeConfig> configs_;
  std::vector<std::optional<Node>> nodes_;
  std::vector<std::uint64_t> fed_;  // of each machine: a hash of all that it was fed
  std::vector<std::uint64_t> next_accepted_;
  std::deque<Connection> connections_;
  std::deque<Gossiped> gossip_;
  PeerCodec codec_;
  Workload workload_;
  std::vector<Operated> operations_;
  Effects effects_;
  std::int64_t steps_ = 0;  // choices taken: the instants of the history
  std::optional<std::string> wrong_;
  bool shown_ = false;  // an answer told of the APPEND
};

}  // namespace hc::sim::exhaustive
