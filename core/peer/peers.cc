#include "core/peer/peers.h"

#include <algorithm>

#include "core/base/seam.h"

namespace hc {
namespace {

// An idle session says at least this often which epoch we have. Where leases are asked for, their frames say it.
constexpr Duration kKeepAlive = 600ms;
constexpr Duration kKeepAliveEarly = 100ms;                // where this process is awake anyway
constexpr std::size_t kFrameBytes = std::size_t{8} << 20;  // a frame with more is closed, and another one begun
constexpr std::size_t kQueueKept = 256;  // room for so many messages of the next turn, if this one had them
constexpr Duration kSilence = 1500ms;    // a member that we hear nothing of: our link to it may be half open
constexpr Duration kGreetingMax = 1s;    // dialled or greeted, and no answer
constexpr Duration kRedial = 100ms;
constexpr Duration kRedialRefused = 150ms;   // then half as long as it has refused us, up to:
constexpr Duration kRedialRefusedMost = 1s;  // whoever is back dials us, and is dialled back at once
constexpr Duration kRedialTurnedAway = 2s;

}  // namespace

Peers::Peers(const NodeConfig& config, Random random) : config_(config), random_(random), self_(config.self) {}

Peers::News Peers::take_news() {
  has_news_ = false;
  return std::exchange(news_, {});
}

Peers::News& Peers::news() {
  has_news_ = true;
  return news_;
}

Peers::Peer* Peers::find(NodeId id) {
  auto it = peers_.find(id);
  return it == peers_.end() ? nullptr : &it->second;
}
const Peers::Peer* Peers::find(NodeId id) const {
  auto it = peers_.find(id);
  return it == peers_.end() ? nullptr : &it->second;
}

void Peers::learn(const MemberInfo& info) {
  if (info.id == self_.id || !info.id || info.gossip_port == 0) return;
  Peer& peer = peers_[info.id];
  if (peer.address == info.gossip()) return;
  peer.address = info.gossip();
  peer.dial_at = Time{};
}

// ------------------------------------------------------------------------------------------------------------ sending

std::vector<Message>* Peers::queue_to(NodeId id) {
  Peer* peer = find(id);
  if (!peer) return nullptr;
  peer->wanted = true;
  unsent_ = true;  // so that the turn's end sends, or dials
  return peer->state == State::kOpen ? &peer->queue : nullptr;
}

bool Peers::open(NodeId to) const {
  const Peer* peer = find(to);
  return peer && peer->state == State::kOpen;
}

std::uint64_t Peers::session(NodeId to) const {
  const Peer* peer = find(to);
  return peer && peer->state == State::kOpen ? peer->session : 0;
}

std::uint32_t Peers::wire(NodeId to) const {
  const Peer* peer = find(to);
  return peer && peer->state == State::kOpen ? peer->wire : 0;
}

std::uint32_t Peers::wire_max() const {
  return config_.wire_version_max == 0 ? kWireVersionMax : std::min(config_.wire_version_max, kWireVersionMax);
}

bool Peers::wire_can_say(NodeId to, std::uint32_t since) const {
  return wire(to) >= since || HC_MUTANT(kNewerKindToOldPeer);
}

Generation Peers::process(NodeId to) const {
  const Peer* peer = find(to);
  return peer && peer->state == State::kOpen ? peer->to : Generation{};
}

void Peers::set_view(ClusterId cluster, Epoch installed) {
  cluster_ = cluster;
  if (std::exchange(installed_, installed) != installed && !HC_BUGGIFY(kViewToldLate)) unsent_ = true;
}

void Peers::want(NodeId to) {
  Peer* peer = find(to);
  if (!peer || peer->wanted) return;
  peer->wanted = true;
  unsent_ = true;
}

void Peers::dismiss(Incarnation who) {
  Peer* peer = find(who.member);
  if (!peer) return;
  peer->wanted = false;
  peer->dismissed = who.generation;
}

bool Peers::send_first(NodeId to, Message message) {
  if (!send(to, std::move(message))) return false;
  std::vector<Message>& queue = *queue_to(to);
  std::rotate(queue.begin(), queue.end() - 1, queue.end());
  return true;
}

Frame Peers::frame_to(Generation to) const {
  Frame frame;
  frame.from = self_.id;
  frame.from_generation = self_.generation;
  frame.to_generation = to;
  frame.installed = installed_;
  return frame;
}

bool Peers::has_unsent(Time now) const {
  return unsent_ && std::ranges::any_of(peers_, [&](const auto& p) {
           const Peer& peer = p.second;
           return may_dial(peer, now) || must_greet(peer) || has_news_for(peer);
         });
}

void Peers::end_turn(Time now, Effects& out) {
  if (!unsent_) return;
  unsent_ = false;
  for (auto& [id, peer] : peers_) {
    if (may_dial(peer, now)) dial(id, peer, now, out);
    if (must_greet(peer)) {
      Frame hello = frame_to({});
      hello.messages.emplace_back(hello_to(id, peer.nonce));
      peer.number = 1;
      peer.told = installed_;
      out.send(peer.link, std::move(hello));
    }
    if (!has_news_for(peer)) continue;
    if (HC_BUGGIFY(kLinkBreaks)) {
      out.close(peer.link);
      drop_link(id, peer, now, kRedial);
      continue;
    }
    const std::size_t frame_bytes = HC_BUGGIFY(kFramePerMessage) ? 1 : kFrameBytes;
    std::vector<Message> queue = std::exchange(peer.queue, {});
    peer.queue.reserve(std::min(queue.size(), kQueueKept));
    std::size_t next = 0;
    do {
      const std::size_t first = next;
      for (std::size_t bytes = 0; next < queue.size() && bytes < frame_bytes; ++next) bytes += weight(queue[next]);
      if (first == 0 && next == queue.size()) {
        send_frame(peer, std::exchange(queue, {}), now, out);
        break;
      }
      const auto begin = queue.begin() + static_cast<std::ptrdiff_t>(first);
      send_frame(
          peer,
          {std::make_move_iterator(begin), std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(next - first))},
          now, out);
    } while (next < queue.size());
  }
}

