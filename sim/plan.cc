#include "sim/plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sim/pins.h"
#include "sim/spoken.h"
#include "sim/words.h"

namespace hc::sim {
namespace {

constexpr std::string_view kNames[] = {
#define X(identifier, name) name,
    HC_SIM_FAULTS(X)
#undef X
};
constexpr std::size_t kLineMost = 110;

bool field(Bytes w, Fault& f) {
  const std::size_t equals = w.find('=');
  if (equals == Bytes::npos) return false;
  const Bytes name = w.substr(0, equals), value = w.substr(equals + 1);
  if (name == "a") return parse_number(value, f.a);
  if (name == "b") return parse_number(value, f.b);
  if (name == "amount") return parse_number(value, f.amount);
  if (name == "variant") return parse_number(value, f.variant);
  std::uint64_t flag = 0;
  if (name == "after-view") {
    if (!parse_number(value, flag)) return false;
    f.after_view = flag != 0;
    return true;
  }
  std::int64_t n = 0;
  if (name != "lasts" || !parse_seconds(value, n) || n < 0) return false;
  f.lasts = Duration(n);
  return true;
}

using Words = std::vector<std::string>;

bool parse_fault(const Words& words, Plan& plan) {
  Fault f;
  std::int64_t at = 0;
  if (words.size() < 2 || !parse_seconds(words[0], at) || at < 0) return false;
  f.at = instant(at);
  const auto known = std::find(std::begin(kNames), std::end(kNames), words[1]);
  if (known == std::end(kNames)) return false;
  f.kind = static_cast<FaultKind>(known - std::begin(kNames));
  for (std::size_t i = 2; i < words.size(); ++i)
    if (!field(words[i], f)) return false;
  plan.faults.push_back(f);
  return true;
}

// client=2 at=1 vanishes=1, in any order, and the command behind them.
bool parse_ask(const Words& words, Plan& plan) {
  Ask ask;
  std::int64_t at = 0;
  if (!parse_seconds(words[0], at) || at < 0) return false;
  ask.at = instant(at);
  std::size_t i = 2;
  for (; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) break;
    const Bytes name = Bytes(words[i]).substr(0, equals);
    std::uint64_t n = 0;
    if (!parse_number(Bytes(words[i]).substr(equals + 1), n) || n > 63) return false;
    if (name == "client")
      ask.client = static_cast<std::uint32_t>(n);
    else if (name == "at")
      ask.machine = static_cast<std::uint32_t>(n);
    else if (name == "vanishes")
      ask.vanishes = n != 0;
    else
      return false;
  }
  ask.words.assign(words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
  if (!understand(ask.words, Duration{})) return false;
  plan.asks.push_back(std::move(ask));
  return true;
}

bool parse_set(const Words& words, Plan& plan) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos) return false;
    const std::string name = words[i].substr(0, equals), value = words[i].substr(equals + 1);
    if (!pin_exists(name, value) || !plan.set.emplace(name, value).second) return false;
  }
  return true;
}

// What is wrong with the line; empty: nothing.
std::string parse_line(Bytes line, Plan& plan) {
  const auto words = split_words(line);
  if (!words || words->empty()) return "is not to be read";
  if (plan.version >= 2) {
    if (words->front() == "set") return parse_set(*words, plan) ? "" : "sets what there is not, or twice";
    if (*words == Words{"buggify"}) {
      plan.buggify = true;
      return "";
    }
    if (words->size() > 1 && (*words)[1] == "ask") return parse_ask(*words, plan) ? "" : "is no operation";
  }
  return parse_fault(*words, plan) ? "" : "is no fault";
}

}  // namespace

