// From suggestions to views: gathers what membership sees and what members report, plans the next view, and proposes it
// when it is our turn (rules 2a, 2g). Consensus decides; nothing here is needed for safety.
//
// Whose turn: the live voter of lowest rank at once, others rank × backoff later, members without a vote last. Reports
// are repeated while they last and passed on by whoever hears them (5d).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/agreement/consensus.h"
#include "core/agreement/evidence.h"
#include "core/agreement/force.h"
#include "core/agreement/load.h"
#include "core/agreement/planner.h"
#include "core/base/seam.h"
#include "core/membership/swim.h"

namespace hc {

class Agreement {
 public:
  Agreement(const NodeConfig& config, Peers& peers, Random random);

  void start(std::optional<VoteRecord> record, const MemberInfo& self, Time now, Effects& out);

  Consensus& consensus() { return consensus_; }
  const Consensus& consensus() const { return consensus_; }
  const ViewRef& view() const { return consensus_.installed(); }
  const SlotIndex& slots();  // of that. Requires: there is one

  // What this member says itself, whole, each time it is asked (every tick). Repeated ones stay fresh.
  void say(const std::vector<Report>& own, Time now);
  void hear(const Reports& m, Time now);
  void membership_changed() { dirty_ = true, look_at_ = {}; }
  void view_installed(Time now);
  void session_opened(NodeId peer, Time now);  // it may have missed what was said before
  // Who says that its disk has no room (9e).
  std::set<Incarnation> full_disks() const { return pool_.about(ReportKind::kFull); }
  // Who is being stopped, and says that its time is over (7d).
  std::set<Incarnation> out_of_time() const { return pool_.about(ReportKind::kStop); }
  void stop() { stopping_ = true, dirty_ = true; }
  // This member was told to leave, and no view names it any more: it proposes none that does, and says that it ends.
  void set_seen_off(bool seen_off, Time now);
  // An operator wants this member out of the cluster. Said to all until a view says it, too, or this process ends.
  void leave(NodeId member, Time now);
  // 7e: of these slots, or of all if none is named, those of whose list nobody seems to live; or why they may not be
  // given up, and what to do.
  std::expected<SlotSet, std::string> lost(std::span<const Slot> slots, const MemberInfo& self, const Swim& swim) const;
  // An operator says that what is lost of them is to be done without. Said to all for a while.
  void accept_loss(const SlotSet& slots, Time now, Effects& out);
  // 2h: what view the decree makes; or why it may not be, and what to do.
  std::expected<ViewRef, std::string> forced(const Decree& decree, const MemberInfo& self, const Swim& swim) const;
  void decree(const Decree& decree, const MemberInfo& self, const Swim& swim, Time now, Effects& out);

  // So many commands have been executed here so far; how planned moves go, goes by that (7d).
  void executed(std::uint64_t commands, Time now) { load_.executed(commands, now); }
  // Every tick, and soon after news: spread the reports, propose if it is our turn.
  void tick(const MemberInfo& self, const Swim& swim, Time now, Effects& out);
  // When consensus wants a proposal: what waits by now.
  void propose(const MemberInfo& self, const Swim& swim, Time now, Effects& out);
  std::optional<Time> deadline() const;
  std::uint64_t proposals() const { return proposals_; }

 private:
  bool proven(const MemberInfo& info) const;
  std::vector<Seen> seen(const MemberInfo& self, const Swim& swim) const;
  void spread(Time now);
  void say_our_end(NodeId to, Time now);
  void say_who_is_dead(const MemberInfo& self, const Swim& swim, Time now);
  void say_who_shall_leave(const MemberInfo& self, Time now);
  void say_what_may_be_lost(const MemberInfo& self, const Swim& swim, Time now);
  void consider(const MemberInfo& self, const Swim& swim, Time now, Effects& out);
  std::optional<Proposal> what_waits(const MemberInfo& self, const Swim& swim, Time now);
  std::optional<Proposal> founding_together(const MemberInfo& self, const Swim& swim);
  Heirs heirs_now(const MemberInfo& self, const Swim& swim, Time now);
  bool may_rest() const;
  bool rests(Time now);
  MovePace pace(Time now);
  Duration rank_delay(const MemberInfo& self, const Swim& swim) const;
  FirstView wishes();

  const NodeConfig& config_;
  Peers& peers_;
  Random random_;
  EvidencePool pool_;
  Consensus consensus_;
  SlotIndex slots_;
  std::map<NodeId, StorageId> to_leave_;  // who shall leave, with the data folder that it had when that was said
  struct {
    SlotSet slots;
    Epoch as_of;
    Time until{};
  } may_be_lost_;
  bool dirty_ = true, stopping_ = false, seen_off_ = false;
  Time look_at_{}, spread_at_{};
  std::optional<Time> own_news_;  // since then: something that we say ourselves was not told yet
  std::optional<Time> moved_at_;  // by a view of many moves, the last one
  Load load_;
  std::optional<Time> waiting_since_;  // something to propose, not our turn yet
  std::optional<Proposal> yesterday_;  // only under the mutant proposal-of-yesterday
  std::uint64_t proposals_ = 0;
};

}  // namespace hc
