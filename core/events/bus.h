// PUBLISH and SUBSCRIBE over the whole cluster: any member to any member (rule 11).
//
// Each member tells every other, over their session, what its clients listen to (Interest): all of it when the session
// opens, and each turn what has changed. So what is published goes straight to the members where somebody listens,
// once, and to nobody else. A subscription is confirmed to its client when every member with a session knows of it.
// A session keeps the order of what one member publishes; what cannot be sent at once is lost, and nothing is sent
// twice: at most once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/config.h"
#include "core/command/command.h"
#include "core/command/notice.h"
#include "core/effect.h"
#include "core/events/listeners.h"
#include "core/peer/peers.h"

namespace hc {

class Bus {
 public:
  Bus(const NodeConfig& config, Peers& peers);

  // Requires: the command's route is kBus.
  void ask(ClientId client, RequestId request, const CommandSpec& spec, Args args, Now now, Effects& out);
  void silence(ClientId client);  // it listens to nothing any more
  void client_gone(ClientId client);
  void set_notices(std::uint32_t notices);

  void handle(Incarnation from, const Interest& m);
  void handle(Incarnation from, const InterestKnown& m, Effects& out);
  void handle(Incarnation from, const Publish& m, Effects& out);
  void handle(Incarnation from, const Published& m, Effects& out);
  void session_opened(NodeId peer);
  void session_lost(NodeId peer, Effects& out);
  void forget(Incarnation who);  // it is no member any more
  void flush();                  // the turn ends: tell what has changed
  bool has_unsent() const { return !changed_.empty() || notices_changed_; }
  void tick(Now now, Effects& out);
  std::optional<Time> deadline() const;

  // ---- what is told of keys and of the cluster
  std::uint32_t notices_heard() const { return notices_heard_; }
  void tell(const Noticed& notice, Effects& out);
  // To those who listen here: each member tells what it sees itself.
  void tell_here(Bytes channel, Bytes payload, Effects& out) { deliver(false, channel, payload, out); }

  // ---- watching
  struct Subscriptions {
    std::size_t channels = 0, patterns = 0, shards = 0;
  };
  Subscriptions of(ClientId client) const;
  Subscriptions here() const;  // how many different ones clients of this member have
  std::size_t listening_clients() const { return listeners_.clients(); }
  struct Counters {
    std::uint64_t published = 0, delivered = 0;  // messages that clients of ours published; copies to clients of ours
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Other {
    Incarnation who;
    Wants wants;
    std::uint64_t known = 0;  // of our interest, in this session
    bool told = false;        // it was ever told of any
    Publish last;             // only under the mutant published-twice-on-reconnect
  };
  struct Asking {  // a PUBLISH that waits for the counts of others
    ClientId client;
    RequestId request;
    std::uint64_t clients = 0;
    std::set<NodeId> waits_for;
    Time until;
  };
  struct Confirming {  // a SUBSCRIBE that waits until others know
    ClientId client;
    RequestId request;
    std::uint64_t number;
    Reply reply;
    Time until;
  };

  void publish(ClientId client, RequestId request, bool shard, Args args, Now now, Effects& out);
  void subscribe(ClientId client, RequestId request, Space space, Args names, Now now, Effects& out);
  void unsubscribe(ClientId client, RequestId request, Space space, Args names, Effects& out);
  Reply describe(Args args) const;
  Reply listed(Space space, Bytes pattern) const;
  Reply counted(Space space, Args names) const;

  std::uint64_t deliver(bool shard, Bytes channel, Bytes payload, Effects& out);
  bool send(Other& other, Publish m);
  std::size_t count_of(ClientId client, Space space) const;
  std::uint64_t counted_here(Space space, Bytes name) const;
  void changed(Space space, const std::string& name);
  Interest whole() const;
  bool all_know(std::uint64_t number) const;
  void confirm(Effects& out);
  void answer(std::uint64_t number, Effects& out);
  void note_heard();

  const NodeConfig& config_;
  Peers& peers_;
  Listeners listeners_;
  Wants ours_;
  std::map<NodeId, Other> others_;
  std::set<std::pair<Space, std::string>> changed_;  // since what was told last
  bool notices_changed_ = false;
  std::uint64_t told_ = 0;                                        // the number of what was told last
  std::map<std::pair<Space, std::string>, std::uint64_t> since_;  // of each of ours: the number that first told of it
  std::map<std::uint64_t, Asking> asking_;
  std::uint64_t next_number_ = 1;
  std::vector<Confirming> confirming_;
  std::uint32_t notices_heard_ = 0;
  Counters counters_;
};

}  // namespace hc
