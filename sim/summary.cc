#include "sim/summary.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

namespace hc::sim {
namespace {

std::string_view message_name(std::size_t kind) {
  static const std::vector<Message> kOneOfEach = [] {
    std::vector<Message> all;
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (all.emplace_back(std::in_place_index<I>), ...);
    }(std::make_index_sequence<kMessageKinds>());
    return all;
  }();
  return hc::name_of(kOneOfEach[kind]);
}

template <std::size_t N, class Name>
std::string counts(const char* what, const std::array<std::uint64_t, N>& of, Name name) {
  std::string out = what;
  for (std::size_t k = 0; k < N; ++k) out += " " + std::string(name(k)) + " " + std::to_string(of[k]);
  return out + "\n";
}

// What happens only where nodes keep logs.
bool of_logs(std::string_view what) {
  static constexpr std::string_view kAll[] = {"fault power-loss", "fault full-disk", "message FillRemains",
                                              "message FillSums", "message FillWant"};
  return what.starts_with("rule 9") || std::ranges::find(kAll, what) != std::end(kAll);
}

// What happens only where slots or disks are lost otherwise than with the power.
bool of_other_harm(std::string_view what) {
  static constexpr std::string_view kAll[] = {"fault give-up", "fault leave", "fault force", "rule 2h",
                                              "rule vote file"};
  return std::ranges::find(kAll, what) != std::end(kAll);
}

std::string_view fault_name(std::size_t k) { return name_of(static_cast<FaultKind>(k)); }
std::string_view point_name(std::size_t k) { return seam::kPointInfo[k].name; }

}  // namespace

std::string tenths(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", x);
  return text;
}

std::vector<std::string> never(const Sweep& s, const SweepOptions& options) {
  std::vector<std::string> missed;
  if (!options.run.faults || options.run.plan || options.run.nodes < 3) return missed;
  const auto look = [&](const char* what, const auto& of, auto name) {
    for (std::size_t k = 0; k < of.size(); ++k)
      if (of[k] == 0) missed.push_back(what + std::string(name(k)));
  };
  look("fault ", s.sum.faults_of, fault_name);
  look("message ", s.sum.messages_of, message_name);
  if (options.run.buggify.value_or(true)) look("BUGGIFY ", s.sum.struck, point_name);
  std::map<std::string_view, bool> rules;  // of those that some mutant bends
  for (std::size_t m = 0; m < seam::kMutants; ++m)
    if (!seam::kMutantInfo[m].note.starts_with("waits for"))
      rules[seam::kMutantInfo[m].rule] |= static_cast<bool>(s.sum.reached[m]);
  for (const auto& [rule, exercised] : rules)
    if (!exercised) missed.push_back("rule " + std::string(rule));
  if (!options.run.logs) std::erase_if(missed, of_logs);
  if (options.run.power_every) std::erase_if(missed, of_other_harm);
  return missed;
}

std::string summary(const Sweep& s, const SweepOptions& options) {
  const auto mean = [&](std::uint64_t sum) {
    return tenths(static_cast<double>(sum) / static_cast<double>(std::max<std::uint64_t>(1, s.seeds)));
  };
  const double rate = static_cast<double>(s.seeds) / s.seconds / std::max(1U, options.jobs);
  const std::uint64_t of_all = s.sum.faults_of[static_cast<std::size_t>(FaultKind::kPowerLoss)];
  std::string out = std::to_string(s.seeds) + " seeds in " + tenths(s.seconds) + " s (" + tenths(rate) +
                    " per second and job): " + std::to_string(s.passed) + " passed, " + std::to_string(s.failed) +
                    " failed, " + std::to_string(s.empty) + " void\n";
  out += "on average: " + mean(s.sum.compared) + " operations compared, " + mean(s.sum.unknown) + " unknown, " +
         mean(s.sum.refused) + " refused, " + mean(s.sum.views) + " views, " + mean(s.sum.faults) + " faults (" +
         mean(s.sum.faults_skipped) + " left out by budget), " + mean(s.sum.losses) + " slots lost, " +
         std::to_string(s.sum.undecided) + " keys undecided in all, " + mean(s.sum.steps) + " steps\n";
  if (options.run.faults) {
    out += "power was lost " + std::to_string(of_all + s.sum.power_losses) + " times: " + std::to_string(of_all) +
           " by all machines at once, " + std::to_string(s.sum.power_losses) + " by one; " +
           std::to_string(s.sum.deaths) + " processes died alone\n";
    out += counts("faults:", s.sum.faults_of, fault_name);
    out += counts("BUGGIFY:", s.sum.struck, point_name);
  }
  out += counts("messages:", s.sum.messages_of, message_name);
  const std::vector<std::string> missed = never(s, options);
  for (const std::string& what : missed) out += (&what == &missed.front() ? "never: " : ", ") + what;
  return missed.empty() ? out : out + "\n";
}

}  // namespace hc::sim
