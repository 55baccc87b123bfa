// The clients of a scenario: whoever has a name has one connection to each machine that it calls, and what it asks
// there is a pipeline; whoever has none calls on a connection of its own.
//
// Keeps what they saw, key by key, for the checker of linearizability. Of a command that its model of a key does not
// know (KEYS, DBSIZE, TTL …) the reply is shown and not judged.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/resp_client.h"
#include "sim/network.h"
#include "sim/workload.h"

namespace hc::sim::scenario {

inline constexpr std::uint32_t kCallers = 8;  // endpoints: one for the nameless, one for each name

struct Call {
  std::string caller;  // empty: nameless
  std::uint32_t machine = 0;
  std::string text;
  Request request;
  bool judged = false;
  bool awaited = false;  // somebody waits for its end and tells it
  Instant asked{}, ended = kForever;
  std::string reply;  // as people read it
  bool over() const { return ended != kForever; }
};

class Callers {
 public:
  using Told = std::function<void(const Call&)>;  // that a call is over
  using Heard = std::function<void(const std::string& caller, const std::string& message)>;
  Callers(Schedule& schedule, Network& network, std::uint32_t machines, Duration skew_between_clocks, Told told,
          Heard heard);

  // Its number, for at(); nullopt: not a command that a scenario may ask. Requires: a free endpoint for a new name.
  std::optional<std::size_t> call(const std::string& caller, std::uint32_t machine, std::vector<std::string> args,
                                  bool awaited);
  const Call& at(std::size_t call) const { return calls_[call]; }
  std::size_t calls() const { return calls_.size(); }
  // The endpoint of a name, for cuts.
  std::optional<Endpoint> endpoint(const std::string& caller);

  // ---- what the network brings
  void link_opened(Endpoint e, LinkId link);
  void link_closed(Endpoint e, LinkId link);
  void bytes(Endpoint e, LinkId link, const std::string& bytes);

  // The story ends: what is on its way has an unknown outcome.
  void end();
  // The slot was lost within the promise: nothing is known of its keys.
  void lost(Slot slot, std::uint32_t slots, Instant at);
  void evicted(const std::string& name, Operation eviction);
  // Of all keys: a sentence if no order of the operations explains what was seen.
  std::optional<std::string> judge_all() const;

 private:
  struct Line {
    Endpoint endpoint;
    std::uint32_t machine;
    LinkId link;
    bool open = false, gone = false;
    RespReplyParser parser;
    std::string buffer;
    std::deque<std::size_t> waiting;  // calls
    std::string unsent;
  };
  bool describe(Call& call, std::vector<std::string> args);
  std::uint32_t key(const std::string& name);
  Line& line_to(const std::string& caller, Endpoint e, std::uint32_t machine);
  Line* find(Endpoint e, LinkId link);
  void over(std::size_t call, std::string reply);

  Schedule& schedule_;
  Network& network_;
  std::uint32_t machines_;
  Duration skew_;
  Told told_;
  Heard heard_;
  Workload workload_;  // knows what a reply says of each key
  std::map<std::string, std::uint32_t> keys_;
  std::vector<History> histories_;  // per key
  std::vector<std::string> names_;  // of endpoints, the nameless first
  std::deque<Line> lines_;
  std::deque<Call> calls_;
};

}  // namespace hc::sim::scenario
