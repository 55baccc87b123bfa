#include "core/agreement/planner.h"

#include <algorithm>

#include "core/agreement/evidence.h"
#include "core/agreement/plan_members.h"
#include "core/agreement/recovery.h"
#include "core/agreement/sight.h"
#include "core/agreement/step_rule.h"
#include "core/base/seam.h"

namespace hc {
namespace {

// Each moved slot is taken over, and waits for that; and all that is moved at once keeps the members busy at a stretch.
std::size_t moves_at_once(MovePace pace) {
  if (HC_BUGGIFY(kFewMovesAtOnce)) return 1;
  return pace == MovePace::kQuiet ? 64 : 256;
}

class Planner : private Sight {
 public:
  Planner(const Sight& sight, const SlotIndex& slots, MovePace pace)
      : Sight(sight),
        now_(now()),
        slots_(slots),
        reports_(reports()),
        moves_most_(moves_at_once(pace)),
        next_(std::make_shared<View>(now())) {
    next_->epoch = now_.epoch.next();
    for (const Report& r : reports_)
      if (r.kind != ReportKind::kCaughtUp && r.kind != ReportKind::kDrop && r.kind != ReportKind::kStop)
        pressing_.add(r.slots);
  }

  std::optional<Proposal> make() {
    plan_all(false);
    if (!changed_) return std::nullopt;
    tell_counts();
    return Proposal{next_, useful_evidence()};
  }
  bool any() {
    plan_all(true);
    return changed_;
  }

 private:
  // `any`: only until something has changed.
  void plan_all(bool any) {
    changed_ = plan_members(*this, slots_, *next_);
    same_wanted_ = now_.same_wanted(*next_);
    same_ring_ = now_.ring == next_->ring;
    for (const ViewMember& m : now_.members)
      if (const Incarnation who{m.info.id, m.info.generation}; alive(m.info.id) && next_->names(who) && !stopping(who))
        well_.push_back(who);
    const auto enough = [&] { return any && changed_; };
    const SlotSet worth = same_ring_ ? worth_a_look() : slots_.all();
    const SlotSet cannot_wait = not_to_wait();
    worth.for_each([&](Slot slot) {
      if (!enough() && (moves_ < moves_most_ || cannot_wait.has(slot))) plan_slot(slot);
    });
  }

  // Where the ring stays: all others are as_wanted(), or wait for a learner, and nothing is reported of them.
  SlotSet worth_a_look() const {
    SlotSet slots = slots_.moving();
    if (same_wanted_) slots.remove(slots_.lacking());
    slots.add(reported());
    slots.add(slots_.passed_over());
    for (const auto& [who, named] : slots_.listed())
      if (!well(who)) slots.add(named);
    return slots;
  }

  // 2e: so that whoever is asked knows what those do who proposed. Nothing of an only voter, for without its vote
  // nothing would be decided any more; and what it has forgotten others have, or nobody.
  void tell_counts() {
    next_->counts.clear();
    if (next_->voters.size() == 1 || HC_MUTANT(kCountsInMemoryAlone)) return;
    for (const Voter& v : next_->voters) {
      const auto it = seen().find(v.id);
      const bool by_folder = it != seen().end() && it->second->info.storage == v.storage;
      const std::uint64_t writes = std::max(now_.count_of(v.storage), by_folder ? it->second->writes : 0);
      if (writes > 0) next_->counts.push_back({v.storage, writes});
    }
  }

  bool well(Incarnation who) const { return std::ranges::binary_search(well_, who); }

  bool counted(Slot slot, Incarnation who) const {
    return HC_MUTANT(kUncountedLearnerPromoted) ||
           said(ReportKind::kCaughtUp, now_.config(slot).list.front(), who, slot);
  }

