#include "core/routing/coordinator.h"

#include <algorithm>

#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Duration kRetryFirst = 10ms;
constexpr Duration kRetryLongest = 100ms;
constexpr Duration kGrace = 200ms;  // an executor here answers at the deadline itself; this long we wait for it

}  // namespace

Coordinator::Coordinator(const NodeConfig& config, Peers& peers, Executor& executor, Random random)
    : config_(config), peers_(peers), executor_(executor), random_(random) {}

std::size_t Coordinator::guests() const {
  std::size_t count = 0;
  parts_.each([&](std::uint64_t, const Part& part) { count += part.op == 0 ? 1 : 0; });
  return count;
}

// --------------------------------------------------------------------------------------------------- a client's
// command

void Coordinator::ask(ClientId client, RequestId request, const CommandSpec* spec, Args args, Now now, Effects& out) {
  ++counters_.commands;
  if (auto refusal = refuse(spec, args)) return out.answer(client, request, std::move(*refusal));
  if (spec->route == Route::kNode) return out.answer(client, request, execute_local(*spec, args, now.wall));
  if (spec->route == Route::kConnection || spec->route == Route::kBus || spec->route == Route::kLog)
    return out.answer(client, request, Reply::error_literal("ERR this command belongs to the connection"));
  if (spec->route == Route::kKeys) {
    const auto slot = one_slot(*spec, args, config_.slots);
    if (slot) {
      const std::uint64_t token = next_token_ + 1;  // the part's, should it wait
      const Time give_up = now.mono + config_.deadline;
      look_by(give_up);
      Line* const line = lines_.find({client, *slot});
      const bool free = line == nullptr || may_follow(*line, *slot);
      Executor::Result result{Executor::Ran::kWaits, {}};
      if (free) result = executor_.run(*slot, *spec, args, token, view_ ? view_->epoch : Epoch(), give_up, now);
      if (result.ran == Executor::Ran::kDone || result.ran == Executor::Ran::kRefused) {
        if (line != nullptr) line->done = token;
        return out.answer(client, request, std::move(result.reply));
      }
      const std::uint64_t op = begin_op(client, request, *spec, now);
      ops_.at(op).missing = ops_.at(op).parts = 1;
      const std::uint64_t same = new_token();
      HC_CHECK(same == token, "the token that the executor was given");
      Part& part = parts_.add(token);
      part.op = op;
      part.spec = spec;
      part.slot = *slot;
      part.args = args;
      part.give_up = give_up;
      part.state = free && result.ran == Executor::Ran::kWaits ? State::kLocal : State::kParked;
      enter_line(token, part);
      if (result.ran == Executor::Ran::kNotMine) route(token, now, out);
      return;
    }
    if (!(spec->flags & kSplits))
      return out.answer(client, request, Reply::error_literal("CROSSSLOT Keys in request don't hash to the same slot"));
  }
  if (auto refusal = refuse_scatter(*spec, args)) return out.answer(client, request, std::move(*refusal));
  const std::uint64_t op = begin_op(client, request, *spec, now);
  if (spec->route == Route::kEverySlot) return ask_every(op, now, out, args);
  if (spec->route == Route::kScan) {
    auto scan = std::make_unique<Scan>();
    const std::uint64_t cursor = scan_cursor(args);
    scan->slot = static_cast<std::uint32_t>(cursor & 0x3fff);
    scan->inner = cursor >> 14;
    scan->count = scan_count(args);
    for (std::size_t i = 2; i < args.size(); ++i) scan->options.emplace_back(args[i]);
    if (scan->slot >= config_.slots) scan->slot = config_.slots - 1;
    ops_.at(op).scan = std::move(scan);
    return scan_window(op, now, out);
  }
  ops_.at(op).gather = std::make_unique<Gather>(*spec, args, config_.slots);
  const auto parts = ops_.at(op).gather->parts();
  ops_.at(op).missing = ops_.at(op).parts = parts.size();
  for (std::size_t i = 0; i < parts.size(); ++i) ask_one(op, parts[i].slot, parts[i].args, i, now, out);
}

std::uint64_t Coordinator::begin_op(ClientId client, RequestId request, const CommandSpec& spec, Now now) {
  const std::uint64_t op = new_token();
  Op& o = ops_.add(op);
  o.client = client;
  o.request = request;
  o.spec = &spec;
  o.deadline = now.mono + config_.deadline;
  look_by(o.deadline);
  return op;
}

