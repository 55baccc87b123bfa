#include "core/agreement/agreement.h"

#include <algorithm>

#include "core/agreement/plan_members.h"
#include "core/agreement/sight.h"
#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Duration kBatch = 5ms;  // what comes within it goes into one proposal
// After a view of so many moves its members are busy taking over for a while: the next ones wait, so that clients come
// in between.
constexpr std::size_t kManyMoves = 8;
constexpr Duration kSpread = 100ms;       // news of others is passed on within it
constexpr std::int64_t kSpreadsPerT = 5;  // and all is said again, T being how long a complaint counts
constexpr Duration kWordOfLoss = 10s;     // an operator's word is for now, not for what is lost some day
constexpr Duration kLookAgain = 250ms;    // while something waits, and another or a proposal of ours is at work

Duration pause_of(MovePace pace) { return pace == MovePace::kUnderLoad ? 1s : 50ms; }

}  // namespace

Agreement::Agreement(const NodeConfig& config, Peers& peers, Random random)
    : config_(config),
      peers_(peers),
      random_(random),
      pool_(config.patience),
      consensus_(config, peers, random_.fork()) {}

FirstView Agreement::wishes() {
  FirstView w;
  w.cluster = random_.draw128<ClusterTag>();
  w.cluster_name = config_.cluster_name;
  w.slots = config_.slots;
  w.replication_factor = config_.replication_factor;
  w.lease = config_.lease;
  w.drift_percent = config_.drift_percent;
  w.slot_loss = config_.slot_loss_wait ? SlotLossPolicy::kWait : SlotLossPolicy::kReset;
  w.voters_max = config_.voters_max;
  return w;
}

void Agreement::start(std::optional<VoteRecord> record, const MemberInfo& self, Time now, Effects& out) {
  consensus_.start(std::move(record), now, out);
  look_at_ = now;
  const bool among_founders = !config_.founders.empty();
  const bool alone = among_founders ? HC_MUTANT(kTwoBootstraps) : config_.join.empty() || HC_MUTANT(kFoundsByDefault);
  if (consensus_.cluster() || !(alone || config_.found)) return;
  MemberInfo founder = self;
  founder.storage = consensus_.storage();
  consensus_.found(plan_first(wishes(), {founder}), now, out);
}

const SlotIndex& Agreement::slots() {
  slots_.follow(view());
  return slots_;
}

// ------------------------------------------------------------------------------------------------------------ reports

void Agreement::say(const std::vector<Report>& own, Time now) {
  for (const Report& r : own)
    if (pool_.hear(r, *view(), now)) {
      dirty_ = true;
      own_news_ = own_news_.value_or(now);
      look_at_ = std::min(look_at_, now + kBatch);
    }
}

void Agreement::hear(const Reports& m, Time now) {
  if (!view()) return;
  for (const Report& r : m.reports) {
    if (!pool_.hear(r, *view(), now)) continue;
    dirty_ = true;
    spread_at_ = std::min(spread_at_, now + kSpread);
    look_at_ = std::min(look_at_, now + kBatch);
  }
}

void Agreement::view_installed(Time now) {
  pool_.forget(*view(), now);
  waiting_since_.reset();
  dirty_ = true;
  look_at_ = now + kBatch;
  if (consensus_.slots_changed() > kManyMoves) moved_at_ = now;
}

MovePace Agreement::pace(Time now) {
  if (in_haste(*view(), slots(), pool_.reports(now))) return MovePace::kHaste;
  return load_.high() ? MovePace::kUnderLoad : MovePace::kQuiet;
}

// 7d: after a view of many moves, until clients have come in between.
bool Agreement::rests(Time now) {
  if (!moved_at_ || now - *moved_at_ >= pause_of(MovePace::kUnderLoad) || !may_rest()) return false;
  const Time until = *moved_at_ + pause_of(pace(now));
  if (now < until) look_at_ = until;
  return now < until;
}

// 7d: nothing is known but what nobody waits for.
bool Agreement::may_rest() const {
  return pool_.all([](const Report& r) {
    return r.kind == ReportKind::kCaughtUp || r.kind == ReportKind::kDrop || r.kind == ReportKind::kStop;
  });
}

