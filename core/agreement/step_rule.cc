#include "core/agreement/step_rule.h"

#include <algorithm>

#include "core/agreement/evidence.h"
#include "core/agreement/recovery.h"
#include "core/base/seam.h"

namespace hc {
namespace {

bool said(const std::vector<Report>& evidence, ReportKind kind, Incarnation by, Incarnation about, const View& now,
          Slot slot) {
  return std::ranges::any_of(evidence, [&](const Report& r) {
    return r.kind == kind && r.by == by && r.about == about && counts_for(r, now, slot);
  });
}

bool counted(const View& now, Slot slot, Incarnation who, const std::vector<Report>& evidence) {
  if (!now.is_learner(slot, who)) return false;
  if (HC_MUTANT(kUncountedLearnerPromoted)) return true;
  return said(evidence, ReportKind::kCaughtUp, now.config(slot).list.front(), who, now, slot);
}

// 9a: the slot goes on, alone at a member of its last list that is back in a new process, from that one's disk.
bool is_recovery(const View& now, const View& next, Slot slot, const std::vector<Report>& evidence) {
  const InSyncList& list = next.config(slot).list;
  if (list.size() != 1 && !HC_MUTANT(kRecoverAllAsInSync)) return false;
  return std::ranges::all_of(list, [&](Incarnation who) {
    return now.names(who) && !now.config(slot).list.names(who) && may_recover(now, slot, who, evidence);
  });
}

// 7e: the slot begins anew, alone at a member of its last list that is back in a new process, or anywhere if all of
// them are leaving.
bool is_reset(const View& now, const View& next, Slot slot, const std::vector<Report>& evidence) {
  const InSyncList& list = next.config(slot).list;
  const auto wanted = next.ring.wanted(slot);
  const bool theirs = now.config(slot).list.names(list.front().member) ||
                      (all_leaving(now, slot) && std::ranges::count(wanted, list.front().member) > 0);
  if (list.size() != 1 || !theirs || !now.names(list.front())) return false;
  if (HC_MUTANT(kAnyReturnerServes)) return true;
  if (!nothing_on_disk(now, slot, evidence)) return false;
  return now.slot_loss == SlotLossPolicy::kReset && (all_ended(now, slot) || HC_MUTANT(kResetOfTheLiving));
}

// 7e: an operator has said that what is lost is to be done without.
bool is_accepted_loss(const View& now, const View& next, Slot slot, const std::vector<Report>& evidence) {
  const InSyncList& list = next.config(slot).list;
  return list.size() == 1 && may_go_on(now, slot, list.front(), evidence);
}

// Nobody leaves but on the word of one that stays.
bool leaves_by_word(const View& now, const View& next, Slot slot, Incarnation who,
                    const std::vector<Report>& evidence) {
  if (HC_MUTANT(kDroppedByHearsay)) return true;
  if (HC_MUTANT(kRestartDropsLastDisk) && next.incarnation_of(who.member) != who) return true;
  const InSyncList& list = next.config(slot).list;
  return std::ranges::any_of(list, [&](Incarnation by) {
    return said(evidence, ReportKind::kComplaint, by, who, now, slot) ||
           (by == now.config(slot).list.front() && said(evidence, ReportKind::kDrop, by, who, now, slot));
  });
}

std::string at(Slot slot) { return " in slot " + std::to_string(slot.value); }

std::string check_slot(const View& now, const View& next, Slot slot, const std::vector<Report>& evidence) {
  const SlotConfig& from = now.config(slot);
  const SlotConfig& to = next.config(slot);
  if (to.list.empty()) return "2b: empty in-sync list" + at(slot);
  if (to.epoch != from.epoch && to.epoch != next.epoch) return "2b: slot epoch out of order" + at(slot);
  if (must_renew(now, next, slot) && to.epoch != next.epoch) return "2b: slot epoch not renewed" + at(slot);
  if (to.passed_over && to.passed_over != from.passed_over &&
      !said(evidence, ReportKind::kStuck, from.list.front(), to.passed_over, now, slot))
    return "7a: the primary has not said that " + name_of(to.passed_over.member) + " is stuck" + at(slot);
  if (to.list == from.list || is_reset(now, next, slot, evidence) || is_recovery(now, next, slot, evidence) ||
      is_accepted_loss(now, next, slot, evidence))
    return {};
  if (HC_MUTANT(kEmptyInSync) && from.list.size() == 1) return {};  // the last one leaves
  for (std::size_t i = 0; i < to.list.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k)
      if (to.list[k].member == to.list[i].member) return "2b: a member twice" + at(slot);
    if (from.list.names(to.list[i]) || counted(now, slot, to.list[i], evidence)) continue;
    if (HC_MUTANT(kReturnAsInSync) && from.list.names(to.list[i].member)) continue;
    return "2b: " + name_of(to.list[i].member) + " is neither in the list nor counted" + at(slot);
  }
  for (Incarnation who : from.list) {
    if (HC_MUTANT(kReturnAsInSync) && to.list.names(who.member)) continue;
    if (!to.list.names(who) && !leaves_by_word(now, next, slot, who, evidence))
      return "2b: nobody who stays has said that " + name_of(who.member) + " may leave" + at(slot);
  }
  return {};
}

// 7d: nobody is active in the next view but who was told to leave, so there is nobody to leave to.
bool only_leavers_stay(const View& now, const View& next) {
  return std::ranges::all_of(next.members, [&](const ViewMember& m) {
    const ViewMember* was = now.member(m.info.id);
    return m.state != MemberState::kActive || (was && was->state == MemberState::kLeaving);
  });
}

// 2f, 7d: who leaves is leaving in a view before, in which others have its vote, and no list names it.
std::string check_member(const View& now, const View& next, const ViewMember& m) {
  const NodeId id = m.info.id;
  const ViewMember* then = next.member(id);
  if (then) {
    const bool back = m.state == MemberState::kLeaving && then->state != MemberState::kLeaving;
    const bool stays = then->state == MemberState::kActive && only_leavers_stay(now, next);
    return back && !stays ? "7d: " + name_of(id) + " was told to leave" : std::string();
  }
  if (m.state != MemberState::kLeaving) return "7d: " + name_of(id) + " was not told to leave";
  if (now.votes(id)) return "2f: " + name_of(id) + " has not handed over its vote";
  if (std::ranges::any_of(next.slots, [&](const SlotConfig& slot) { return slot.list.names(id); }))
    return "2b: " + name_of(id) + " cannot leave the members: a list names it";
  return {};
}

std::string check_frame(const View& now, const View& next) {
  if (next.epoch != now.epoch.next()) return "2a: epoch is not the next one";
  if (next.cluster != now.cluster || next.lineage != now.lineage) return "2g: another cluster or lineage";
  if (next.lease != now.lease || next.drift_percent != now.drift_percent)
    return "3b: lease and drift bound never change";
  if (next.slot_count() != now.slot_count() || next.replication_factor != now.replication_factor)
    return "2: slots and replication factor never change";
  for (const ViewMember& m : now.members)
    if (std::string reason = check_member(now, next, m); !reason.empty()) return reason;
  const auto leaving = [](const ViewMember& m) { return m.state == MemberState::kLeaving; };
  if (next.voters.empty()) return "2f: no voters";
  if (next.voters.size() < now.voters.size() && std::ranges::none_of(next.members, leaving))
    return "2f: fewer voters, and nobody leaves";
  for (const Voter& v : next.voters) {
    const ViewMember* m = next.member(v.id);
    if (!m || (m->info.storage != v.storage && !now.votes(v.id, v.storage)))
      return "2e: voter " + name_of(v.id) + " has another storage identity";
  }
  return {};
}

}  // namespace