// Without messages it is a sign of life, and says which view we have.
void Peers::send_frame(Peer& peer, std::vector<Message> messages, Time now, Effects& out) {
  Frame frame = frame_to(peer.to);
  frame.session = peer.session;
  frame.number = ++peer.number;
  frame.messages = std::move(messages);
  peer.sent_at = now;
  peer.told = installed_;
  out.send(peer.link, std::move(frame));
}

// ------------------------------------------------------------------------------------------------- making a session

void Peers::dial(NodeId id, Peer& peer, Time now, Effects& out) {
  peer.link = LinkId(next_link_);
  next_link_ += 2;
  peer.state = State::kDialling;
  peer.since = now;
  outbound_[peer.link] = id;
  out.dial(peer.link, *peer.address);
}

void Peers::link_opened(LinkId link, Time now) {
  auto it = outbound_.find(link);
  if (it == outbound_.end()) return;
  Peer& peer = peers_[it->second];
  if (peer.link != link || peer.state != State::kDialling) return;
  peer.state = State::kGreeting;
  peer.since = now;
  peer.refused_since.reset();
  peer.nonce = random_.next();
  unsent_ = true;
}

void Peers::drop_link(NodeId id, Peer& peer, Time now, Duration pause) {
  if (peer.state == State::kOpen) news().lost.push_back(id);
  outbound_.erase(peer.link);
  peer.link = {};
  peer.state = State::kNone;
  peer.session = peer.number = 0;
  peer.queue.clear();
  peer.dial_at = now + (HC_BUGGIFY(kRedialLate) ? 10 * pause : pause);
}