  void plan_slot(Slot slot) {
    const SlotConfig& from = now_.config(slot);
    const bool reports = any_report(slot);
    if (!reports && as_wanted(from, slot)) return;
    bool renewed = false;
    InSyncList list = from.list;
    if (reports) {
      list = with_counted(slot, list);
      list = without_accused(slot, list, renewed);
      list = without_unwanted(slot, list);
    }
    list = in_ring_order(slot, list);
    if (HC_MUTANT(kReturnAsInSync)) list = with_returned(list);
    const bool survivor = std::ranges::any_of(list, [&](Incarnation who) { return !from.list.names(who); });
    if (HC_MUTANT(kDroppedByHearsay)) list = without_gone(list);
    if (HC_MUTANT(kRestartDropsLastDisk)) list = without_ended(list);
    const bool rash = HC_MUTANT(kAnyReturnerServes) || HC_MUTANT(kResetOfTheLiving);
    const bool over = all_ended(now_, slot) || (rash && nobody_lives(list));
    if (!survivor && over && now_.slot_loss == SlotLossPolicy::kReset && nothing_on_disk(now_, slot, reports_))
      list = reset(slot, list);
    if (reports && !survivor) list = recovered(slot, list);
    if (reports && !survivor && list == from.list) list = without_the_lost(slot, list);
    if (HC_MUTANT(kEmptyInSync) && list.size() == 1 && !alive(list.front().member)) list = any_living(slot, list);
    if (planned(slot, from.list, list, reports) && moves_++ >= moves_most_) list = from.list;
    SlotConfig to{from.epoch, list, passed_over(slot, list, reports)};
    const bool moved = !(to == from);
    if (moved) next_->slots[slot.value] = to;
    if (must_renew(now_, *next_, slot) || renewed) {
      next_->slots[slot.value].epoch = next_->epoch;
      changed_ = true;
    }
  }

  // 7d: a move that nobody waits for. Of these a view makes some only, and the next ones make the others.
  bool planned(Slot slot, const InSyncList& from, const InSyncList& to, bool reports) const {
    if (to == from) return false;
    if (std::ranges::none_of(to, [&](Incarnation who) { return from.names(who); })) return false;  // 7e, 9a
    return !reports || std::ranges::none_of(from, [&](Incarnation who) { return accused(slot, who); });
  }

  // All others become such a move, if anything: nobody complains, and a process of their list is there.
  SlotSet not_to_wait() const {
    if (!same_wanted_) return slots_.all();
    std::vector<Incarnation> named;
    for (const ViewMember& m : next_->members) named.push_back({m.info.id, m.info.generation});
    SlotSet slots = slots_.without(named);
    slots.add(pressing_);
    return slots;
  }

  // As most of thousands of slots are: the list names whom the ring wants and will want, in its order, and all of them
  // are well. Nothing becomes of such a slot.
  bool as_wanted(const SlotConfig& config, Slot slot) const {
    const auto is = [&](Incarnation who, NodeId wanted) { return who.member == wanted && well(who); };
    return !config.passed_over && std::ranges::equal(config.list, now_.ring.wanted(slot), is) &&
           (same_ring_ || std::ranges::equal(config.list, next_->ring.wanted(slot), is));
  }

  // 7c: counted learners in, nobody out.
  InSyncList with_counted(Slot slot, InSyncList list) const {
    for (Incarnation learner : now_.learners(slot)) {
      if (list.size() == kListMax || !counted(slot, learner) || accused(slot, learner)) continue;
      if (!next_->names(learner) || list.names(learner)) continue;
      list.push_back(learner);
      if (HC_MUTANT(kAddAndDropAtOnce)) list = only_wanted(slot, list);
    }
    return list;
  }
  InSyncList only_wanted(Slot slot, const InSyncList& list) const {
    InSyncList kept;
    for (Incarnation who : list)
      if (std::ranges::find(next_->ring.wanted(slot), who.member) != next_->ring.wanted(slot).end())
        kept.push_back(who);
    return kept.empty() ? list : kept;
  }

