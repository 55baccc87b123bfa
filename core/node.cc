// Dispatch and introductions: which room hears of what. The rooms do not know each other.
#include "core/node.h"

#include <algorithm>

#include "core/rooms.h"

namespace hc {
namespace {

constexpr Duration kIdleMax = 1s;
constexpr std::size_t kForeseen = 16;  // messages of a frame

}  // namespace

// ------------------------------------------------------------------------------------------------------------- events

void Node::Rooms::on(Started& e, Now now, Effects& out) {
  HC_CHECK(!started && !opening, "a node starts once");
  if (!log.on()) return begin(e, now, out);
  opening = std::move(e);
  log.open(opening->segment, out);
}

// What it acknowledges, and what views say of it, rests on a log that names it (9a): that comes first.
void Node::Rooms::begin(Started& e, Now now, Effects& out) {
  started = true;
  if (HC_MUTANT(kGenerationFromDisk) && e.vote && e.vote->view)
    if (const ViewMember* before = e.vote->view->member(self.id))
      config.self.generation = self.generation = before->info.generation;
  replication.start(now.mono);
  agreement.start(std::move(e.vote), self, now.mono, out);
  know_self();
  peers.set_view(agreement.consensus().cluster(), {});
  swim.set_cluster(agreement.consensus().cluster());
  swim.start(now.mono, gossip);
}

void Node::Rooms::on(Asked& e, Now now, Effects& out) {
  const CommandSpec* spec = find_command(e.args[0]);
  if (spec && spec->route == Route::kBus) return bus.ask(e.client, e.request, *spec, e.args, now, out);
  if (started && spec && spec->route == Route::kLog && !refuse(spec, e.args))
    return savers.ask(e.client, e.request, log, out);
  if (started || (spec && spec->route == Route::kNode))
    return coordinator.ask(e.client, e.request, spec, e.args, now, out);
  out.answer(e.client, e.request, Reply::error_literal("LOADING HyperCache is loading its log"));
}

void Node::Rooms::on(LogRead& e, Now now, Effects&) {
  const std::span<const LogRecord> all = e.records;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % kForeseen == 0) replication.foresee(all.subspan(i, std::min(kForeseen, all.size() - i)));
    if (log.read(all[i])) replication.restore(all[i], now.mono);
  }
}

void Node::Rooms::on(LogAppended& e, Now now, Effects& out) {
  const bool refused = log.refuses();
  replication.appended(e.id, log.appended(e.id, now.mono), now);
  if (refused && !log.refuses()) {
    out.note("there is room again for the log");
    replication.room_again();
    if (started) report(now.mono);
  }
  if (opening && log.opened()) {
    begin(*opening, now, out);
    opening.reset();
  }
}

// 9e: it goes on without writing, and the others are to know at once.
void Node::Rooms::on(LogRefused& e, Now now, Effects& out) {
  if (HC_MUTANT(kFullDiskAcknowledges)) {
    LogAppended believed{e.id};
    return on(believed, now, out);
  }
  const bool first = !log.refuses();
  log.refused(e, now.mono);
  savers.refused(log, out);
  if (!first || !log.refuses()) return;
  out.note("there is no room for the log: " + log.refused_why() + "; writes are refused until there is room again",
           Note::Level::kWarning);
  if (started) report(now.mono);
}

void Node::Rooms::on(Received& e, Now now, Effects& out) {
  if (!started) return out.close(e.link);
  auto mail = peers.receive(e.link, std::move(e.frame), now.mono, out);
  if (!mail) return;
  if (!HC_MUTANT(kGrantFromNewerView)) agreement.consensus().heard_epoch(mail->from.member, mail->installed, now.mono);
  const std::span<Message> all = mail->messages;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % kForeseen == 0) replication.foresee(all.subspan(i, std::min(kForeseen, all.size() - i)));
    std::visit([&](auto& m) { hear(mail->from, m, now, out); }, all[i]);
  }
}