void Peers::link_closed(LinkId link, bool refused, Time now) {
  if (auto it = inbound_.find(link); it != inbound_.end()) {
    Peer* peer = find(it->second.from);
    if (peer && peer->in_link == link) {
      peer->in_link = {};
      peer->in_session = 0;
      news().lost.push_back(it->second.from);
    }
    inbound_.erase(it);
    return;
  }
  auto it = outbound_.find(link);
  if (it == outbound_.end()) return;
  const NodeId id = it->second;
  Peer& peer = peers_[id];
  if (peer.link != link) return;
  if (!refused) return drop_link(id, peer, now, kRedial);
  if (!peer.refused_since) peer.refused_since = now;
  drop_link(id, peer, now, std::clamp((now - *peer.refused_since) / 2, kRedialRefused, kRedialRefusedMost));
  news().refused.push_back(id);
}

namespace {

std::string versions(std::uint32_t least, std::uint32_t most) {
  return least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
}

// Version 1 said nothing of what it speaks at most.
std::uint32_t most_of(const Hello& hello) {
  if (HC_MUTANT(kOldWireVersionMisread) && hello.wire_max == 0) return kWireVersionMax;
  return std::max(hello.wire_min, hello.wire_max);
}

}  // namespace

std::uint32_t Peers::common_wire(const Hello& hello) const {
  const std::uint32_t common = std::min(most_of(hello), wire_max());
  return common >= std::max(hello.wire_min, kWireVersionMin) ? common : 0;
}

std::string Peers::why_not(const Hello& hello) const {
  if (common_wire(hello) == 0)
    return "it speaks wire version " + versions(hello.wire_min, most_of(hello)) + ", here it is " +
           versions(kWireVersionMin, wire_max()) + ": upgrade through a release that speaks one of each";
  if (hello.cluster_name != config_.cluster_name)
    return "cluster name '" + hello.cluster_name + "', here it is '" + config_.cluster_name + "'";
  if (hello.cluster && cluster_ && hello.cluster != cluster_) return "it belongs to another cluster of the same name";
  if (hello.slots != config_.slots) return "slot count " + std::to_string(hello.slots);
  if (hello.to && hello.to != self_.id) return "here is " + name_of(self_.id) + ", not " + name_of(hello.to);
  if (hello.self.id == self_.id) return "it calls itself " + name_of(self_.id) + ", and so do we";
  return {};
}

std::uint64_t Peers::session_of(std::uint64_t a, std::uint64_t b) {
  std::uint64_t mixed = (a ^ (b * 0x9e3779b97f4a7c15ULL)) * 0xbf58476d1ce4e5b9ULL;
  mixed ^= mixed >> 31;
  return mixed ? mixed : 1;
}

void Peers::named(Incarnation who, Epoch since, Time now, Effects& out) {
  const Peer* peer = find(who.member);
  if (!peer || !peer->in_link || peer->in_generation == who.generation || peer->in_challenged >= since) return;
  const LinkId link = peer->in_link;
  out.close(link);
  link_closed(link, false, now);
}

// Somebody dialled us and says who it is.
void Peers::greet(LinkId link, const Frame& frame, const Hello& hello, Time now, Effects& out) {
  if (inbound_.contains(link)) return void(++dropped_);  // a link is greeted once
  Frame answer = frame_to(frame.from_generation);
  if (std::string reason = why_not(hello); !reason.empty()) {
    news().turned_away.emplace_back(hello.self.id, reason);
    answer.messages.emplace_back(Refused{reason, hello.nonce});
    out.send(link, std::move(answer));
    return;
  }
  learn(hello.self);
  Peer& peer = peers_[frame.from];
  if (peer.in_link && peer.in_link != link) {
    inbound_.erase(peer.in_link);
    out.close(peer.in_link);
    news().lost.push_back(frame.from);
  }
  if (peer.in_generation != frame.from_generation) peer.installed = {};
  const std::uint64_t nonce = random_.next();
  peer.in_link = link;
  peer.in_session = session_of(hello.nonce, nonce);
  peer.in_number = 0;
  peer.in_wire = common_wire(hello);
  peer.in_challenged = installed_;
  peer.in_generation = frame.from_generation;
  peer.heard = now;
  peer.wanted = true;
  peer.dial_at = std::min(peer.dial_at, now);  // it lives: dial it back at once
  unsent_ = true;
  inbound_[link] = {frame.from};
  answer.messages.emplace_back(Welcome{self_, nonce, hello.nonce, peer.in_wire == 1 ? 0 : peer.in_wire});
  out.send(link, std::move(answer));
  // An old link of ours to a former process of that member leads nowhere.
  if (peer.state == State::kOpen && peer.to != frame.from_generation) {
    out.close(peer.link);
    drop_link(frame.from, peer, now, 0ms);
  }
}