void Agreement::session_opened(NodeId peer, Time now) {
  consensus_.session_opened(peer, now);
  spread_at_ = std::min(spread_at_, now);
  if (seen_off_) say_our_end(peer, now);
}

// 7d: the frame that tells them of the view that we know tells them this, too.
void Agreement::set_seen_off(bool seen_off, Time now) {
  seen_off_ = seen_off && !HC_MUTANT(kLeaverJoinsAgain);
  if (!seen_off_) return;
  for (const ViewMember& m : view()->members) say_our_end(m.info.id, now);
}

void Agreement::say_our_end(NodeId to, Time now) {
  const Incarnation us{config_.self.id, config_.self.generation};
  peers_.send_first(to, Reports{{{ReportKind::kStop, us, us, view()->epoch, {}, now, {}}}});
}

void Agreement::say_who_is_dead(const MemberInfo& self, const Swim& swim, Time now) {
  if (!view()->votes(self.id)) return;
  for (const ViewMember& m : view()->members) {
    if (m.info.id == self.id || m.state == MemberState::kAbsent) continue;
    auto it = swim.peers().find(m.info.id);
    if (it == swim.peers().end() || it->second.liveness < Liveness::kDead) continue;
    if (now - peers_.last_heard({m.info.id, m.info.generation}) < config_.patience_refused)
      continue;  // it speaks to us
    const Incarnation me{self.id, self.generation};
    say({{ReportKind::kDead, me, {m.info.id, m.info.generation}, view()->epoch, {}, now, {}}}, now);
  }
}

void Agreement::leave(NodeId member, Time now) {
  const ViewMember* m = view() ? view()->member(member) : nullptr;
  if (!m) return;
  to_leave_[member] = m->info.storage;
  look_at_ = now;
}

std::expected<ViewRef, std::string> Agreement::forced(const Decree& decree, const MemberInfo& self,
                                                      const Swim& swim) const {
  if (!view()) return std::unexpected("this member is in no view yet");
  MemberInfo us = self;
  if (!HC_MUTANT(kForceForgetsItsFolder)) us.storage = consensus_.storage();  // compared or not (2e)
  return force(self.id, *view(), decree, pool_.reports({}), seen(us, swim), [&](Incarnation who) {
    return who.member == self.id || (peers_.open(who.member) && peers_.installed(who) == view()->epoch);
  });
}

void Agreement::decree(const Decree& decree, const MemberInfo& self, const Swim& swim, Time now, Effects& out) {
  const auto next = forced(decree, self, swim);
  if (!next) return out.note("nothing is forced: " + next.error(), Note::Level::kWarning);
  out.note("an operator forces view " + std::to_string((*next)->epoch.value) + ", the first of lineage " +
               std::to_string((*next)->lineage),
           Note::Level::kWarning);
  consensus_.decree(*next, now, out);
}

// One with a new data folder is another one, who has come since; and the last one stays, whatever was said.
void Agreement::say_who_shall_leave(const MemberInfo& self, Time now) {
  std::erase_if(to_leave_, [&](const auto& told) {
    const ViewMember* m = view()->member(told.first);
    return !m || m->state == MemberState::kLeaving || m->info.storage != told.second ||
           std::ranges::none_of(view()->members, [&](const ViewMember& other) {
             return other.info.id != told.first && other.state == MemberState::kActive;
           });
  });
  for (const auto& [id, storage] : to_leave_)
    say({{ReportKind::kLeave, {self.id, self.generation}, view()->incarnation_of(id), view()->epoch, {}, now, {}}},
        now);
}

namespace {

std::function<bool(Incarnation)> seems_to_live(const MemberInfo& self, const Swim& swim) {
  return [&self, &swim](Incarnation who) {
    if (who.member == self.id) return who.generation == self.generation;
    const auto it = swim.peers().find(who.member);
    return it != swim.peers().end() && it->second.info.generation == who.generation &&
           it->second.liveness < Liveness::kDead;
  };
}

// 4b: a member of an older version hears the others, and does without these.
std::vector<Report> what_it_knows(std::vector<Report> reports, std::uint32_t wire) {
  std::erase_if(reports, [&](const Report& r) { return wire_since(r) > wire && !HC_MUTANT(kNewerKindToOldPeer); });
  return reports;
}

}  // namespace

