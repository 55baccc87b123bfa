#include "sim/nemesis.h"

#include <algorithm>

#include "io/vote_file.h"
#include "sim/streams.h"

namespace hc::sim {

void Nemesis::begin() {
  const auto& faults = around_.setting.plan.faults;
  active_.assign(faults.size(), false);
  for (std::uint32_t i = 0; i < faults.size(); ++i) around_.schedule.after(faults[i].at - Instant{}, Kind::kFault, i);
}

Machine* Nemesis::running(std::uint64_t machine) const {
  if (machine >= around_.machines.size()) return nullptr;
  Machine* m = around_.machines[machine].get();
  return m->up() ? m : nullptr;
}

// ---- budgets

bool Nemesis::spares(Mask dead) const { return around_.setting.loses_slots || slots_survive(dead); }

bool Nemesis::slots_survive(Mask dead, Mask without_disk) const {
  const auto lives = [&](Incarnation who) {
    const std::uint32_t machine = who.member.value - 1;
    if (!(without_disk >> machine & 1) && around_.machines[machine]->log().complete(who.generation)) return true;
    const Machine* m = running(machine);
    return m && m->incarnation() == who && !(dead >> m->index() & 1);
  };
  return std::ranges::all_of(around_.views_in_force(), [&](const ViewRef& view) {
    return std::ranges::all_of(view->slots,
                               [&](const SlotConfig& slot) { return std::ranges::any_of(slot.list, lives); });
  });
}

bool Nemesis::voters_survive(Mask dead) const {
  for (const auto& m : around_.machines)
    if ((dead >> m->index() & 1) && around_.may_get_a_vote(m->index())) return false;
  const auto views = around_.views_in_force();
  return !views.empty() && std::ranges::all_of(views, [&](const ViewRef& view) {
    const auto intact = std::ranges::count_if(
        view->voters, [&](const Voter& v) { return !wiped_.contains(v.storage) && !(dead >> (v.id.value - 1) & 1); });
    return static_cast<std::size_t>(intact) >= view->majority();
  });
}

// ---- carrying out

void Nemesis::fault_due(std::uint32_t index, bool woken) {
  if (healed_) return;
  const Fault& f = around_.setting.plan.faults[index];
  if (f.after_view && !woken) {
    waiting_.push_back(index);
    return;
  }
  if (!strike(f, index)) {
    ++skipped_;
    return;
  }
  ++fired_;
  struck_.emplace_back(index, around_.schedule.now());
  ++fired_of_[static_cast<std::size_t>(f.kind)];
}

void Nemesis::view_installed() {
  for (const std::uint32_t index : std::exchange(waiting_, {})) {
    const Duration soon = random_.percent(50) ? 0ns : draw_log(random_, 10us, 20ms);
    around_.schedule.after(soon, Kind::kFault, index, 1);
  }
}

bool Nemesis::strike(const Fault& f, std::uint32_t index) {
  const Instant now = around_.schedule.now();
  const auto ends_later = [&] {
    active_[index] = true;
    around_.schedule.after(f.lasts, Kind::kFaultEnds, index);
    return true;
  };
  switch (f.kind) {
    case FaultKind::kCrash:
      return crash(f);
    case FaultKind::kMassRestart: {
      bool any = false;
      for (std::uint32_t i = 0; i < around_.machines.size(); ++i) {
        if (!(f.a >> i & 1) || !running(i) || !spares(in_mask(i))) continue;
        around_.machines[i]->die(!(f.variant & 1));
        start_later(i, f.lasts);
        any = true;
      }
      return any;
    }
    case FaultKind::kPowerLoss:
      return lose_power(f);
    case FaultKind::kPause:
      if (!running(f.a)) return false;
      running(f.a)->pause(now + f.lasts);
      return true;
    case FaultKind::kSlow:
      if (!running(f.a)) return false;
      running(f.a)->set_slow(Duration(static_cast<std::int64_t>(f.amount)));
      return ends_later();
    case FaultKind::kStop:
      if (!running(f.a) || running(f.a)->stopping() || !spares(in_mask(f.a))) return false;
      running(f.a)->stop();
      return ends_later();
    case FaultKind::kJoin:
      if (f.a >= around_.machines.size() || (joined_ >> f.a & 1)) return false;
      joined_ |= in_mask(f.a);
      around_.start(static_cast<std::uint32_t>(f.a));
      return true;
    case FaultKind::kLeave:
      return leave(f);
    case FaultKind::kForce:
      return end_majority(f, index);
    case FaultKind::kUpgrade:
      return upgrade(f) && (f.variant == 0 || ends_later());
    case FaultKind::kGiveUp:
      if (f.a >= around_.machines.size() || !around_.setting.loses_slots) return false;
      accept_loss(index);
      return true;
    case FaultKind::kFsyncFails:
      if (!running(f.a) || !spares(in_mask(f.a))) return false;
      running(f.a)->disk().fail_next();
      if (f.variant & 1) running(f.a)->log().fail_next();
      return true;
    case FaultKind::kSlowDisk:
      if (f.a >= around_.machines.size()) return false;
      around_.machines[f.a]->disk().set_slow(Duration(static_cast<std::int64_t>(f.amount)));
      around_.machines[f.a]->log().set_slow(Duration(static_cast<std::int64_t>(f.amount)));
      return ends_later();
    case FaultKind::kCut:
      cut(f, 1);
      return ends_later();
    case FaultKind::kClog:
      if (f.a == f.b) return false;
      around_.network.clog(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b), now + f.lasts);
      return true;
    case FaultKind::kReset:
      around_.network.reset(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b));
      return f.a != f.b;
    case FaultKind::kHalfOpen:
      around_.network.half_open(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b));
      return f.a != f.b;
    case FaultKind::kNarrow:
      if (f.a == f.b) return false;
      around_.network.narrow(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b), f.amount);
      return ends_later();
    case FaultKind::kWrongDoor:
      if (f.b == f.variant) return false;
      around_.network.misguide(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b),
                               static_cast<Endpoint>(f.variant));
      return ends_later();
    case FaultKind::kFullDisk:
      if (f.a >= around_.machines.size()) return false;
      around_.machines[f.a]->log().set_full(true, f.amount);
      return ends_later();
    case FaultKind::kSqueeze:
      if (!running(f.a)) return false;
      running(f.a)->squeeze(f.amount);
      return ends_later();
    case FaultKind::kWallJump:
      around_.machines[f.a]->clock().set_wall_skew(Duration(static_cast<std::int64_t>(f.amount)) -
                                                   around_.setting.wall_skew_most);
      return true;
    case FaultKind::kClockRate:
      around_.machines[f.a]->clock().set_rate(now, static_cast<std::int64_t>(f.amount));
      return true;
    default:
      weather(f, true);
      return ends_later();
  }
}