  // 5d: out go those of whom one that stays complains. Of two that accuse each other, membership's word decides who
  // stays, then the order of the list.
  InSyncList without_accused(Slot slot, InSyncList list, bool& renewed) const {
    for (bool again = true; again;) {
      again = false;
      for (const Report& r : reports_) {
        if (r.kind != ReportKind::kComplaint || !counts_for(r, now_, slot)) continue;
        if (!list.names(r.about)) {
          // About a counted learner: the slot epoch is renewed, the count is void.
          if (now_.config(slot).list.names(r.by) && now_.is_learner(slot, r.about) && !HC_MUTANT(kCountedLearnerStuck))
            renewed = true;
          continue;
        }
        if (!list.names(r.by) || r.by == r.about || prefers(slot, r.about, r.by)) continue;
        list = removed(list, r.about);
        again = true;
        break;
      }
    }
    return supported(slot, list);
  }
  // Who was taken out on the word of one that was then taken out itself stays for now: nobody who stays accuses it.
  InSyncList supported(Slot slot, InSyncList list) const {
    for (Incarnation who : now_.config(slot).list) {
      const bool accused_by_stayer =
          std::ranges::any_of(list, [&](Incarnation by) { return said(ReportKind::kComplaint, by, who, slot); });
      if (!list.names(who) && !accused_by_stayer && list.size() < kListMax) list.push_back(who);
    }
    return list;
  }
  // True if the accused shall stay rather than the accuser: it accuses too, and looks the better of the two.
  bool prefers(Slot slot, Incarnation accused_one, Incarnation accuser) const {
    if (!said(ReportKind::kComplaint, accused_one, accuser, slot)) return false;
    const auto rank = [&](Incarnation who) {
      const InSyncList& list = now_.config(slot).list;
      std::size_t place = 0;
      while (place < list.size() && list[place] != who) ++place;
      return std::tuple(static_cast<int>(as(who.member)), place);
    };
    return rank(accused_one) < rank(accuser);
  }
  static InSyncList removed(const InSyncList& list, Incarnation who) {
    InSyncList kept;
    for (Incarnation x : list)
      if (x != who) kept.push_back(x);
    return kept;
  }

  // 7c: whom the ring no longer wants leaves on the word of the primary, when all whom it wants are in, and well. Of a
  // full list the last of them makes room. The primary spoke of the ring that it knew; what counts is the next one.
  InSyncList without_unwanted(Slot slot, InSyncList list) const {
    const InSyncList& from = now_.config(slot).list;
    const Incarnation primary = from.front();
    const auto wanted = next_->ring.wanted(slot);
    const auto lives = [&](NodeId id) { return alive(id) || HC_MUTANT(kDropForTheDead); };
    if (!list.names(primary) || !next_->names(primary) || !lives(primary.member)) return list;
    const auto is_in = [&](NodeId id) { return lives(id) && list.names(next_->incarnation_of(id)); };
    const auto may_go = [&](Incarnation who) {
      const bool is_wanted = std::ranges::find(wanted, who.member) != wanted.end() && !HC_MUTANT(kDropOfYesterday);
      return who != primary && list.names(who) && !is_wanted && said(ReportKind::kDrop, primary, who, slot);
    };
    if (std::ranges::all_of(wanted, is_in) || HC_MUTANT(kDropBeforeTakeover)) {
      for (Incarnation who : from)
        if (may_go(who)) list = removed(list, who);
      return list;
    }
    if (list.size() < kListMax) return list;
    for (std::size_t i = from.size(); i > 0; --i) {
      if (!may_go(from[i - 1])) continue;
      const InSyncList roomy = with_counted(slot, removed(list, from[i - 1]));
      return roomy.size() == kListMax ? roomy : list;
    }
    return list;
  }

  // 7a: a learner without progress yields to the ring's next, as long as the list is short. If that one is stuck as
  // well, it yields back.
  Incarnation passed_over(Slot slot, const InSyncList& list, bool reports) const {
    if (list.size() >= next_->replication_factor || HC_MUTANT(kLearnerNeverYields)) return {};
    const auto wanted = next_->ring.wanted(slot);
    const auto is_wanted = [&](Incarnation who) {
      return next_->names(who) && std::ranges::find(wanted, who.member) != wanted.end() && !list.names(who);
    };
    const Incarnation next = next_->incarnation_of(next_->ring.next(slot));
    const bool stands_in = next && !list.names(next);  // the next can
    Incarnation passed = now_.config(slot).passed_over;
    if (!is_wanted(passed) || !stands_in) passed = {};
    if (!reports) return passed;
    for (Incarnation learner : now_.learners(slot)) {
      if (!said(ReportKind::kStuck, now_.config(slot).list.front(), learner, slot)) continue;
      if (learner == next) {
        passed = {};
      } else if (!passed && is_wanted(learner) && stands_in && alive(next.member)) {
        passed = learner;
      }
    }
    return passed;
  }

