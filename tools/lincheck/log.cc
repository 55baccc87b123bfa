#include "tools/lincheck/log.h"

namespace hc::lincheck {

bool parse_type(std::string_view word, Type& type) {
  constexpr std::string_view kWords[] = {":invoke", ":ok", ":fail", ":info"};
  for (std::size_t i = 0; i < std::size(kWords); ++i)
    if (word == kWords[i]) return type = static_cast<Type>(i), true;
  return false;
}

std::string_view take_word(std::string_view& text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  std::size_t begin = 0;
  while (begin < text.size() && blank(text[begin])) ++begin;
  std::size_t end = begin;
  while (end < text.size() && !blank(text[end])) ++end;
  const std::string_view word = text.substr(begin, end - begin);
  while (end < text.size() && blank(text[end])) ++end;
  text.remove_prefix(end);
  return word;
}

std::size_t Log::key_number(std::string_view key) {
  if (last_key_ < histories_.keys.size() && histories_.keys[last_key_].key == key) return last_key_;
  const auto [number, fresh] = keys_.try_emplace(std::string(key), histories_.keys.size());
  if (fresh) {
    histories_.keys.push_back({std::string(key), {}});
    histories_.keys.back().history.reserve(expected_);
  }
  return last_key_ = number->second;
}

std::string Log::invoked(std::uint32_t process, std::string_view key, sim::Operation&& operation) {
  const std::size_t number = key_number(key);
  sim::History& history = histories_.keys[number].history;
  At& at = of_process_[process];
  if (at.open) return "process " + std::to_string(process) + " begins an operation before its last one has ended";
  at = {number, history.size(), true};
  operation.client = process;
  operation.called = sim::instant(static_cast<std::int64_t>(number_));
  history.push_back(std::move(operation));
  return {};
}

sim::Operation* Log::ended(std::uint32_t process) {
  const auto found = of_process_.find(process);
  if (found == of_process_.end() || !found->second.open) return nullptr;
  found->second.open = false;
  return &histories_.keys[found->second.key].history[found->second.operation];
}

}  // namespace hc::lincheck
