#include "core/agreement/plan_members.h"

#include <algorithm>
#include <optional>

#include "core/base/seam.h"

namespace hc {
namespace {

class MemberPlanner : private Sight {
 public:
  MemberPlanner(const Sight& sight, const SlotIndex& slots, View& next) : Sight(sight), slots_(slots), next_(next) {}

  bool make() {
    plan_members();
    plan_leaves();
    plan_last_ones();
    if (!next_.same_ring_members(now())) next_.derive_ring();
    plan_voters();
    return changed_;
  }

  // Of what it has made.
  Heirs heirs() const {
    if (vote_goes_ && !HC_MUTANT(kVotesGoUnasked)) return {could_vote_, could_vote_.size()};
    Heirs found{could_vote_};
    for (const Voter& v : next_.voters)
      if (!now().votes(v.id, v.storage)) ++found.wanted;
    if (found.wanted == 0) found.ids.clear();
    return found;
  }

 private:
  // Who joins, who returns, who is gone.
  void plan_members() {
    for (const auto& [id, s] : seen()) {
      if (s->as != Seen::As::kAlive || !s->info.generation) continue;
      if (!s->info.storage && !HC_MUTANT(kBackBeforeCompared)) continue;  // 2e
      if (!s->proven && !HC_MUTANT(kRumorReplacesProcess)) continue;
      const Incarnation who{id, s->info.generation};
      if (stopping(who) || dead_by_majority(who)) continue;
      auto it = std::ranges::lower_bound(next_.members, id, {}, [](const ViewMember& m) { return m.info.id; });
      if (it == next_.members.end() || it->info.id != id) {
        if (filling()) continue;
        if (HC_MUTANT(kMembersUnsorted)) it = next_.members.end();
        next_.members.insert(it, ViewMember{s->info, MemberState::kActive, next_.epoch});
      } else if (it->info != s->info || it->state == MemberState::kAbsent) {
        if (it->info.generation != s->info.generation) it->since = next_.epoch;
        it->info = s->info;
        if (it->state == MemberState::kAbsent) it->state = MemberState::kActive;  // who is leaving goes on leaving
      } else {
        continue;
      }
      changed_ = true;
    }
    for (ViewMember& m : next_.members) {
      const Incarnation who{m.info.id, m.info.generation};
      if (m.state != MemberState::kActive || !now().names(who)) continue;
      if (!stopping(who) && !dead_by_majority(who)) continue;
      if (alive(m.info.id) && !stopping(who)) continue;
      m.state = MemberState::kAbsent;
      changed_ = true;
    }
  }

  // 7d: while learners of served slots fill, only failures change the ring's members. A slot that nobody serves holds
  // up nobody.
  bool filling() {
    if (HC_MUTANT(kJoinsWhileFilling)) return false;
    if (filling_) return *filling_;
    const auto well = [&](Incarnation who) { return alive(who.member) && now().names(who); };
    filling_ = false;
    SlotSet with_learners = slots_.moving();
    with_learners.add(slots_.passed_over());
    with_learners.for_each([&](Slot slot) {
      if (*filling_) return;
      const Incarnation primary = now().config(slot).list.front();
      if (!well(primary) && !HC_MUTANT(kLostSlotBlocksJoins)) return;
      filling_ = std::ranges::any_of(now().learners(slot), [&](Incarnation learner) {
        if (!well(learner) || HC_MUTANT(kLostSlotBlocksJoins)) return well(learner);
        return !told_to_leave(learner.member) && !said(ReportKind::kStuck, primary, learner, slot);
      });
    });
    return *filling_;
  }

  bool last_active(NodeId id) const {
    return std::ranges::none_of(
        next_.members, [&](const ViewMember& m) { return m.info.id != id && m.state == MemberState::kActive; });
  }
  bool listed_anywhere(NodeId id) const {
    return std::ranges::any_of(slots_.listed(), [&](const auto& process) { return process.first.member == id; });
  }

  // 7d, 2f: who is told to leave is no longer wanted by the ring, and goes when it is dead to us, no list names it and
  // others have its vote.
  void plan_leaves() {
    for (ViewMember& m : next_.members) {
      if (m.state == MemberState::kLeaving || !told_to_leave(m.info.id) || last_active(m.info.id)) continue;
      if (m.state == MemberState::kActive && filling()) continue;
      m.state = MemberState::kLeaving;
      changed_ = true;
    }
    const auto may_go = [&](const ViewMember& m) {
      const ViewMember* was = now().member(m.info.id);
      return was && was->state == MemberState::kLeaving && !now().votes(m.info.id) &&
             dead_by_majority({m.info.id, m.info.generation}) && !alive(m.info.id) && !listed_anywhere(m.info.id);
    };
    changed_ = std::erase_if(next_.members, may_go) > 0 || changed_;
  }

  // 7d: where nobody is active any more, whoever was told to leave has nobody to leave to, and stays; but for those who
  // have nothing left that others would take, and so may have ended by now.
  void plan_last_ones() {
    const auto active = [](const ViewMember& m) { return m.state == MemberState::kActive; };
    if (std::ranges::any_of(next_.members, active) || HC_MUTANT(kLeavesToNobody)) return;
    for (ViewMember& m : next_.members) {
      const NodeId id = m.info.id;
      if (m.state != MemberState::kLeaving || !alive(id) || stopping({id, m.info.generation})) continue;
      if (!listed_anywhere(id) && !now().votes(id)) continue;
      m.state = MemberState::kActive;
      changed_ = true;
    }
  }

