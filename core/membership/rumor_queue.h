// What is still to be told, and how often it was: SWIM 4.1, infection-style dissemination.
//
// Each rumor rides on a bounded number of packets, the least told first, so that a burst of news does not starve the
// newest. A later rumor of a member replaces the earlier ones; only suspicions of one incarnation by different
// accusers stand side by side, because each of them counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "core/membership/packet.h"

namespace hc {

class RumorQueue {
 public:
  // Takes the place of every rumor about the same member, suspicions by others excepted if this is one too.
  void put(const MemberRumor& rumor);
  // Adds to `into` what is told least, while it fits `bytes_max` and `count_max` (both count what `into` has already),
  // skipping those already in `into` (same member, same accuser). A rumor told `times_max` times is forgotten.
  void take(std::vector<MemberRumor>& into, std::size_t bytes_max, std::size_t count_max, std::uint32_t times_max);
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  bool has(NodeId subject) const;
  void drop(NodeId subject);  // nothing of it is told any more

 private:
  struct Waiting {
    MemberRumor rumor;
    std::uint32_t told = 0;
    std::uint64_t order = 0;  // of arrival; among equally told ones the newest goes first
  };
  std::map<std::pair<NodeId, NodeId>, Waiting> waiting_;  // by subject and accuser
  std::uint64_t arrivals_ = 0;
};

}  // namespace hc