std::expected<SlotSet, std::string> Agreement::lost(std::span<const Slot> slots, const MemberInfo& self,
                                                    const Swim& swim) const {
  if (!view()) return std::unexpected("this member is in no view yet");
  const auto lives = seems_to_live(self, swim);
  SlotSet gone(view()->slot_count());
  const auto look = [&](Slot s) -> std::optional<Incarnation> {
    const InSyncList& list = view()->config(s).list;
    const auto there = std::ranges::find_if(list, lives);
    if (there != list.end()) return *there;
    gone.add(s);
    return std::nullopt;
  };
  for (const Slot s : slots) {
    if (s.value >= view()->slot_count()) return std::unexpected("there is no slot " + std::to_string(s.value));
    if (const auto there = look(s))
      return std::unexpected("slot " + std::to_string(s.value) + " is not lost: " + name_of(there->member) +
                             " has it, and seems to live");
  }
  for (std::uint32_t s = 0; slots.empty() && s < view()->slot_count(); ++s) look(Slot{static_cast<std::uint16_t>(s)});
  if (gone.empty()) return std::unexpected("no slot is lost: of each one somebody who has it seems to live");
  constexpr std::uint32_t kSince = 2;
  const auto understands = [&](const Voter& v) {
    return v.id == self.id ? peers_.wire_max() >= kSince : peers_.wire(v.id) >= kSince;
  };
  const auto votes = static_cast<std::size_t>(std::ranges::count_if(view()->voters, understands));
  if (votes < view()->majority())
    return std::unexpected("of " + std::to_string(view()->voters.size()) + " voters " + std::to_string(votes) +
                           " are there and know of this (wire version 2): it takes a majority; start or upgrade them");
  return gone;
}

void Agreement::accept_loss(const SlotSet& slots, Time now, Effects& out) {
  if (!view()) return;
  may_be_lost_ = {slots, view()->epoch, now + kWordOfLoss};
  look_at_ = now;
  out.note("an operator accepts what is lost of " + std::to_string(slots.count()) + " slots", Note::Level::kWarning);
}

// Only while they are lost: nobody is given up who is there again.
void Agreement::say_what_may_be_lost(const MemberInfo& self, const Swim& swim, Time now) {
  if (may_be_lost_.slots.empty()) return;
  const auto lives = seems_to_live(self, swim);
  SlotSet still(view()->slot_count());
  may_be_lost_.slots.for_each([&](Slot s) {
    const SlotConfig& slot = view()->config(s);
    if (now < may_be_lost_.until && slot.epoch <= may_be_lost_.as_of && std::ranges::none_of(slot.list, lives))
      still.add(s);
  });
  may_be_lost_.slots = std::move(still);
  const Incarnation me{self.id, self.generation};
  if (!may_be_lost_.slots.empty())
    say({{ReportKind::kAcceptLoss, me, me, may_be_lost_.as_of, may_be_lost_.slots, now, {}}}, now);
}

// What is news to us of ourselves, at once; all that we know, now and then.
void Agreement::spread(Time now) {
  const bool own = std::exchange(own_news_, std::nullopt).has_value();
  if (pool_.empty() || !view()) return;
  const bool all = now >= spread_at_ || HC_BUGGIFY(kSpreadAtOnce);
  if (!own && !all) return;
  if (all) spread_at_ = now + config_.patience / kSpreadsPerT;
  if (HC_BUGGIFY(kSpreadSkipped)) return;
  std::vector<Report> reports = pool_.reports(now);
  if (!all) std::erase_if(reports, [&](const Report& r) { return r.by.member != config_.self.id; });
  for (const ViewMember& m : view()->members)
    if (m.info.id != config_.self.id && m.state != MemberState::kAbsent)
      peers_.send(m.info.id, Reports{what_it_knows(reports, peers_.wire(m.info.id))});
}