void Node::Rooms::on(Heard& e, Now now, Effects&) {
  if (started) swim.hear(e.from, e.packet, now.mono, gossip);
}

template <class M>
void Node::Rooms::hear(Incarnation from, M& m, Now now, Effects& out) {
  constexpr bool session = std::is_same_v<M, Hello> || std::is_same_v<M, Welcome> || std::is_same_v<M, Refused>;
  if constexpr (session) {
    return;  // core/peer has seen to it
  } else if constexpr (requires { agreement.consensus().handle(from, m, now.mono, out); }) {
    agreement.consensus().handle(from, m, now.mono, out);
  } else if constexpr (requires { agreement.consensus().handle(from, m, now.mono); }) {
    agreement.consensus().handle(from, m, now.mono);
  } else if constexpr (requires { agreement.consensus().handle(from, m); }) {
    agreement.consensus().handle(from, m);
  } else if constexpr (std::is_same_v<M, Reports>) {
    agreement.hear(m, now.mono);
    if (know_others()) report(now.mono);
  } else if constexpr (std::is_same_v<M, GossipByStream>) {
    auto it = swim.peers().find(from.member);
    if (it != swim.peers().end()) swim.hear(it->second.info.gossip(), m.packet, now.mono, gossip);
  } else if constexpr (std::is_same_v<M, Forward> || std::is_same_v<M, Forwarded>) {
    coordinator.handle(from, std::move(m), now, out);
  } else if constexpr (requires { bus.handle(from, m, out); }) {
    bus.handle(from, m, out);
  } else if constexpr (requires { bus.handle(from, m); }) {
    bus.handle(from, m);
  } else if constexpr (requires { replication.handle(from, std::move(m), now); }) {
    replication.handle(from, std::move(m), now);
  } else if constexpr (requires { replication.handle(from, m, now.mono); }) {
    replication.handle(from, m, now.mono);
  } else {
    replication.handle(from, m);
  }
}

// --------------------------------------------------------------------------------------------------------------- time

void Node::Rooms::tick(Now now, Effects& out) {
  const std::optional<Time> gossip_at = swim.deadline();
  const bool gossips = gossip_at && *gossip_at <= now.mono;
  if (gossips) swim.wake(now.mono, gossip);
  peers.tick(now.mono, out);
  if (replication.tick(now, gossips)) {
    know_others();
    report(now.mono);
  }
  agreement.executed(replication.counters().executed, now.mono);
  agreement.tick(self, swim, now.mono, out);
  if (stop_by || leaving) agreement.consensus().hand_over(now.mono);
  coordinator.tick(now, out);
  bus.tick(now, out);
}

// What replication goes by of what others say of themselves. True: it is news.
bool Node::Rooms::know_others() {
  const bool full = replication.know_full(agreement.full_disks());
  // Of two that end together none is to be all that a list names: whoever is back first goes on (9a).
  const bool ending = stop_by && !HC_MUTANT(kEnderComplains);
  return replication.know_out_of_time(ending ? std::set<Incarnation>{} : agreement.out_of_time()) || full;
}

void Node::Rooms::report(Time now) {
  if (!view()) return;
  std::vector<Report> own = replication.reports(now);
  if (stop_by) {
    const bool over = now >= *stop_by - kStopWord || HC_BUGGIFY(kStopsAtOnce);
    own.push_back({ReportKind::kStop, me(), me(), view()->epoch, over ? agreement.slots().all() : SlotSet(), now, {}});
  }
  agreement.say(own, now);
}

// What is committed of keys, and what is new in the cluster, to those who listen.
void Node::Rooms::tell(Now now, Effects& out) {
  if (replication.has_tellings()) {
    for (Telling& t : replication.take_tellings()) {
      bus.tell(t.notice, out);
      told.push_back(std::move(t));
    }
  }
  if (replication.has_differences()) note_differences(now, out);
  if (!cluster_news.any()) return;
  for (News& n : cluster_news.take()) {
    bus.tell_here(kClusterChannel, n.json, out);
    out.announce(std::string(n.type), std::move(n.json));
  }
}