void Coordinator::ask_one(std::uint64_t op, Slot slot, Words args, std::size_t index, Now now, Effects& out) {
  const std::uint64_t token = new_token();
  Part& part = parts_.add(token);
  part.op = op;
  part.spec = ops_.at(op).spec;
  part.slot = slot;
  part.args = std::move(args);
  part.index = index;
  part.give_up = ops_.at(op).deadline;
  const bool keyed = part.spec->route == Route::kKeys;
  if (!keyed || enter_line(token, part)) route(token, now, out);
}

// ------------------------------------------------------------------------------------------------------------- routing

// Where to try: the primary by our view. None: we have no view.
Incarnation Coordinator::owner(Slot slot) const {
  if (HC_MUTANT(kOneInFive) && heard_joins_ring_.slots() > 0) {
    const NodeId id = heard_joins_ring_.wanted(slot).front();
    return {id, view_->incarnation_of(id).generation};
  }
  return view_ ? view_->config(slot).list.front() : Incarnation{};
}

void Coordinator::park(Part& part, Now now) {
  set_state(part, State::kParked);
  part.retry_at = now.mono + std::min<Duration>(kRetryFirst * (1 << std::min(part.pauses, 4U)), kRetryLongest);
  if (HC_BUGGIFY(kRetriesLate)) part.retry_at += 300ms;
  ++part.tries, ++part.pauses;
  look_by(part.retry_at);
}

RequestId Coordinator::request_of(std::uint64_t token, const Part& part) {
  return RequestId(token * kTries + (HC_MUTANT(kRequestIdReused) ? 0 : part.tries % kTries));
}

void Coordinator::retry(std::uint64_t token, Now now, Effects& out) {
  const Part* const part = parts_.find(token);
  if (part == nullptr || part->state != State::kParked) return;
  if (const Line* line = line_of(*part); line && !HC_MUTANT(kPipelineOvertakes)) {
    if (line->parts.front() == token) go_on({part->line, part->slot}, now, out);
    return;
  }
  route(token, now, out);
}

void Coordinator::route(std::uint64_t token, Now now, Effects& out) {
  Part* const found = parts_.find(token);
  if (found == nullptr) return;
  Part& part = *found;
  if (part.every && part.op && part.tries > 0) return split(token, now, out);
  Incarnation to = owner(part.slot);
  const auto alone = [&] { return !line_of(part) || line_of(part)->parts.size() == 1; };  // else all go one way (4d)
  if (view_ && HC_BUGGIFY(kForwardsToAnyone) && alone()) to = view_->incarnation_of(view_->members.back().info.id);
  if (to.member == config_.self.id) return run_here(token, now, out);
  if (!to) return park(part, now);
  const NodeId relay = relay_for(part, to.member);
  if (!send(token, part, relay ? relay : to.member, static_cast<bool>(relay), now)) park(part, now);
}

// False: there is no session.
bool Coordinator::send(std::uint64_t token, Part& part, NodeId to, bool relay, Now now) {
  const std::vector<Slot> scanned = part.spec->route == Route::kScan ? std::vector{part.slot} : std::vector<Slot>{};
  Forward forward{request_of(token, part),
                  view_->epoch,
                  std::max<Duration>(part.give_up - now.mono - kGrace, 1ms),
                  part.every ? part.every->slots : scanned,
                  part.args,
                  relay};
  if (!peers_.send(to, std::move(forward))) return false;
  ++counters_.forwards_sent;
  set_state(part, State::kSent);
  part.peer = to;
  part.session = peers_.session(to);
  part.relayed = relay;
  return true;
}

void Coordinator::run_here(std::uint64_t token, Now now, Effects& out) {
  Part& part = parts_.at(token);
  if (part.every) return run_every_here(token, now, out);
  set_state(part, State::kLocal);
  const Epoch sender = part.op ? (view_ ? view_->epoch : Epoch()) : part.guest_epoch;
  auto result = executor_.run(part.slot, *part.spec, part.args.views(), token, sender, part.give_up, now);
  switch (result.ran) {
    case Executor::Ran::kWaits:
      return;
    case Executor::Ran::kDone:
    case Executor::Ran::kRefused:
      if (part.op != 0) result.reply.own();
      return part_done(token, Outcome::kDone, std::move(result.reply), now, out);
    case Executor::Ran::kNotMine:
      return part_done(token, Outcome::kNotMine, {}, now, out);
  }
}

// ------------------------------------------------------------------------------------------------------------- answers

