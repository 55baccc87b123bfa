#include "tools/lincheck/log.h"

namespace hc::lincheck {

bool parse_type(std::string_view word, Type& type) {
  constexpr std::string_view kWords[] = {":invoke", ":ok", ":fail", ":info"};
  for (std::size_t i = 0; i < std::size(kWords); ++i)
    if (word == kWords[i]) return type = static_cast<Type>(i), true;
  return false;
}

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text.remove_prefix(word.size());
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return word;
}

std::string Log::invoked(std::uint32_t process, const std::string& key, sim::Operation operation) {
  const auto [number, fresh] = keys_.try_emplace(key, histories_.keys.size());
  if (fresh) histories_.keys.push_back({key, {}});
  sim::History& history = histories_.keys[number->second].history;
  if (!open_.try_emplace(process, At{number->second, history.size()}).second)
    return "process " + std::to_string(process) + " begins an operation before its last one has ended";
  operation.client = process;
  operation.called = sim::instant(static_cast<std::int64_t>(number_));
  history.push_back(std::move(operation));
  return {};
}

sim::Operation* Log::ended(std::uint32_t process) {
  const auto found = open_.find(process);
  if (found == open_.end()) return nullptr;
  const At at = found->second;
  open_.erase(found);
  return &histories_.keys[at.key].history[at.operation];
}

}  // namespace hc::lincheck