void Node::Rooms::note_differences(Now now, Effects& out) {
  for (const Difference& d : replication.take_differences()) {
    const std::string primary = name_of(d.primary.member), us = name_of(self.id);
    out.note("the replicas of slot " + std::to_string(d.slot.value) + " differ: at position (" +
                 std::to_string(d.at.slot_epoch.value) + ", " + std::to_string(d.at.seq.value) + ") its primary " +
                 primary + " has another content than " + us + "; compare them (hypercache-cli cluster verify), and " +
                 "restart the one that is wrong: it is filled anew from the other",
             Note::Level::kError);
    cluster_news.replicas_differ(d.slot, d.primary.member, d.at, now.wall);
  }
}

// Until nothing that one room did is news to another.
void Node::Rooms::settle(Now now, Effects& out) {
  for (bool again = true; again;) {
    again = false;
    if (started && self.storage != agreement.consensus().eligible()) know_self();
    if (agreement.consensus().take_news()) {
      view_installed(now, out);
      again = true;
    }
    if (!gossip.datagrams.empty() || !gossip.changes.empty()) drain_gossip(now, out);
    if (agreement.consensus().wants_proposal()) {
      agreement.propose(self, swim, now.mono, out);
      again = true;
    }
    if (peers.has_news()) {
      peer_news(now, out);
      again = true;
    }
    replication.run_parked(now);
    if (replication.has_done()) {
      for (Done& d : replication.take_done()) coordinator.done(d.token, d.outcome, std::move(d.reply), now, out);
      again = true;
    }
    tell(now, out);
    if (bus.notices_heard() != notices_heard) replication.want_notices(notices_heard = bus.notices_heard());
    if (replication.take_urgent(now.mono)) {
      report(now.mono);
      agreement.tick(self, swim, now.mono, out);
      again = true;
    }
  }
  if (!said_ready && ready()) {
    said_ready = true;
    out.became_ready();
  }
}

// Our storage identity may be a new one, or one that may be voted by from now on (2e): the others, and the next view,
// are to know it.
void Node::Rooms::know_self() {
  self.storage = agreement.consensus().eligible();
  if (self != swim.self()) {
    swim.update_self(self);
    agreement.membership_changed();
  }
  peers.set_self(self);
}

void Node::Rooms::view_installed(Now now, Effects& out) {
  const ViewRef installed = view();
  ++counters.views_installed;
  know_self();
  if (installed->member(self.id)) been_member = true;
  peers.set_view(installed->cluster, been_member ? installed->epoch : Epoch{});
  swim.set_cluster(installed->cluster);
  swim.set_epoch(installed->epoch);
  std::vector<NodeId> members;
  for (const ViewMember& m : installed->members) members.push_back(m.info.id);
  swim.set_members(std::move(members));
  for (const ViewMember& m : installed->members) {
    if (m.info.id == self.id) continue;
    peers.learn(m.info);
    peers.named({m.info.id, m.info.generation}, m.since, now.mono, out);
    swim.learn(m.info, now.mono);
    if (m.state != MemberState::kAbsent) peers.want(m.info.id);
  }
  if (known)
    for (const ViewMember& m : known->members)
      if (!installed->member(m.info.id)) {
        peers.dismiss({m.info.id, m.info.generation});
        bus.forget({m.info.id, m.info.generation});
      }
  // Told to leave, and that was all we did not hear of it.
  if (known && known->names(me()) && !installed->member(self.id)) leaving = true;
  cluster_news.view_installed(known.get(), *installed, agreement.slots().moving().count(), now.wall);
  known = installed;
  // Not what an earlier process of ours was told: the others have to know first that it has ended.
  if (installed->names(me())) leaving = installed->member(self.id)->state == MemberState::kLeaving;
  if (stop_by || leaving) agreement.consensus().hand_over(now.mono);
  agreement.set_seen_off(leaving && !installed->member(self.id), now.mono);
  agreement.view_installed(now.mono);
  replication.install(installed, now.mono);
  coordinator.install(installed, now, out);
  note_lost_slots(now);
}