void Coordinator::done(std::uint64_t token, Outcome outcome, Reply reply, Now now, Effects& out) {
  if (auto it = slot_runs_.find(token); it != slot_runs_.end()) {
    const auto [part, slot] = it->second;
    slot_runs_.erase(it);
    return slot_done(part, slot, outcome, std::move(reply), now, out);
  }
  if (parts_.contains(token)) part_done(token, outcome, std::move(reply), now, out);
}

void Coordinator::part_done(std::uint64_t token, Outcome outcome, Reply reply, Now now, Effects& out) {
  Part& part = parts_.at(token);
  if (part.op == 0) return guest_done(token, part, outcome, std::move(reply), now, out);
  Op& op = ops_.at(part.op);
  const bool read = !part.spec->writes();
  const Line* line = line_of(part);
  const bool overtaken = line && token < line->done && outcome != Outcome::kDone && !HC_MUTANT(kPipelineOvertakes);
  const bool again = !overtaken && (outcome == Outcome::kNotMine || outcome == Outcome::kNotExecuted ||
                                    (outcome == Outcome::kUnknown && (read || HC_MUTANT(kBlindRetry))));
  if (outcome == Outcome::kNotMine) ++counters_.not_mine;
  if (again && now.mono < part.give_up) return park(part, now);
  tell_if_slow(token, part, outcome, reply, now, out);
  switch (outcome) {
    case Outcome::kDone:
      ++(!reply.is_error() ? op.applied : reply.text.view.starts_with("UNKNOWN") ? op.unknown : op.refused);
      break;
    case Outcome::kUnknown:
      ++op.unknown;
      ++counters_.unknown;
      break;
    default:
      ++op.refused;
      ++counters_.refused;
  }
  if (outcome != Outcome::kDone) {
    reply = outcome == Outcome::kUnknown
                ? Reply::error_literal("UNKNOWN the outcome is not known: it may have been applied")
            : overtaken ? Reply::error_literal("TRYAGAIN not applied: a later command of this connection went first")
                        : Reply::error("CLUSTERDOWN slot " + std::to_string(part.slot.value) +
                                       " is not served at present; nothing was applied");
  }
  const std::uint64_t id = part.op;
  const bool one_of_many = op.gather || op.scan || part.every;
  if (one_of_many && reply.is_error() && op.error.kind == Reply::Kind::kNothing) op.error = reply;
  if (op.gather) {
    op.gather->add(part.index, std::move(reply));
  } else if (op.scan) {
    op.scan->replies[part.index] = std::move(reply);
  } else if (part.every) {
    op.merged = merge_slots(*op.spec, std::move(op.merged), std::move(reply), random_);
    const std::vector<Slot> left = std::move(part.every->left);
    const Words args = std::move(part.args);
    parts_.erase(token);
    if (!left.empty() && outcome == Outcome::kDone) scatter(id, args, left, 0, now, out);
    Op& same = ops_.at(id);
    if (--same.missing == 0) finish(id, now, out);
    return;
  } else {  // the only one
    const std::unique_ptr<Op> whole = ops_.take(id);
    const std::unique_ptr<Part> ended = parts_.take(token);
    if (whole->client) out.answer(whole->client, whole->request, std::move(reply));
    return leave_line(token, *ended, outcome == Outcome::kDone, now, out);
  }
  const std::unique_ptr<Part> ended = parts_.take(token);
  if (--op.missing == 0) {
    if (op.scan) return scan_collect(id, now, out);
    finish(id, now, out);
  }
  leave_line(token, *ended, outcome == Outcome::kDone, now, out);
}

// A command over several slots that went through in part says how far it came.
Reply Coordinator::partial(const Op& op) const {
  if (op.applied == 0 && op.unknown == 0) return op.error;
  if (!op.spec->writes()) return op.error;
  return Reply::error("UNKNOWN " + std::to_string(op.applied) + " of " + std::to_string(op.parts) +
                      " parts were applied, " + std::to_string(op.unknown) + " may have been, " +
                      std::to_string(op.refused) + " were not");
}

void Coordinator::finish(std::uint64_t id, Now, Effects& out) {
  const std::unique_ptr<Op> ended = ops_.take(id);
  HC_CHECK(ended != nullptr, "an operation ends once");
  Op& op = *ended;
  Reply reply;
  if (op.parts > 1 && op.unknown + op.refused > 0) {
    reply = partial(op);
  } else if (op.gather) {
    reply = op.gather->finish();
  } else if (op.spec->route == Route::kEverySlot) {
    reply = op.merged.is_error() ? std::move(op.merged) : finish_slots(*op.spec, std::move(op.merged));
  } else {
    reply = op.error.is_error() ? std::move(op.error) : std::move(op.merged);
  }
  if (op.client) out.answer(op.client, op.request, std::move(reply));
}

