#include "sim/draw_plan.h"

#include <algorithm>

#include "sim/clock.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

std::uint64_t all_of(std::uint32_t n) { return in_mask(n) - 1; }

// How long a fault of this kind lasts, and whom it befalls.
Fault draw_fault(const Setting& s, FaultKind kind, Instant at, Random& random) {
  Fault f;
  f.at = at;
  f.kind = kind;
  const std::uint32_t n = s.nodes, endpoints = s.machines() + s.clients;
  f.a = random.below(n);
  const auto rate = [&random](std::uint64_t most) { return random.between(most / 20, most); };
  switch (kind) {
    case FaultKind::kCrash:
      f.lasts = draw_log(random, 20ms, 12s);
      f.variant = (random.percent(25) ? 1 : 0) | (random.percent(15) ? 4 : 0);
      static constexpr std::uint64_t kDisk[] = {2, 8, 16};
      if (random.percent(25)) f.variant |= kDisk[random.below(3)];
      f.amount = random.percent(50) ? 0 : random.between(1, 30);
      break;
    case FaultKind::kMassRestart:
      f.a = 1 + random.below(all_of(n));
      f.lasts = draw_log(random, 50ms, 5s);
      f.variant = random.percent(30) ? 1 : 0;
      break;
    case FaultKind::kPause:
      f.lasts = draw_log(random, 20ms, 10s);
      break;
    case FaultKind::kSlow:
      f.lasts = draw_log(random, 500ms, 15s);
      f.amount = random.between(50'000, 4'000'000);
      break;
    case FaultKind::kStop:
      f.lasts = draw(random, 10s, 15s);
      break;
    case FaultKind::kJoin:
      f.a = n + random.below(s.joiners);
      break;
    case FaultKind::kFsyncFails:
      f.lasts = draw_log(random, 100ms, 5s);
      break;
    case FaultKind::kSlowDisk:
      f.lasts = draw_log(random, 1s, 15s);
      f.amount = random.between(10'000'000, 1'500'000'000);
      break;
    case FaultKind::kCut: {
      f.lasts = random.percent(30) ? draw_log(random, 20ms, 1s) : draw_log(random, 1s, 20s);
      f.a = 1 + random.below(in_mask(endpoints) - 1);
      f.b = in_mask(endpoints) - 1 - f.a;
      const std::uint64_t shape = random.below(6);
      const std::uint64_t bridge = in_mask(random.below(n));
      if (shape == 0) f.a &= ~bridge, f.b &= ~bridge;                                      // somebody hears both sides
      if (shape == 1) f.a = in_mask(random.below(n)), f.b = in_mask(endpoints) - 1 - f.a;  // one alone
      if (shape == 2) f.a = in_mask(random.below(n)), f.b = in_mask(random.below(n));      // one pair
      if (shape == 3) f.a = all_of(n), f.b = random.below(in_mask(endpoints)) & ~all_of(n);  // clients
      if (shape == 4) f.a &= all_of(n), f.b = all_of(n) - f.a;                               // clients reach both sides
      f.variant = random.percent(35) ? 1 : 0;
      break;
    }
    case FaultKind::kClog:
    case FaultKind::kReset:
    case FaultKind::kHalfOpen:
      f.b = random.below(endpoints);
      f.lasts = kind == FaultKind::kClog ? draw_log(random, 100ms, 10s) : 0ns;
      break;
    case FaultKind::kLoss:
      f.amount = rate(600'000);
      f.lasts = draw_log(random, 1s, 15s);
      break;
    case FaultKind::kTail:
    case FaultKind::kSplit:
    case FaultKind::kDuplicate:
    case FaultKind::kLateDuplicate:
    case FaultKind::kFlip:
    case FaultKind::kTruncate:
    case FaultKind::kMisdeliver:
      f.amount = rate(200'000);
      f.lasts = draw_log(random, 1s, 20s);
      break;
    case FaultKind::kReplay:
    case FaultKind::kBreakOff:
      f.amount = rate(20'000);
      f.lasts = draw_log(random, 1s, 20s);
      break;
    case FaultKind::kWallJump:
      f.amount = random.below(static_cast<std::uint64_t>(2 * ns(s.wall_skew_most)) + 1);
      break;
    case FaultKind::kClockRate: {
      f.amount = static_cast<std::uint64_t>(draw_rate(random, rate_bounds(s.clock_drift_percent)));
      break;
    }
    case FaultKind::kNarrow:
      f.b = random.below(n);
      f.amount = random.between(2'000, 200'000);
      f.lasts = draw_log(random, 1s, 15s);
      break;
    case FaultKind::kWrongDoor:
      f.b = random.below(n);
      f.variant = random.below(n);
      f.lasts = draw_log(random, 1s, 15s);
      break;
    case FaultKind::kSqueeze:
      f.amount = random.between(1, 1500);
      f.lasts = draw_log(random, 500ms, 15s);
      break;
    case FaultKind::kFullDisk:
      f.amount = random.below(5);
      f.lasts = draw_log(random, 100ms, 15s);
      break;
    case FaultKind::kLeave:
      f.b = random.below(n);
      f.lasts = draw_log(random, 100ms, 15s);
      f.variant = random.percent(50) ? 1 : 0;
      break;
    case FaultKind::kForce:
      for (std::uint64_t i = 0; i < s.nodes; ++i)
        if (random.percent(60)) f.a |= in_mask(i);
      f.lasts = draw_log(random, 500ms, 5s);
      break;
    case FaultKind::kUpgrade:
      f.lasts = draw_log(random, 20ms, 3s);
      f.amount = random.between(kWireVersionMin, kWireVersionMax);
      f.variant = random.percent(50) ? 1 : 0;
      if (f.variant) f.lasts = draw(random, 10s, 15s);
      break;
    case FaultKind::kGiveUp:
      f.lasts = draw_log(random, 1s, 15s);
      break;
    case FaultKind::kPowerLoss:
    case FaultKind::kCount:
      break;
  }
  return f;
}

// The same cut, over and over.
void flap(Plan& plan, Fault cut, Random& random) {
  const Duration open = draw_log(random, 10ms, 1s);
  cut.lasts = draw_log(random, 20ms, 2s);
  for (std::uint64_t times = random.between(3, 12); times > 0; --times) {
    cut.at += cut.lasts + open;
    plan.faults.push_back(cut);
  }
}

}  // namespace

Plan draw_plan(const Setting& s, Random& random) {
  Plan plan;
  const std::uint64_t storm = random.below(3), on_views = random.below(3);
  // A run of the swarm with hardly a fault tells nothing: it is drawn again.
  const auto enough = static_cast<std::size_t>(ns(s.load) / 5'000'000'000);
  while (plan.faults.size() < std::max<std::size_t>(enough, 3)) {
    plan.faults.clear();
    std::vector<FaultKind> on;
    std::vector<Duration> means;
    for (std::size_t k = 0; k < kFaultKindsUsual; ++k) {
      const auto kind = static_cast<FaultKind>(k);
      const Duration mean = draw_log(random, 3s, 60s);
      if (random.percent(50) || (kind == FaultKind::kJoin && s.joiners == 0)) continue;
      on.push_back(kind);
      means.push_back(mean);
    }
    for (std::size_t k = 0; k < on.size(); ++k) {
      Instant at = Instant{} + draw(random, 0ns, 2 * means[k]);
      while (at < Instant{} + s.load) {
        Fault f = draw_fault(s, on[k], at, random);
        f.after_view = random.percent(on_views * 20);
        plan.faults.push_back(f);
        if (on[k] == FaultKind::kCut && random.percent(20)) flap(plan, f, random);
        if (on[k] == FaultKind::kJoin && random.percent(50)) break;
        for (Instant next = at; random.percent(storm * 15);) {
          next += draw_log(random, 1ms, 2s);
          const FaultKind other = on[random.below(on.size())];
          if (other != FaultKind::kJoin) plan.faults.push_back(draw_fault(s, other, next, random));
        }
        at += draw(random, 1ms, 2 * means[k]);
      }
    }
  }
  sort(plan);
  return plan;
}

void draw_leaves(const Setting& s, Random& random, Plan& plan) {
  if (random.percent(50)) return;
  const Duration mean = draw_log(random, 5s, 60s);
  for (Instant at = Instant{} + draw(random, 0ns, 2 * mean); at < Instant{} + s.load; at += draw(random, 1s, 2 * mean))
    plan.faults.push_back(draw_fault(s, FaultKind::kLeave, at, random));
  sort(plan);
}

void add_power_losses(const Setting& s, Plan& plan, Random random) {
  for (Instant at = Instant{} + draw_log(random, 1s, 30s); at < Instant{} + s.load; at += draw_log(random, 3s, 60s)) {
    Fault f;
    f.at = at;
    f.kind = FaultKind::kPowerLoss;
    f.lasts = draw_log(random, 50ms, 5s);
    f.amount = static_cast<std::uint64_t>(draw_log(random, 1ms, 10s).count());
    f.after_view = random.percent(20);
    plan.faults.push_back(f);
  }
  const bool fails = random.percent(50);
  for (Instant at = Instant{} + draw_log(random, 1s, 60s); fails && at < Instant{} + s.load;
       at += draw_log(random, 5s, 60s)) {
    Fault f;
    f.at = at;
    f.kind = FaultKind::kFsyncFails;
    f.a = random.below(s.nodes);
    f.variant = 1;
    plan.faults.push_back(f);
  }
  sort(plan);
}

// Short ones, so that much happens between them; and nothing else takes anything from a disk.
void add_more_power_losses(const Setting& s, Plan& plan, Random random, Duration mean) {
  constexpr std::uint64_t kHarm = 2 | 8 | 16;  // wiped, damaged, an older one
  std::erase_if(plan.faults, [](const Fault& f) { return f.kind == FaultKind::kLeave || f.kind == FaultKind::kForce; });
  for (Fault& f : plan.faults)
    if (f.kind == FaultKind::kCrash) f.variant &= ~kHarm;
  for (Instant at = Instant{} + draw(random, 0ns, 2 * mean); at < Instant{} + s.load;
       at += draw(random, 1ms, 2 * mean)) {
    Fault f;
    f.at = at;
    f.kind = random.percent(70) ? FaultKind::kPowerLoss : FaultKind::kCrash;
    f.a = random.below(s.nodes);
    f.variant = f.kind == FaultKind::kCrash ? 1 : 0;
    f.lasts = draw_log(random, 20ms, 1s);
    f.amount =
        f.kind == FaultKind::kCrash ? random.below(30) : static_cast<std::uint64_t>(draw_log(random, 1ms, 2s).count());
    f.after_view = random.percent(20);
    plan.faults.push_back(f);
  }
  sort(plan);
}

void draw_forces(const Setting& s, Random random, Plan& plan) {
  if (s.nodes < 2 || !random.percent(10)) return;
  for (std::uint64_t n = random.between(1, 2); n > 0; --n)
    plan.faults.push_back(draw_fault(s, FaultKind::kForce, Instant{} + draw(random, 0ns, s.load), random));
  sort(plan);
}

void draw_upgrades(const Setting& s, Random random, Plan& plan) {
  if (s.wire_versions.empty()) return;
  const bool in_turn = random.percent(50);
  const Duration mean = draw_log(random, 2s, 20s);
  std::uint32_t a = 0;
  for (Instant at = Instant{} + draw(random, 0ns, 2 * mean); at < Instant{} + s.load;
       at += draw(random, 1s, 2 * mean)) {
    Fault f = draw_fault(s, FaultKind::kUpgrade, at, random);
    if (in_turn) {  // all to the next one, then all back
      f.a = a % s.nodes;
      f.amount = a / s.nodes % 2 == 0 ? kWireVersionMax : kWireVersionMin;
      ++a;
    }
    plan.faults.push_back(f);
  }
  sort(plan);
}

void draw_accepted_losses(const Setting& s, Random random, Plan& plan) {
  if (!s.loses_slots || !random.percent(60)) return;
  const Duration mean = draw_log(random, 3s, 30s);
  for (Instant at = Instant{} + draw(random, 0ns, 2 * mean); at < Instant{} + s.load; at += draw(random, 1s, 2 * mean))
    plan.faults.push_back(draw_fault(s, FaultKind::kGiveUp, at, random));
  sort(plan);
}

void draw_full_disks(const Setting& s, Plan& plan, Random random) {
  if (random.percent(50)) return;
  const Duration mean = draw_log(random, 3s, 30s);
  for (Instant at = Instant{} + draw(random, 0ns, 2 * mean); at < Instant{} + s.load; at += draw(random, 1s, 2 * mean))
    plan.faults.push_back(draw_fault(s, FaultKind::kFullDisk, at, random));
  sort(plan);
}

void draw_squeezes(const Setting& s, Plan& plan, Random& random) {
  for (std::uint64_t n = random.between(1, 6); n > 0; --n)
    plan.faults.push_back(draw_fault(s, FaultKind::kSqueeze, Instant{} + draw(random, 0ns, s.load), random));
  sort(plan);
}

}  // namespace hc::sim
