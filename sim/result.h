// How a run ended, and what was exercised on the way.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/seam.h"
#include "core/message/message.h"
#include "sim/plan.h"

namespace hc::sim {

enum class Verdict : std::uint8_t { kPassed = 0, kViolated = 1, kLiveness = 2, kInternal = 3, kVoid = 4 };
inline constexpr int kExitUsage = 64;

constexpr std::string_view name_of(Verdict v) {
  constexpr std::string_view kNames[] = {"passed", "violated", "liveness", "internal", "void"};
  return kNames[static_cast<std::size_t>(v)];
}

inline constexpr std::size_t kMessageKinds = std::variant_size_v<Message>;

struct Result {
  std::uint64_t seed = 0;
  Verdict verdict = Verdict::kPassed;
  std::string check;   // which check spoke: "linearizability", "views", …
  std::string reason;  // one sentence
  std::string report;  // the rest: history around it, last lines of the trace
  std::string key;     // that the failure is about, if it is about one
  Instant key_until = kForever;
  Instant ended{};  // when the run did, or broke off
  std::uint64_t hash = 0;
  std::string history;  // JSON lines (docs/HISTORIES.md), if asked for

  std::uint64_t compared = 0;  // operations with an answer that the checker had to explain
  std::uint64_t unknown = 0, refused = 0;
  std::uint64_t views = 0, faults = 0, faults_skipped = 0, losses = 0, undecided = 0;
  std::uint64_t deaths = 0, power_losses = 0;  // of processes alone; of one machine (those of all are a fault)
  std::uint64_t steps = 0, simulated_ms = 0;
  std::array<std::uint64_t, kFaultKinds> faults_of{};
  std::array<std::uint64_t, seam::kPoints> struck{};  // by BUGGIFY point
  seam::MutantSet reached;                            // places of mutants: which rules were exercised
  std::array<std::uint64_t, kMessageKinds> messages_of{};
};

}  // namespace hc::sim
