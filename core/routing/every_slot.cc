// Commands that cover all slots: KEYS, DBSIZE, FLUSHALL and their kin in one part per executor; SCAN in windows of
// slots.
#include <algorithm>

#include "core/base/seam.h"
#include "core/routing/coordinator.h"

namespace hc {

void Coordinator::ask_every(std::uint64_t op, Now now, Effects& out, const Words& args) {
  ops_.at(op).merged = merge_start(*ops_.at(op).spec);
  std::vector<Slot> slots(config_.slots);
  for (std::uint32_t s = 0; s < config_.slots; ++s) slots[s] = Slot{static_cast<std::uint16_t>(s)};
  scatter(op, args, slots, 0, now, out);
}

// One part for each executor, for all its slots.
void Coordinator::scatter(std::uint64_t op, const Words& args, const std::vector<Slot>& slots, std::uint32_t pauses,
                          Now now, Effects& out) {
  // In production one part for each owner.
  std::map<std::pair<Incarnation, std::size_t>, std::vector<Slot>> by_owner;
  const bool scatters = slots.size() <= 256 && HC_BUGGIFY(kScatters);
  for (Slot s : slots) by_owner[{owner(s), scatters ? s.value / 4 : 0}].push_back(s);
  std::vector<std::uint64_t> tokens;
  for (auto& [who, theirs] : by_owner) {
    tokens.push_back(new_token());
    Part& part = parts_.add(tokens.back());
    part.op = op;
    part.spec = ops_.at(op).spec;
    part.args = args;
    part.slot = theirs.front();
    part.every = std::make_unique<Every>(std::move(theirs));
    part.give_up = ops_.at(op).deadline;
    part.pauses = pauses;
    ++ops_.at(op).missing;
    ++ops_.at(op).parts;
  }
  for (std::uint64_t token : tokens) route(token, now, out);
}

// Tried in vain: its slots may have different primaries by now.
void Coordinator::split(std::uint64_t token, Now now, Effects& out) {
  const std::unique_ptr<Part> taken = parts_.take(token);
  const Part& part = *taken;
  const std::size_t before = ops_.at(part.op).parts;
  scatter(part.op, part.args, part.every->slots, part.pauses, now, out);
  Op* const op = ops_.find(part.op);
  if (op == nullptr) return;
  --op->parts;
  if (--op->missing == 0 && before > 0) finish(part.op, now, out);
}

void Coordinator::run_every_here(std::uint64_t token, Now now, Effects& out) {
  Part& part = parts_.at(token);
  part.state = State::kLocal;
  part.every->merged = merge_start(*part.spec);
  part.every->left.clear();
  part.every->pending = part.every->slots.size() + 1;
  const std::vector<Slot> slots = part.every->slots;
  const CommandSpec& spec = *part.spec;
  const Words own = part.args;
  const Epoch sender = part.op ? (view_ ? view_->epoch : Epoch()) : part.guest_epoch;
  const Time give_up = part.give_up;
  for (Slot s : slots) {
    const std::uint64_t run = new_token();
    slot_runs_[run] = {token, s};
    auto result = executor_.run(s, spec, own.views(), run, sender, give_up, now);
    if (result.ran == Executor::Ran::kWaits) continue;
    slot_runs_.erase(run);
    result.reply.own();
    const bool ran = result.ran != Executor::Ran::kNotMine;
    slot_done(token, s, ran ? Outcome::kDone : Outcome::kNotMine, std::move(result.reply), now, out);
  }
  if (--parts_.at(token).every->pending == 0) every_done(token, now, out);
}

void Coordinator::slot_done(std::uint64_t token, Slot slot, Outcome outcome, Reply reply, Now now, Effects& out) {
  Part* const found = parts_.find(token);
  if (found == nullptr) return;
  Every& every = *found->every;
  if (outcome == Outcome::kDone) {
    every.applied += reply.is_error() ? 0 : 1;
    every.merged = merge_slots(*found->spec, std::move(every.merged), std::move(reply), random_);
  } else if (outcome == Outcome::kUnknown) {
    ++every.unsure;
    every.merged = expired(*found);
  } else {
    every.left.push_back(slot);
  }
  if (--every.pending == 0) every_done(token, now, out);
}

void Coordinator::every_done(std::uint64_t token, Now now, Effects& out) {
  Part& part = parts_.at(token);
  Every& every = *part.every;
  Reply merged = std::move(every.merged);
  if (merged.is_error() && part.spec->writes() && every.applied + every.unsure > 0)
    merged = Reply::error("UNKNOWN " + std::to_string(every.applied) + " of " + std::to_string(every.slots.size()) +
                          " slots were changed, " + std::to_string(every.unsure) + " may have been");
  const bool none = every.left.size() == every.slots.size();
  part_done(token, none ? Outcome::kNotMine : Outcome::kDone, std::move(merged), now, out);
}

// ---------------------------------------------------------------------------------------------------------------- SCAN

void Coordinator::scan_window(std::uint64_t op, Now now, Effects& out) {
  Op& o = ops_.at(op);
  Scan& scan = *o.scan;
  const std::uint32_t first = scan.slot;
  const std::uint32_t count = std::min(scan.window, config_.slots - first);
  const std::uint64_t inner = scan.inner;
  const std::vector<std::string> options = scan.options;
  scan.replies.assign(count, {});
  o.missing = count;
  o.parts += count;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::vector<std::string> args{"SCAN", std::to_string(i == 0 ? inner : 0)};
    args.insert(args.end(), options.begin(), options.end());
    ask_one(op, Slot{static_cast<std::uint16_t>(first + i)}, args, i, now, out);
  }
}

// The window's slots in order, until there is enough; the cursor names the slot and the place in it.
void Coordinator::scan_collect(std::uint64_t op, Now now, Effects& out) {
  Op& o = ops_.at(op);
  Scan& scan = *o.scan;
  if (o.unknown + o.refused > 0) return finish(op, now, out);
  constexpr std::uint32_t kWindowMax = 1024, kVisitMax = 4096;
  std::vector<Reply>& found = scan.found;
  std::uint32_t slot = scan.slot;
  std::uint64_t inner = 0;
  for (Reply& reply : scan.replies) {
    inner = inner_cursor(reply);
    for (Reply& key : reply.items[1].items) found.push_back(std::move(key));
    if (inner != 0) break;
    ++slot;
    if (found.size() >= scan.count) break;
  }
  scan.visited += slot - scan.slot;
  const bool end = inner == 0 && slot >= config_.slots;
  if (!end && inner == 0 && found.size() < scan.count && scan.visited < kVisitMax) {
    scan.slot = slot;
    scan.inner = 0;
    scan.window = HC_BUGGIFY(kWindowOfOne) ? 1 : std::min(scan.window * 4, kWindowMax);
    return scan_window(op, now, out);
  }
  const std::uint64_t cursor = end ? 0 : (inner << 14) | slot;
  o.merged = Reply::array({Reply::bulk_copy(std::to_string(cursor)), Reply::array(std::move(found))});
  finish(op, now, out);
}

}  // namespace hc
