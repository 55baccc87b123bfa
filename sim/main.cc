// The command line of the simulator: one seed, many seeds, the mutants, or scenarios.
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
#include "sim/benchmark.h"
#include "sim/exhaustive/explore.h"
#include "sim/film.h"
#include "sim/matrix.h"
#include "sim/page.h"
#include "sim/replay.h"
#include "sim/scenario/play.h"
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
  std::string plan_file, history_file, html_file, shrink_to;
  double html_seconds = 5;      // before what is looked at
  std::string tests = "tests";  // mutants: where plans and stories are
  bool markdown = false;
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
  if (line.run.logs && line.plan_file.empty()) out += " --logs";
  if (line.run.power_every) out += " --power-every " + std::to_string(*line.run.power_every);
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

bool write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  return static_cast<bool>((file << text).flush());
}

constexpr Duration kFilmedAfter = 200ms;

int run_one(const CommandLine& line) {
  Options o = line.run;
  Result r = run_seed(o);
  const bool failed = r.verdict != Verdict::kPassed && r.verdict != Verdict::kVoid, films = !line.html_file.empty();
  const std::string replay = replay_of(line, "--seed " + std::to_string(o.seed));
  const Instant until = r.key_until != kForever ? r.key_until : r.ended;
  const Instant from = until - Duration(static_cast<std::int64_t>(line.html_seconds * 1e9));
  Film film(from, until + kFilmedAfter);
  if ((failed && !o.trace) || films) {  // the same again, with eyes and ears
    if (failed && !o.trace) {
      o.story = 120;
      o.story_key = r.key;
      o.story_until = r.key_until;
    }
    o.trace = false;
    if (films) o.film = &film;
    const Result again = run_seed(o);
    if (again.hash == r.hash) r = again;
  }
  if (!line.quiet) tell(r);
  if (!line.history_file.empty() && !write_file(line.history_file, r.history))
    return usage("cannot write the history to " + line.history_file);
  if (films && !write_file(line.html_file, page_of(film, r, replay)))
    return usage("cannot write the page to " + line.html_file);
  return end(r.hash, r.verdict, replay);
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

int run_replay(const std::string& path, const CommandLine& line) {
  seam::active = line.run.mutants;  // a rule that is broken should show
  const Replay r = replay(path, line.run.trace);
  if (r.end == Replay::End::kUnreadable) return usage(path + " " + r.reason);
  std::printf("%" PRIu64 " events in %.3f s of the node's time, %" PRIu64 " effects%s\n", r.events,
              static_cast<double>(r.nanoseconds) / 1e9, r.effects, r.cut ? "; the file ends within a record" : "");
  if (r.end == Replay::End::kDiffers) std::printf("%s\n", r.reason.c_str());
  return end(r.hash, r.end == Replay::End::kSame ? Verdict::kPassed : Verdict::kViolated, "sim --replay " + path);
}

int run_mutants(const CommandLine& line, const SweepOptions& sweep, const char* program) {
  MatrixOptions options;
  options.sweep = sweep;
  options.first = line.run.seed;
  options.most = line.most;
  options.names = line.mutants;
  options.sim = program;
  options.tests = line.tests;
  options.markdown = line.markdown;
  const bool all = print_matrix(options);
  return end(0, all ? Verdict::kPassed : Verdict::kViolated, "sim mutants");
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
    a.add_flag("--logs", line.run.logs, "nodes keep logs on disks, and power fails");
    a.add_option("--power-every", line.run.power_every,
                 "with --faults --logs: policy always, and power fails every so many seconds on average")
        ->check(CLI::Range(1, 1000));
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
  app.add_option("--history", line.history_file, "with --seed: what clients saw, as JSON lines for tools/lincheck");
  app.add_option("--html", line.html_file, "with --seed: the run as a page to look at");
  app.add_option("--html-seconds", line.html_seconds, "with --html: messages of so long before the failure, or the end")
      ->check(CLI::Range(0.0, 1e6));
  app.add_flag("--print-plan", line.print_plan, "print the plan of faults and end");
  std::string recording;
  app.add_option("--replay", recording, "feed the recording of a node (hypercache-node --record) to the core");
  app.add_flag("--shrink", line.shrink, "of a run that fails: find a small plan that fails by the same check");
  app.add_option("--shrink-to", line.shrink_to, "the file that the small plan goes to, instead of standard output");
  app.add_option("--shrink-seconds", line.shrink_budget.seconds, "how long it may take")->check(CLI::Range(1, 100000));
  app.add_option("--shrink-runs", line.shrink_budget.runs, "how many runs it may take");
  bool measured = false;
  bool all_orders = false;
  exhaustive::Bounds bounds;
  app.add_flag("--exhaustive", all_orders, "a small cluster whose time stands still: every order of what can happen");
  app.add_option("--depth", bounds.depth, "with --exhaustive: choices in a row");
  app.add_option("--most-faults", bounds.faults, "with --exhaustive: so many of them")->check(CLI::Range(0, 1));
  app.add_option("--scene", bounds.scene, "with --exhaustive: this one alone")
      ->check(CLI::IsMember({"steady", "handover", "takeover"}));
  app.add_flag("--benchmark", measured,
               "how fast the simulator is here, on one core; with --slots 16 or 16384: those courses");
  app.add_flag("--list-mutants", line.list_mutants, "names and rules");
  auto* mutants = app.add_subcommand("mutants", "run each mutant until it is caught; print a table");
  common(*mutants);
  mutants->add_option("--most", line.most, "seeds tried for each mutant");
  mutants->add_option("--tests", line.tests, "folder with seeds/ and scenarios/");
  mutants->add_flag("--markdown", line.markdown, "as a table for docs/MUTANTS.md");
  mutants->add_option("--from", seed, "the first seed");
  scenario::PlayOptions story;
  auto* scenarios =
      app.add_subcommand("scenario", "run scenario files (sim/scenario/words.h), and under their mutants");
  scenarios->add_option("files", story.files, "files, or folders of them")->required();
  scenarios->add_flag("--rewrite", story.rewrite, "put what happens in the place of what is expected");
  scenarios->add_flag("--survey", story.survey, "tell which of all mutants each file shows");
  scenarios->add_flag("--trace", story.trace, "narrate every event and effect");
  scenarios->add_option("--mutant", story.mutants, "show what is different under this mutant; repeatable");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kExitUsage;
  }

  if (scenarios->parsed()) return scenario::play(story) ? 0 : 1;
  line.run.seed = seed;
  if (slots) line.run.slots = slots;
  if (measured)
    return end(0, benchmark(line.run.slots) ? Verdict::kPassed : Verdict::kViolated,
               "sim --benchmark" + (slots ? " --slots " + std::to_string(slots) : ""));
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
  if (all_orders) {
    seam::active = line.run.mutants;
    std::string replay = "sim --exhaustive --depth " + std::to_string(bounds.depth) + " --most-faults " +
                         std::to_string(bounds.faults) + (bounds.scene.empty() ? "" : " --scene " + bounds.scene);
    for (const std::string& m : line.mutants) replay += " --mutant " + m;
    return end(0, static_cast<Verdict>(exhaustive::explore(bounds)), replay);
  }
  if (!recording.empty()) return run_replay(recording, line);
  if (!line.plan_file.empty()) {
    std::ifstream file(line.plan_file);
    if (!file) return usage("cannot read " + line.plan_file);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string error;
    line.run.plan = parse_plan(text, error);
    if (!line.run.plan) return usage(line.plan_file + ": " + error);
    line.run.faults = true;
  }
  line.run.history = !line.history_file.empty();
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
  if (mutants->parsed()) return run_mutants(line, options, argv[0]);
  if (!line.seeds.empty()) {
    if (!line.html_file.empty()) return usage("--html wants --seed: it shows one run");
    if (line.run.history) return usage("--history wants --seed: it is the history of one run");
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
