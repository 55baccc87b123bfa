#include "core/agreement/evidence.h"

#include "core/base/seam.h"

namespace hc {

bool counts_for(const Report& report, const View& view, Slot slot) {
  if (!report.slots.has(slot) || slot.value >= view.slot_count()) return false;
  return HC_MUTANT(kEvidenceAcrossEpochs) || view.config(slot).epoch <= report.as_of;
}

bool EvidencePool::hear(const Report& report, Time now) {
  if (report.kind != ReportKind::kCaughtUp && report.age > keep_ && !HC_MUTANT(kComplaintKept)) return false;
  const Time said = now - report.age;
  auto [it, fresh] = rows_.try_emplace(Key{report.kind, report.by, report.about}, Row{report, said});
  if (fresh) return true;
  Row& row = it->second;
  if (said <= row.said) return false;
  const bool news = row.report.as_of != report.as_of || row.report.slots != report.slots;
  row.said = said;
  row.report = report;
  return news;
}

void EvidencePool::forget(Time now, const View* view) {
  for (auto it = rows_.begin(); it != rows_.end();) {
    const Report& report = it->second.report;
    const bool aged =
        report.kind != ReportKind::kCaughtUp && now - it->second.said > keep_ && !HC_MUTANT(kComplaintKept);
    bool useful = true;
    if (view && report.kind == ReportKind::kCaughtUp) {
      useful = false;
      report.slots.for_each([&](Slot s) { useful = useful || counts_for(report, *view, s); });
    }
    if (aged || !useful) {
      it = rows_.erase(it);
    } else {
      ++it;
    }
  }
}

void EvidencePool::withdraw(ReportKind kind, Incarnation by, Incarnation about) { rows_.erase(Key{kind, by, about}); }

std::vector<Report> EvidencePool::reports(Time now) const {
  std::vector<Report> result;
  result.reserve(rows_.size());
  for (const auto& [key, row] : rows_) {
    result.push_back(row.report);
    result.back().age = now - row.said;
  }
  return result;
}

}  // namespace hc
