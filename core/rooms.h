// All rooms of one node, and who hears of what first. For node.cc, which brings them together, and watch.cc, which only
// looks.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "core/agreement/agreement.h"
#include "core/base/pause.h"
#include "core/base/seam.h"
#include "core/durability/log.h"
#include "core/durability/savers.h"
#include "core/events/bus.h"
#include "core/events/cluster_news.h"
#include "core/node.h"
#include "core/replication/replication.h"
#include "core/routing/coordinator.h"

namespace hc {

struct Node::Rooms {
  static constexpr Duration kStopMost = 8s;  // handing over takes at most this long (SIGTERM ends within 10 s)
  static constexpr Duration kStopWord = 1s;  // before that is over, lists are told to do without us

  explicit Rooms(NodeConfig c)
      : config(std::move(c)),
        random(config.seed),
        self(config.self),
        peers(config, random.fork()),
        swim({}, with_storage(config), seeds(config), random.fork()),
        agreement(config, peers, random.fork()),
        log(config),
        replication(config, peers, log, random.fork()),
        coordinator(config, peers, replication, random.fork()),
        bus(config, peers),
        cluster_news(config.self.id) {
    self = with_storage(config);
  }

  static MemberInfo with_storage(const NodeConfig& config) {
    MemberInfo info = config.self;
    info.storage = config.fresh_storage;
    info.keeps_log = config.append_only;
    return info;
  }
  static std::vector<Address> seeds(const NodeConfig& config) {
    std::vector<Address> all = config.join;
    for (const Founder& f : config.founders)
      if (f.id != config.self.id) all.push_back(f.gossip);
    return all;
  }

  NodeConfig config;
  Random random;
  MemberInfo self;
  Peers peers;
  Swim swim;
  Agreement agreement;
  Log log;
  Savers savers;
  Replication replication;
  Coordinator coordinator;
  Bus bus;
  ClusterNews cluster_news;
  SwimOutput gossip;
  std::optional<Time> stop_by;
  std::optional<Time> idle_by;     // who leaves waits so long for its clients, and its disk, to have nothing under way
  std::optional<Epoch> ends_with;  // the view in which nothing kept us any more
  bool been_member = false;        // some view that we know has a member of our name
  bool leaving = false;            // a view said so: this process ends as soon as it may
  ViewRef known;                   // as of the last view_installed()
  std::uint32_t notices_heard = 0;
  std::vector<Telling> told;  // in the last step, of keys
  bool started = false, said_ready = false, said_stopped = false, left = false;
  std::optional<Started> opening;  // the log is opened first
  Pause pause;
  Counters counters;
  std::optional<std::optional<Time>> wakes_at;  // what deadline() found, until the next step

  const ViewRef& view() const { return agreement.view(); }
  Incarnation me() const { return {self.id, self.generation}; }

  // ---- events
  void on(Started& e, Now now, Effects& out);
  void on(Asked& e, Now now, Effects& out);
  void on(ClientGone& e, Now, Effects&) {
    coordinator.client_gone(e.client);
    bus.client_gone(e.client);
    savers.client_gone(e.client);
  }
  void on(ClientReset& e, Now, Effects&) { bus.silence(e.client); }
  void on(NoticesSet& e, Now, Effects&) { bus.set_notices(e.notices); }
  void on(LinkOpened& e, Now now, Effects&) { peers.link_opened(e.link, now.mono); }
  void on(LinkClosed& e, Now now, Effects&) { peers.link_closed(e.link, e.refused, now.mono); }
  void on(Received& e, Now now, Effects& out);
  void on(Heard& e, Now now, Effects& out);
  void on(VoteStored& e, Now now, Effects& out) { agreement.consensus().stored(e.id, now.mono, out); }
  void on(Woke&, Now now, Effects& out) {
    if (started) tick(now, out);
    if (!log.closing())
      replication.write_snapshot(now.mono);  // here, so that it goes on when all others had their turn
  }
  void on(TurnEnded&, Now now, Effects& out) {
    if (!log.closing()) {
      replication.flush(now);
      bus.flush();
    }
    log.flush(now.mono, out);
    // 9d: a member whose disk hangs falls silent, and is replaced.
    if (!log.hangs(now.mono, config.patience) || HC_MUTANT(kHungDiskKeepsLease)) peers.end_turn(now.mono, out);
    step_stop(now, out);  // after its last frames, which release what it has handed over
  }
  void on(LeaveAsked& e, Now now, Effects&) { agreement.leave(e.member, now.mono); }
  void on(ForceAsked& e, Now now, Effects& out) { agreement.decree(e.decree, self, swim, now.mono, out); }
  void on(LossAccepted& e, Now now, Effects& out) { agreement.accept_loss(e.slots, now.mono, out); }
  void on(LogRead& e, Now, Effects&);
  void on(LogAppended& e, Now now, Effects& out);
  void on(LogSynced& e, Now, Effects&) { log.synced(e.id); }
  void on(LogKept& e, Now now, Effects& out) {
    log.old_removed(e.id, now.mono);
    savers.kept(log, out);
  }
  void on(LogRefused& e, Now now, Effects& out);
  void on(FsyncSet& e, Now, Effects&) { log.set_policy(e.policy); }
  void on(GrowthSet& e, Now, Effects&) { log.set_growth(e.bytes, e.percent); }
  void on(SnapshotAsked&, Now, Effects&) { log.want_snapshot(); }
  void on(StopAsked&, Now now, Effects&) {
    if (!stop_by) stop_by = now.mono + kStopMost;
    agreement.stop();
    report(now.mono);
  }

  void on(MemoryLimited& e, Now, Effects&) { replication.limit_memory(e.limits); }
  void on(KeysFiltered& e, Now, Effects&) { replication.filter_keys(e.rate_ppm); }
  void on(MemoryMeasured& e, Now, Effects&) { replication.measured(e.beyond_bytes, e.hollow_bytes); }

  // ---- messages
  template <class M>
  void hear(Incarnation from, M& m, Now now, Effects& out);

  void begin(Started& e, Now now, Effects& out);
  void tick(Now now, Effects& out);
  void settle(Now now, Effects& out);
  void tell(Now now, Effects& out);
  void note_differences(Now now, Effects& out);
  void know_self();
  void view_installed(Now now, Effects& out);
  void note_lost_slots(Now now);
  void drain_gossip(Now now, Effects& out);
  void peer_news(Now now, Effects& out);
  bool know_others();
  void report(Time now);
  bool handed_over();
  void step_stop(Now now, Effects& out);
  bool ready() const;
  bool turn_pending(Now now) const;
  std::optional<Time> deadline() const;
};

}  // namespace hc
