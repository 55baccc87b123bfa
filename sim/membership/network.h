// A world of gossiping members: virtual time, latency, loss, partitions, crashes, freezes, restarts. One seed, one run.
//
// It hosts Swim as a runtime would: step, drain, wake at the deadline (a little late, as real loops do). A crashed
// member's port refuses connections if asked to: every living member that can reach it learns that a moment later. A
// frozen member's datagrams wait in its socket, up to a bound. What every member believed, and when, is kept for the
// tests to judge.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "core/base/pause.h"
#include "core/base/random.h"
#include "core/membership/swim.h"

namespace hc::sim::membership {

inline MemberInfo member(std::uint32_t id, std::uint64_t generation) {
  MemberInfo info;
  info.id = NodeId(id);
  info.host = "10.0.0." + std::to_string(id);
  info.gossip_port = 7946;
  info.resp_port = 6379;
  info.http_port = 8080;
  info.host_label = "host-" + std::to_string(id);
  info.generation = {generation, id};
  info.storage = {1, id};
  return info;
}

class Network {
 public:
  struct Believed {
    Time at;
    NodeId who, of;
    Liveness now;
  };

  explicit Network(std::uint64_t seed, SwimConfig config = {}) : random_(seed), config_(config) {}

  // A new process of member `id`, started now.
  void start(std::uint32_t id, std::vector<std::uint32_t> seeds, std::vector<MemberInfo> address_book = {}) {
    Host& host = hosts_[NodeId(id)];
    addresses_[member(id, 1).gossip()] = NodeId(id);
    ++host.process;
    host.frozen_until.reset();
    host.inbox.clear();
    host.woken_at = kNever;
    std::vector<Address> addresses;
    for (const std::uint32_t seed : seeds) addresses.push_back(member(seed, 1).gossip());
    host.pause = {};
    host.swim = std::make_unique<Swim>(config_, member(id, ++generations_), addresses, random_.fork());
    if (cluster) host.swim->set_cluster(cluster);
    for (const MemberInfo& info : address_book) host.swim->learn(info, now);
    step(NodeId(id), [&](Swim& swim, SwimOutput& out) { swim.start(now, out); });
  }

  // kill -9. With `refuses`, whoever can reach the machine finds the port closed.
  void crash(std::uint32_t id, bool refuses) {
    hosts_.at(NodeId(id)).swim.reset();
    if (!refuses) return;
    for (auto& [other, host] : hosts_)
      if (host.swim && reachable(other, NodeId(id)))
        later(Duration(std::chrono::milliseconds(1 + random_.below(20))), [this, observer = other, id] {
          if (!runs(id)) refuse(observer, NodeId(id));
        });
  }

  // A connection from `observer` to `id` was refused.
  void refuse(NodeId observer, NodeId id) {
    step(observer, [&](Swim& swim, SwimOutput& out) { swim.refused(id, now, out); });
  }

  void freeze(std::uint32_t id, Duration length) {
    Host& host = hosts_.at(NodeId(id));
    if (host.frozen_until) return;
    host.frozen_until = now + length;
    later(length, [this, id, process = host.process] { thaw(NodeId(id), process); });
  }

  void leave(std::uint32_t id) {
    step(NodeId(id), [&](Swim& swim, SwimOutput& out) { swim.leave(out); });
  }

  template <class Action>
  void step(NodeId id, Action action) {
    Host& host = hosts_.at(id);
    if (!host.swim) return;
    if (host.frozen_until) return;
    const Duration lost = host.pause.lost(now, [&] { return host.swim->deadline(); });
    if (lost > Duration{}) host.swim->paused(lost);
    SwimOutput out;
    action(*host.swim, out);
    if (check_always) host.swim->invariants();
    for (SwimOutput::Datagram& d : out.datagrams) carry(id, std::move(d));
    for (const SwimOutput::Change& change : out.changes) {
      believed.push_back({now, id, change.id, change.now});
      if (change.now == Liveness::kDead) ++deaths;
    }
    arm(id);
  }

  void run(Duration length) {
    run_until([] { return false; }, length);
  }

  // Time until `done`, looked at after every event; nothing if `most` passed first.
  std::optional<Duration> run_until(const std::function<bool()>& done, Duration most) {
    const Time begun = now;
    const Time end = now + most;
    while (!done()) {
      if (events_.empty() || events_.top().at > end) {
        now = end;
        return std::nullopt;
      }
      Event event = events_.top();
      events_.pop();
      now = event.at;
      event.action();
    }
    return now - begun;
  }

  void later(Duration wait, std::function<void()> action) { events_.push({now + wait, ++order_, std::move(action)}); }

  Swim& at(std::uint32_t id) { return *hosts_.at(NodeId(id)).swim; }
  bool runs(std::uint32_t id) const { return hosts_.at(NodeId(id)).swim != nullptr; }

  std::optional<Liveness> belief(std::uint32_t who, std::uint32_t of) const {
    const auto& peers = hosts_.at(NodeId(who)).swim->peers();
    const auto it = peers.find(NodeId(of));
    if (it == peers.end()) return std::nullopt;
    return it->second.liveness;
  }

  // Every running member knows every other running one as alive, in its present process.
  bool agreed() const {
    for (const auto& [who, host] : hosts_) {
      if (!host.swim) continue;
      for (const auto& [of, other] : hosts_) {
        if (!other.swim || who == of) continue;
        const auto it = host.swim->peers().find(of);
        if (it == host.swim->peers().end() || it->second.liveness != Liveness::kAlive) return false;
        if (it->second.info != other.swim->self()) return false;
      }
    }
    return true;
  }