bool must_renew(const View& now, const View& next, Slot slot) {
  const InSyncList& list = next.config(slot).list;
  if (!(list == now.config(slot).list)) return true;
  if (next.config(slot).passed_over != now.config(slot).passed_over) return true;
  if (HC_MUTANT(kLearnerReturnsInEpoch)) return false;
  for (Incarnation learner : now.learners(slot))
    if (!list.names(learner) && !next.is_learner(slot, learner)) return true;
  return false;
}

bool all_ended(const View& now, Slot slot) {
  return std::ranges::all_of(now.config(slot).list, [&](Incarnation who) {
    const ViewMember* m = now.member(who.member);
    return m && m->info.generation != who.generation;
  });
}

bool all_leaving(const View& now, Slot slot) {
  return std::ranges::all_of(now.config(slot).list, [&](Incarnation who) {
    const ViewMember* m = now.member(who.member);
    return m && m->state == MemberState::kLeaving;
  });
}

std::string why_not(const View& now, const View& next, const std::vector<Report>& evidence) {
  if (std::string reason = check_frame(now, next); !reason.empty()) return reason;
  std::string reason;
  const auto check = [&](std::size_t s) {
    if (reason.empty()) reason = check_slot(now, next, Slot{static_cast<std::uint16_t>(s)}, evidence);
  };
  if (now.same_wanted(next)) {  // what is as it was has the same learners, too: nothing to check
    next.slots.for_each_difference(now.slots, check);
  } else {
    for (std::size_t s = 0; s < now.slot_count(); ++s) check(s);
  }
  return reason;
}

std::string why_not_first(const View& first) {
  if (first.epoch != Epoch(1)) return "2g: the first view has epoch 1";
  if (first.voters.empty()) return "2f: no voters";
  for (std::uint32_t s = 0; s < first.slot_count(); ++s) {
    const Slot slot{static_cast<std::uint16_t>(s)};
    if (first.config(slot).list.empty()) return "2b: empty in-sync list" + at(slot);
    for (Incarnation who : first.config(slot).list)
      if (!first.names(who)) return "2b: " + name_of(who.member) + " is no member" + at(slot);
  }
  return {};
}

}  // namespace hc