Reply Coordinator::expired(const Part& part) const {
  const bool sure = part.state == State::kParked || HC_MUTANT(kDeadlineSaysNotApplied);
  return sure ? Reply::error_literal("CLUSTERDOWN not applied") : Reply::error_literal("UNKNOWN may have been applied");
}

void Coordinator::client_gone(ClientId client) {
  ops_.each([&](std::uint64_t, Op& op) {
    if (op.client == client) op.client = {};
  });
}

// -------------------------------------------------------------------------------------------------------------- guests

void Coordinator::handle(Incarnation from, Forward&& m, Now now, Effects& out) {
  ++counters_.forwards_served;
  const Words words = std::move(m.args);
  const Args args = words.views();
  const CommandSpec* spec = args.empty() ? nullptr : find_command(args[0]);
  const auto bad = [&](std::string why) {
    answer_guest(from, {m.request, Outcome::kDone, view_ ? view_->epoch : Epoch(), Reply::error(std::move(why)), {}},
                 now);
  };
  if (!spec || refuse(spec, args)) return bad("ERR a forwarded command that this version does not know");
  const auto slot = spec->route == Route::kKeys ? one_slot(*spec, args, config_.slots) : std::optional(Slot{});
  if (!slot) return bad("ERR a forwarded command over several slots");
  const bool every = spec->route != Route::kKeys && spec->route != Route::kScan;
  if (every && spec->route != Route::kEverySlot)
    return bad("ERR a forwarded command that members do not run for others");
  if (every && m.slots.empty()) return bad("ERR a forwarded command without slots");
  for (Slot s : m.slots)
    if (s.value >= config_.slots) return bad("ERR a slot out of range");
  const std::uint64_t token = new_token();
  Part& part = parts_.add(token);
  part.guest = from;
  part.guest_request = m.request;
  part.guest_epoch = m.epoch;
  part.spec = spec;
  part.came = now.mono;
  part.args = words;
  part.give_up = now.mono + m.patience;
  part.slot = spec->route == Route::kKeys || m.slots.empty() ? *slot : m.slots.front();
  if (every) part.every = std::make_unique<Every>(std::move(m.slots));
  const bool passes = passes_on(m, part.slot);
  if (passes) return pass_on(token, now, out);
  run_here(token, now, out);
}

void Coordinator::guest_done(std::uint64_t token, Part& part, Outcome outcome, Reply reply, Now now, Effects& out) {
  const std::size_t bytes = reply.bytes();
  if (bytes > kGuestReplyBytesMax)
    reply = Reply::error("ERR the reply has about " + std::to_string(bytes) +
                         " bytes, and members pass on no more than " + std::to_string(kGuestReplyBytesMax) +
                         " at once" + (part.spec->writes() ? "; the command was executed" : "") +
                         ": ask for less, or at the member that leads the slot");
  reply.own();
  tell_if_slow(token, part, outcome, reply, now, out);
  std::vector<Slot> left = part.every ? std::move(part.every->left) : std::vector<Slot>();
  answer_guest(part.guest,
               {part.guest_request, outcome, view_ ? view_->epoch : Epoch(), std::move(reply), std::move(left)}, now);
  parts_.erase(token);
}

// To the process that asked, and to no later one of that member: its numbers mean other requests (4b).
void Coordinator::answer_guest(Incarnation to, Forwarded answer, Now now) {
  if (peers_.open(to.member)) {
    peers_.send(to, std::move(answer));
  } else {
    peers_.want(to.member);
    held_.push_back({to, now.mono + config_.deadline, std::move(answer)});
    look_by(held_.back().until);
  }
}

void Coordinator::handle(Incarnation from, Forwarded&& m, Now now, Effects& out) {
  const std::uint64_t token = m.request.value / kTries;
  Part* const part = parts_.find(token);
  if (part == nullptr || part->state != State::kSent || part->peer != from.member) return;
  if (m.request != request_of(token, *part)) return;  // the answer to an earlier try
  if (part->every) part->every->left = std::move(m.left);
  part_done(token, m.outcome, std::move(m.reply), now, out);
}