void Node::Rooms::note_lost_slots(Now now) {
  if (!view()) return;
  std::vector<Incarnation> living{me()};
  for (const auto& [id, peer] : swim.peers())
    if (peer.liveness < Liveness::kDead) living.push_back({id, peer.info.generation});
  cluster_news.slots_lost(agreement.slots().without(living), now.wall);
}

void Node::Rooms::drain_gossip(Now now, Effects& out) {
  SwimOutput drained = std::exchange(gossip, {});
  for (SwimOutput::Datagram& d : drained.datagrams) {
    if (d.by_stream) {
      peers.send(d.peer, GossipByStream{std::move(d.packet)});
    } else {
      out.gossip(std::move(d.to), std::move(d.packet));
    }
  }
  for (const SwimOutput::Change& c : drained.changes) {
    replication.seems_dead(c.id, c.now >= Liveness::kDead);
    coordinator.doubt(c.id, c.now >= Liveness::kSuspect);
    if (auto it = swim.peers().find(c.id); it != swim.peers().end()) {
      peers.learn(it->second.info);
      if (!view()) peers.want(c.id);
    }
    agreement.membership_changed();
    cluster_news.seems(c.id, c.now, now.wall);
  }
  if (!drained.changes.empty()) note_lost_slots(now);
  const NodeId ahead = swim.newest_epoch_from();
  if (ahead) agreement.consensus().heard_epoch(ahead, swim.newest_epoch_heard(), now.mono);
  if (HC_MUTANT(kDemotedWithoutView) && view())
    peers.set_view(view()->cluster, std::max(view()->epoch, swim.newest_epoch_heard()));
}

void Node::Rooms::peer_news(Now now, Effects& out) {
  const Peers::News news = peers.take_news();
  for (NodeId id : news.lost) {
    coordinator.session_lost(id, now, out);
    bus.session_lost(id, out);
  }
  for (NodeId id : news.refused) swim.refused(id, now.mono, gossip);
  for (NodeId id : news.opened) {
    if (const ViewRef& v = view(); v && peers.installed({id, peers.generation(id)}) < v->epoch)
      peers.send(id, ViewIs{v});  // first: what else is said rests on it
    agreement.session_opened(id, now.mono);
    replication.session_opened(id, now);
    coordinator.session_opened(id, now, out);
    bus.session_opened(id);
  }
  for (const auto& [id, before] : news.advanced) {
    agreement.consensus().advanced(id);
    if (view() && !view()->member(id)) agreement.membership_changed();  // it may join now
    replication.advanced(id, before, now);
  }
  if (!news.proven.empty()) agreement.membership_changed();
  for (const auto& [id, why] : news.turned_away)
    out.note("no session with " + name_of(id) + ": " + why, Note::Level::kWarning);
}

// ----------------------------------------------------------------------------------------------------------- stopping

// What is ours is with others: our places in the lists, and our vote (2f, 7d).
bool Node::Rooms::handed_over() {
  const ViewRef& v = view();
  const ViewMember* mine = v ? v->member(self.id) : nullptr;
  if (!mine) return true;
  const bool others = std::ranges::any_of(
      v->members, [&](const ViewMember& m) { return m.info.id != self.id && m.state != MemberState::kAbsent; });
  if (!others && !leaving) return true;
  // Who leaves for good may have on its disk what an earlier process of it is named for (9a).
  const auto names_us = [&](const auto& listed) {
    return leaving ? listed.first.member == self.id : listed.first == Incarnation{self.id, self.generation};
  };
  const bool listed = std::ranges::any_of(agreement.slots().listed(), names_us);
  if ((listed && !HC_MUTANT(kStopsWhileListed)) || mine->state == MemberState::kActive) return false;
  return agreement.consensus().handed_over() || (mine->state == MemberState::kAbsent && v->votes(self.id));
}

