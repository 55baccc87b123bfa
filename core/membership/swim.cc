// The doorway of membership: which packets are heard at all, which timer runs, and what must always be true. What a
// rumor changes is in swim_table.cc, probing in swim_probe.cc, what is sent in swim_gossip.cc.
#include "core/membership/swim.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"

namespace hc {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

void sooner(std::optional<Time>& deadline, Time other) { deadline = deadline ? std::min(*deadline, other) : other; }

}  // namespace

Swim::Swim(SwimConfig config, MemberInfo self, std::vector<Address> seeds, Random random)
    : config_(config), self_(std::move(self)), seeds_(std::move(seeds)), random_(random), next_number_(random_.next()) {
  HC_CHECK(self_.id && self_.generation && !self_.host.empty(), "a member without id, generation or address");
  HC_CHECK(config_.suspicion_confirmations <= Suspicion::kConfirmationsMax, "more confirmations than are counted");
  HC_CHECK(config_.probe_timeout < config_.probe_interval, "a probe that ends before others can be asked");
  rumors_.put(rumor_of_self());
}

void Swim::start(Time now, SwimOutput& out) {
  if (started_) return;
  started_ = true;
  const auto phase = random_.below(static_cast<std::uint64_t>(config_.probe_interval.count()));
  next_probe_at_ = now + Duration(static_cast<Duration::rep>(phase));
  dead_probe_at_ = now + config_.dead_probe_interval;
  sync_pause_ = config_.sync_first;
  sync_at_ = now + sync_pause_;
  contact_pause_ = config_.contact_first;
  contact_at_ = now;
  contact(now, out);
}

void Swim::hear(const Address& from, const GossipPacket& packet, Time now, SwimOutput& out) {
  if (!admissible(from, packet, now)) return;
  if (packet.newest_epoch > newest_epoch_heard_) {
    newest_epoch_heard_ = packet.newest_epoch;
    newest_epoch_from_ = packet.from;
  }
  const std::size_t before = out.datagrams.size();
  recall(packet.from, now);
  const bool was_gone = gone(packet.from);
  const bool by_sync =
      std::holds_alternative<SyncRequest>(packet.body) || std::holds_alternative<SyncReply>(packet.body);
  refuted_ = false;
  for (const MemberRumor& rumor : packet.rumors) believe(rumor, by_sync, now, out);
  if (by_sync) contact_at_.reset();
  hear_body(from, packet, now, out);
  const bool answered = std::any_of(out.datagrams.begin() + static_cast<std::ptrdiff_t>(before), out.datagrams.end(),
                                    [&](const SwimOutput::Datagram& d) { return d.peer == packet.from; });
  greet(from, packet, was_gone, answered, now, out);
}

// Another cluster's packets, our own (a seed address may be ours) and those of a twin are not heard. A process that is
// in no cluster yet listens to the first cluster that it hears, so that it never carries rumors from one to another.
bool Swim::admissible(const Address& from, const GossipPacket& packet, Time now) {
  if (!packet.from || !packet.generation) {
    ++counters_.malformed;
    return false;
  }
  if (packet.from == self_.id) {
    if (packet.generation == self_.generation) return false;
    ++counters_.twin_packets;
    counters_.twin_address = from;
    return false;
  }
  const bool remembered = cluster_heard_ && now - cluster_heard_at_ < config_.cluster_remembered;
  const ClusterId ours = cluster_ ? cluster_ : (remembered ? cluster_heard_ : ClusterId{});
  if (packet.cluster && ours && packet.cluster != ours) {
    ++counters_.foreign_packets;
    counters_.foreign_address = from;
    counters_.foreign_cluster = packet.cluster;
    return false;
  }
  if (packet.cluster) {
    if (cluster_heard_ && cluster_heard_ != packet.cluster) forget_everybody();
    cluster_heard_ = packet.cluster;
    cluster_heard_at_ = now;
  }
  return true;
}

void Swim::hear_body(const Address& from, const GossipPacket& packet, Time now, SwimOutput& out) {
  std::visit(Overload{
                 [](std::monostate) {},
                 [&](const Ping& ping) { hear_ping(from, packet.from, packet.generation, ping, out); },
                 [&](const PingRequest& request) {
                   hear_ping_request(from, packet.from, packet.generation, request, now, out);
                 },
                 [&](const Ack& ack) { hear_ack(packet.from, ack, out); },
                 [&](const Nack& nack) { hear_nack(packet.from, nack); },
                 [&](SyncRequest) { send_table(from, packet.from, false, out); },
                 [](SyncReply) {},
             },
             packet.body);
}

// What a packet from this very process calls for, besides the answer to what it asks: who does not know us, or whom we
// do not know, gets a table; whom we know wrongly or believe dead is told so and can refute; so is whoever accused us.
void Swim::greet(const Address& from, const GossipPacket& packet, bool was_gone, bool answered, Time now,
                 SwimOutput& out) {
  const NodeId sender = packet.from;
  const auto it = peers_.find(sender);
  const bool stranger = it == peers_.end() || (it->second.learned && it->second.info.generation != packet.generation);
  if (stranger) {
    if (may_tell(sender, now)) send_table(from, sender, true, out);
    return;
  }
  if (was_gone && !gone(sender) && started_) {
    sync_with_ = sender;
    sync_at_ = std::min(sync_at_, now);
  }
  if (answered) return;
  if (refuted_ || (needs_word(sender, packet.generation) && may_tell(sender, now)))
    send(from, sender, packet.generation, std::monostate{}, false, out);
}

