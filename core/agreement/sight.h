// What a plan goes by: the present view, what is reported, and how membership sees everybody.
#pragma once

#include <map>
#include <vector>

#include "core/agreement/planner.h"

namespace hc {

class Sight {
 public:
  // All borrow.
  Sight(const View& now, const std::vector<Report>& reports, const std::vector<Seen>& seen);

  const View& now() const { return now_; }
  const std::vector<Report>& reports() const { return reports_; }
  const std::map<NodeId, const Seen*>& seen() const { return seen_; }

  Seen::As as(NodeId id) const;
  bool alive(NodeId id) const { return as(id) == Seen::As::kAlive; }
  bool dead_by_majority(Incarnation who) const;
  bool stopping(Incarnation who) const;
  bool full(Incarnation who) const;  // its disk (9e)
  bool told_to_leave(NodeId id) const;

  const SlotSet& reported() const { return reported_; }  // slots that some report touches, who stops apart
  // Of a slot, what counts on top of the present view (2c).
  bool any_report(Slot slot) const;  // almost always none
  bool said(ReportKind kind, Incarnation by, Incarnation about, Slot slot) const;
  bool accused(Slot slot, Incarnation who) const;

 private:
  const View& now_;
  const std::vector<Report>& reports_;
  std::map<NodeId, const Seen*> seen_;
  SlotSet reported_;
};

}  // namespace hc
