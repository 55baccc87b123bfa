// The judgement of a file: each key for itself, for keys are linearizable together if each one is (Herlihy and Wing
// 1990, section 3.3).
#pragma once

#include <cstdint>
#include <optional>

#include "sim/check/history_json.h"
#include "sim/check/linearizability.h"

namespace hc::lincheck {

struct Finding {
  std::size_t key = 0;  // of Histories::keys
  sim::Judgement judgement;
};

struct Verdict {
  sim::Judgement::Kind kind = sim::Judgement::Kind::kLinearizable;
  std::optional<Finding> finding;  // the first illegal completion of all keys; else the first key that is undecided
  std::size_t operations = 0;
  std::uint64_t steps = 0;
};

inline constexpr std::uint64_t kBudget = 20'000'000;

// `budget`: steps for each key.
Verdict check(const sim::Histories& histories, std::uint64_t budget);

}  // namespace hc::lincheck