void Nemesis::fault_ends(std::uint32_t index) {
  if (healed_ || !active_[index]) return;
  active_[index] = false;
  const Fault& f = around_.setting.plan.faults[index];
  switch (f.kind) {
    case FaultKind::kSlow:
      around_.machines[f.a]->set_slow(0ns);
      return;
    case FaultKind::kStop:
    case FaultKind::kUpgrade:
      if (running(f.a) && running(f.a)->stopping()) running(f.a)->die(true);  // SIGKILL after its time
      restart_due(static_cast<std::uint32_t>(f.a));
      return;
    case FaultKind::kSlowDisk:
      around_.machines[f.a]->disk().calm();
      around_.machines[f.a]->log().calm();
      return;
    case FaultKind::kFullDisk:
      around_.machines[f.a]->log().set_full(false);
      return;
    case FaultKind::kSqueeze:
      around_.machines[f.a]->squeeze(std::nullopt);
      return;
    case FaultKind::kCut:
      cut(f, -1);
      return;
    case FaultKind::kNarrow:
      around_.network.narrow(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b), 0);
      return;
    case FaultKind::kWrongDoor:
      around_.network.misguide(static_cast<Endpoint>(f.a), static_cast<Endpoint>(f.b), static_cast<Endpoint>(f.b));
      return;
    case FaultKind::kForce:
      return force(index);
    case FaultKind::kGiveUp:
      return accept_loss(index);
    default:
      weather(f, false);
  }
}

bool Nemesis::lose_power(const Fault& f) {
  Mask all = 0;
  for (const auto& m : around_.machines)
    if (m->up()) all |= in_mask(m->index());
  if (all == 0 || !spares(all)) return false;
  for (const auto& m : around_.machines) {
    m->lose_power();
    if (all >> m->index() & 1)
      start_later(m->index(), f.lasts + draw(random_, 0ns, Duration(static_cast<std::int64_t>(f.amount))));
  }
  return true;
}