void Node::Rooms::step_stop(Now now, Effects& out) {
  if (!stop_by && !leaving) idle_by.reset();  // it was to leave, and is not any more
  if (said_stopped || !(stop_by || leaving)) return;
  if (!log.closing()) {
    const bool free = handed_over();
    if (!leaving || !free)
      idle_by.reset();
    else if (!idle_by)
      idle_by = now.mono + kIdleMax;
    // What its disk says of lists, when it is all that is left some day, is what it ended with (2h).
    if (!free)
      ends_with.reset();
    else if (!ends_with) {
      ends_with = view() ? view()->epoch : Epoch();
      if (!HC_MUTANT(kEndsBeforeWritten)) agreement.consensus().write_view(now.mono, out);
    }
    const bool written = free && (HC_MUTANT(kEndsBeforeWritten) || agreement.consensus().stands_on_disk(*ends_with));
    const bool waited = idle_by && now.mono >= *idle_by;
    const bool done = free && (waited || (written && coordinator.idle()));
    if (!done && !(stop_by && now.mono >= *stop_by)) return;
    left = leaving && done;
  }
  if (log.on() && !log.closed()) {  // the clean mark is the last that is written (9b)
    log.close();
    return log.flush(now.mono, out);
  }
  said_stopped = true;
  if (left) out.note(name_of(self.id) + " has left the cluster: its slots and its vote are with others");
  swim.leave(gossip);
  drain_gossip(now, out);
  out.stopped();
}

bool Node::Rooms::ready() const {
  const ViewRef& v = view();
  if (!v) return false;
  const ViewMember* mine = v->member(self.id);
  return mine && mine->info.generation == self.generation && mine->state == MemberState::kActive &&
         replication.all_served();
}

// --------------------------------------------------------------------------------------------------------------- Node

Node::Node(NodeConfig config) : rooms_(std::make_unique<Rooms>(std::move(config))) {}
Node::~Node() = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(Node&&) noexcept = default;

void Node::step(Event event, Now now, Effects& out) {
  const bool about_log = std::holds_alternative<LogAppended>(event) || std::holds_alternative<LogSynced>(event) ||
                         std::holds_alternative<LogRefused>(event) || std::holds_alternative<TurnEnded>(event);
  rooms_->replication.forget_evicted();
  rooms_->told.clear();
  if (rooms_->log.closing() && !about_log) return;  // nothing changes behind the clean mark
  if (const Duration lost = rooms_->pause.lost(now.mono, [this] { return deadline(); }); lost > Duration{}) {
    rooms_->swim.paused(lost);
    rooms_->peers.paused(lost);
    rooms_->replication.paused(lost);
  }
  rooms_->wakes_at.reset();
  std::visit([&](auto& e) { rooms_->on(e, now, out); }, event);
  rooms_->settle(now, out);
}

bool Node::turn_pending(Now now) const { return rooms_->turn_pending(now); }

bool Node::Rooms::turn_pending(Now now) const {
  if (stop_by || leaving || idle_by || log.has_unwritten(now.mono)) return true;
  return !log.closing() && (peers.has_unsent(now.mono) || replication.has_unsent(now.mono) || bus.has_unsent());
}

// Hosts ask more than once between two steps.
std::optional<Time> Node::deadline() const {
  if (!rooms_->wakes_at) rooms_->wakes_at = rooms_->deadline();
  return *rooms_->wakes_at;
}

std::optional<Time> Node::Rooms::deadline() const {
  if (!started || log.closing()) return log.deadline();  // where it closes, only its end matters any more
  Time next = kNever;
  const auto at = [&](const std::optional<Time>& t) {
    if (t && *t < next) next = *t;
  };
  at(swim.deadline());
  at(peers.deadline());
  at(agreement.deadline());
  at(replication.deadline());
  at(log.deadline());
  at(coordinator.deadline());
  at(bus.deadline());
  at(stop_by);
  at(idle_by);
  return next == kNever ? std::nullopt : std::optional(next);
}

void Node::prefetch(std::span<const Bytes> keys) const { rooms_->replication.prefetch(keys); }

}  // namespace hc
