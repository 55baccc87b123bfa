// The command line of the simulator: one seed, many seeds, or the mutants.
//
// Standard output always ends with three lines: hash, verdict, replay. Exit codes: 0 passed, 1 violated, 2 liveness,
// 3 internal check, 4 void, 64 usage.
#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/base/seam.h"
#include "sim/shrink.h"
#include "sim/shrink_moves.h"
#include "sim/summary.h"
#include "sim/sweep.h"
#include "sim/world.h"

namespace {

using namespace hc;
using namespace hc::sim;

struct CommandLine {
  Options run;
  std::optional<std::uint64_t> seed;
  std::string seeds;
  std::vector<std::string> mutants;
  std::string plan_file, shrink_to;
  Trials::Budget shrink_budget;
  unsigned jobs = 1;
  std::uint64_t most = 200;  // mutants: seeds tried for each
  bool twice = false, keep_going = false, quiet = false, list_mutants = false, print_plan = false, hashes = false,
       shrink = false;
};

constexpr std::uint64_t kSeedsForAll = 250;  // a sweep of so many has to come by everything (sim/summary.h)

int usage(const std::string& what) {
  std::fprintf(stderr, "sim: %s\n", what.c_str());
  return kExitUsage;
}

std::string replay_of(const CommandLine& line, const std::string& which) {
  std::string out = "sim " + which + " --nodes " + std::to_string(line.run.nodes);
  if (line.run.faults && line.plan_file.empty()) out += " --faults";
  if (line.run.buggify) out += *line.run.buggify ? " --buggify" : " --no-buggify";
  if (line.run.slots) out += " --slots " + std::to_string(*line.run.slots);
  if (line.run.seconds != 60) out += " --seconds " + std::to_string(line.run.seconds);
  for (const std::string& m : line.mutants) out += " --mutant " + m;
  if (!line.plan_file.empty()) out += " --plan " + line.plan_file;
  return out;
}

int end(std::uint64_t hash, Verdict verdict, const std::string& replay) {
  std::printf("hash %016" PRIx64 "\nverdict %s\nreplay: %s\n", hash, std::string(name_of(verdict)).c_str(),
              replay.c_str());
  std::fflush(stdout);
  return static_cast<int>(verdict);
}

void tell(const Result& r) {
  std::printf("seed %" PRIu64 ": %" PRIu64 " operations compared, %" PRIu64 " unknown, %" PRIu64 " refused, %" PRIu64
              " views, %" PRIu64 " faults (%" PRIu64 " left out), %" PRIu64 " slots lost, %" PRIu64
              " keys undecided, %" PRIu64 " steps, %.1f s\n",
              r.seed, r.compared, r.unknown, r.refused, r.views, r.faults, r.faults_skipped, r.losses, r.undecided,
              r.steps, static_cast<double>(r.simulated_ms) / 1000);
  if (r.verdict != Verdict::kPassed) std::printf("%s: %s\n%s", r.check.c_str(), r.reason.c_str(), r.report.c_str());
}

int run_one(const CommandLine& line) {
  Options o = line.run;
  Result r = run_seed(o);
  if (r.verdict != Verdict::kPassed && r.verdict != Verdict::kVoid && !o.trace) {
    o.story = 120;  // the same again, listening
    o.story_key = r.key;
    o.story_until = r.key_until;
    const Result again = run_seed(o);
    if (again.hash == r.hash) r = again;
  }
  if (!line.quiet) tell(r);
  return end(r.hash, r.verdict, replay_of(line, "--seed " + std::to_string(o.seed)));
}

// More than one void seed in a hundred is too many, and so is too little on average.
Verdict verdict_of(const Sweep& s, const CommandLine& line, const SweepOptions& options) {
  if (s.first_failure) return s.first_failure->verdict;
  if (s.empty * 100 > s.seeds || s.sum.undecided * 100 > s.seeds) return Verdict::kVoid;
  if (!line.run.faults || line.run.seconds < 60 || s.seeds < 20) return Verdict::kPassed;
  if (line.run.plan && line.run.plan->version >= 2) return Verdict::kPassed;  // it says itself how little shall happen
  if (s.sum.compared < 200 * s.seeds || s.sum.views < 3 * s.seeds || s.sum.faults < 5 * s.seeds) {
    std::printf("too little happened: wanted on average 200 operations compared, 3 views, 5 faults\n");
    return Verdict::kVoid;
  }
  if (s.seeds >= kSeedsForAll && !never(s, options).empty()) {
    std::printf("so many seeds should exercise everything\n");
    return Verdict::kVoid;
  }
  return Verdict::kPassed;
}

int run_many(const CommandLine& line, const SweepOptions& options) {
  const Sweep s = sweep(options);
  if (!line.quiet) std::printf("%s", summary(s, options).c_str());
  const Verdict verdict = verdict_of(s, line, options);
  if (s.first_failure) {
    const Result& r = *s.first_failure;
    std::printf("seed %" PRIu64 ": %s: %s\n", r.seed, r.check.c_str(), r.reason.c_str());
    return end(s.sum.hash, verdict, replay_of(line, "--seed " + std::to_string(r.seed)));
  }
  return end(s.sum.hash, verdict, replay_of(line, "--seeds " + line.seeds));
}

constexpr std::string_view kWith = "with ";

int run_mutants(CommandLine& line, SweepOptions options) {
  std::vector<std::string> names = line.mutants;
  if (names.empty())
    for (const auto& info : seam::kMutantInfo) names.emplace_back(info.name);
  options.first = line.run.seed;
  options.last = line.run.seed + line.most - 1;
  options.quiet = true;
  std::printf("%-34s %-4s %9s %7s  %s\n", "mutant", "rule", "seeds", "s", "caught by");
  std::uint64_t hash = 0;
  bool all = true;
  for (const std::string& name : names) {
    const auto mutant = static_cast<std::size_t>(*seam::mutant_named(name));
    const std::string_view note = seam::kMutantInfo[mutant].note;
    options.run.mutants.reset();
    options.run.mutants.set(mutant);
    if (note.starts_with(kWith)) {
      options.run.mutants.set(static_cast<std::size_t>(*seam::mutant_named(note.substr(kWith.size()))));
    } else if (!note.empty()) {
      std::printf("%-34s %-4s %9s %7s  %s\n", name.c_str(), std::string(seam::kMutantInfo[mutant].rule).c_str(), "", "",
                  std::string(note).c_str());
      continue;
    }
    const Sweep s = sweep(options);
    hash ^= s.sum.hash;
    all &= s.first_failure.has_value();
    const std::string pair = note.empty() ? "" : std::string(note) + ": ";
    const std::string by = s.first_failure ? s.first_failure->check + " at seed " +
                                                 std::to_string(s.first_failure->seed) + ": " + s.first_failure->reason
                                           : "NOT CAUGHT";
    std::printf("%-34s %-4s %9" PRIu64 " %7.1f  %s\n", name.c_str(),
                std::string(seam::kMutantInfo[mutant].rule).c_str(), s.seeds, s.seconds,
                (pair + by).substr(0, 160).c_str());
    std::fflush(stdout);
  }
  return end(hash, all ? Verdict::kPassed : Verdict::kViolated, "sim mutants");
}

// The plan goes to the file, or before the last lines; the run told there is its.
int run_shrunk(CommandLine line) {
  ShrinkOptions options;
  options.run = line.run;
  options.budget = line.shrink_budget;
  options.budget.jobs = line.jobs;
  options.quiet = line.quiet;
  std::string why;
  const auto shrunk = shrink(options, why);
  if (!shrunk) {
    std::printf("%s\n", why.c_str());
    return run_one(line);
  }
  const std::string text = to_text(shrunk->plan, shrunk->comments);
  line.run.plan = shrunk->plan;
  line.run.seed = shrunk->seed;
  line.run.nodes = counts_of(shrunk->plan).nodes;
  line.run.seconds = 60;  // the plan says it
  line.run.slots.reset();
  line.run.buggify.reset();
  line.plan_file = line.shrink_to.empty() ? "FILE" : line.shrink_to;
  if (line.shrink_to.empty()) {
    std::printf("%s", text.c_str());
  } else if (std::ofstream file(line.shrink_to); !(file << text)) {
    return usage("cannot write " + line.shrink_to);
  } else if (!line.quiet) {
    std::printf("%s", text.c_str());
  }
  return run_one(line);
}

bool parse_range(const std::string& text, std::uint64_t& first, std::uint64_t& last) {
  const std::size_t dots = text.find("..");
  try {
    first = std::stoull(text.substr(0, dots));
    last = dots == std::string::npos ? first : std::stoull(text.substr(dots + 2));
  } catch (const std::exception&) {
    return false;
  }
  return first >= 1 && first <= last;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  CLI::App app{"A whole HyperCache cluster, its clients, networks, disks and clocks, from one number."};
  std::uint32_t slots = 0;
  const auto common = [&](CLI::App& a) {
    a.add_option("--nodes", line.run.nodes, "members at the start")->check(CLI::Range(1, 9));
    a.add_flag("--faults", line.run.faults, "with a nemesis");
    a.add_flag_callback(
        "--buggify", [&line] { line.run.buggify = true; }, "rare ways of core more often: with faults of a file, too");
    a.add_flag_callback("--no-buggify", [&line] { line.run.buggify = false; }, "without them");
    a.add_option("--slots", slots, "instead of a number drawn from the seed")->check(CLI::Range(1, 16384));
    a.add_option("--seconds", line.run.seconds, "simulated seconds of load")->check(CLI::Range(1, 100000));
    a.add_option("--mutant", line.mutants, "a rule that is broken; repeatable");
    a.add_option("--jobs", line.jobs, "worker processes")->check(CLI::Range(1, 256));
    a.add_flag("--quiet", line.quiet, "the last three lines only");
  };
  common(app);
  std::uint64_t seed = 1;
  auto* seed_option = app.add_option("--seed", seed, "one run");
  app.add_option("--seeds", line.seeds, "many runs: FIRST..LAST");
  app.add_flag("--twice", line.twice, "with --seeds: each seed twice, the hashes must agree");
  app.add_flag("--keep-going", line.keep_going, "with --seeds: count failures instead of stopping at the first");
  app.add_flag("--hashes", line.hashes, "with --seeds: a line for each seed with its hash");
  app.add_flag("--trace", line.run.trace, "narrate every event and effect");
  app.add_option("--plan", line.plan_file, "faults from this file instead of the seed");
  app.add_flag("--print-plan", line.print_plan, "print the plan of faults and end");
  app.add_flag("--shrink", line.shrink, "of a run that fails: find a small plan that fails by the same check");
  app.add_option("--shrink-to", line.shrink_to, "the file that the small plan goes to, instead of standard output");
  app.add_option("--shrink-seconds", line.shrink_budget.seconds, "how long it may take")->check(CLI::Range(1, 100000));
  app.add_option("--shrink-runs", line.shrink_budget.runs, "how many runs it may take");
  app.add_flag("--list-mutants", line.list_mutants, "names and rules");
  auto* mutants = app.add_subcommand("mutants", "run each mutant until it is caught; print a table");
  common(*mutants);
  mutants->add_option("--most", line.most, "seeds tried for each mutant");
  mutants->add_option("--from", seed, "the first seed");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kExitUsage;
  }