bool Nemesis::crash(const Fault& f) {
  Machine* m = running(f.a);
  if (!m || !spares(in_mask(f.a))) return false;
  const bool orderly = !(f.variant & 1);
  if (f.variant & 4) crashes_again_[m->index()] = 1 + f.amount;
  if (harm_disk(*m, f.variant)) {
    m->die(orderly);
    if (f.variant & 2) m->disk().wipe(), m->log().wipe();
    if (f.variant & 8) m->disk().rot(), m->log().rot();
    if (f.variant & 16) m->disk().restore();
  } else if (f.amount == 0) {
    m->die(orderly);
  } else {
    m->die_after(f.amount, orderly);  // died() brings it back
    return true;
  }
  start_later(m->index(), f.lasts);
  return true;
}

// True if the budget permits what the crash shall do to its disk.
bool Nemesis::harm_disk(Machine& m, std::uint64_t how) {
  if (alone_knows_what_was_forced(m)) return false;
  if (how & 16) return may_restore(m);
  if (!(how & (2 | 8)) || !voters_survive(in_mask(m.index()))) return false;
  if (!around_.setting.loses_slots && !slots_survive(in_mask(m.index()), in_mask(m.index()))) return false;
  wiped_.insert(m.node().storage());
  // A process that still opens its log has not looked at its vote file yet.
  if (const auto vote = m.disk().file() ? decode_vote(*m.disk().file()) : std::unexpected(std::string()))
    wiped_.insert(vote->storage);
  return true;
}

// What it has installed or, before it has looked there, on its disk. Null: nothing.
ViewRef Nemesis::view_of(const Machine& m) const {
  if (m.up() && m.node().view()) return m.node().view();
  const auto record = m.disk().file() ? decode_vote(*m.disk().file()) : std::unexpected(std::string());
  return record ? record->view : nullptr;
}

// Together with voters that have not heard what came after it, one that forgets its votes would be a majority.
bool Nemesis::would_decide_again(const View& view, const Machine& forgetful) const {
  const auto behind = std::ranges::count_if(view.voters, [&](const Voter& v) {
    const ViewRef theirs = v.id == forgetful.id() ? nullptr : view_of(*around_.machines[v.id.value - 1]);
    return theirs && theirs->epoch <= view.epoch;
  });
  return view.votes(forgetful.id()) && static_cast<std::size_t>(behind) + 1 >= view.majority();
}

// An older disk forgets votes, so its owner counts as a lost voter (2e): of the views in force, and of every view that
// somebody has, whose other voters must be enough to know better.
bool Nemesis::may_restore(const Machine& m) {
  if (around_.may_get_a_vote(m.index())) return false;
  const auto views = around_.views_in_force();
  if (views.empty() || std::ranges::any_of(views, [&](const ViewRef& view) { return view->votes(m.id()); }))
    return false;
  const auto fooled = [&](const auto& other) {
    const ViewRef view = view_of(*other);
    return view && would_decide_again(*view, m);
  };
  if (std::ranges::any_of(around_.machines, fooled)) return false;
  if (m.disk().older()) {
    const auto record = decode_vote(*m.disk().older());
    const bool again = record && record->view && would_decide_again(*record->view, m);
    if (again || (restored_ & ~in_mask(m.index()))) return false;
    // Whoever has it as its folder may be given a vote, and lose it when somebody who knows better is asked (2e).
    if (record) wiped_.insert(record->storage);
  }
  restored_ |= in_mask(m.index());
  return true;
}

bool Nemesis::leave(const Fault& f) {
  Machine* asked = running(f.b);
  if (!asked || gone(static_cast<std::uint32_t>(f.a)) || leaving_.contains(static_cast<std::uint32_t>(f.a)))
    return false;
  std::size_t stay = 0;
  for (std::uint32_t i = 0; i < around_.machines.size(); ++i) {
    const bool member = i < around_.setting.nodes || (joined_ >> i & 1);
    if (member && i != f.a && !gone(i) && !leaving_.contains(i)) ++stay;
  }
  if (stay < around_.setting.node.min_in_sync) return false;
  leaving_.emplace(static_cast<std::uint32_t>(f.a), f);
  asked->ask_to_leave(around_.machines[f.a]->id());
  return true;
}