  // A vote is with a data folder: whoever lives with another one by now could not use it.
  bool could_vote(const MemberInfo& named) const {
    if (!now().member(named.id)) return true;
    const bool there = alive(named.id) && seen().at(named.id)->info.storage == named.storage;
    return there || (alive(named.id) && HC_MUTANT(kVotesToALostFolder));
  }
  bool answered(NodeId id) const {
    const auto it = seen().find(id);
    return it != seen().end() && it->second->answered;
  }
  bool sound_voter(const Voter& v) const {
    const ViewMember* m = next_.member(v.id);
    return m && m->state == MemberState::kActive && m->info.storage == v.storage;
  }

  // Dead voters are replaced by living members; their number grows with the cluster, to an odd one, for of two both are
  // needed, and shrinks only by a planned leave. Nobody is given a vote who has not answered in the round that decides
  // it: it may have died.
  void plan_voters() {
    std::vector<Voter> candidates;
    std::size_t active = 0;
    for (const ViewMember& m : next_.members) {
      if (m.state != MemberState::kActive) continue;
      ++active;
      const Voter v{m.info.id, m.info.storage};
      const bool votes = std::ranges::find(next_.voters, v) != next_.voters.end();
      if (votes || !could_vote(m.info)) continue;
      if (now().member(v.id)) could_vote_.push_back(v.id);
      if (answered(v.id) || HC_MUTANT(kVotesToTheUnheard)) candidates.push_back(v);
    }
    const bool all_heard =
        HC_MUTANT(kVotesToTheUnheard) || std::ranges::all_of(could_vote_, [this](NodeId id) { return answered(id); });
    // A voter with a new data folder is replaced by itself: two voters never share one name.
    for (Voter& v : next_.voters) {
      auto same = std::ranges::find(candidates, v.id, &Voter::id);
      if (same == candidates.end()) continue;
      v = *same;
      candidates.erase(same);
      changed_ = true;
    }
    std::size_t used = 0;
    for (Voter& v : next_.voters) {
      if (sound_voter(v) || used == candidates.size()) continue;
      v = candidates[used++];
      changed_ = true;
    }
    const std::size_t wanted = wanted_voters(active, now().voters_max);
    const auto step = [&] { return next_.voters.size() % 2 == 0 || HC_MUTANT(kVotersInPairs) ? 1U : 2U; };
    while (next_.voters.size() < wanted && used + step() <= candidates.size()) {
      for (std::size_t more = step(); more > 0; --more) next_.voters.push_back(candidates[used++]);
      changed_ = true;
    }
    // A planned leave: fewer members want fewer voters; and where nobody can take the vote of one that leaves, it goes.
    // Who could and was not heard takes it in a later view.
    const auto stays = [&](NodeId id) { return next_.member(id)->state != MemberState::kLeaving; };
    const auto members = static_cast<std::size_t>(
        std::ranges::count_if(next_.members, [&](const ViewMember& m) { return stays(m.info.id); }));
    const auto votes =
        static_cast<std::size_t>(std::ranges::count_if(next_.voters, [&](const Voter& v) { return stays(v.id); }));
    if (members == next_.members.size() || votes == 0) return;
    const std::size_t odd = votes % 2 ? votes : votes - 1;
    const std::size_t most = std::min(wanted_voters(members, now().voters_max), next_.voters.size());
    vote_goes_ = votes < next_.voters.size() && odd < most;
    take_votes(vote_goes_ && all_heard ? odd : most);
  }

  // Those go first who do not stay, then who has not promised, then the last in rank; of those who remain a majority
  // has promised, else it has to wait.
  void take_votes(std::size_t wanted) {
    if (next_.voters.size() <= wanted) return;
    const auto promised = [&](const Voter& v) {
      if (HC_MUTANT(kVotesToTheSilent)) return true;
      const bool by_folder = answered(v.id) && seen().at(v.id)->info.storage == v.storage;
      return alive(v.id) && (by_folder || (answered(v.id) && HC_MUTANT(kVotesByName)));
    };
    std::vector<Voter> kept;
    for (const bool sound : {true, false})
      for (const bool has_promised : {true, false})
        for (const Voter& v : next_.voters)
          if (sound_voter(v) == sound && promised(v) == has_promised) kept.push_back(v);
    kept.resize(wanted);
    if (static_cast<std::size_t>(std::ranges::count_if(kept, promised)) < wanted / 2 + 1) return;
    next_.voters = std::move(kept);
    changed_ = true;
  }

  const SlotIndex& slots_;
  View& next_;
  std::optional<bool> filling_;     // once it was asked
  std::vector<NodeId> could_vote_;  // members of the present view that do not
  bool vote_goes_ = false;          // of one that leaves, to nobody, if all who could have it were heard
  bool changed_ = false;
};

}  // namespace

bool plan_members(const Sight& sight, const SlotIndex& slots, View& next) {
  return MemberPlanner(sight, slots, next).make();
}

Heirs heirs(const Sight& sight, const SlotIndex& slots) {
  View next = sight.now();
  next.epoch = next.epoch.next();
  MemberPlanner planner(sight, slots, next);
  planner.make();
  return planner.heirs();
}

std::size_t wanted_voters(std::size_t active, std::uint32_t voters_max) {
  const std::size_t by_size = active >= 7 ? 5 : active >= 3 ? 3 : 1;
  const std::size_t cap = std::max<std::size_t>(1, voters_max % 2 ? voters_max : voters_max - 1);
  return std::min(by_size, cap);
}

}  // namespace hc
