#include "sim/trials.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>

#include "core/base/check.h"
#include "sim/world.h"

namespace hc::sim {
namespace {

constexpr int kFails = 10, kDoesNot = 11;  // status of a child; anything else: it crashed

}  // namespace

struct Trials::Child {
  pid_t pid;
  std::size_t index;
};

Trials::Trials(Options run, std::string check, Budget budget)
    : run_(std::move(run)), check_(std::move(check)), budget_(budget) {
  run_.recording = nullptr;
  run_.slots.reset();  // plans say them
  if (budget_.jobs == 0) budget_.jobs = 1;
}

double Trials::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
}

bool Trials::fails(const Trial& trial) const {
  Options o = run_;
  o.plan = trial.plan;
  o.seed = trial.seed;
  if (run_seed(o).check != check_) return false;
  if (o.mutants.none()) return true;
  o.mutants.reset();
  return run_seed(o).verdict == Verdict::kPassed;
}

Trials::Child Trials::begin(std::size_t index, const Trial& trial) const {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  HC_CHECK(pid >= 0, "no process");
  if (pid == 0) std::_Exit(fails(trial) ? kFails : kDoesNot);
  return {pid, index};
}

std::optional<std::size_t> Trials::first_failing(std::size_t count, const Make& make) {
  std::map<pid_t, std::size_t> running;
  std::vector<bool> done(count);
  std::size_t next = 0, first = count, known = 0;  // known: so many from the front are done
  const std::uint64_t before = runs_;
  while (true) {
    // One after the other they would come to this one within the budget, or not: however many run side by side.
    while (running.size() < budget_.jobs && next < first && before + next < budget_.runs && !over()) {
      const Child c = begin(next, make(next));
      running.emplace(c.pid, c.index);
      ++next;
    }
    if (running.empty()) break;
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, 0);
    const auto it = running.find(pid);
    if (it == running.end()) continue;
    const std::size_t index = it->second;
    running.erase(it);
    done[index] = true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kFails) first = std::min(first, index);
    for (; known < count && done[known] && known <= first; ++known) ++runs_;
    for (const auto& [other, which] : running)
      if (which > first) ::kill(other, SIGKILL);  // a later one: its answer does not matter any more
  }
  return first < count ? std::optional(first) : std::nullopt;
}

std::size_t Trials::failing(std::size_t count, const Make& make) {
  std::size_t sum = 0, from = 0;
  while (from < count) {
    const auto found = first_failing(count - from, [&](std::size_t i) { return make(from + i); });
    if (!found) break;
    ++sum;
    from += *found + 1;
  }
  return sum;
}

}  // namespace hc::sim