// The timers whose end speaks about somebody else are put off.
void Swim::paused(Duration lost) {
  ++counters_.pauses;
  next_probe_at_ += lost;
  if (probe_) {
    probe_->indirect_at += lost;
    probe_->ends_at += lost;
  }
  for (auto& [id, suspicion] : suspicions_) suspicion.pause(lost);
  for (auto& [number, relay] : relays_) relay.nack_at += lost;
}

void Swim::wake(Time now, SwimOutput& out) {
  if (!started_) return;
  if (!leaving_) {
    if (contact_at_ && *contact_at_ <= now) contact(now, out);
    if (HC_BUGGIFY(kRaisesIncarnation)) refute(false, now);
    if (HC_BUGGIFY(kSyncAtOnce)) sync_at_ = now;
    if (HC_BUGGIFY(kSuspectsAnyone))
      for (const NodeId anyone : some_live(1, NodeId{}, false)) suspect(anyone, now, out);
    nack_overdue(now, out);
    if (refute_at_ && *refute_at_ <= now) refute(true, now);
    step_probe(now, out);
    bury_unrefuted(now, out);  // after the probe: its verdict may have shortened a suspicion
    if (gone_ > 0 && dead_probe_at_ <= now) probe_one_dead(now, out);
    if (sync_at_ <= now) sync(now, out);
  }
  if (live_ > 0 && !rumors_.empty() && gossip_at_ <= now) gossip(now, out);
}

std::optional<Time> Swim::deadline() const {
  if (!started_) return std::nullopt;
  std::optional<Time> due;
  if (live_ > 0 && !rumors_.empty()) sooner(due, gossip_at_);
  if (leaving_) return due;
  if (probe_) sooner(due, probe_->asked_others || probe_->answered ? probe_->ends_at : probe_->indirect_at);
  for (const auto& [id, suspicion] : suspicions_) sooner(due, suspicion.deadline());
  for (const auto& [number, relay] : relays_) sooner(due, relay.nack_at);
  if (contact_at_ && (live_ > 0 || !seeds_.empty())) sooner(due, *contact_at_);
  if (refute_at_) sooner(due, *refute_at_);
  if (!probe_ && live_ > 0) sooner(due, next_probe_at_);
  if (gone_ > 0) sooner(due, dead_probe_at_);
  if (live_ > 0 || !seeds_.empty()) sooner(due, sync_at_);
  return due;
}

void Swim::leave(SwimOutput& out) {
  if (leaving_) return;
  leaving_ = true;
  probe_.reset();
  relays_.clear();
  refute_at_.reset();
  contact_at_.reset();
  const MemberRumor farewell = rumor_of_self();
  rumors_.put(farewell);
  for (const auto& [id, peer] : peers_)
    if (!gone(id)) send_first(farewell, peer.info.gossip(), id, std::monostate{}, out);
}

void Swim::set_cluster(ClusterId cluster) {
  if (cluster == cluster_) return;
  if (cluster && cluster_heard_ && cluster != cluster_heard_) forget_everybody();
  cluster_ = cluster;
  cluster_heard_ = cluster;
}

// What was heard came from another cluster than the one that this process now belongs to or listens to.
void Swim::forget_everybody() {
  newest_epoch_heard_ = {};
  newest_epoch_from_ = {};
  peers_.clear();
  members_.clear();
  forgotten_.clear();
  suspicions_.clear();
  refused_until_.clear();
  live_ = gone_ = 0;
  probe_.reset();
  round_.clear();
  round_next_ = 0;
  relays_.clear();
  sync_with_ = {};
  told_.clear();
  rumors_ = {};
  rumors_.put(rumor_of_self());
}

void Swim::set_epoch(Epoch newest_epoch) { epoch_ = newest_epoch; }

void Swim::update_self(const MemberInfo& self) {
  HC_CHECK(self.id == self_.id && self.generation == self_.generation, "another process is not an update of this one");
  if (self == self_) return;
  self_ = self;
  ++incarnation_;
  rumors_.put(rumor_of_self());
  gossip_at_ = {};  // somebody waits for it: a member comes into a view when it has named its storage identity (2e)
}

void Swim::invariants() const {
  std::size_t live = 0;
  for (const auto& [id, peer] : peers_) {
    HC_CHECK(id == peer.info.id && id != self_.id, name_of(id) + ": a table row under another name");
    HC_CHECK(peer.incarnation < kIncarnationMax, name_of(id) + ": incarnation " + std::to_string(peer.incarnation));
    HC_CHECK((peer.liveness == Liveness::kSuspect) == suspicions_.contains(id),
             name_of(id) + ": suspect without suspicion");
    HC_CHECK(!peer.learned || (peer.liveness == Liveness::kAlive && peer.incarnation == 0),
             name_of(id) + ": a belief without a rumor");
    live += gone(id) ? 0 : 1;
  }
  HC_CHECK(
      live == live_ && peers_.size() == live_ + gone_,
      "alive " + std::to_string(live_) + ", counted " + std::to_string(live) + " of " + std::to_string(peers_.size()));
  for (const auto& [id, peer] : forgotten_)
    HC_CHECK(!peers_.contains(id), name_of(id) + ": forgotten, and in the table");
  for (const auto& [id, suspicion] : suspicions_) HC_CHECK(peers_.contains(id), name_of(id) + ": suspicion of nobody");
  HC_CHECK(health_ <= config_.health_max, std::to_string(health_));
  HC_CHECK(relays_.size() <= kRelaysMax, std::to_string(relays_.size()));
  HC_CHECK(peers_.size() <= config_.members_max, std::to_string(peers_.size()));
  HC_CHECK(rumors_.size() <= (peers_.size() + 1) * (peers_.size() + 2), std::to_string(rumors_.size()));
}

}  // namespace hc
