#include "runtime/command_stats.h"

#include <algorithm>

#include "core/base/check.h"

namespace hc {
namespace {

constexpr std::size_t kCodesMax = 128;  // as many kinds of errors are told apart, as in Redis
constexpr Bytes kRejections[] = {"OOM",       "MISCONF", "CLUSTERDOWN", "TRYAGAIN", "LOADING",
                                 "CROSSSLOT", "MOVED",   "NOAUTH",      "NOPERM"};

bool was_rejected(Bytes error, Bytes code) {
  return std::ranges::find(kRejections, code) != std::end(kRejections) ||
         error.starts_with("ERR wrong number of arguments") || error.starts_with("ERR unknown subcommand");
}

}  // namespace

void CommandStats::answered_error(const CommandSpec* spec, const Reply& reply, Time asked) {
  const Bytes error = reply.text.view, code = error.substr(0, error.find(' '));
  if (const auto known = errors_.find(std::string(code)); known != errors_.end())
    ++known->second;
  else if (errors_.size() < kCodesMax)
    errors_.emplace(code, 1);
  if (spec == nullptr) return;
  const std::size_t place = place_of(*spec);
  if (was_rejected(error, code)) {
    ++here(place).rejected;
  } else {
    ++here(place).failed;
    count(place, asked);
  }
}

void CommandStats::settle(Time now) {
  const Duration took = now - read_at_;
  for (std::size_t i = 0; i < touched_count_; ++i) {
    const std::size_t place = touched_[i];
    here(place).took.add(took, at_once_[place]);
    at_once_[place] = 0;
  }
  touched_count_ = 0;
}

CommandStats::OfCommand& CommandStats::here(std::size_t place) {
  HC_CHECK(place < kCommandsMax, "a command that the table does not have");
  if (!commands_[place]) commands_[place] = std::make_unique<OfCommand>();
  return *commands_[place];
}

void CommandStats::reset() {
  for (auto& command : commands_) command.reset();
  errors_.clear();
}

}  // namespace hc
