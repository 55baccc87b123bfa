#include "core/agreement/evidence.h"

#include <algorithm>
#include <limits>

#include "core/base/seam.h"

namespace hc {
namespace {

constexpr int kRememberedFor = 4;  // times as long as it counts

}  // namespace

bool counts_for(const Report& report, const View& view, Slot slot) {
  if (!report.slots.has(slot) || slot.value >= view.slot_count()) return false;
  return HC_MUTANT(kEvidenceAcrossEpochs) || view.config(slot).epoch <= report.as_of;
}

bool may_count(const Report& report, const View& view) {
  if (report.as_of > view.epoch) return true;
  if (report.kind == ReportKind::kStop) return true;
  if (report.kind == ReportKind::kDead || report.kind == ReportKind::kFull) return view.names(report.about);
  if (report.kind == ReportKind::kLeave) {
    const ViewMember* m = view.member(report.about.member);
    if (!m || m->state == MemberState::kLeaving) return false;
    return view.names(report.about) || HC_MUTANT(kLeaveByName);
  }
  for (auto s = report.slots.next(Slot{}); s; s = report.slots.next(Slot{static_cast<std::uint16_t>(s->value + 1)})) {
    if (counts_for(report, view, *s)) return true;
    if (s->value == std::numeric_limits<std::uint16_t>::max()) break;
  }
  return false;
}

bool EvidencePool::aged(const Row& row, Time now) const {
  return row.report.kind != ReportKind::kCaughtUp && now - row.since > keep_ && !HC_MUTANT(kComplaintKept);
}

bool EvidencePool::hear(const Report& report, const View& view, Time now) {
  if (!may_count(report, view)) return false;
  const Time since = now - report.age;
  auto [it, fresh] = rows_.try_emplace(Key{report.kind, report.by, report.about}, Row{report, since, false});
  Row& row = it->second;
  const bool later = HC_MUTANT(kReportRejuvenated) ? since > row.since : report.said > row.report.said;
  if (!fresh && !later) {
    if (report.said == row.report.said) row.since = std::min(row.since, since);
    return false;
  }
  const bool news = !row.counts || row.report.as_of != report.as_of || row.report.slots != report.slots ||
                    row.report.offers != report.offers;
  row.report = report;
  row.since = since;
  counting_ -= row.counts;
  row.counts = !aged(row, now);
  counting_ += row.counts;
  return news && row.counts;
}

bool EvidencePool::forget(const View& view, Time now) {
  bool lost = false;
  for (auto it = rows_.begin(); it != rows_.end();) {
    Row& row = it->second;
    const bool useful = may_count(row.report, view);
    if (row.counts && (!useful || aged(row, now))) {
      row.counts = false;
      --counting_;
      lost = true;
    }
    if (!useful || (!row.counts && now - row.since > kRememberedFor * keep_)) {
      it = rows_.erase(it);
    } else {
      ++it;
    }
  }
  return lost;
}

std::set<Incarnation> EvidencePool::about(ReportKind kind) const {
  std::set<Incarnation> all;
  for (const auto& [key, row] : rows_)
    if (row.counts && row.report.kind == kind && !row.report.slots.empty()) all.insert(row.report.about);
  return all;
}

std::vector<Report> EvidencePool::reports(Time now) const {
  std::vector<Report> result;
  result.reserve(counting_);
  for (const auto& [key, row] : rows_) {
    if (!row.counts) continue;
    result.push_back(row.report);
    result.back().age = now - row.since;
  }
  return result;
}

}  // namespace hc
