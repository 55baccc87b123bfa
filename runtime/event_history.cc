#include "runtime/event_history.h"

#include <algorithm>
#include <utility>

namespace hc {

const EventHistory::Event& EventHistory::add(Announce&& announce) {
  if (kept_.size() == kKept) kept_.pop_front();
  return kept_.emplace_back(
      Event{process_ + "-" + std::to_string(++count_), std::move(announce.type), std::move(announce.json)});
}

bool EventHistory::after(const std::string& id, const std::function<void(const Event&)>& visit) const {
  const auto last = std::ranges::find(kept_, id, &Event::id);
  if (last == kept_.end()) return false;
  std::for_each(last + 1, kept_.end(), visit);
  return true;
}

}  // namespace hc