Hello Peers::hello_to(NodeId id, std::uint64_t nonce) const {
  const std::uint32_t most = wire_max() == kWireVersionMin ? 0 : wire_max();
  return {kWireVersionMin,
          most,
          config_.cluster_name,
          cluster_,
          config_.replication_factor,
          config_.slots,
          self_,
          id,
          nonce};
}

void Peers::welcomed(NodeId id, Peer& peer, const Frame& frame, const Welcome& welcome, Time now, Effects& out) {
  if (peer.state != State::kGreeting || welcome.echo != peer.nonce || frame.to_generation != self_.generation) return;
  const std::uint32_t said_nothing = HC_MUTANT(kOldWireVersionMisread) ? wire_max() : 1;
  peer.wire = welcome.wire == 0 ? said_nothing : welcome.wire;
  if (peer.wire < kWireVersionMin || peer.wire > wire_max()) {
    news().turned_away.emplace_back(id, "it wants to speak wire version " + std::to_string(peer.wire) +
                                            ", here it is " + versions(kWireVersionMin, wire_max()));
    out.close(peer.link);
    return drop_link(id, peer, now, kRedialTurnedAway);
  }
  peer.state = State::kOpen;
  peer.session = session_of(peer.nonce, welcome.nonce);
  peer.number = 0;
  peer.to = frame.from_generation;
  peer.since = peer.sent_at = now;
  news().opened.push_back(id);
}

// ---------------------------------------------------------------------------------------------------------- receiving

std::optional<Peers::Mail> Peers::receive(LinkId link, Frame frame, Time now, Effects& out) {
  if (frame.from == self_.id || !frame.from) return ++dropped_, std::nullopt;
  if (auto it = outbound_.find(link); it != outbound_.end()) {  // an answer to our Hello
    const NodeId id = it->second;
    Peer& peer = peers_[id];
    if (frame.from != id || frame.messages.size() != 1) return ++dropped_, std::nullopt;
    if (auto* welcome = std::get_if<Welcome>(&frame.messages[0])) welcomed(id, peer, frame, *welcome, now, out);
    if (auto* refused = std::get_if<Refused>(&frame.messages[0]); refused && refused->echo == peer.nonce) {
      news().turned_away.emplace_back(id, refused->reason);
      out.close(link);
      drop_link(id, peer, now, kRedialTurnedAway);
    }
    return std::nullopt;
  }
  if (frame.session == 0) {
    const Hello* hello = frame.messages.size() == 1 ? std::get_if<Hello>(&frame.messages[0]) : nullptr;
    if (!hello || hello->self.id != frame.from || hello->self.generation != frame.from_generation)
      return ++dropped_, std::nullopt;
    greet(link, frame, *hello, now, out);
    return std::nullopt;
  }
  Peer* peer = find(frame.from);
  if (!peer) return ++dropped_, std::nullopt;
  const bool session = peer->in_link == link && peer->in_session == frame.session &&
                       peer->in_generation == frame.from_generation && frame.to_generation == self_.generation;
  const bool in_order = frame.number == peer->in_number + 1 || HC_MUTANT(kGapTolerated);
  if (!HC_MUTANT(kFrameOutsideSession)) {
    if (!session || frame.number <= peer->in_number) return ++dropped_, std::nullopt;
    if (!in_order) {  // something between was lost: this link is broken
      ++dropped_;
      out.close(link);
      link_closed(link, false, now);
      return std::nullopt;
    }
  }
  // Said in words that the session has not: an older program would not find its way through these bytes either.
  if (std::ranges::any_of(frame.messages, [&](const Message& m) { return wire_since(m) > peer->in_wire; })) {
    ++dropped_;
    out.close(link);
    link_closed(link, false, now);
    return std::nullopt;
  }
  peer->in_number = std::max(peer->in_number, frame.number);
  peer->heard = now;
  const Incarnation who{frame.from, frame.from_generation};
  if (peer->proven != who || peer->proven_challenged != peer->in_challenged) {
    peer->proven = who;
    peer->proven_challenged = peer->in_challenged;
    news().proven.push_back(frame.from);
  }
  peer->refused_since.reset();
  if (frame.installed > peer->installed) {
    news().advanced.push_back({frame.from, peer->installed});
    peer->installed = frame.installed;
  }
  return Mail{who, frame.installed, std::move(frame.messages)};
}