// ---------------------------------------------------------------------------------------------------------- proposing

// The challenge was ours, given while we knew the view that named the present process: who answers it is no older. Who
// is in no view may have been in one that we have forgotten, or never knew: it is to know ours first, for if it was
// seen off it says so then (7d).
bool Agreement::proven(const MemberInfo& info) const {
  const Incarnation who{info.id, info.generation};
  const auto proof = peers_.proof(who);
  if (!proof) return false;
  const ViewMember* present = view()->member(info.id);
  if (present) return present->info.generation == info.generation || *proof >= present->since;
  const Epoch knows = peers_.installed(who);
  return !knows || knows >= view()->epoch || HC_MUTANT(kStrangerNamedAtOnce);
}

std::vector<Seen> Agreement::seen(const MemberInfo& self, const Swim& swim) const {
  const bool round = consensus_.wants_proposal();
  const auto answered = [&](const MemberInfo& info) { return !round || consensus_.answered(info.id, info.storage); };
  std::vector<Seen> all{{self, stopping_ || seen_off_ ? Seen::As::kGone : Seen::As::kAlive, true, answered(self)}};
  all.back().writes = consensus_.writes_of(self.storage);
  for (const auto& [id, peer] : swim.peers()) {
    if (id == self.id) continue;
    const auto as = peer.liveness == Liveness::kAlive     ? Seen::As::kAlive
                    : peer.liveness == Liveness::kSuspect ? Seen::As::kSuspect
                                                          : Seen::As::kGone;
    all.push_back({peer.info, as, proven(peer.info), answered(peer.info)});
    all.back().writes = consensus_.writes_of(peer.info.storage);
    if (!peer.info.storage) all.back().compares = consensus_.compares({id, peer.info.generation});
  }
  return all;
}

Duration Agreement::rank_delay(const MemberInfo& self, const Swim& swim) const {
  const auto lives = [&](NodeId id) {
    if (id == self.id) return true;
    auto it = swim.peers().find(id);
    return it != swim.peers().end() && it->second.liveness == Liveness::kAlive && !peers_.refused_since(id);
  };
  if (HC_BUGGIFY(kProposesOutOfTurn)) return {};
  std::int64_t rank = HC_BUGGIFY(kProposesLate) ? 5 : 0;
  if (view()) {
    // Who is absent is told of no reports, and may be ending: these come last.
    std::vector<NodeId> line;
    for (const bool absent : {false, true}) {
      const auto stands_here = [&](NodeId id) {
        const ViewMember* m = view()->member(id);
        const bool last = m && m->state == MemberState::kAbsent && !HC_MUTANT(kAbsentProposesFirst);
        return last == absent && lives(id);
      };
      for (const Voter& v : view()->voters)
        if (stands_here(v.id)) line.push_back(v.id);
      for (const ViewMember& m : view()->members)
        if (!view()->votes(m.info.id) && stands_here(m.info.id)) line.push_back(m.info.id);
    }
    rank += std::ranges::find(line, self.id) - line.begin();
    return rank * consensus_.turn();
  }
  for (const Founder& f : config_.founders) {
    if (f.id == self.id) break;
    if (lives(f.id)) ++rank;
  }
  return rank * consensus_.turn();
}

// 2g: once all founders are there. What is proposed names them with the folders that they have promised with: before
// its first write a folder may be lost without a trace.
std::optional<Proposal> Agreement::founding_together(const MemberInfo& self, const Swim& swim) {
  if (config_.founders.empty() || consensus_.cluster()) return std::nullopt;
  std::vector<MemberInfo> members;
  for (const Founder& f : config_.founders) {
    if (f.id == self.id) {
      members.push_back(self);
      continue;
    }
    auto it = swim.peers().find(f.id);
    if (it == swim.peers().end() || it->second.liveness != Liveness::kAlive || !it->second.info.storage)
      return std::nullopt;
    members.push_back(it->second.info);
    peers_.want(f.id);
  }
  const auto promised = [&](const MemberInfo& m) { return consensus_.answered(m.id, m.storage); };
  const bool round = consensus_.wants_proposal() && !HC_MUTANT(kFoundersByHearsay);
  if (round && !std::ranges::all_of(members, promised)) return std::nullopt;
  return plan_first(wishes(), members);
}

