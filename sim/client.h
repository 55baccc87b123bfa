// A client: one connection at a time to some machine, RESP bytes, one or a few requests on their way, think time
// between. It gives up on a connection that is silent for too long; what was asked on it has an unknown outcome.
//
// A script (requests in order, each at a given machine) goes before what it thinks up itself. What has a time in it is
// asked then, whether or not an answer is still due on the same connection; after its patience it is forgotten.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "io/resp_client.h"
#include "sim/network.h"
#include "sim/trace.h"
#include "sim/workload.h"

namespace hc::sim {

// Who keeps what clients saw.
class Ledger {
 public:
  virtual ~Ledger() = default;
  // `since`: when the client set about it; earlier than now if it had to dial first.
  virtual void asked(const Request& request, std::uint32_t client, std::uint32_t machine, Instant since,
                     bool vanishes) = 0;
  virtual void concluded(const Request& request, std::uint32_t client, std::uint32_t machine) = 0;
  virtual void complain(const std::string& what) = 0;  // an answer that no server may give
};

class Client {
 public:
  struct Knobs {
    Duration think_least = 20ms, think_most = 400ms;
    std::uint32_t vanishes_percent = 0;  // right after it asked
    Duration patience = 8s;              // with a silent connection
    Duration deadline{};                 // nobody may answer before it that it could not be done in time (4c)
    std::uint32_t pipeline = 1;          // requests on their way at once
    std::uint32_t moves_percent = 10;    // after an answer: on to another machine
  };
  Client(Schedule& schedule, Network& network, Trace& trace, Ledger& ledger, Workload& workload, std::uint32_t index,
         std::uint32_t machines, Knobs knobs, Random random);

  std::uint32_t index() const { return index_; }
  Endpoint endpoint() const { return machines_ + index_; }

  void start() { wake_after(0ms); }
  void rest() { resting_ = true; }  // finishes its script, thinks up nothing more
  void think(Duration least, Duration most) {
    knobs_.think_least = least;
    knobs_.think_most = most;
  }
  void script(Request request) { script_.push_back(std::move(request)); }
  void forget_timed();  // what it was to ask at a time and did not yet
  void run_script() { wake_after(0ms); }
  bool script_done() const { return script_.empty() && waiting_.empty(); }
  std::string stuck_at() const;  // for the report of a script that does not end
  // Nothing more will come: what is on its way has an unknown outcome.
  void end();

  // ---- what the world brings
  void turn(std::uint64_t number);
  void link_opened(LinkId link);
  void link_closed(LinkId link);
  void bytes(LinkId link, const std::string& bytes);

 private:
  enum class State : std::uint8_t { kAway, kDialling, kConnected };
  struct Sent {
    Request request;
    Instant at;
  };
  void wake_after(Duration d);
  void ask_what_is_due();
  void ask_from_script();
  void arm();
  void ask(Request request);
  void connect(std::uint32_t machine);
  void leave(const std::string& why);
  void conclude(const Reply& reply);
  Instant now() const { return schedule_.now(); }

  Schedule& schedule_;
  Network& network_;
  Trace& trace_;
  Ledger& ledger_;
  Workload& workload_;
  std::uint32_t index_, machines_;
  Knobs knobs_;
  Random random_;

  State state_ = State::kAway;
  LinkId link_{};
  std::uint64_t links_ = 0, turns_ = 0, asked_ = 0;
  std::uint32_t machine_ = 0;
  Instant busy_since_{}, dialled_{};
  bool fresh_ = false;  // nothing was asked on this connection yet
  std::deque<Sent> waiting_;
  std::deque<Request> script_;
  bool resting_ = false;
  RespReplyParser parser_;
  std::string buffer_;
};

}  // namespace hc::sim