// 4b: another program, with the same disk.
bool Nemesis::upgrade(const Fault& f) {
  Machine* m = running(f.a);
  if (!m || m->stopping() || !spares(in_mask(f.a))) return false;
  constexpr Duration kWordHolds = 15s;  // it is said for ten seconds, and counts a while longer
  const bool word = word_of_loss_ && around_.schedule.now() - *word_of_loss_ < kWordHolds;
  if (f.amount < kWireVersionMax && (word || some_vote_rests_on_loss())) return false;
  wire_max_[m->index()] = static_cast<std::uint32_t>(f.amount);
  if (f.variant == 1) {
    m->stop();
  } else {
    m->die(true);
    start_later(m->index(), f.lasts);
  }
  return true;
}

bool Nemesis::some_vote_rests_on_loss() const {
  return std::ranges::any_of(around_.machines, [](const auto& m) {
    const auto record = m->disk().file() ? decode_vote(*m->disk().file()) : std::unexpected(std::string());
    return record && record->accepted &&
           std::ranges::find(record->accepted->proposal.evidence, ReportKind::kAcceptLoss, &Report::kind) !=
               record->accepted->proposal.evidence.end();
  });
}

// Some voter speaks an older version, or will when it is back: a majority may come to need it.
bool Nemesis::some_voter_is_older() const {
  return std::ranges::any_of(around_.views_in_force(), [&](const ViewRef& view) {
    return std::ranges::any_of(view->voters, [&](const Voter& v) {
      const std::uint32_t most = wire_max_[v.id.value - 1];
      return most != 0 && most < kWireVersionMax;
    });
  });
}

// 7e: tried as often as an operator would, who knows which processes have ended.
void Nemesis::accept_loss(std::uint32_t index) {
  constexpr Duration kEvery = 250ms;
  const Fault& f = around_.setting.plan.faults[index];
  Machine* m = running(f.a);
  const auto lost = m && !m->paused() && m->node().view() ? m->node().lost({}) : std::unexpected(std::string());
  SlotSet ended(around_.setting.node.slots);
  const auto runs = [&](Incarnation who) {
    const Machine* of = running(who.member.value - 1);
    return of && of->incarnation() == who;
  };
  if (lost)
    lost->for_each([&](Slot s) {
      if (std::ranges::none_of(m->node().view()->config(s).list, runs)) ended.add(s);
    });
  if (!ended.empty() && !some_voter_is_older()) {
    word_of_loss_ = around_.schedule.now();
    return m->accept_loss(ended);
  }
  if (++force_tries_[index] * kEvery > f.lasts) return;
  active_[index] = true;
  around_.schedule.after(kEvery, Kind::kFaultEnds, index);
}

// ---- 2h

bool Nemesis::end_majority(const Fault& f, std::uint32_t index) {
  Mask all = 0;
  for (const auto& m : around_.machines)
    if (m->up()) all |= in_mask(m->index());
  const Mask dead = all & f.a;
  if (dead == 0 || dead == all) return false;
  if (!around_.setting.loses_slots && !slots_survive(dead, ~(all & ~dead))) return false;
  for (const auto& m : around_.machines)
    if (dead >> m->index() & 1) m->die(random_.percent(50));
  active_[index] = true;
  around_.schedule.after(f.lasts, Kind::kFaultEnds, index);
  return true;
}

void Nemesis::died(std::uint32_t machine) {
  Machine& m = *around_.machines[machine];
  if (m.left()) {
    const auto leave = leaving_.extract(machine);
    m.disk().wipe();
    m.log().wipe();
    gone_ |= in_mask(machine);
    some_left_ = true;
    anew_ |= in_mask(machine);
    const bool returns = leave && leave.mapped().variant == 1;
    returning_ = returns ? returning_ | in_mask(machine) : returning_ & ~in_mask(machine);
    if (returns) start_later(machine, leave.mapped().lasts);
    return;
  }
  const Duration down = draw_log(random_, 20ms, 10s);
  start_later(machine, down);
}

void Nemesis::start_later(std::uint32_t machine, Duration d) { around_.schedule.after(d, Kind::kStart, machine); }