  line.run.seed = seed;
  if (slots) line.run.slots = slots;
  if (line.list_mutants) {
    for (const auto& info : seam::kMutantInfo)
      std::printf("%-34s %s\n", std::string(info.name).c_str(), std::string(info.rule).c_str());
    return 0;
  }
  for (const std::string& name : line.mutants) {
    const auto mutant = seam::mutant_named(name);
    if (!mutant) return usage("there is no mutant " + name + "; see --list-mutants");
    line.run.mutants.set(static_cast<std::size_t>(*mutant));
  }
  if (!line.plan_file.empty()) {
    std::ifstream file(line.plan_file);
    if (!file) return usage("cannot read " + line.plan_file);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string error;
    line.run.plan = parse_plan(text, error);
    if (!line.run.plan) return usage(line.plan_file + ": " + error);
    line.run.faults = true;
  }
  if (const auto wrong = misfit(draw_setting(line.run))) return usage(line.plan_file + ": " + *wrong);
  if (line.print_plan) {
    std::printf("%s", to_text(draw_setting(line.run).plan).c_str());
    return 0;
  }
  SweepOptions options;
  options.run = line.run;
  options.jobs = line.jobs;
  options.twice = line.twice;
  options.keep_going = line.keep_going;
  options.quiet = line.quiet;
  options.hashes = line.hashes;
  if (mutants->parsed()) return run_mutants(line, options);
  if (!line.seeds.empty()) {
    if (seed_option->count()) return usage("--seed or --seeds, not both");
    if (!parse_range(line.seeds, options.first, options.last))
      return usage("--seeds wants FIRST..LAST, both at least 1, not " + line.seeds);
    if (!line.shrink) return run_many(line, options);
    const Sweep s = sweep(options);
    line.run.seed = s.first_failure ? s.first_failure->seed : options.first;
  }
  if (line.shrink) return run_shrunk(line);
  return run_one(line);
}
