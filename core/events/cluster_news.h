// What happens in the cluster as this member sees it: the views that it installs, and what membership believes. Each
// piece of news has a type and is a JSON object; clients of this member hear it on kClusterChannel, and the host is
// told for its watchers.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/membership/packet.h"
#include "core/view/slot_set.h"
#include "core/view/view.h"

namespace hc {

inline constexpr std::string_view kClusterChannel = "__cluster__";

inline constexpr std::string_view kNewsTypes[] = {
    "view-installed",     // epoch, members, active, voters, slots_moving
    "member-joined",      // member, epoch: the view names it for the first time
    "member-returned",    // member, epoch: the view names another process of it
    "member-leaving",     // member, epoch: its slots go to others
    "member-stopped",     // member, epoch: it was stopped, and may come back
    "member-left",        // member, epoch: the view names it no more
    "member-suspected",   // member: it did not answer
    "member-down",        // member: and did not refute it in time
    "member-up",          // member: it answers again
    "transfer-progress",  // epoch, slots_moving, slots: how many are not held by just those that the ring wants
    "slot-lost",          // slots: how many more have no living in-sync replica; lost: how many have none
    "slot-back",          // likewise: how many have one again
    "replicas-differ",  // slot, primary, slot_epoch, seq: at this position `node` has another content than its primary
};

struct News {
  std::string_view type;
  std::string json;
};

class ClusterNews {
 public:
  explicit ClusterNews(NodeId self) : self_(self) {}

  // `before`: the view installed before; nullptr: none. `moving`: how many slots are
  // not where the ring wants them.
  void view_installed(const View* before, const View& now, std::size_t moving, WallTime at);
  void seems(NodeId member, Liveness liveness, WallTime at);
  void slots_lost(SlotSet lost, WallTime at);  // by now: those without a living in-sync replica

  void replicas_differ(Slot slot, NodeId primary, Position position, WallTime at);

  bool any() const { return !news_.empty(); }
  std::vector<News> take() { return std::exchange(news_, {}); }

 private:
  class Line;
  void about(std::string_view type, NodeId member, const View& view, WallTime at);
  void compare_members(const View& before, const View& now, WallTime at);
  void add(std::string_view type, Line line);

  NodeId self_;
  std::size_t moving_ = 0;
  std::map<NodeId, Liveness> seemed_;
  SlotSet lost_;
  std::vector<News> news_;
};

}  // namespace hc