void Nemesis::restart_due(std::uint32_t machine) {
  if (running(machine) || lost(machine) || (gone(machine) && (healed_ || !(returning_ >> machine & 1)))) return;
  if (!passes_bar(machine)) return;
  gone_ &= ~in_mask(machine);
  around_.start(machine);
  const auto again = crashes_again_.extract(machine);
  if (!again || healed_ || !running(machine)) return;
  running(machine)->die_after(again.mapped(), true);
}

void Nemesis::cut(const Fault& f, int by) {
  const std::uint32_t endpoints = around_.setting.machines() + around_.setting.clients;
  for (Endpoint x = 0; x < endpoints; ++x)
    for (Endpoint y = 0; y < endpoints; ++y) {
      if (x == y || !(f.a >> x & 1) || !(f.b >> y & 1)) continue;
      around_.network.cut(x, y, by);
      if (f.variant == 0) around_.network.cut(y, x, by);
    }
}

bool Nemesis::weather(const Fault& f, bool on) {
  Weather& now = around_.network.weather();
  const Weather& usual = around_.setting.weather;
  const auto set = [&](std::uint32_t Weather::* what) {
    now.*what = on ? static_cast<std::uint32_t>(f.amount) : usual.*what;
    return true;
  };
  switch (f.kind) {
    case FaultKind::kLoss:
      return set(&Weather::loss_ppm);
    case FaultKind::kDuplicate:
      return set(&Weather::duplicate_ppm);
    case FaultKind::kLateDuplicate:
      return set(&Weather::late_duplicate_ppm);
    case FaultKind::kFlip:
      return set(&Weather::flip_ppm);
    case FaultKind::kTruncate:
      return set(&Weather::truncate_ppm);
    case FaultKind::kMisdeliver:
      return set(&Weather::misdeliver_ppm);
    case FaultKind::kTail:
      now.tail_most = on ? 2s : usual.tail_most;
      return set(&Weather::tail_ppm);
    case FaultKind::kSplit:
      return set(&Weather::split_ppm);
    case FaultKind::kReplay:
      return set(&Weather::replay_ppm);
    case FaultKind::kBreakOff:
      return set(&Weather::reset_ppm);
    default:
      return false;
  }
}

// ---- the end

// Lost for good, but alive: it hears nobody, or nobody hears it, or both.
void Nemesis::isolate(std::uint32_t machine, std::uint64_t how) {
  for (Endpoint other = 0; other < around_.machines.size(); ++other) {
    if (other == machine) continue;
    if (how != 1) around_.network.cut(machine, other, 1);
    if (how != 2) around_.network.cut(other, machine, 1);
  }
}

// Else who leaves has nobody to leave to.
bool Nemesis::active_survives(Mask dead) const {
  const auto views = around_.views_in_force();
  return views.empty() || std::ranges::any_of(views.front()->members, [&](const ViewMember& m) {
           return m.state == MemberState::kActive && !(dead >> (m.info.id.value - 1) & 1);
         });
}

void Nemesis::lose_some() {
  // A minority that leaves every slot a living member, the voters their majority, and somebody who does not leave.
  std::vector<std::uint32_t> order(around_.machines.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  random_.shuffle(order);
  std::size_t left = (around_.setting.nodes - 1) / 2;
  Mask dead = 0;
  for (const std::uint32_t i : order) {
    if (left == 0 || gone(i)) continue;
    if (!voters_survive(dead | in_mask(i)) || !active_survives(dead | in_mask(i))) continue;
    if (!slots_survive(dead | in_mask(i), dead | in_mask(i))) continue;
    dead |= in_mask(i);
    --left;
    if (random_.percent(50)) break;
  }
  lost_ = dead;
}

void Nemesis::heal() {
  healed_ = true;
  around_.network.calm();
  if (around_.setting.some_stay_lost) lose_some();
  for (const auto& m : around_.machines) {
    m->disk().calm();
    m->log().calm();
    m->log().set_full(false);
    m->set_slow(0ns);
    m->squeeze(std::nullopt);
    m->survive();
    if (lost(m->index())) {
      if (const std::uint64_t how = random_.below(5); how < 3)
        isolate(m->index(), how);
      else
        m->die(how == 3);
      continue;
    }
    m->resume();
    if (m->up() && m->stopping()) m->die(true);
    const bool member = m->index() < around_.setting.nodes || (joined_ >> m->index() & 1);
    if (!m->up() && member && !gone(m->index())) start_later(m->index(), draw(random_, 1ms, 500ms));
  }
}

}  // namespace hc::sim
