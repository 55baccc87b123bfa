// Links and sessions to the other members (rule 4b), and what their frames tell of them.
//
// Each member dials every other to whom it has something to say; a link carries frames one way. Hello and Welcome make
// a session of two processes; frames are numbered from 1. A frame outside the session, or out of its number, is
// dropped, and a gap ends the link. What is sent while there is no session is not kept: whoever sends repeats it when
// told that a session opened, or by a timer of its own. A session speaks the highest wire version that both processes
// do; what that cannot say is not sent (core/message), and who gets it ends the link. Frames are gathered until the
// turn ends: one per destination and turn, or a few where there are many megabytes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/random.h"
#include "core/base/small_map.h"
#include "core/effect.h"

namespace hc {

class Peers {
 public:
  Peers(const NodeConfig& config, Random random);

  // What the rooms need to be told, gathered during a step and taken by Node.
  struct News {
    std::vector<NodeId> opened;   // a session to this member exists now
    std::vector<NodeId> lost;     // a session to or from this member ended: answers may be lost
    std::vector<NodeId> refused;  // its machine says that nobody listens
    struct Advance {
      NodeId peer;
      Epoch before;
    };
    std::vector<Advance> advanced;  // its installed epoch rose (or was heard for the first time: from none)
    std::vector<NodeId> proven;     // proof() of it changed
    std::vector<std::pair<NodeId, std::string>> turned_away;  // it, or we, refused the session: why
  };
  News take_news();
  bool has_news() const { return has_news_; }

  // ---- who they are and where
  void set_self(const MemberInfo& self) { self_ = self; }
  void set_view(ClusterId cluster, Epoch installed);  // all with whom there is a session are told at the turn's end
  void learn(const MemberInfo& info);                 // its address, from a view or from gossip
  // The installed view names this process, and `since` is the first view that did. Another process of that member whose
  // challenge is older is to be challenged anew: its link is closed, so that it dials again.
  void named(Incarnation who, Epoch since, Time now, Effects& out);

  // ---- sending
  // False: there is no session (one is being made), or none that can say it (4b); the message is dropped.
  template <class M>
  bool send(NodeId to, M&& message) {
    std::vector<Message>* const queue = queue_to(to);
    if (queue == nullptr || !can_say(to, since(message))) return false;
    queue->emplace_back(std::forward<M>(message));
    return true;
  }
  bool send_first(NodeId to, Message message);  // before all that is said in this turn
  template <class M>
  bool send(Incarnation to, M&& message) {  // to this process of the member and no other: answers
    if (open(to.member) && process(to.member) != to.generation) return false;
    return send(to.member, std::forward<M>(message));
  }
  bool open(NodeId to) const;
  // What the open session to `to` speaks (4b); 0: there is none. Of what it cannot say the sender does without.
  std::uint32_t wire(NodeId to) const;
  std::uint32_t wire_max() const;  // what this process speaks at most
  // The session to `to` as a number: compares only; 0 if there is none.
  std::uint64_t session(NodeId to) const;
  Generation process(NodeId to) const;  // at the other end of the open session; none if there is none
  void want(NodeId to);                 // make a session, nothing to say yet
  // This process is no member any more: no session is sought, and whatever it proves, it does not come back.
  void dismiss(Incarnation who);
  void end_turn(Time now, Effects& out);
  bool has_unsent(Time now) const;  // end_turn() would do something

  // ---- receiving
  void link_opened(LinkId link, Time now);
  void link_closed(LinkId link, bool refused, Time now);
  // The messages of a frame that belongs to its session, and from whom; nullopt if it was dropped.
  struct Mail {
    Incarnation from;
    Epoch installed;
    std::vector<Message> messages;
  };
  std::optional<Mail> receive(LinkId link, Frame frame, Time now, Effects& out);
  void tick(Time now, Effects& out);
  void paused(Duration lost);  // this process did not run for that long (core/base/pause.h)
  std::optional<Time> deadline() const;