  // The order that the ring wants, as soon as all whom it wants are there and its first is well.
  InSyncList in_ring_order(Slot slot, const InSyncList& list) const {
    const auto wanted = next_->ring.wanted(slot);
    if (wanted.empty() || list.size() < 2) return list;
    InSyncList ordered;
    for (NodeId id : wanted) {
      const Incarnation who = next_->incarnation_of(id);
      if (list.names(who)) ordered.push_back(who);
    }
    const bool all = ordered.size() == wanted.size();
    for (Incarnation who : list)
      if (!ordered.names(who)) ordered.push_back(who);
    const Incarnation first = ordered.front();
    const bool well = alive(first.member) && next_->names(first) && !accused(slot, first) && !full(first);
    if (!well || (list == now_.config(slot).list && !all)) {
      return stopped_last(list);
    }
    return ordered;
  }
  // Who is being stopped hands its place as primary to the next that is well.
  InSyncList stopped_last(const InSyncList& list) const {
    if (!stopping(list.front())) return list;
    InSyncList ordered;
    for (Incarnation who : list)
      if (!stopping(who)) ordered.push_back(who);
    for (Incarnation who : list)
      if (stopping(who)) ordered.push_back(who);
    return ordered;
  }

  // 9a: no process of the list is left; on from a disk, alone.
  InSyncList recovered(Slot slot, const InSyncList& list) const {
    const auto lives = [&](Incarnation who) { return alive(who.member) && next_->names(who); };
    if (std::ranges::any_of(now_.config(slot).list, lives)) return list;
    const Incarnation winner = recovers(now_, slot, reports_, lives);
    if (!winner) return list;
    InSyncList next;
    next.push_back(winner);
    if (HC_MUTANT(kRecoverAllAsInSync))
      for (Incarnation old : now_.config(slot).list)
        if (const Incarnation back = now_.incarnation_of(old.member);
            back != winner && lives(back) && may_recover(now_, slot, back, reports_))
          next.push_back(back);
    return next;
  }

  // 7e: anew, alone at the first of the last list that is back, or where the ring wants it if all of them are leaving.
  // Its learners are filled from there.
  InSyncList reset(Slot slot, const InSyncList& list) const {
    for (Incarnation old : now_.config(slot).list)
      if (const InSyncList alone = alone_at(old.member); !alone.empty()) return alone;
    if (all_leaving(now_, slot))
      for (NodeId wanted : next_->ring.wanted(slot))
        if (const InSyncList alone = alone_at(wanted); !alone.empty()) return alone;
    return list;
  }
  // 7e, on an operator's word: on from the highest position that is on offer, or anew where nothing is.
  InSyncList without_the_lost(Slot slot, const InSyncList& list) {
    if (!loss_accepted(now_, slot, reports_)) return list;
    const auto seems_to_live = [&](Incarnation who) { return as(who.member) != Seen::As::kGone && next_->names(who); };
    if (std::ranges::any_of(list, seems_to_live)) return list;
    if (may_offer_yet(now_, slot, reports_, seems_to_live)) return list;
    std::vector<NodeId> where;
    for (Incarnation old : list) where.push_back(old.member);
    for (NodeId wanted : next_->ring.wanted(slot)) where.push_back(wanted);
    for (NodeId id : where) {
      const InSyncList alone = alone_at(id);
      if (alone.empty() || !may_go_on(now_, slot, alone.front(), reports_)) continue;
      by_word_ = true;
      return alone;
    }
    return list;
  }
  InSyncList alone_at(NodeId id) const {
    InSyncList alone;
    const Incarnation back = now_.incarnation_of(id);
    const ViewMember* m = next_->member(id);
    if (m && alive(id) && next_->names(back) && m->state == MemberState::kActive) alone.push_back(back);
    return alone;
  }
  // Only under the mutant dropped-by-hearsay: whom membership holds for dead is dropped, whoever has said nothing.
  InSyncList without_gone(const InSyncList& list) const {
    InSyncList living;
    for (Incarnation who : list)
      if (as(who.member) != Seen::As::kGone && next_->names(who)) living.push_back(who);
    return living.empty() ? list : living;
  }
  // Only under the mutant restart-drops-last-disk: whose member is back in a new process is dropped.
  InSyncList without_ended(const InSyncList& list) const {
    InSyncList kept;
    for (Incarnation who : list)
      if (next_->incarnation_of(who.member) == who) kept.push_back(who);
    return kept.empty() ? list : kept;
  }
  // Only under the mutants any-returner-serves and reset-of-the-living: whoever of the list is back will do.
  bool nobody_lives(const InSyncList& list) const {
    return std::ranges::none_of(list, [&](Incarnation who) { return alive(who.member) && next_->names(who); });
  }
  // Only under the mutant return-as-in-sync: whoever is back is what its former process was.
  InSyncList with_returned(const InSyncList& list) const {
    InSyncList returned;
    for (Incarnation who : list) returned.push_back(next_->incarnation_of(who.member));
    return returned;
  }
  InSyncList any_living(Slot slot, const InSyncList& list) const {
    for (Incarnation learner : now_.learners(slot)) {
      if (!alive(learner.member)) continue;
      InSyncList alone;
      alone.push_back(learner);
      return alone;
    }
    return list;
  }