void sort(Plan& plan) {
  const auto key = [](const Fault& f) {
    return std::tie(f.at, f.kind, f.a, f.b, f.amount, f.variant, f.lasts, f.after_view);
  };
  std::sort(plan.faults.begin(), plan.faults.end(), [&](const Fault& x, const Fault& y) { return key(x) < key(y); });
  // What one client asks at one time stays in its order: each goes behind all that are no later.
  std::vector<Ask> asks;
  for (Ask& ask : std::exchange(plan.asks, {})) {
    const auto later = [](Instant at, const Ask& other) { return at < other.at; };
    asks.insert(std::upper_bound(asks.begin(), asks.end(), ask.at, later), std::move(ask));
  }
  plan.asks = std::move(asks);
}

std::string_view name_of(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

Named names_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kMassRestart:
    case FaultKind::kForce:
      return Named::kMask;
    case FaultKind::kCut:
      return Named::kMasks;
    case FaultKind::kClog:
    case FaultKind::kReset:
    case FaultKind::kHalfOpen:
    case FaultKind::kNarrow:
    case FaultKind::kWrongDoor:
    case FaultKind::kLeave:
      return Named::kTwo;
    case FaultKind::kLoss:
    case FaultKind::kDuplicate:
    case FaultKind::kLateDuplicate:
    case FaultKind::kFlip:
    case FaultKind::kTruncate:
    case FaultKind::kMisdeliver:
    case FaultKind::kTail:
    case FaultKind::kSplit:
    case FaultKind::kReplay:
    case FaultKind::kBreakOff:
      return Named::kNothing;
    default:
      return Named::kOne;
  }
}

std::string to_text(const Fault& f) {
  std::string out = short_seconds(ns(f.at)) + " " + std::string(name_of(f.kind));
  const auto add = [&out](const char* name, std::uint64_t value) {
    if (value) out += std::string(" ") + name + "=" + std::to_string(value);
  };
  add("a", f.a);
  add("b", f.b);
  add("amount", f.amount);
  add("variant", f.variant);
  if (f.after_view) out += " after-view=1";
  if (f.lasts > 0ns) out += " lasts=" + short_seconds(ns(f.lasts));
  return out;
}

std::string to_text(const Ask& ask) {
  std::string out = short_seconds(ns(ask.at)) + " ask client=" + std::to_string(ask.client) +
                    " at=" + std::to_string(ask.machine) + (ask.vanishes ? " vanishes=1" : "");
  for (const std::string& word : ask.words) out += " " + quoted(word);
  return out;
}

std::string to_text(const Plan& plan, const std::string& comments) {
  std::string out = "plan " + std::to_string(plan.version) + "\n" + comments;
  std::string line;
  for (const auto& [name, value] : plan.set) {
    std::string word = " " + name + "=" + value;
    if (line.size() + word.size() > kLineMost) out += "set" + std::exchange(line, "") + "\n";
    line += word;
  }
  if (!line.empty()) out += "set" + line + "\n";
  if (plan.buggify) out += "buggify\n";
  // In one sequence by time, as it happens.
  auto ask = plan.asks.begin();
  for (const Fault& f : plan.faults) {
    for (; ask != plan.asks.end() && ask->at < f.at; ++ask) out += to_text(*ask) + "\n";
    out += to_text(f) + "\n";
  }
  for (; ask != plan.asks.end(); ++ask) out += to_text(*ask) + "\n";
  return out;
}

std::optional<Plan> parse_plan(Bytes text, std::string& error) {
  Plan plan;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Bytes line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (number == 1) {
      if (line == "plan 1" || line == "plan 2") {
        plan.version = line == "plan 1" ? 1 : 2;
        continue;
      }
      error = "line 1: expected \"plan 1\" or \"plan 2\"";
      return std::nullopt;
    }
    if (line.empty() || line.starts_with('#')) continue;
    if (const std::string wrong = parse_line(line, plan); !wrong.empty()) {
      error = "line " + std::to_string(number) + " " + wrong + ": " + std::string(line);
      return std::nullopt;
    }
  }
  sort(plan);
  return plan;
}

}  // namespace hc::sim