std::optional<Proposal> Agreement::what_waits(const MemberInfo& self, const Swim& swim, Time now) {
  if (!view()) return founding_together(self, swim);
  return plan(*view(), slots(), pool_.reports(now), seen(self, swim), pace(now));
}

void Agreement::consider(const MemberInfo& self, const Swim& swim, Time now, Effects& out) {
  if (consensus_.busy()) return;
  if (rests(now)) return;
  const bool opens = (dirty_ || waiting_since_) && consensus_.may_open();
  std::optional<Proposal> opening;
  if (opens) opening = what_waits(self, swim, now);
  if (dirty_ || !view()) {
    dirty_ = false;
    if (HC_MUTANT(kProposalOfYesterday)) yesterday_ = what_waits(self, swim, now);
    const bool some = opens    ? opening.has_value()
                      : view() ? waits(*view(), slots(), pool_.reports(now), seen(self, swim))
                               : what_waits(self, swim, now).has_value();
    if (!some) return void(waiting_since_.reset());
    if (!waiting_since_) waiting_since_ = now;
  }
  if (!waiting_since_) return;
  const Time turn = *waiting_since_ + rank_delay(self, swim);
  if (now < turn) return void(look_at_ = std::min(look_at_, turn));
  waiting_since_.reset();
  dirty_ = true;                                             // until it is decided: an attempt may fail
  if (opening && opening->view->voters == view()->voters) {  // else votes are to be given, and heirs asked (2f)
    ++proposals_;
    return consensus_.open(*opening, now, out);
  }
  consensus_.prepare(now, out, heirs_now(self, swim, now));
}

Heirs Agreement::heirs_now(const MemberInfo& self, const Swim& swim, Time now) {
  if (!view() || HC_MUTANT(kVotesToTheUnheard)) return {};
  const std::vector<Report> reports = pool_.reports(now);
  const std::vector<Seen> all = seen(self, swim);
  return heirs(Sight(*view(), reports, all), slots());
}

void Agreement::propose(const MemberInfo& self, const Swim& swim, Time now, Effects& out) {
  const auto proposal = HC_MUTANT(kProposalOfYesterday) ? yesterday_ : what_waits(self, swim, now);
  dirty_ = true;
  if (!proposal) {
    const std::vector<NodeId> by_now = heirs_now(self, swim, now).ids;
    dirty_ = std::ranges::any_of(by_now, [&](NodeId heir) { return !consensus_.asks(heir); });  // in another round
    return consensus_.give_up();
  }
  ++proposals_;
  consensus_.propose(*proposal, now, out);
}

void Agreement::tick(const MemberInfo& self, const Swim& swim, Time now, Effects& out) {
  consensus_.tick(now, out);
  dirty_ |= consensus_.take_heard_late();
  if (view()) {
    dirty_ |= pool_.forget(*view(), now);
    say_who_is_dead(self, swim, now);
    say_who_shall_leave(self, now);
    say_what_may_be_lost(self, swim, now);
    spread(now);
  }
  if (!consensus_.busy() && consensus_.left_lying(now, rank_delay(self, swim))) consensus_.prepare(now, out);
  if (now < look_at_) return;
  look_at_ = now + kLookAgain;
  if (HC_BUGGIFY(kConsidersLate)) return;
  consider(self, swim, now, out);
}

std::optional<Time> Agreement::deadline() const {
  std::optional<Time> next = consensus_.deadline();
  const auto at = [&](Time t) { next = next ? std::min(*next, t) : t; };
  const bool something = dirty_ || waiting_since_ || consensus_.heard_late() || (!view() && !config_.founders.empty());
  if (something || !to_leave_.empty() || !may_be_lost_.slots.empty()) at(look_at_);
  if (!pool_.empty()) at(own_news_ ? std::min(*own_news_, spread_at_) : spread_at_);
  return next;
}

}  // namespace hc