  // Every running member on whose side `of` is not believes so.
  bool all_believe(std::uint32_t of, Liveness liveness) const {
    for (const auto& [who, host] : hosts_)
      if (host.swim && who != NodeId(of) && belief(who.value, of) != liveness) return false;
    return true;
  }

  Time now = Time{} + 1h;
  ClusterId cluster;  // of processes started from now on
  std::uint64_t loss_ppm = 0;
  bool streams = true;  // peer links exist
  bool check_always = true;
  Duration latency_least = 200us, latency_most = 1ms;
  std::map<NodeId, Duration> lag;           // what a slow member's loop adds to every packet and timer
  std::function<bool(NodeId, NodeId)> cut;  // from, to: nothing passes
  std::function<std::size_t(const GossipPacket&)> size_of = [](const GossipPacket& p) { return bytes_of(p); };
  std::vector<Believed> believed;
  std::uint64_t deaths = 0;                    // of `believed`
  std::map<NodeId, std::uint64_t> bytes_sent;  // by datagram
  std::uint64_t packets_sent = 0;
  std::size_t packet_bytes_most = 0;

 private:
  struct Host {
    std::unique_ptr<Swim> swim;
    Pause pause;
    std::uint64_t process = 0;
    std::optional<Time> frozen_until;
    std::deque<std::pair<Address, GossipPacket>> inbox;  // while frozen
    Time woken_at = kNever;
    std::uint64_t alarm = 0;
  };
  struct Event {
    Time at;
    std::uint64_t order;
    std::function<void()> action;
    bool operator<(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  static constexpr std::size_t kInboxMax = 256;

  bool reachable(NodeId from, NodeId to) const { return !cut || !cut(from, to); }

  Duration lag_of(NodeId id) const {
    const auto it = lag.find(id);
    return it == lag.end() ? Duration{} : it->second;
  }

  void carry(NodeId from, SwimOutput::Datagram d) {
    const auto bytes = size_of(d.packet);
    if (!d.by_stream) {
      bytes_sent[from] += bytes;
      ++packets_sent;
      packet_bytes_most = std::max(packet_bytes_most, bytes);
    }
    const auto at = addresses_.find(d.to);
    const NodeId to = at == addresses_.end() ? NodeId{} : at->second;
    if (!to || !reachable(from, to) || (d.by_stream && !streams)) return;
    if (!d.by_stream && random_.ppm(loss_ppm)) return;
    const auto spread = static_cast<std::uint64_t>((latency_most - latency_least).count());
    const Duration latency =
        latency_least + Duration(static_cast<Duration::rep>(random_.below(spread + 1))) + lag_of(to);
    later(latency, [this, to, source = member(from.value, 1).gossip(), packet = std::move(d.packet)] {
      Host& host = hosts_.at(to);
      if (!host.swim) return;
      if (host.frozen_until) {
        if (host.inbox.size() < kInboxMax) host.inbox.emplace_back(source, packet);
        return;
      }
      step(to, [&](Swim& swim, SwimOutput& out) { swim.hear(source, packet, now, out); });
    });
  }

  // The loop's timer has a millisecond's grain.
  void arm(NodeId id) {
    Host& host = hosts_.at(id);
    const auto deadline = host.swim->deadline();
    if (!deadline || host.woken_at <= *deadline + 1ms + lag_of(id)) return;
    const std::uint64_t alarm = ++host.alarm;
    host.woken_at =
        std::max(*deadline, now) + Duration(static_cast<Duration::rep>(random_.below(1'000'000))) + lag_of(id);
    later(host.woken_at - now, [this, id, alarm, process = host.process] {
      Host& woken = hosts_.at(id);
      if (woken.process != process || woken.alarm != alarm) return;
      if (woken.frozen_until) return;
      woken.woken_at = kNever;
      step(id, [&](Swim& swim, SwimOutput& out) { swim.wake(now, out); });
    });
  }

  void thaw(NodeId id, std::uint64_t process) {
    Host& host = hosts_.at(id);
    if (host.process != process || !host.swim || host.frozen_until > now) return;
    host.frozen_until.reset();
    host.woken_at = kNever;
    // A real loop runs its timers first, then reads its sockets.
    step(id, [&](Swim& swim, SwimOutput& out) { swim.wake(now, out); });
    auto inbox = std::move(host.inbox);
    host.inbox.clear();
    for (const auto& [source, packet] : inbox)
      step(id, [&](Swim& swim, SwimOutput& out) { swim.hear(source, packet, now, out); });
  }

  Random random_;
  SwimConfig config_;
  std::uint64_t generations_ = 0;
  std::uint64_t order_ = 0;
  std::map<NodeId, Host> hosts_;
  std::map<Address, NodeId> addresses_;
  std::priority_queue<Event> events_;
};

// Members 1 … n, all started within a few milliseconds with member 1 as the seed, and in agreement.
inline void found(Network& net, std::uint32_t n) {
  for (std::uint32_t id = 1; id <= n; ++id) {
    net.start(id, {1});
    net.run(2ms);
  }
  net.run_until([&] { return net.agreed(); }, 30s);
}

}  // namespace hc::sim::membership
