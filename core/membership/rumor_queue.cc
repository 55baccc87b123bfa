#include "core/membership/rumor_queue.h"

#include <algorithm>

namespace hc {
namespace {

bool stand_side_by_side(const MemberRumor& a, const MemberRumor& b) {
  return a.liveness == Liveness::kSuspect && b.liveness == Liveness::kSuspect && a.incarnation == b.incarnation;
}

bool holds(const std::vector<MemberRumor>& rumors, const MemberRumor& rumor) {
  return std::any_of(rumors.begin(), rumors.end(), [&](const MemberRumor& other) {
    return other.info.id == rumor.info.id && other.accuser == rumor.accuser;
  });
}

}  // namespace

void RumorQueue::put(const MemberRumor& rumor) {
  const NodeId subject = rumor.info.id;
  auto it = waiting_.lower_bound({subject, NodeId{}});
  while (it != waiting_.end() && it->first.first == subject)
    it = stand_side_by_side(it->second.rumor, rumor) ? std::next(it) : waiting_.erase(it);
  waiting_.insert_or_assign({subject, rumor.accuser}, Waiting{rumor, 0, ++arrivals_});
}

void RumorQueue::take(std::vector<MemberRumor>& into, std::size_t bytes_max, std::size_t count_max,
                      std::uint32_t times_max) {
  using Entry = std::map<std::pair<NodeId, NodeId>, Waiting>::iterator;
  std::vector<Entry> order;
  order.reserve(waiting_.size());
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) order.push_back(it);
  std::sort(order.begin(), order.end(), [](const Entry& a, const Entry& b) {
    return a->second.told != b->second.told ? a->second.told < b->second.told : a->second.order > b->second.order;
  });

  std::size_t bytes = 0;
  for (const MemberRumor& rumor : into) bytes += bytes_of(rumor);
  for (const Entry& entry : order) {
    if (into.size() >= count_max) break;
    Waiting& waiting = entry->second;
    const std::size_t more = bytes_of(waiting.rumor);
    if (bytes + more > bytes_max || holds(into, waiting.rumor)) continue;
    bytes += more;
    into.push_back(waiting.rumor);
    if (++waiting.told >= times_max) waiting_.erase(entry);
  }
}

bool RumorQueue::has(NodeId subject) const {
  const auto it = waiting_.lower_bound({subject, NodeId{}});
  return it != waiting_.end() && it->first.first == subject;
}

void RumorQueue::drop(NodeId subject) {
  std::erase_if(waiting_, [&](const auto& row) { return row.first.first == subject; });
}

}  // namespace hc
