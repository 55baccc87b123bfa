// Who answers: one probe per interval, the help of others, the verdict, and the slow knocking at the doors of the dead.
#include <algorithm>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/membership/swim.h"

namespace hc {

void Swim::set_health(std::int64_t by) {
  const std::int64_t wanted = static_cast<std::int64_t>(health_) + by;
  health_ =
      static_cast<std::uint64_t>(std::clamp<std::int64_t>(wanted, 0, static_cast<std::int64_t>(config_.health_max)));
}

void Swim::step_probe(Time now, SwimOutput& out) {
  if (probe_ && !probe_->answered && !probe_->asked_others && probe_->indirect_at <= now) {
    probe_->asked_others = true;
    ask_others(probe_->target, probe_->number, &probe_->relays, out);
  }
  if (probe_ && probe_->ends_at <= now) conclude_probe(now, out);
  if (!probe_ && live_ > 0 && next_probe_at_ <= now) begin_probe(now, out);
}

void Swim::begin_probe(Time now, SwimOutput& out) {
  const NodeId target = next_in_round();
  if (!target) return;
  const Peer& peer = peers_.at(target);
  ++counters_.probes;
  const std::uint64_t number = next_number_++;
  Probe probe;
  probe.target = target;
  probe.generation = peer.info.generation;
  probe.incarnation = peer.incarnation;
  probe.number = number;
  probe.indirect_at = HC_BUGGIFY(kAsksOthersAtOnce) ? now : now + scaled(config_.probe_timeout);
  probe.ends_at = now + scaled(config_.probe_interval);
  probe_ = probe;
  next_probe_at_ = probe.ends_at;
  send(peer.info.gossip(), target, std::nullopt, Ping{number, target, NodeId{}, false}, false, out);
}

// SWIM 4.3: every member once per round, so that the time to the first detection is bounded. The gone drop out when a
// round is drawn, or are passed over in it.
NodeId Swim::next_in_round() {
  for (int rounds = 0; rounds < 2; ++rounds) {
    while (round_next_ < round_.size()) {
      const NodeId id = round_[round_next_++];
      if (peers_.contains(id) && !gone(id)) return id;
    }
    round_.clear();
    round_next_ = 0;
    for (const auto& [id, peer] : peers_)
      if (!gone(id)) round_.push_back(id);
    random_.shuffle(round_);
  }
  return {};
}

// Others ping for us, and we try the peer link: it may pass where datagrams do not. What we say about a target that is
// under suspicion travels along, so that whoever reaches it brings the accusation (Lifeguard IV-C, buddy system).
void Swim::ask_others(NodeId target, std::uint64_t number, std::set<NodeId>* relays, SwimOutput& out) {
  const Peer& peer = peers_.at(target);
  send(peer.info.gossip(), target, std::nullopt, Ping{number, target, NodeId{}, true}, true, out);
  for (const NodeId helper : some_live(static_cast<std::size_t>(config_.indirect_probes), target, false)) {
    if (relays) relays->insert(helper);
    const Address to = peers_.at(helper).info.gossip();
    if (peer.liveness == Liveness::kAlive)
      send(to, helper, std::nullopt, PingRequest{number, target}, false, out);
    else
      send_first(rumor_of(peer), to, helper, PingRequest{number, target}, out);
  }
}

void Swim::conclude_probe(Time now, SwimOutput& out) {
  const Probe probe = *probe_;
  probe_.reset();
  if (probe.answered) return set_health(-1);
  ++counters_.probes_failed;
  // Helpers that did not even say that they live point at us. Without helpers nothing tells which side is the slow one.
  set_health(static_cast<std::int64_t>(probe.relays.size()) - static_cast<std::int64_t>(probe.nacks.size()));
  const Peer& peer = peers_.at(probe.target);
  const bool same = peer.info.generation == probe.generation && peer.incarnation == probe.incarnation;
  if (same && !gone(probe.target)) suspect(probe.target, now, out);
}

// Round robin over the dead and those who left: an answer means that a partition healed, or that they came back. Whom
// nobody waits for any more is forgotten when it is its turn.
void Swim::probe_one_dead(Time now, SwimOutput& out) {
  dead_probe_at_ = now + config_.dead_probe_interval;
  auto it = peers_.upper_bound(dead_probed_);
  for (std::size_t seen = 0; seen <= peers_.size(); ++seen, ++it) {
    if (it == peers_.end()) it = peers_.begin();
    if (gone(it->first)) break;
  }
  HC_CHECK(it != peers_.end() && gone(it->first), "the gone are counted, but not there");
  dead_probed_ = it->first;
  if (forgettable(it->second, now)) return forget(it->first, now);
  send(it->second.info.gossip(), it->first, std::nullopt, Ping{next_number_++, it->first, NodeId{}, false}, false, out);
}

void Swim::hear_ping(const Address& from, NodeId sender, Generation generation, const Ping& ping, SwimOutput& out) {
  if (ping.target != self_.id) return;  // the address was somebody else's once
  send(from, sender, generation, Ack{ping.probe}, ping.by_stream, out);
}

void Swim::hear_ping_request(const Address& from, NodeId sender, Generation generation, const PingRequest& request,
                             Time now, SwimOutput& out) {
  if (leaving_) return;
  if (request.target == self_.id) return send(from, sender, generation, Ack{request.probe}, false, out);
  const auto it = peers_.find(request.target);
  if (it == peers_.end() || relays_.size() >= kRelaysMax)
    return send(from, sender, generation, Nack{request.probe}, false, out);
  const std::uint64_t number = next_number_++;
  relays_.emplace(number, Relay{request.target, sender, from, request.probe, now + config_.nack_after});
  send(it->second.info.gossip(), request.target, std::nullopt, Ping{number, request.target, sender, false}, false, out);
}

void Swim::hear_ack(NodeId sender, const Ack& ack, SwimOutput& out) {
  if (probe_ && probe_->number == ack.probe && (sender == probe_->target || probe_->relays.contains(sender)))
    probe_->answered = true;
  const auto it = relays_.find(ack.probe);
  if (it == relays_.end() || it->second.target != sender) return;
  const Relay relay = it->second;
  relays_.erase(it);
  send(relay.origin_address, relay.origin, std::nullopt, Ack{relay.origin_probe}, false, out);
}

void Swim::hear_nack(NodeId sender, const Nack& nack) {
  if (probe_ && probe_->number == nack.probe && probe_->relays.contains(sender)) probe_->nacks.insert(sender);
}

void Swim::nack_overdue(Time now, SwimOutput& out) {
  for (auto it = relays_.begin(); it != relays_.end();) {
    if (it->second.nack_at > now) {
      ++it;
      continue;
    }
    const Relay relay = it->second;
    it = relays_.erase(it);
    send(relay.origin_address, relay.origin, std::nullopt, Nack{relay.origin_probe}, false, out);
  }
}

// The kernel at the member's address says that nobody listens there: no need to wait for silence. A process that lives
// all the same (its port is filtered) is reached by datagram at once and refutes; then the short cut is closed a while.
void Swim::refused(NodeId peer, Time now, SwimOutput& out) {
  const auto it = peers_.find(peer);
  if (it == peers_.end() || gone(peer) || leaving_ || !started_) return;
  suspect(peer, now, out);
  const auto grace = refused_until_.find(peer);
  if (grace != refused_until_.end() && now < grace->second) return;
  Suspicion& suspicion = suspicions_.at(peer);
  const bool first = !suspicion.shortened();
  suspicion.shorten(now + config_.suspicion_refused);
  if (!first) return;
  send(it->second.info.gossip(), peer, std::nullopt, Ping{next_number_++, peer, NodeId{}, false}, false, out);
  ask_others(peer, next_number_++, nullptr, out);
}

}  // namespace hc
