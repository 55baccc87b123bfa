#include "core/agreement/sight.h"

#include <algorithm>

#include "core/agreement/evidence.h"
#include "core/base/seam.h"

namespace hc {

Sight::Sight(const View& now, const std::vector<Report>& reports, const std::vector<Seen>& seen)
    : now_(now), reports_(reports) {
  for (const Seen& s : seen) seen_[s.info.id] = &s;
  for (const Report& r : reports)
    if (r.kind != ReportKind::kStop) reported_.add(r.slots);
}

Seen::As Sight::as(NodeId id) const {
  auto it = seen_.find(id);
  return it == seen_.end() ? Seen::As::kGone : it->second->as;
}

bool Sight::dead_by_majority(Incarnation who) const {
  std::size_t words = 0;
  for (const Voter& v : now_.voters)
    words += static_cast<std::size_t>(std::ranges::any_of(reports_, [&](const Report& r) {
      return r.kind == ReportKind::kDead && r.about == who && r.by.member == v.id && now_.names(r.by);
    }));
  return words >= now_.majority();
}

bool Sight::stopping(Incarnation who) const {
  return std::ranges::any_of(
      reports_, [&](const Report& r) { return r.kind == ReportKind::kStop && r.by == who && r.about == who; });
}

bool Sight::full(Incarnation who) const {
  return std::ranges::any_of(
      reports_, [&](const Report& r) { return r.kind == ReportKind::kFull && r.about == who && !r.slots.empty(); });
}

bool Sight::told_to_leave(NodeId id) const {
  return std::ranges::any_of(reports_, [&](const Report& r) {
    const bool told = r.kind == ReportKind::kLeave && r.about.member == id;
    return told && (now_.names(r.about) || HC_MUTANT(kLeaveByName));
  });
}

bool Sight::any_report(Slot slot) const {
  return reported_.has(slot) && std::ranges::any_of(reports_, [&](const Report& r) {
           return r.kind != ReportKind::kStop && counts_for(r, now_, slot);
         });
}

bool Sight::said(ReportKind kind, Incarnation by, Incarnation about, Slot slot) const {
  return reported_.has(slot) && std::ranges::any_of(reports_, [&](const Report& r) {
           return r.kind == kind && r.by == by && r.about == about && counts_for(r, now_, slot);
         });
}

bool Sight::accused(Slot slot, Incarnation who) const {
  return reported_.has(slot) && std::ranges::any_of(reports_, [&](const Report& r) {
           return r.kind == ReportKind::kComplaint && r.about == who && counts_for(r, now_, slot);
         });
}

}  // namespace hc
