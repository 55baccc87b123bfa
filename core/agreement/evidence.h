// The reports that a member has made or heard, as long as they may count (rules 2c, 5d).
//
// One report per (kind, by, about): a repetition replaces the one before. What is passed on keeps its age, so a report
// that its author no longer repeats dies everywhere T after the last repetition, however often it is passed on. Counts
// of learners are never taken back, so they stay until their slot epochs have passed.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "core/view/ballot.h"

namespace hc {

// True if `report` counts for `slot` on top of `view` (2c).
bool counts_for(const Report& report, const View& view, Slot slot);

class EvidencePool {
 public:
  explicit EvidencePool(Duration keep) : keep_(keep) {}

  // True if it says something new (not merely fresher).
  bool hear(const Report& report, Time now);
  // Drops what has aged or what no slot of `view` can use any more.
  void forget(Time now, const View* view);
  void withdraw(ReportKind kind, Incarnation by, Incarnation about);

  // With their ages as of `now`.
  std::vector<Report> reports(Time now) const;
  bool empty() const { return rows_.empty(); }

 private:
  using Key = std::tuple<ReportKind, Incarnation, Incarnation>;
  struct Row {
    Report report;
    Time said;  // when the author last repeated it, by our clock
  };
  Duration keep_;
  std::map<Key, Row> rows_;
};

}  // namespace hc
