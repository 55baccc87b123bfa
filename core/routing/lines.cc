// Lines: the order of one client's commands on one slot (rule 4d).
#include <algorithm>

#include "core/base/seam.h"
#include "core/routing/coordinator.h"

namespace hc {

void Coordinator::set_state(Part& part, State state) {
  if (Line* line = line_of(part)) {
    line->parked -= part.state == State::kParked ? 1 : 0;
    line->parked += state == State::kParked ? 1 : 0;
  }
  part.state = state;
}

Coordinator::Line* Coordinator::line_of(const Part& part) {
  return part.line ? lines_.find({part.line, part.slot}) : nullptr;
}

// All are on their way to the place where a command for this slot would go now, which keeps their order.
bool Coordinator::may_follow(const Line& line, Slot slot) const {
  if (line.parts.empty() || HC_MUTANT(kPipelineOvertakes)) return true;
  if (line.parked > 0) return false;
  const Part& last = parts_.at(line.parts.back());
  const NodeId to = owner(slot).member;
  if (to == config_.self.id) return last.state == State::kLocal;
  if (last.relayed && !HC_MUTANT(kRelayedTogether)) return false;  // by now it may not go the same way
  return last.state == State::kSent && last.peer == to && last.session == peers_.session(to);
}

// False: it has to wait for those before it.
bool Coordinator::enter_line(std::uint64_t token, Part& part) {
  const ClientId client = ops_.at(part.op).client;
  Line& line = lines_[{client, part.slot}];
  const bool free = may_follow(line, part.slot);
  line.parts.push_back(token);
  line.parked += part.state == State::kParked ? 1 : 0;
  part.line = client;
  if (!free) part.retry_at = part.give_up;
  return free;
}

// What was refused before a later one was executed cannot be asked again: it would come too late.
void Coordinator::leave_line(std::uint64_t token, const Part& part, bool executed, Now now, Effects& out) {
  if (!part.line) return;
  const LineKey key{part.line, part.slot};
  Line& line = lines_.at(key);
  line.parts.erase(std::ranges::lower_bound(line.parts, token));
  line.parked -= part.state == State::kParked ? 1 : 0;
  if (executed && !HC_MUTANT(kPipelineOvertakes)) line.done = std::max(line.done, token);
  std::vector<std::uint64_t> overtaken;
  for (std::size_t i = 0; line.parked > 0 && i < line.parts.size() && line.parts[i] < line.done; ++i)
    if (parts_.at(line.parts[i]).state == State::kParked) overtaken.push_back(line.parts[i]);
  for (std::uint64_t each : overtaken)
    if (parts_.contains(each)) part_done(each, Outcome::kNotExecuted, {}, now, out);
  const Line* const left = lines_.find(key);
  if (left == nullptr || left->going) return;
  if (left->parts.empty()) {
    lines_.erase(key);
  } else if (parts_.at(left->parts.front()).tries == 0) {
    go_on(key, now, out);  // those that have only waited for this one
  }
}

// When none is on its way any more, all go together.
void Coordinator::go_on(LineKey key, Now now, Effects& out) {
  Line* const found = lines_.find(key);
  if (found == nullptr || found->going) return;
  Line& line = *found;
  if (line.parked < line.parts.size() && !HC_MUTANT(kPipelineOvertakes)) return;
  line.going = true;
  const std::vector<std::uint64_t> parts = line.parts;
  for (std::uint64_t token : parts) {
    const auto is = [&](auto how) {
      const Part* const part = parts_.find(token);
      return part != nullptr && how(*part);
    };
    const auto parked = [](const Part& part) { return part.state == State::kParked; };
    const auto relayed = [](const Part& part) {
      return part.state == State::kSent && part.relayed && !HC_MUTANT(kRelayedTogether);
    };
    if (!is(parked)) continue;
    route(token, now, out);
    if (is(parked) || is(relayed)) break;
  }
  line.going = false;
  if (line.parts.empty()) lines_.erase(key);
}

}  // namespace hc
