// What a view says of slots, counted. It follows from view to view by what differs between them.
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "core/view/view.h"

namespace hc {

class ViewFigures {
 public:
  struct Member {
    std::size_t primaries = 0, replicas = 0;  // slots that it leads; that it follows in sync
    std::size_t learning = 0;                 // slots on their way to it
    std::size_t wanted = 0;                   // slots that the ring gives it
  };
  using Move = std::pair<NodeId, NodeId>;  // from whom, to whom
  struct Run {                             // neighbours on the ring that the same members hold
    std::size_t slots = 0;
    std::vector<NodeId> holders;  // in sync, the primary first
  };

  // Does nothing if it is that of the view already.
  void update(const ViewRef& view);

  const ViewRef& view() const { return view_; }  // null: none yet
  Member of(NodeId member) const;
  std::size_t active() const { return active_; }                       // members
  std::size_t slots_short() const { return slots_short_; }             // with fewer copies in sync than there should be
  std::size_t slots_moving() const { return moving_; }                 // not held by just those that the ring wants
  const std::map<Move, std::size_t>& moves() const { return moves_; }  // slots
  std::vector<Run> ring() const;                                       // in the ring's order; walks over all slots

 private:
  void count(const View& view, Slot slot, bool in);

  ViewRef view_;
  std::map<NodeId, Member> members_;
  std::map<Move, std::size_t> moves_;
  std::size_t active_ = 0, slots_short_ = 0, moving_ = 0;
};

}  // namespace hc