  // A few reports, for what one rule does not need another does; of the slots that change, for voters write them down.
  // Who offers a slot says what it has of each: these stay whole.
  std::vector<Report> useful_evidence() const {
    SlotSet changed(now_.slot_count());
    next_->slots.for_each_difference(now_.slots,
                                     [&](std::size_t i) { changed.add(Slot{static_cast<std::uint16_t>(i)}); });
    std::vector<Report> useful;
    for (const Report& r : reports_) {
      if (r.kind == ReportKind::kDead || r.kind == ReportKind::kStop || r.kind == ReportKind::kLeave ||
          r.kind == ReportKind::kFull || (r.kind == ReportKind::kAcceptLoss && !by_word_))
        continue;
      useful.push_back(r);
      if (r.offers.empty()) useful.back().slots.keep(changed);
      if (useful.back().slots.empty()) useful.pop_back();
    }
    return useful;
  }

  const View& now_;
  const SlotIndex& slots_;
  const std::vector<Report>& reports_;
  std::vector<Incarnation> well_;  // members of both views that seem alive and are not being stopped, in order
  SlotSet pressing_;               // slots of which something is said that may not wait
  bool same_ring_ = false, same_wanted_ = false;
  const std::size_t moves_most_;
  std::size_t moves_ = 0;
  std::shared_ptr<View> next_;
  bool changed_ = false;
  bool by_word_ = false;  // some slot goes on because an operator accepts what is lost
};

}  // namespace

std::optional<Proposal> plan(const View& now, const SlotIndex& slots, const std::vector<Report>& reports,
                             const std::vector<Seen>& seen, MovePace pace) {
  return Planner(Sight(now, reports, seen), slots, pace).make();
}

bool waits(const View& now, const SlotIndex& slots, const std::vector<Report>& reports, const std::vector<Seen>& seen) {
  return Planner(Sight(now, reports, seen), slots, MovePace::kQuiet).any();
}

bool in_haste(const View& now, const SlotIndex& slots, const std::vector<Report>& reports) {
  const auto stops = [&](const Report& r) { return r.kind == ReportKind::kStop && now.names(r.about); };
  if (std::ranges::any_of(reports, stops)) return true;
  bool any = false;
  slots.too_short().for_each([&](Slot s) { any = any || now.names(now.config(s).list.front()); });
  return any;
}

Proposal plan_first(const FirstView& wishes, const std::vector<MemberInfo>& members) {
  auto view = std::make_shared<View>();
  view->cluster = wishes.cluster;
  view->cluster_name = wishes.cluster_name;
  view->epoch = Epoch(1);
  view->replication_factor = wishes.replication_factor;
  view->lease = wishes.lease;
  view->drift_percent = wishes.drift_percent;
  view->slot_loss = wishes.slot_loss;
  view->voters_max = wishes.voters_max;
  for (const MemberInfo& info : members) view->members.push_back({info, MemberState::kActive, Epoch(1)});
  std::ranges::sort(view->members, {}, [](const ViewMember& m) { return m.info.id; });
  for (const ViewMember& m : view->members)
    if (view->voters.size() < wanted_voters(members.size(), wishes.voters_max))
      view->voters.push_back({m.info.id, m.info.storage});
  view->slots.resize(wishes.slots);
  view->derive_ring();
  for (std::uint32_t s = 0; s < wishes.slots; ++s) {
    SlotConfig& config = view->slots[s];
    config.epoch = Epoch(1);
    for (NodeId id : view->ring.wanted(Slot{static_cast<std::uint16_t>(s)}))
      config.list.push_back(view->incarnation_of(id));
  }
  return {view, {}};
}

}  // namespace hc
