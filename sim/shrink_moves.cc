#include "sim/shrink_moves.h"

#include <algorithm>

#include "sim/spoken.h"
#include "sim/words.h"

namespace hc::sim {
namespace {

std::uint32_t number_of(const Plan& plan, const std::string& name, std::uint32_t otherwise) {
  const auto it = plan.set.find(name);
  return it == plan.set.end() ? otherwise : static_cast<std::uint32_t>(std::stoul(it->second));
}

void put(Plan& plan, const std::string& name, std::uint64_t value) { plan.set[name] = std::to_string(value); }

std::uint64_t without_bit(std::uint64_t mask, std::uint32_t bit) {
  const std::uint64_t low = (std::uint64_t{1} << bit) - 1;
  return (mask & low) | ((mask >> 1) & ~low);
}

// False if the fault befalls nobody without that endpoint.
bool drop_endpoint(Fault& f, std::uint32_t e) {
  const auto one = [e](std::uint64_t& x) {
    if (x == e) return false;
    if (x > e) --x;
    return true;
  };
  switch (names_of(f.kind)) {
    case Named::kNothing:
      return true;
    case Named::kOne:
      return one(f.a);
    case Named::kTwo:
      return one(f.a) && one(f.b) && (f.kind != FaultKind::kWrongDoor || one(f.variant));
    case Named::kMask:
      f.a = without_bit(f.a, e);
      return f.a != 0;
    case Named::kMasks:
      f.a = without_bit(f.a, e);
      f.b = without_bit(f.b, e);
      return f.a != 0 && f.b != 0;
  }
  return true;
}

void drop_endpoint(Plan& plan, std::uint32_t e) {
  std::erase_if(plan.faults, [e](Fault& f) { return !drop_endpoint(f, e); });
}

// A list with an entry per machine loses one.
void drop_entry(Plan& plan, const std::string& name, std::uint32_t machine) {
  const auto it = plan.set.find(name);
  if (it == plan.set.end()) return;
  std::string out, rest = it->second + ",";
  for (std::uint32_t i = 0; !rest.empty(); ++i) {
    const std::size_t comma = rest.find(',');
    if (i != machine) out += (out.empty() ? "" : ",") + rest.substr(0, comma);
    rest.erase(0, comma + 1);
  }
  it->second = out;
}

std::optional<Plan> if_other(Plan next, const Plan& plan) {
  sort(next);
  return next == plan ? std::nullopt : std::optional(std::move(next));
}

}  // namespace

Counts counts_of(const Plan& plan) {
  return {number_of(plan, "nodes", 3), number_of(plan, "joiners", 0), number_of(plan, "clients", 4)};
}

std::optional<Plan> without_machine(const Plan& plan, std::uint32_t machine) {
  const Counts c = counts_of(plan);
  if (machine >= c.machines() || (machine < c.nodes && c.nodes == 1)) return std::nullopt;
  Plan next = plan;
  if (machine < c.nodes)
    put(next, "nodes", c.nodes - 1);
  else
    put(next, "joiners", c.joiners - 1);
  for (const char* list : {"clock-rates", "clock-bases", "wall-skews", "host-labels"}) drop_entry(next, list, machine);
  drop_endpoint(next, machine);
  for (Ask& a : next.asks) {
    if (a.machine == machine)
      a.machine = 0;
    else if (a.machine > machine)
      --a.machine;
  }
  return if_other(std::move(next), plan);
}

std::optional<Plan> without_client(const Plan& plan, std::uint32_t client) {
  const Counts c = counts_of(plan);
  if (client >= c.clients || c.clients == 1) return std::nullopt;
  Plan next = plan;
  put(next, "clients", c.clients - 1);
  drop_endpoint(next, c.machines() + client);
  for (Ask& a : next.asks)
    a.client = a.client > client ? a.client - 1 : a.client == client ? client % (c.clients - 1) : a.client;
  return if_other(std::move(next), plan);
}

Instant last_beginning(const Plan& plan) {
  Instant last{};
  for (const Fault& f : plan.faults) last = std::max(last, f.at);
  for (const Ask& a : plan.asks) last = std::max(last, a.at);
  return last;
}

std::optional<Plan> load_ends_at(const Plan& plan, Duration end) {
  Plan next = plan;
  next.set["seconds"] = short_seconds(ns(end) / 100'000'000 * 100'000'000);
  return if_other(std::move(next), plan);
}

std::optional<Plan> window(const Plan& plan, Instant from, Instant to) {
  Plan next = plan;
  const auto outside = [&](const auto& x) { return x.at < from || x.at >= to; };
  std::erase_if(next.faults, outside);
  std::erase_if(next.asks, outside);
  const Duration earlier = from - Instant{} - 500ms;
  if (earlier > 0ns) {
    for (Fault& f : next.faults) f.at -= earlier;
    for (Ask& a : next.asks) a.at -= earlier;
  }
  const Duration end = to - Instant{} - std::max(earlier, Duration{}) + 100ms;
  return if_other(load_ends_at(next, end).value_or(next), plan);
}

std::optional<Plan> without_gaps(const Plan& plan, Duration most) {
  std::vector<Instant> times;
  for (const Fault& f : plan.faults) {
    times.push_back(f.at);
    times.push_back(f.at + f.lasts);  // an end is something that happens, too
  }
  for (const Ask& a : plan.asks) times.push_back(a.at);
  std::sort(times.begin(), times.end());
  const auto moved = [&](Instant at) {
    Instant before{};
    Duration earlier{};
    for (const Instant t : times) {
      if (t > at) break;
      earlier += std::max(Duration{}, t - before - most);
      before = t;
    }
    return at - earlier;
  };
  Plan next = plan;
  for (Fault& f : next.faults) {
    const Instant end = moved(f.at + f.lasts);
    f.at = moved(f.at);
    if (f.lasts > 0ns) f.lasts = end - f.at;
  }
  for (Ask& a : next.asks) a.at = moved(a.at);
  return if_other(std::move(next), plan);
}

std::optional<Plan> only_key(const Plan& plan, const std::string& key) {
  Plan next = plan;
  std::erase_if(next.asks, [&](const Ask& a) {
    const auto spoken = understand(a.words, Duration{});
    return !spoken || std::ranges::none_of(spoken->keys, [&](const Subject& s) { return s.title() == key; });
  });
  return if_other(std::move(next), plan);
}

std::optional<Plan> rounded(const Plan& plan) {
  constexpr std::int64_t kTo = 1'000'000;
  Plan next = plan;
  const auto near = [](Instant t) { return instant((ns(t) + kTo / 2) / kTo * kTo); };
  for (Fault& f : next.faults) {
    f.at = near(f.at);
    if (f.lasts > 1ms) f.lasts = Duration(ns(f.lasts) / kTo * kTo);
  }
  for (Ask& a : next.asks) {
    a.at = near(a.at);
    for (std::string& w : a.words)
      if (w.starts_with('v') && w.ends_with('.')) w.erase(w.find_last_not_of('.') + 1);
  }
  return if_other(std::move(next), plan);
}

namespace {

void simpler_asks(const Plan& plan, std::vector<Plan>& out) {
  for (std::size_t i = 0; i < plan.asks.size(); ++i) {
    const auto& words = plan.asks[i].words;
    const auto without = [&](std::size_t from, std::size_t count) {
      Plan next = plan;
      auto& w = next.asks[i].words;
      w.erase(w.begin() + static_cast<std::ptrdiff_t>(from), w.begin() + static_cast<std::ptrdiff_t>(from + count));
      out.push_back(std::move(next));
    };
    const std::size_t step = words[0] == "MSET" ? 2 : words[0] == "MGET" || words[0] == "DEL" ? 1 : 0;
    for (std::size_t k = 1; step && words.size() > 1 + step && k < words.size(); k += step) without(k, step);
    if (words[0] == "SET" && words.size() > 3) without(3, words.size() - 3);
    if (words[0] == "MSET" && words.size() == 3) {
      Plan next = plan;
      next.asks[i].words[0] = "SET";
      out.push_back(std::move(next));
    }
    if (plan.asks[i].vanishes) {
      Plan next = plan;
      next.asks[i].vanishes = false;
      out.push_back(std::move(next));
    }
  }
}

}  // namespace

std::vector<Plan> neighbours(const Plan& plan) {
  std::vector<Plan> out;
  for (const Duration by : {-300ms, -60ms, -10ms, 10ms, 60ms, 300ms}) {
    const auto move = [&](auto& x, Plan& next) {
      x.at = std::max(Instant{}, x.at + by);
      if (auto other = if_other(std::move(next), plan)) out.push_back(std::move(*other));
    };
    for (std::size_t i = 0; i < plan.faults.size(); ++i) {
      Plan next = plan;
      move(next.faults[i], next);
      if (plan.faults[i].lasts == 0ns || by < 0ns) continue;
      next = plan;
      next.faults[i].lasts += by;
      out.push_back(std::move(next));
    }
    for (std::size_t i = 0; i < plan.asks.size(); ++i) {
      Plan next = plan;
      move(next.asks[i], next);
    }
  }
  return out;
}

std::vector<Plan> simpler_lines(const Plan& plan) {
  std::vector<Plan> out;
  simpler_asks(plan, out);
  for (std::size_t i = 0; i < plan.faults.size(); ++i) {
    const Fault& f = plan.faults[i];
    const auto with = [&](auto change) {
      Plan next = plan;
      change(next.faults[i]);
      if (auto other = if_other(std::move(next), plan)) out.push_back(std::move(*other));
    };
    if (f.after_view) with([](Fault& x) { x.after_view = false; });
    if (f.kind == FaultKind::kCrash && f.amount) with([](Fault& x) { x.amount = 0; });
    if (f.variant && f.kind != FaultKind::kWrongDoor) with([](Fault& x) { x.variant = 0; });
    if (names_of(f.kind) == Named::kMask || names_of(f.kind) == Named::kMasks)
      for (std::uint64_t bit = 1; bit <= std::max(f.a, f.b); bit <<= 1) {
        if ((f.a & bit) && f.a != bit) with([bit](Fault& x) { x.a &= ~bit; });
        if (names_of(f.kind) == Named::kMasks && (f.b & bit) && f.b != bit) with([bit](Fault& x) { x.b &= ~bit; });
      }
    if (f.lasts > 200ms) with([](Fault& x) { x.lasts = Duration(ns(x.lasts) / 2); });
  }
  return out;
}

}  // namespace hc::sim
