// What a rumor changes: the table and its lattice, suspicion and death, and the refutation of what is said about this
// member itself.
#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/membership/swim.h"

namespace hc {
namespace {

bool is_gone(Liveness liveness) { return liveness == Liveness::kDead || liveness == Liveness::kLeft; }

std::pair<std::uint64_t, Liveness> rank(std::uint64_t incarnation, Liveness liveness) {
  return {incarnation, liveness};
}

}  // namespace

bool Swim::gone(NodeId id) const {
  const auto it = peers_.find(id);
  return it != peers_.end() && is_gone(it->second.liveness);
}

bool Swim::well_formed(const MemberRumor& rumor) const {
  const MemberInfo& info = rumor.info;
  const bool accused = rumor.liveness == Liveness::kSuspect || rumor.liveness == Liveness::kDead;
  if (accused != static_cast<bool>(rumor.accuser) || rumor.accuser == info.id) return false;
  return info.id && info.generation && !info.host.empty() && info.gossip_port != 0 &&
         info.host.size() <= kMemberTextBytesMax && info.host_label.size() <= kMemberTextBytesMax &&
         info.zone.size() <= kMemberTextBytesMax && rumor.incarnation < kIncarnationMax - 1 &&
         rumor.liveness <= Liveness::kLeft;
}

void Swim::believe(MemberRumor rumor, bool by_sync, Time now, SwimOutput& out) {
  if (!well_formed(rumor)) {
    ++counters_.malformed;
    return;
  }
  const NodeId id = rumor.info.id;
  if (id == self_.id) return hear_of_self(rumor, now);
  if (const auto known = forgotten_.find(id); known != forgotten_.end()) {
    const Peer& ended = known->second;
    const bool same = rumor.info.generation == ended.info.generation;
    if (same && rank(rumor.incarnation, rumor.liveness) <= rank(ended.incarnation, ended.liveness)) return;
    recall(id, now);
  }
  const auto it = peers_.find(id);
  if (it == peers_.end() || it->second.learned) {
    if (it != peers_.end() || peers_.size() < config_.members_max) accept(rumor, now, out);
    return;
  }
  const Peer& peer = it->second;
  // A table may be old (a partition just healed): whom we see alive gets the time to refute.
  if (by_sync && rumor.liveness == Liveness::kDead && !is_gone(peer.liveness)) rumor.liveness = Liveness::kSuspect;
  const bool other_process = rumor.info.generation != peer.info.generation;
  if (other_process && rumor.incarnation <= peer.incarnation) {
    // A process that came back, and does not know yet whom it must outbid.
    if (rumor.liveness == Liveness::kAlive && may_tell(id, now))
      send(rumor.info.gossip(), id, rumor.info.generation, std::monostate{}, false, out);
    return;
  }
  if (rumor.incarnation == peer.incarnation && rumor.liveness == Liveness::kSuspect &&
      peer.liveness == Liveness::kSuspect) {
    if (suspicions_.at(id).confirm(rumor.accuser)) rumors_.put(rumor);
    return;
  }
  if (rank(rumor.incarnation, rumor.liveness) > rank(peer.incarnation, peer.liveness)) accept(rumor, now, out);
}

// The table takes the rumor, and passes it on. Requires: it ranks above what the table has.
void Swim::accept(const MemberRumor& rumor, Time now, SwimOutput& out) {
  const NodeId id = rumor.info.id;
  const bool fresh = meet(rumor.info, now);
  Peer& peer = peers_.at(id);
  const bool news = fresh || peer.learned;
  const bool other_process = peer.info.generation != rumor.info.generation;
  const bool other_info = peer.info != rumor.info;
  const Liveness before = peer.liveness;
  const auto suspicion = suspicions_.find(id);
  if (suspicion != suspicions_.end()) {
    if (suspicion->second.shortened() && rumor.liveness == Liveness::kAlive && !other_process)
      refused_until_[id] = now + config_.refused_again;
    suspicions_.erase(suspicion);
  }
  if (rumor.liveness == Liveness::kSuspect) {
    suspicions_.emplace(id, new_suspicion(rumor.accuser, now));
    ++counters_.suspicions;
  }
  count(peer, -1, now);
  peer.info = rumor.info;
  peer.incarnation = rumor.incarnation;
  peer.liveness = rumor.liveness;
  peer.accuser = rumor.accuser;
  peer.learned = false;
  count(peer, +1, now);
  if (rumor.liveness == Liveness::kDead && before != Liveness::kDead) ++counters_.deaths;
  if (news || other_process || before != rumor.liveness) peer.since = now;
  if (news || other_info || before != rumor.liveness) out.changes.push_back({id, rumor.liveness});
  rumors_.put(rumor);
}

// A row for a member, if there is none: alive, and probed from now on. True if there was none.
bool Swim::meet(const MemberInfo& info, Time now) {
  const auto [it, fresh] = peers_.try_emplace(info.id, Peer{info, 0, Liveness::kAlive, NodeId{}, now, false});
  if (fresh) count(it->second, +1, now);
  return fresh;
}

// Keeps the number of the living and of the gone, and what hangs on the first of each.
void Swim::count(const Peer& peer, int by, Time now) {
  std::size_t& number = is_gone(peer.liveness) ? gone_ : live_;
  if (by < 0) {
    --number;
    return;
  }
  const auto some = [this](Duration most) {
    return Duration(static_cast<Duration::rep>(random_.below(static_cast<std::uint64_t>(most.count()))));
  };
  if (++number == 1 && is_gone(peer.liveness)) dead_probe_at_ = now + some(config_.dead_probe_interval);
  if (number == 1 && !is_gone(peer.liveness)) {
    next_probe_at_ = now + some(config_.probe_interval);
    sync_at_ = std::max(sync_at_, now);
  }
  if (is_gone(peer.liveness)) return;
  // SWIM 4.3: a newcomer takes a random place in the round that is under way.
  if (std::find(round_.begin(), round_.end(), peer.info.id) != round_.end()) return;
  const auto place = static_cast<std::size_t>(random_.below(round_.size() + 1));
  round_.insert(round_.begin() + static_cast<std::ptrdiff_t>(place), peer.info.id);
  if (place < round_next_) ++round_next_;
}

void Swim::learn(const MemberInfo& info, Time now) {
  if (!info.id || info.id == self_.id || !info.generation) return;
  recall(info.id, now);
  if (!well_formed({info, 0, Liveness::kAlive, {}}) || peers_.size() >= config_.members_max) return;
  const bool fresh = meet(info, now);
  Peer& peer = peers_.at(info.id);
  if (!fresh && !peer.learned) return;
  peer.info = info;
  peer.learned = true;
}

// This member's own finding: `id` does not answer.
void Swim::suspect(NodeId id, Time now, SwimOutput& out) {
  const Peer& peer = peers_.at(id);
  MemberRumor rumor = rumor_of(peer);
  rumor.liveness = Liveness::kSuspect;
  rumor.accuser = self_.id;
  if (peer.liveness == Liveness::kAlive) {
    accept(rumor, now, out);
  } else if (peer.liveness == Liveness::kSuspect && suspicions_.at(id).confirm(self_.id)) {
    rumors_.put(rumor);
  }
}

Suspicion Swim::new_suspicion(NodeId accuser, Time now) const {
  const auto n = static_cast<std::uint64_t>(live_ + 1);
  constexpr std::int64_t kLog10Of2 = 301;  // thousandths
  const std::int64_t log10_ppm = log2_milli(n) * kLog10Of2;
  const Duration grown = config_.probe_interval * config_.suspicion_multiplier / 1'000'000 * log10_ppm;
  const Duration shortest = std::max(config_.suspicion_floor, grown);
  const int others = static_cast<int>(std::min<std::uint64_t>(n, 100)) - 2;
  const int confirmations = std::clamp(others, 0, config_.suspicion_confirmations);
  return {accuser, now, shortest, shortest * config_.suspicion_longest, confirmations};
}

void Swim::bury_unrefuted(Time now, SwimOutput& out) {
  std::vector<NodeId> unrefuted;
  for (const auto& [id, suspicion] : suspicions_)
    if (suspicion.deadline() <= now) unrefuted.push_back(id);
  for (const NodeId id : unrefuted) {
    MemberRumor rumor = rumor_of(peers_.at(id));
    rumor.liveness = Liveness::kDead;
    rumor.accuser = self_.id;
    accept(rumor, now, out);
  }
}

// Who has left the cluster, or never came into it, need not be asked for ever whether it is there again.
bool Swim::forgettable(const Peer& peer, Time now) const {
  if (members_.empty() || std::ranges::binary_search(members_, peer.info.id)) return false;
  return HC_BUGGIFY(kForgetsSoon) || now - peer.since >= config_.forget_after;
}

// It is neither probed nor told of any more. How it ended is kept: a table that nobody has told of that may be as old
// as one likes, and must not bring it back to life. Requires: it is gone.
void Swim::forget(NodeId id, Time now) {
  auto row = peers_.extract(id);
  count(row.mapped(), -1, now);
  rumors_.drop(id);
  refused_until_.erase(id);
  told_.erase(id);
  if (sync_with_ == id) sync_with_ = {};
  if (probe_ && probe_->target == id) probe_.reset();
  if (HC_MUTANT(kForgottenComesBack)) return;
  forgotten_.insert(std::move(row));
  if (forgotten_.size() > config_.forgotten_max)
    forgotten_.erase(std::ranges::min_element(forgotten_, {}, [](const auto& ended) { return ended.second.since; }));
}

// Somebody speaks as, or knows something later of, one that was forgotten: it is gone as it was, until that is judged.
void Swim::recall(NodeId id, Time now) {
  if (forgotten_.empty() || peers_.size() >= config_.members_max) return;
  auto row = forgotten_.extract(id);
  if (!row) return;
  row.mapped().since = now;
  count(row.mapped(), +1, now);
  peers_.insert(std::move(row));
}

// Somebody speaks of us. True and current: nothing to do. Older: we say again how it is. Otherwise we outbid it.
void Swim::hear_of_self(const MemberRumor& rumor, Time now) {
  if (leaving_ || rumor == rumor_of_self()) return;
  if (rumor.incarnation < incarnation_) {
    if (!rumors_.has(self_.id)) rumors_.put(rumor_of_self());
    return;
  }
  if (HC_MUTANT(kSuspicionNeverRefuted) && rumor.liveness != Liveness::kAlive) return;
  challenged_ = std::max(challenged_, rumor.incarnation);
  const bool rival = rumor.info.generation != self_.generation;
  if (!rival && rumor.liveness == Liveness::kSuspect) set_health(+1);  // Lifeguard IV-A: perhaps we are the slow one
  refute(rival, now);
}

// Two processes under one name would chase each other upwards: a rival's incarnation is outbid at a falling rate.
void Swim::refute(bool rival, Time now) {
  if (rival && now < refute_allowed_) {
    refute_at_ = refute_allowed_;
    return;
  }
  if (rival) {
    const bool quiet = refute_pause_ == Duration{} || now - refute_allowed_ > config_.refute_longest;
    refute_pause_ = quiet ? config_.refute_first : std::min(refute_pause_ * 2, config_.refute_longest);
    refute_allowed_ = now + refute_pause_;
  }
  refute_at_.reset();
  if (!HC_MUTANT(kIncarnationNotRaised)) incarnation_ = std::max(incarnation_, challenged_ + 1);
  ++counters_.refutations;
  refuted_ = true;
  rumors_.put(rumor_of_self());
}

MemberRumor Swim::rumor_of(const Peer& peer) const {
  return {peer.info, peer.incarnation, peer.liveness, peer.accuser};
}

MemberRumor Swim::rumor_of_self() const {
  return {self_, incarnation_, leaving_ ? Liveness::kLeft : Liveness::kAlive, NodeId{}};
}

}  // namespace hc
