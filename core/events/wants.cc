#include "core/events/wants.h"

#include <algorithm>

#include "core/command/notice.h"
#include "core/command/text.h"

namespace hc {

void Wants::set(Space space, const std::string& name, std::uint64_t count) {
  if (count == 0)
    of(space).erase(name);
  else
    of(space)[name] = count;
}

bool Wants::nothing() const {
  return std::ranges::all_of(clients, [](const Counts& counts) { return counts.empty(); });
}

bool Wants::hears(bool shard, Bytes channel) const {
  if (of(shard ? Space::kShard : Space::kChannel).contains(channel)) return true;
  if (shard) return false;
  return std::ranges::any_of(of(Space::kPattern),
                             [&](const auto& pattern) { return command::glob_match(pattern.first, channel); });
}

std::uint32_t Wants::notices_heard() const {
  constexpr Bytes kPrefix = "__key";
  const auto first = of(Space::kChannel).lower_bound(kPrefix);
  const bool some =
      !of(Space::kPattern).empty() || (first != of(Space::kChannel).end() && first->first.starts_with(kPrefix));
  const bool channels = (notices & notice_flags("KE")) != 0;
  return some && channels ? notices : 0;
}

}  // namespace hc
