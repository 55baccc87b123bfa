// The map of slots as Redis Cluster's clients want it, drawn from the installed view: ranges of slots that have the
// same list of members, the primary first. By slot number there are about 11 000 of them at 3 members, so it is made,
// and written as RESP, once for each view.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/view/view.h"

namespace hc {

// 40 hex digits, as Redis names nodes; the same as long as the cluster and the member's name are.
std::string cluster_node_id(ClusterId cluster, NodeId member);

// The member that an operator means by its number, its name, or its id of CLUSTER NODES; nullptr: there is none.
const ViewMember* member_named(const View& view, Bytes word);

class ClusterMap {
 public:
  struct Range {
    std::uint32_t first, last;  // slots, both in it
    auto operator<=>(const Range&) const = default;
  };
  using Holders = std::vector<NodeId>;  // primary first; members of the view, at least one

  // Does nothing if it is that of the view already.
  void update(const ViewRef& view);
  const ViewRef& view() const { return view_; }  // null: none yet

  // The reply to CLUSTER SLOTS, encoded. Good until the next update.
  const std::string& slots_reply(int protocol) const { return slots_reply_[protocol >= 3]; }
  const std::map<Holders, std::vector<Range>>& shards() const { return shards_; }
  // Led by this member.
  std::vector<Range> led_by(NodeId member) const;

 private:
  ViewRef view_;
  std::map<Holders, std::vector<Range>> shards_;  // ranges ascending
  std::array<std::string, 2> slots_reply_;        // RESP 2, RESP 3
};

}  // namespace hc
