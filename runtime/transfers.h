// How far the slots are that this node, as their primary, sends to others. A *transfer* to a member lasts from when
// lists began to differ from what the ring wants, anywhere in the cluster, until none does any more: so what all
// members tell of one rebalancing adds up. Bytes are those of slots, as their memory is counted; what had to be sent
// twice, because a fill began anew, counts twice.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "core/base/time.h"
#include "core/node.h"
#include "runtime/view_figures.h"

namespace hc {

class Transfers {
 public:
  struct Transfer {
    Time began{};
    std::uint64_t slots_done = 0, slots_total = 0;
    std::uint64_t bytes_done = 0, bytes_total = 0;
    double bytes_per_second = 0;                // over the last ten seconds at the most
    std::optional<std::uint64_t> seconds_left;  // nullopt: nothing arrives, so nobody can say

    double progress() const;
    void add(const Transfer& other);  // in parallel: the later end is that of both
  };

  // Once a second, and before somebody reads. `figures`: of the node's view.
  void look(const Node& node, const ViewFigures& figures, Time now);

  const std::map<NodeId, Transfer>& all() const { return all_; }  // by whom they go to
  Transfer sum() const;

 private:
  struct Course {
    std::uint64_t slots_before = 0, bytes_before = 0;  // that had arrived when it began
    Time began{};
    std::deque<std::pair<Time, std::uint64_t>> seen;  // bytes that had arrived
  };
  void follow(const std::map<NodeId, Owed>& owed, Time now);

  ViewRef view_;  // as of the last look
  std::map<NodeId, Course> courses_;
  std::map<NodeId, Transfer> all_;
};

}  // namespace hc