void Peers::tick(Time now, Effects& out) {
  for (auto& [id, peer] : peers_) {
    switch (peer.state) {
      case State::kNone:
        if (may_dial(peer, now)) dial(id, peer, now, out);
        break;
      case State::kDialling:
      case State::kGreeting:
        if (now - peer.since > kGreetingMax || HC_BUGGIFY(kDialsTwice)) {
          out.close(peer.link);
          drop_link(id, peer, now, kRedial);
        }
        break;
      case State::kOpen:
        if (now - std::max(peer.heard, peer.since) > kSilence) {
          out.close(peer.link);
          drop_link(id, peer, now, kRedial);
        } else if (now - peer.sent_at >= kKeepAlive - kKeepAliveEarly && peer.queue.empty()) {
          send_frame(peer, {}, now, out);
        }
        break;
    }
  }
}

// What they said and did meanwhile may lie unread in the sockets.
void Peers::paused(Duration lost) {
  for (auto& [id, peer] : peers_) {
    if (peer.in_generation) peer.heard += lost;
    if (peer.state != State::kNone) peer.since += lost;
    if (peer.refused_since) *peer.refused_since += lost;
  }
}

std::optional<Time> Peers::deadline() const {
  std::optional<Time> next;
  const auto at = [&](Time t) { next = next ? std::min(*next, t) : t; };
  for (const auto& [id, peer] : peers_) {
    switch (peer.state) {
      case State::kNone:
        if (peer.wanted && peer.address) at(peer.dial_at);
        break;
      case State::kDialling:
      case State::kGreeting:
        at(peer.since + kGreetingMax + 1ms);
        break;
      case State::kOpen:
        if (peer.queue.empty()) at(peer.sent_at + kKeepAlive);  // else the turn's end sends, unless a disk hangs (9d)
        at(std::max(peer.heard, peer.since) + kSilence + 1ms);
        break;
    }
  }
  return next;
}

// --------------------------------------------------------------------------------------------- what their frames say

Generation Peers::generation(NodeId id) const {
  const Peer* peer = find(id);
  return peer ? peer->in_generation : Generation{};
}

Epoch Peers::installed(Incarnation who) const {
  const Peer* peer = find(who.member);
  return peer && peer->in_generation == who.generation ? peer->installed : Epoch{};
}

std::optional<Epoch> Peers::proof(Incarnation who) const {
  const Peer* peer = find(who.member);
  if (peer && peer->dismissed == who.generation && !HC_MUTANT(kDismissedComesBack)) return std::nullopt;
  return peer && peer->proven == who ? std::optional(peer->proven_challenged) : std::nullopt;
}

Time Peers::last_heard(Incarnation who) const {
  const Peer* peer = find(who.member);
  return peer && peer->in_generation == who.generation ? peer->heard : Time{};
}

std::optional<Time> Peers::refused_since(NodeId id) const {
  const Peer* peer = find(id);
  return peer ? peer->refused_since : std::nullopt;
}

}  // namespace hc
