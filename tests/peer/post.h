// A member whose other members are the test: it opens sessions to them, reads what the member sends, and nothing comes
// back but what the test says.
#pragma once

#include <cstdlib>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/check.h"
#include "core/peer/peers.h"

namespace hc::testing {

class Post {
 public:
  Post(const NodeConfig& config, Time now) : peers(config, Random(1)), self_(config.self), now_(now) {
    peers.set_self(self_);
  }

  // Opens a session to `other`, of this wire version; a second time: the one before is lost, and a new one opened.
  void open(const MemberInfo& other, std::uint32_t wire = kWireVersionMax) {
    if (links_.contains(other.id)) {
      peers.link_closed(links_[other.id], false, now_);
      now_ += 100ms;  // then it dials again
    }
    peers.learn(other);
    peers.want(other.id);
    const LinkId link = only<Dial>([](const Dial&) { return true; }).link;
    links_[other.id] = link;
    peers.link_opened(link, now_);
    const Send hello = only<Send>([&](const Send& send) { return send.link == link; });
    Frame welcome;
    welcome.from = other.id;
    welcome.from_generation = other.generation;
    welcome.to_generation = self_.generation;
    welcome.messages.emplace_back(Welcome{other, 1, std::get<Hello>(hello.frame.messages.at(0)).nonce, wire});
    Effects none;
    peers.receive(link, std::move(welcome), now_, none);
    HC_CHECK(peers.open(other.id), "the session is open");
  }

  // The frames to `to` since the last call; those to others are left for later.
  std::vector<Frame> frames(NodeId to) {
    Effects out;
    peers.end_turn(now_, out);
    for (Effect& effect : out.list()) {
      auto* send = std::get_if<Send>(&effect);
      if (!send) continue;
      for (const auto& [member, link] : links_)
        if (link == send->link) sent_[member].push_back(std::move(send->frame));
    }
    return std::exchange(sent_[to], {});
  }

  // The messages of this kind to `to` since the last call; all others to it are thrown away.
  template <class M>
  std::vector<M> take(NodeId to) {
    std::vector<M> all;
    for (Frame& frame : frames(to))
      for (Message& message : frame.messages)
        if (auto* m = std::get_if<M>(&message)) all.push_back(std::move(*m));
    return all;
  }

  Peers peers;

 private:
  template <class E>
  E only(auto&& wanted) {
    Effects out;
    peers.tick(now_, out);
    peers.end_turn(now_, out);
    for (Effect& effect : out.list())
      if (auto* e = std::get_if<E>(&effect); e && wanted(*e)) return std::move(*e);
    HC_CHECK(false, "an effect that opens a session");
    std::abort();
  }

  MemberInfo self_;
  Time now_;
  std::map<NodeId, LinkId> links_;
  std::map<NodeId, std::vector<Frame>> sent_;
};

}  // namespace hc::testing
