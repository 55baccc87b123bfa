// What is said to whom: the rumors that ride on every packet, gossip while there is news, whole tables now and then.
#include <algorithm>
#include <bit>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/membership/swim.h"

namespace hc {
namespace {

constexpr std::size_t kRumorBytesMax = kPacketBytesMax - kPacketBytesFixed;
constexpr std::size_t kToldMax = 1024;  // rows kept of whom we told when

}  // namespace

GossipPacket Swim::packet_with(GossipBody body) const {
  return {self_.id, self_.generation, cluster_, epoch_, body, {}};
}

// Does the peer need to hear what the table says of it? If that is not "alive", or is about another process (`seen`:
// the generation that spoke). One that leaves knows it.
bool Swim::needs_word(NodeId peer, std::optional<Generation> seen) const {
  const auto it = peers_.find(peer);
  if (it == peers_.end() || it->second.learned) return false;
  const bool other = seen && *seen != it->second.info.generation;
  if (it->second.liveness == Liveness::kLeft) return !seen || other;
  return it->second.liveness != Liveness::kAlive || other;
}

void Swim::send(const Address& to, NodeId peer, std::optional<Generation> seen, GossipBody body, bool by_stream,
                SwimOutput& out) {
  GossipPacket packet = packet_with(body);
  if (needs_word(peer, seen)) packet.rumors.push_back(rumor_of(peers_.at(peer)));
  rumors_.take(packet.rumors, kRumorBytesMax, HC_BUGGIFY(kOneRumor) ? 1 : config_.rumors_max, times_max());
  out.datagrams.push_back({to, peer, std::move(packet), by_stream});
}

void Swim::send_first(const MemberRumor& first, const Address& to, NodeId peer, GossipBody body, SwimOutput& out) {
  GossipPacket packet = packet_with(body);
  packet.rumors.push_back(first);
  rumors_.take(packet.rumors, kRumorBytesMax, config_.rumors_max, times_max());
  out.datagrams.push_back({to, peer, std::move(packet), false});
}

// λ × ⌈log2(n + 1)⌉
std::uint32_t Swim::times_max() const {
  return static_cast<std::uint32_t>(config_.gossip_lambda) * static_cast<std::uint32_t>(std::bit_width(live_ + 1));
}

// Has this one not been told just now? Whoever gets true tells it.
bool Swim::may_tell(NodeId peer, Time now) {
  if (told_.size() >= kToldMax)
    std::erase_if(told_, [&](const auto& row) { return now - row.second >= config_.tell_interval; });
  const auto [it, fresh] = told_.try_emplace(peer, now);
  if (fresh) return true;
  if (now - it->second < config_.tell_interval && !HC_BUGGIFY(kTellsAgain)) return false;
  it->second = now;
  return true;
}

// Distinct random members, not `except`.
std::vector<NodeId> Swim::some_live(std::size_t count_max, NodeId except, bool suspects_too) {
  std::vector<NodeId> ids;
  ids.reserve(live_);
  for (const auto& [id, peer] : peers_)
    if (id != except && (peer.liveness == Liveness::kAlive || (suspects_too && peer.liveness == Liveness::kSuspect)))
      ids.push_back(id);
  const std::size_t count = std::min(count_max, ids.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto other = i + static_cast<std::size_t>(random_.below(ids.size() - i));
    std::swap(ids[i], ids[other]);
  }
  ids.resize(count);
  return ids;
}

// The next seeds in turn, our own address left out.
std::vector<Address> Swim::some_seeds(std::size_t count_max) {
  std::vector<Address> seeds;
  for (std::size_t seen = 0; seen < seeds_.size() && seeds.size() < count_max; ++seen) {
    const Address& seed = seeds_[seed_next_++ % seeds_.size()];
    if (seed != self_.gossip()) seeds.push_back(seed);
  }
  return seeds;
}

void Swim::gossip(Time now, SwimOutput& out) {
  gossip_at_ = now + config_.gossip_interval;
  for (const NodeId peer : some_live(static_cast<std::size_t>(config_.gossip_fanout), NodeId{}, true)) {
    if (rumors_.empty()) return;
    send(peers_.at(peer).info.gossip(), peer, std::nullopt, std::monostate{}, false, out);
  }
}

// The whole table, the member itself first, in as many packets as it takes.
void Swim::send_table(const Address& to, NodeId peer, bool wants_answer, SwimOutput& out) {
  GossipBody body = SyncReply{};
  if (wants_answer) body = SyncRequest{};
  GossipPacket packet = packet_with(body);
  std::size_t bytes = 0;
  const auto add = [&](MemberRumor rumor) {
    const std::size_t more = bytes_of(rumor);
    if (bytes + more > kRumorBytesMax || packet.rumors.size() >= config_.rumors_max) {
      out.datagrams.push_back({to, peer, std::exchange(packet, packet_with(SyncReply{})), false});
      bytes = 0;
    }
    bytes += more;
    packet.rumors.push_back(std::move(rumor));
  };
  add(rumor_of_self());
  for (const auto& [id, row] : peers_)
    if (!row.learned) add(rumor_of(row));
  out.datagrams.push_back({to, peer, std::move(packet), false});
}

// Push-pull with one member or, every other time, one seed: two halves of a cluster that never met find each other,
// whichever of them a seed belongs to.
void Swim::sync(Time now, SwimOutput& out) {
  const auto tens = static_cast<Duration::rep>((peers_.size() + 1) * 1000 / 10);
  const Duration most = config_.sync_interval / 1000 * std::max<Duration::rep>(1000, tens);
  sync_pause_ = std::min(sync_pause_ * 2, most);
  const auto jitter = random_.below(static_cast<std::uint64_t>(sync_pause_.count()) / 8 + 1);
  sync_at_ = now + sync_pause_ - Duration(static_cast<Duration::rep>(jitter));

  const NodeId wished = std::exchange(sync_with_, NodeId{});
  if (wished && !gone(wished)) return send_table(peers_.at(wished).info.gossip(), wished, true, out);
  sync_seed_next_ = !sync_seed_next_;
  if (sync_seed_next_ || live_ == 0) {
    const std::vector<Address> seeds = some_seeds(1);
    if (!seeds.empty()) return send_table(seeds.front(), NodeId{}, true, out);
  }
  for (const NodeId peer : some_live(1, NodeId{}, true)) send_table(peers_.at(peer).info.gossip(), peer, true, out);
}

// Before anybody answered: some seeds and some members of the address book, over and over.
void Swim::contact(Time now, SwimOutput& out) {
  const auto jitter = random_.below(static_cast<std::uint64_t>(contact_pause_.count()) / 4 + 1);
  contact_at_ = now + contact_pause_ + Duration(static_cast<Duration::rep>(jitter));
  contact_pause_ = std::min(contact_pause_ * 2, config_.contact_longest);
  const auto count = static_cast<std::size_t>(config_.contacts_at_once);
  for (const Address& seed : some_seeds(count)) send_table(seed, NodeId{}, true, out);
  for (const NodeId peer : some_live(count, NodeId{}, true)) send_table(peers_.at(peer).info.gossip(), peer, true, out);
}

}  // namespace hc
