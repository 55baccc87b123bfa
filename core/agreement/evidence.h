// The reports that a member has made or heard, as long as they may count (rules 2c, 5d).
//
// One report per (kind, by, about): a repetition replaces the one before. What is passed on keeps its age, so a report
// that its author no longer repeats counts nowhere T after the last repetition, however often it is passed on; and
// however slowly: time on the way is in no age, so of one repetition the greatest age that was heard is kept, and it is
// remembered for a while after it has ceased to count, lest two that pass it on teach it to each other again. Counts
// of learners are never taken back, so they stay until their slot epochs have passed.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "core/view/ballot.h"

namespace hc {

// True if `report` counts for `slot` on top of `view` (2c).
bool counts_for(const Report& report, const View& view, Slot slot);
// True if it can count for anything on top of `view`, or on top of a later one that its author knew.
bool may_count(const Report& report, const View& view);

class EvidencePool {
 public:
  explicit EvidencePool(Duration keep) : keep_(keep) {}

  // True if it says something new (not merely fresher). `view`: the installed one.
  bool hear(const Report& report, const View& view, Time now);
  // Drops what has aged or what no later view can use. True if something that counted does no more.
  bool forget(const View& view, Time now);

  // What counts, with their ages as of `now`.
  std::vector<Report> reports(Time now) const;
  template <class Is>
  bool all(Is&& is) const {  // of what counts
    return std::ranges::all_of(rows_, [&](const auto& row) { return !row.second.counts || is(row.second.report); });
  }
  // About whom something of this kind is said that counts, of any slot.
  std::set<Incarnation> about(ReportKind kind) const;
  bool empty() const { return counting_ == 0; }

 private:
  using Key = std::tuple<ReportKind, Incarnation, Incarnation>;
  struct Row {
    Report report;
    Time since;  // when the author last repeated it, by our clock
    bool counts = true;
  };
  bool aged(const Row& row, Time now) const;

  Duration keep_;
  std::map<Key, Row> rows_;
  std::size_t counting_ = 0;
};

}  // namespace hc
