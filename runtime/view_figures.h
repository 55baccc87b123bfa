// What a view says of slots, counted: made once for each view.
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
  const std::vector<Run>& ring() const { return ring_; }               // in the ring's order

 private:
  void count(const SlotConfig& config, Slot slot);
  void draw();

  ViewRef view_;
  std::map<NodeId, Member> members_;
  std::map<Move, std::size_t> moves_;
  std::vector<Run> ring_;
  std::size_t active_ = 0, slots_short_ = 0, moving_ = 0;
};

}  // namespace hc