  // ---- what their frames say
  Generation generation(NodeId id) const;  // of its newest session towards us; none if never
  Epoch installed(Incarnation who) const;  // highest installed epoch that this process' frames carried
  // It has answered a challenge of ours: which epoch we had installed when we gave the challenge. (A frame within a
  // session answers the nonce of our Welcome.)
  std::optional<Epoch> proof(Incarnation who) const;
  Time last_heard(Incarnation who) const;              // Time{} if never
  std::optional<Time> refused_since(NodeId id) const;  // its machine refuses our dials since
  std::uint64_t frames_dropped() const { return dropped_; }

 private:
  enum class State : std::uint8_t { kNone, kDialling, kGreeting, kOpen };
  struct Peer {
    std::optional<Address> address;
    // our link to it
    State state = State::kNone;
    LinkId link;
    std::uint64_t nonce = 0, session = 0, number = 0;
    std::uint32_t wire = 0;
    Generation to;  // the process at the other end
    Time dial_at{}, since{}, sent_at{};
    Epoch told;  // our view, as our last frame says
    bool wanted = false;
    std::optional<Time> refused_since;
    std::vector<Message> queue;
    // its link to us
    LinkId in_link;
    std::uint64_t in_session = 0, in_number = 0;
    std::uint32_t in_wire = 0;
    Generation in_generation;
    Epoch in_challenged;
    Incarnation proven;
    Generation dismissed;
    Epoch proven_challenged;
    Epoch installed;
    Time heard{};
  };
  struct Inbound {
    NodeId from;
  };

  News& news();
  void send_frame(Peer& peer, std::vector<Message> messages, Time now, Effects& out);
  bool has_news_for(const Peer& peer) const {
    return peer.state == State::kOpen && (!peer.queue.empty() || peer.told != installed_);
  }
  std::vector<Message>* queue_to(NodeId id);  // nullptr: there is no session
  template <class M>
  static std::uint32_t since(const M& message) {
    if constexpr (std::is_same_v<M, Message>)
      return wire_since(message);
    else
      return wire_since_of(message);
  }
  bool can_say(NodeId to, std::uint32_t since) const { return since <= kWireVersionMin || wire_can_say(to, since); }
  bool wire_can_say(NodeId to, std::uint32_t since) const;
  std::uint32_t common_wire(const Hello& hello) const;  // 0: none
  Peer* find(NodeId id);
  const Peer* find(NodeId id) const;
  static bool may_dial(const Peer& peer, Time now) {
    return peer.state == State::kNone && peer.wanted && peer.address && now >= peer.dial_at;
  }
  static bool must_greet(const Peer& peer) { return peer.state == State::kGreeting && peer.number == 0; }
  void dial(NodeId id, Peer& peer, Time now, Effects& out);
  void drop_link(NodeId id, Peer& peer, Time now, Duration pause);
  void greet(LinkId link, const Frame& frame, const Hello& hello, Time now, Effects& out);
  std::string why_not(const Hello& hello) const;
  void welcomed(NodeId id, Peer& peer, const Frame& frame, const Welcome& welcome, Time now, Effects& out);
  Hello hello_to(NodeId id, std::uint64_t nonce) const;
  Frame frame_to(Generation to) const;
  static std::uint64_t session_of(std::uint64_t a, std::uint64_t b);

  const NodeConfig& config_;
  Random random_;
  MemberInfo self_;
  ClusterId cluster_;
  Epoch installed_;
  std::uint64_t next_link_ = 1;  // odd: dialled by us
  SmallMap<NodeId, Peer> peers_;
  std::map<LinkId, NodeId> outbound_;
  std::map<LinkId, Inbound> inbound_;
  News news_;
  bool has_news_ = false;
  bool unsent_ = false;
  std::uint64_t dropped_ = 0;
};

}  // namespace hc
