#include "core/events/listeners.h"

#include <algorithm>

#include "core/command/text.h"

namespace hc {
namespace {
std::size_t index(Space space) { return static_cast<std::size_t>(space); }
}  // namespace

bool Listeners::add(ClientId client, Space space, const std::string& name) {
  if (!of_client_[client][index(space)].insert(name).second) return false;
  by_name_[index(space)][name].push_back(client);
  return true;
}

bool Listeners::remove(ClientId client, Space space, const std::string& name) {
  const auto at = of_client_.find(client);
  if (at == of_client_.end() || at->second[index(space)].erase(name) == 0) return false;
  if (std::ranges::all_of(at->second, [](const Names& names) { return names.empty(); })) of_client_.erase(at);
  auto& listed = by_name_[index(space)];
  const auto clients = listed.find(name);
  std::erase(clients->second, client);
  if (clients->second.empty()) listed.erase(clients);
  return true;
}

std::vector<std::string> Listeners::names(ClientId client, Space space) const {
  const auto at = of_client_.find(client);
  if (at == of_client_.end()) return {};
  const Names& names = at->second[index(space)];
  return {names.begin(), names.end()};
}

std::size_t Listeners::count(ClientId client, Space space) const {
  const auto at = of_client_.find(client);
  return at == of_client_.end() ? 0 : at->second[index(space)].size();
}

const std::vector<ClientId>* Listeners::to(Space space, Bytes name) const {
  const auto at = by_name_[index(space)].find(name);
  return at == by_name_[index(space)].end() ? nullptr : &at->second;
}

std::vector<Listeners::Match> Listeners::matches(Bytes channel) const {
  std::vector<Match> found;
  for (const auto& [pattern, clients] : by_name_[index(Space::kPattern)])
    if (command::glob_match(pattern, channel)) found.push_back({pattern, clients});
  return found;
}

}  // namespace hc
