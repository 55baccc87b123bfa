#include "core/agreement/force.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "core/agreement/plan_members.h"
#include "core/agreement/sight.h"
#include "core/base/seam.h"

namespace hc {
namespace {

bool names(const Decree& decree, NodeId id) { return std::ranges::find(decree.members, id) != decree.members.end(); }

const Seen* find(const std::vector<Seen>& seen, NodeId id) {
  const auto it = std::ranges::find(seen, id, [](const Seen& s) { return s.info.id; });
  return it == seen.end() ? nullptr : &*it;
}

bool lives(const Seen& s) { return s.as != Seen::As::kGone; }

// As long as a majority of the voters lives, the cluster decides by itself; and who lives and is not named would go on.
// Who has not compared yet what it voted (2e) will as soon as a majority lives, if it has the folder that the view has
// of it. If it has another one it never votes.
std::optional<std::string> beside_the_living(const View& now, const Decree& decree, const std::vector<Seen>& seen) {
  if (HC_MUTANT(kForceBesideTheLiving)) return std::nullopt;
  std::size_t votes = 0;
  std::vector<NodeId> unclear;
  for (const Voter& v : now.voters) {
    const Seen* s = find(seen, v.id);
    if (!s || !lives(*s)) continue;
    const StorageId has = s->info.storage ? s->info.storage : s->compares;
    if (!has) unclear.push_back(v.id);
    votes += has == v.storage || (!s->info.storage && HC_MUTANT(kForceCountsTheUncompared)) ? 1 : 0;
  }
  const std::string all = " of " + std::to_string(now.voters.size());
  if (votes >= now.majority())
    return "a majority of the voters lives (" + std::to_string(votes) + all +
           "), so the cluster decides by itself: nothing is to be forced";
  if (votes + unclear.size() >= now.majority())
    return name_of(unclear.front()) +
           " has not compared its data folder yet, and if that is the one it voted with, a " +
           "majority of the voters lives (" + std::to_string(votes + unclear.size()) + all +
           "): try again in a moment; if it stays so, ask a voter instead, or " + name_of(unclear.front()) +
           " itself, or stop that one";
  for (const Seen& s : seen)
    if (lives(s) && now.member(s.info.id) && !names(decree, s.info.id))
      return name_of(s.info.id) + " is not named, and seems to live: name it, or stop it for good";
  return std::nullopt;
}

std::optional<std::string> not_ready(const View& now, const Decree& decree, const std::vector<Seen>& seen,
                                     const std::function<bool(Incarnation)>& up_to_date) {
  for (const NodeId id : decree.members) {
    if (!now.member(id)) return name_of(id) + " is no member of view " + std::to_string(now.epoch.value);
    const Seen* s = find(seen, id);
    if (!s || s->as != Seen::As::kAlive)
      return name_of(id) + " does not seem to live: name those that do, or wait until it is seen";
    if (!up_to_date({id, s->info.generation}))
      return name_of(id) + " has another view than " + std::to_string(now.epoch.value) +
             ", or there is no connection to it: try again in a moment";
  }
  return std::nullopt;
}

// Who was told to leave goes on leaving, unless there is nobody to leave to (7d).
void set_members(View& next, const Decree& decree, const std::vector<Seen>& seen) {
  const bool some_stay = std::ranges::any_of(
      next.members, [&](const ViewMember& m) { return names(decree, m.info.id) && m.state != MemberState::kLeaving; });
  for (ViewMember& m : next.members) {
    if (!names(decree, m.info.id)) {
      if (m.state != MemberState::kLeaving) m.state = MemberState::kAbsent;  // who was told to leave is to go
      continue;
    }
    MemberInfo info = find(seen, m.info.id)->info;
    if (!info.storage) info.storage = m.info.storage;  // 2e: it could not compare with a majority that is gone
    if (m.info.generation != info.generation) m.since = next.epoch;
    m.info = info;
    if (m.state == MemberState::kAbsent || !(some_stay || HC_MUTANT(kLeavesToNobody))) m.state = MemberState::kActive;
  }
  next.derive_ring();
}

// Those who voted keep their ranks; others follow. Of whom it is not known what data folder they have, for they could
// not compare (2e), they have a vote when they have: the folder that the view has of them may be lost.
void set_voters(View& next, const Decree& decree, const std::vector<Seen>& seen) {
  const auto known = [&](NodeId id) { return static_cast<bool>(find(seen, id)->info.storage); };
  const bool any = HC_MUTANT(kForcedVoteForAnyFolder) || std::ranges::none_of(decree.members, known);
  std::vector<NodeId> by_rank;
  const auto rank = [&](NodeId id) {
    if (!names(decree, id) || std::ranges::find(by_rank, id) != by_rank.end()) return;
    if (known(id) || any) by_rank.push_back(id);
  };
  for (const Voter& v : next.voters) rank(v.id);
  for (const ViewMember& m : next.members) rank(m.info.id);
  const std::size_t odd = by_rank.size() % 2 ? by_rank.size() : by_rank.size() - 1;
  by_rank.resize(std::min(odd, wanted_voters(decree.members.size(), next.voters_max)));
  next.voters.clear();
  next.counts.clear();  // of those before
  for (const NodeId id : by_rank) next.voters.push_back({id, next.member(id)->info.storage});
}

// 2b: of the list, and of the learners that its primary has counted.
InSyncList left_of(Slot slot, const Sight& sight, const View& next, const Decree& decree) {
  InSyncList left;
  const auto consider = [&](Incarnation who) {
    if (names(decree, who.member) && next.names(who) && left.size() < kListMax) left.push_back(who);
  };
  const InSyncList& list = sight.now().config(slot).list;
  for (const Incarnation who : list) consider(who);
  for (const Incarnation who : sight.now().learners(slot))
    if (sight.said(ReportKind::kCaughtUp, list.front(), who, slot)) consider(who);
  return left;
}

// 9a has its say first: a member that is named, in a new process, may have it in its log.
bool may_be_on_disk(const InSyncList& list, const View& next, const Decree& decree) {
  return std::ranges::any_of(
      list, [&](Incarnation who) { return names(decree, who.member) && next.member(who.member)->info.keeps_log; });
}

void set_slots(View& next, const Sight& sight, const Decree& decree) {
  for (std::uint32_t s = 0; s < next.slot_count(); ++s) {
    const Slot slot{static_cast<std::uint16_t>(s)};
    InSyncList left = left_of(slot, sight, next, decree);
    const auto wanted = next.ring.wanted(slot);
    const bool anew =
        decree.accept_data_loss && !wanted.empty() && !may_be_on_disk(next.config(slot).list, next, decree);
    if (left.empty() && anew) left.push_back(next.incarnation_of(wanted.front()));
    if (!left.empty()) next.slots[s] = {next.epoch, left, {}};
  }
}

}  // namespace

std::expected<ViewRef, std::string> force(NodeId asked, const View& now, const Decree& decree,
                                          const std::vector<Report>& reports, const std::vector<Seen>& seen,
                                          const std::function<bool(Incarnation)>& up_to_date) {
  if (decree.members.empty()) return std::unexpected("name the members that are left");
  if (auto why = beside_the_living(now, decree, seen)) return std::unexpected(*why);
  if (auto why = not_ready(now, decree, seen, up_to_date)) return std::unexpected(*why);
  auto next = std::make_shared<View>(now);
  next->epoch = HC_MUTANT(kForceSameLineage) ? now.epoch.next() : Epoch(now.epoch.value + kLineageStride + asked.value);
  next->lineage += HC_MUTANT(kForceSameLineage) ? 0 : 1;
  set_members(*next, decree, seen);
  set_voters(*next, decree, seen);
  set_slots(*next, Sight(now, reports, seen), decree);
  return next;
}

}  // namespace hc
