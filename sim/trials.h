// Runs of candidate plans, each in a process of its own, some side by side: which is the first that still fails?
//
// The answer does not depend on how many run side by side: of several that fail the first counts, and runs behind it
// that were begun too early do not count against the budget.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "sim/plan.h"
#include "sim/setting.h"

namespace hc::sim {

struct Trial {
  Plan plan;
  std::uint64_t seed = 1;
};

class Trials {
 public:
  struct Budget {
    double seconds = 60;
    std::uint64_t runs = ~std::uint64_t{0};
    unsigned jobs = 1;
  };
  // `run`: the flags of all runs. A trial fails as wanted if `check` speaks, and if nothing does without the mutants:
  // what another fault of the code shows is no smaller case of theirs.
  Trials(Options run, std::string check, Budget budget);

  using Make = std::function<Trial(std::size_t)>;
  std::optional<std::size_t> first_failing(std::size_t count, const Make& make);
  // How many of them fail.
  std::size_t failing(std::size_t count, const Make& make);

  bool over() const { return runs_ >= budget_.runs || seconds() >= budget_.seconds; }
  double seconds() const;
  std::uint64_t runs() const { return runs_; }
  void limit_steps(std::uint64_t most) { run_.steps_most = most; }

 private:
  struct Child;
  Child begin(std::size_t index, const Trial& trial) const;
  bool fails(const Trial& trial) const;

  Options run_;
  std::string check_;
  Budget budget_;
  std::uint64_t runs_ = 0;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

}  // namespace hc::sim
