#include "sim/plan.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace hc::sim {
namespace {

constexpr std::string_view kNames[] = {
#define X(identifier, name) name,
    HC_SIM_FAULTS(X)
#undef X
};

bool number(Bytes text, std::uint64_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

// "12.5" seconds in nanoseconds.
bool seconds(Bytes text, std::int64_t& out) {
  const std::size_t dot = text.find('.');
  std::uint64_t whole = 0, fraction = 0;
  if (!number(text.substr(0, dot), whole) || whole > 1'000'000'000) return false;
  if (dot != Bytes::npos) {
    std::string digits(text.substr(dot + 1));
    if (digits.empty() || digits.size() > 9) return false;
    digits.resize(9, '0');
    if (!number(digits, fraction)) return false;
  }
  out = static_cast<std::int64_t>(whole * 1'000'000'000 + fraction);
  return true;
}

Bytes word(Bytes& line) {
  const std::size_t start = std::min(line.find_first_not_of(' '), line.size());
  line.remove_prefix(start);
  const std::size_t end = std::min(line.find(' '), line.size());
  const Bytes w = line.substr(0, end);
  line.remove_prefix(end);
  return w;
}

bool field(Bytes w, Fault& f) {
  const std::size_t equals = w.find('=');
  if (equals == Bytes::npos) return false;
  const Bytes name = w.substr(0, equals), value = w.substr(equals + 1);
  if (name == "a") return number(value, f.a);
  if (name == "b") return number(value, f.b);
  if (name == "amount") return number(value, f.amount);
  if (name == "variant") return number(value, f.variant);
  std::uint64_t flag = 0;
  if (name == "after-view") {
    if (!number(value, flag)) return false;
    f.after_view = flag != 0;
    return true;
  }
  std::int64_t n = 0;
  if (name != "lasts" || !seconds(value, n)) return false;
  f.lasts = Duration(n);
  return true;
}

bool parse_fault(Bytes line, Fault& f) {
  std::int64_t at = 0;
  if (!seconds(word(line), at)) return false;
  f.at = instant(at);
  const Bytes name = word(line);
  const auto known = std::find(std::begin(kNames), std::end(kNames), name);
  if (known == std::end(kNames)) return false;
  f.kind = static_cast<FaultKind>(known - std::begin(kNames));
  for (Bytes w = word(line); !w.empty(); w = word(line))
    if (!field(w, f)) return false;
  return true;
}

}  // namespace

void sort(Plan& plan) {
  const auto key = [](const Fault& f) {
    return std::tie(f.at, f.kind, f.a, f.b, f.amount, f.variant, f.lasts, f.after_view);
  };
  std::sort(plan.faults.begin(), plan.faults.end(), [&](const Fault& x, const Fault& y) { return key(x) < key(y); });
}

std::string_view name_of(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::string to_text(const Fault& f) {
  std::string out = seconds_text(f.at) + " " + std::string(name_of(f.kind));
  const auto add = [&out](const char* name, std::uint64_t value) {
    if (value) out += std::string(" ") + name + "=" + std::to_string(value);
  };
  add("a", f.a);
  add("b", f.b);
  add("amount", f.amount);
  add("variant", f.variant);
  if (f.after_view) out += " after-view=1";
  if (f.lasts > 0ns) out += " lasts=" + seconds_text(f.lasts);
  return out;
}

std::string to_text(const Plan& plan) {
  std::string out = "plan 1\n";
  for (const Fault& f : plan.faults) out += to_text(f) + "\n";
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
    if (line.empty() || line.starts_with('#')) continue;
    if (number == 1) {
      if (line == "plan 1") continue;
      error = "line 1: expected \"plan 1\"";
      return std::nullopt;
    }
    Fault f;
    if (!parse_fault(line, f)) {
      error = "line " + std::to_string(number) + " is no fault: " + std::string(line);
      return std::nullopt;
    }
    plan.faults.push_back(f);
  }
  sort(plan);
  return plan;
}

}  // namespace hc::sim