// ---------------------------------------------------------------------------------------------------------------- time

void Coordinator::install(const ViewRef& view, Now now, Effects& out) {
  if (HC_MUTANT(kOneInFive)) note_joins(view);
  view_ = view;
  std::vector<std::uint64_t> parked;
  parts_.each([&](std::uint64_t token, Part& part) {
    if (part.state != State::kParked) return;
    part.pauses = 0;
    parked.push_back(token);
  });
  for (std::uint64_t token : parked) retry(token, now, out);
}

// The original system's ring: of the members whose joining a node happened to hear, and itself.
void Coordinator::note_joins(const ViewRef& view) {
  for (const ViewMember& m : view->members) {
    const bool self = m.info.id == config_.self.id;
    const bool joined_later = view_ && !view_->member(m.info.id);
    const bool known = std::ranges::any_of(heard_joins_, [&](const RingMember& r) { return r.id == m.info.id; });
    if (!known && (self || joined_later)) heard_joins_.push_back({m.info.id, name_of(m.info.id), {}, {}});
  }
  if (!heard_joins_.empty()) heard_joins_ring_ = Ring::build(heard_joins_, 1, config_.slots);
}

void Coordinator::session_opened(NodeId peer, Now now, Effects& out) {
  for (Held& h : std::exchange(held_, {})) {
    if (h.to.member == peer) {
      answer_guest(h.to, std::move(h.answer), now);
    } else {
      held_.push_back(std::move(h));
    }
  }
  std::vector<std::uint64_t> parked;
  parts_.each([&](std::uint64_t token, const Part& part) {
    if (part.state == State::kParked && owner(part.slot).member == peer) parked.push_back(token);
  });
  for (std::uint64_t token : parked) retry(token, now, out);
}

// Answers may be lost with it: a write's outcome is unknown, a read is asked again (4b).
void Coordinator::session_lost(NodeId peer, Now now, Effects& out) {
  std::vector<std::uint64_t> lost;
  parts_.each([&](std::uint64_t token, const Part& part) {
    if (part.state == State::kSent && part.peer == peer) lost.push_back(token);
  });
  for (std::uint64_t token : lost) {
    const Part* const part = parts_.find(token);
    if (part == nullptr) continue;
    const bool rash = part->op == 0 && HC_MUTANT(kRelaySaysNotExecuted);
    part_done(token, rash ? Outcome::kNotExecuted : Outcome::kUnknown, {}, now, out);
  }
}

void Coordinator::tick(Now now, Effects& out) {
  if (now.mono < look_at_) return;
  std::erase_if(held_, [&](const Held& h) { return now.mono >= h.until; });
  std::vector<std::uint64_t> due;
  parts_.each([&](std::uint64_t token, const Part& part) {
    if (waits(part) && (now.mono >= part.give_up || now.mono >= due_at(part))) due.push_back(token);
  });
  for (std::uint64_t token : due) {
    const Part* const found = parts_.find(token);
    if (found == nullptr) continue;
    const Part& part = *found;
    if (now.mono < part.give_up) {
      retry(token, now, out);
    } else if (part.state == State::kParked) {
      part_done(token, Outcome::kNotExecuted, {}, now, out);
    } else if (part.state == State::kSent || now.mono >= part.give_up + kGrace) {
      part_done(token, HC_MUTANT(kDeadlineSaysNotApplied) ? Outcome::kNotExecuted : Outcome::kUnknown, {}, now, out);
    }
  }
  look_at_ = kNever;
  for (const Held& h : held_) look_by(h.until);
  parts_.each([&](std::uint64_t, const Part& part) {
    if (!waits(part)) return;
    const bool late = now.mono >= due_at(part);  // it waits for those before it in its line
    look_by(now.mono >= part.give_up ? part.give_up + kGrace
                                     : std::min(part.give_up, late ? now.mono + kRetryLongest : due_at(part)));
  });
}

// Of a guest, only what was passed on: all else the executor ends.
bool Coordinator::waits(const Part& part) { return part.op != 0 || part.state == State::kSent; }

// When it is asked again, if it is.
Time Coordinator::due_at(const Part& part) { return part.state == State::kParked ? part.retry_at : kNever; }

void Coordinator::look_by(Time at) { look_at_ = std::min(look_at_, at); }

std::optional<Time> Coordinator::deadline() const {
  if ((parts_.empty() && held_.empty()) || look_at_ == kNever) return std::nullopt;
  return look_at_;
}

}  // namespace hc
