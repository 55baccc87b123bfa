#include "sim/benchmark.h"

#include <chrono>
#include <cinttypes>
#include <cstdio>

#include "sim/world.h"

namespace hc::sim {
namespace {

using Clock = std::chrono::steady_clock;

struct Course {
  const char* name;
  std::uint64_t seeds;
  bool faults;
  std::uint32_t slots;
  void (*change)(Setting&);
};

// One operation for each node and second.
void unhurried(Setting& s) {
  s.clients = s.nodes;
  s.client.pipeline = 1;
  s.client.think_least = s.client.think_most = 1s;
}

// As fast as answers come.
void hurried(Setting& s) {
  s.clients = 4 * s.nodes;
  s.client.pipeline = 3;
  s.client.think_least = s.client.think_most = 0s;
  s.load = 10s;
}

const Course kCourses[] = {
    {"5 nodes, 16 slots, faults, 1 operation per node and second", 50, true, 16, unhurried},
    {"5 nodes, 16 slots, no faults, as much load as is answered", 1, false, 16, hurried},
    {"5 nodes, 16384 slots, faults, 1 operation per node and second", 1, true, 16384, unhurried},
    {"5 nodes, 16384 slots, no faults, 1 operation per node and second", 1, false, 16384, unhurried},
};

bool run(const Course& course) {
  double simulated = 0;
  std::uint64_t events = 0, operations = 0;
  const Clock::time_point began = Clock::now();
  for (std::uint64_t seed = 1; seed <= course.seeds; ++seed) {
    Options o;
    o.seed = seed;
    o.nodes = 5;
    o.faults = course.faults;
    o.slots = course.slots;
    Setting setting = draw_setting(o);
    course.change(setting);
    const Result r = run_setting(o, std::move(setting));
    if (r.verdict != Verdict::kPassed && r.verdict != Verdict::kVoid) {
      std::printf("seed %" PRIu64 ": %s: %s\n", seed, r.check.c_str(), r.reason.c_str());
      return false;
    }
    simulated += static_cast<double>(r.simulated_ms) / 1000;
    events += r.steps;
    operations += r.compared;
  }
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  const auto seeds = static_cast<double>(course.seeds);
  std::printf("%s\n  %.2f seeds per second, %.0f x real time, %.0f events and %.0f operations per second\n",
              course.name, seeds / took, simulated / took, static_cast<double>(events) / took,
              static_cast<double>(operations) / took);
  std::printf("  a seed: %.1f s simulated in %.3f s, %.0f events, %.0f operations\n", simulated / seeds, took / seeds,
              static_cast<double>(events) / seeds, static_cast<double>(operations) / seeds);
  std::fflush(stdout);
  return true;
}

}  // namespace

bool benchmark(std::optional<std::uint32_t> slots) {
  for (const Course& course : kCourses)
    if ((!slots || course.slots == *slots) && !run(course)) return false;
  return true;
}

}  // namespace hc::sim
