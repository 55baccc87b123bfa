#include "sim/shrink.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <vector>

#include "sim/ddmin.h"
#include "sim/pins.h"
#include "sim/recording.h"
#include "sim/shrink_moves.h"
#include "sim/world.h"

namespace hc::sim {
namespace {

constexpr std::size_t kTriesAtFirst = 40;  // seeds: what is asked at the same times meets other delays now
constexpr std::size_t kTriesOfGuess = 3;
constexpr std::size_t kTriesOfWindow = 10;
constexpr std::size_t kJudged = 20;  // seeds under which the end is tried
constexpr std::size_t kSteady = 18;  // of them: good enough
constexpr int kRoundsMost = 10;

// What a plan says in any case, so that no flag and no default has a say.
const std::set<std::string>& kept_pins() {
  static const std::set<std::string> kept = {"nodes", "joiners", "clients", "seconds", "slots", "load"};
  return kept;
}

std::map<std::string, std::string> all_pins(const Setting& s) {
  auto pins = pins_of(s);
  pins.emplace("nodes", std::to_string(s.nodes));
  pins.emplace("slots", std::to_string(s.node.slots));
  pins.emplace("clients", std::to_string(s.clients));
  pins.emplace("seconds", std::to_string(s.load / 1s));
  return pins;
}

class Shrinker {
 public:
  Shrinker(const ShrinkOptions& options, const Result& failed, Recording recording)
      : options_(options),
        recording_(std::move(recording)),
        seed_(options.run.seed),
        trials_(options.run, failed.check, options.budget) {
    if (failed.check != "steps") trials_.limit_steps(failed.steps * 3 + 200'000);
  }

  // As it was, with clients that think up what they ask: the same run once more. Better, if one of some seeds fails so:
  // what they asked as operations of the plan.
  void write_down() {
    const Setting& s = recording_.setting;
    Plan said;
    said.version = 2;
    said.set = all_pins(s);
    said.set.erase("load");
    said.buggify = s.buggify;
    said.asks = recording_.asks;
    const Instant zero = s.early ? Instant{} : recording_.load_began;
    for (Ask& a : said.asks) a.at = std::max(Instant{}, a.at - (recording_.load_began - Instant{}));
    Plan struck = said, drawn = said;
    struck.faults = recording_.struck;
    for (Fault& f : struck.faults) f.at = std::max(Instant{}, f.at - (zero - Instant{}));
    said.faults = drawn.faults = s.plan.faults;
    for (Plan* p : {&said, &struck, &drawn}) sort(*p);
    drawn.asks.clear();
    drawn.set["load"] = "drawn";
    plan_ = drawn;
    if (s.scripted) {
      plan_ = s.plan;
      plan_.set = said.set;
    }
    // With luck the seconds around the failure are enough at once; the shortest first.
    look();
    std::vector<Plan> plans = windows(said);
    const std::vector<Plan> more = windows(struck);
    plans.insert(plans.end(), more.begin(), more.end());
    std::multimap<double, Plan> by_load;  // of the same length: in their order
    for (Plan& p : plans) by_load.emplace(load_of(p), std::move(p));
    plans.clear();
    for (auto& [load, p] : by_load) plans.push_back(std::move(p));
    if (!attempt(plans, kTriesOfGuess)) attempt({said, struck}, kTriesAtFirst);
  }

  void run() {
    look();
    near_the_failure();
    for (int round = 0; round < kRoundsMost && !trials_.over(); ++round) {
      look();
      reckon();
      const Plan before = plan_;
      leave_out_settings();
      // One candidate that spares hundreds: it may have many seeds.
      if (const auto only = only_key(plan_, key_); only && !key_.empty()) attempt({*only}, kTriesAtFirst);
      leave_out<Fault>(&Plan::faults);
      leave_out<Ask>(&Plan::asks);
      fewer_machines();
      fewer_clients();
      for (const Duration most : {500ms, 1000ms, 2000ms, 4000ms})
        if (attempt_move(without_gaps(plan_, most))) break;
      end_earlier();
      while (attempt(simpler_lines(plan_), 1)) {
      }
      attempt_move(rounded(plan_));
      if (plan_ == before) break;
    }
  }

  // With what is left of the budget: of plans that differ by some milliseconds, one that fails under more seeds. It
  // will outlive more changes of the code.
  void make_steady() {
    steady_ = seeds_failing(plan_);
    if (trials_.over()) steady_ = 0;  // it was not counted to its end
    for (bool better = true; better && steady_ < kSteady && !trials_.over();) {
      better = false;
      for (const Plan& next : neighbours(plan_)) {
        const std::size_t failing = seeds_failing(next);
        if (trials_.over() || steady_ >= kSteady) break;
        if (failing <= steady_) continue;
        plan_ = next;
        steady_ = failing;
        better = true;
        tell("steadier");
      }
    }
    if (!trials_.over() && steady_ > 0 && !attempt({plan_}, 1))  // under its seed, or the first that does
      attempt(1, [this](std::size_t) { return plan_; }, kJudged);
  }

  Shrunk finish() {
    Shrunk s;
    s.plan = plan_;
    s.seed = seed_;
    // Where one seed alone may fail for another reason tomorrow, several are run: see make_steady().
    const bool several = steady_ > 0 && steady_ < kJudged && passes_without_mutants();
    s.comments = several ? "# sim --seeds 1.." + std::to_string(kJudged) : "# sim --seed " + std::to_string(seed_);
    s.comments += " --nodes " + std::to_string(counts_of(plan_).nodes) + "\n";
    for (std::size_t m = 0; m < seam::kMutants; ++m)
      if (options_.run.mutants[m]) s.comments += "# mutant " + std::string(seam::kMutantInfo[m].name) + "\n";
    s.comments += "# It fails under seed " + std::to_string(seed_);
    if (steady_)
      s.comments += ", and under " + std::to_string(steady_) + " of the seeds 1 to " + std::to_string(kJudged);
    s.comments += ".\n";
    return s;
  }

  void tell(const char* what) const {
    if (options_.quiet) return;
    const Counts c = counts_of(plan_);
    std::fprintf(stderr, "%6.1f s %6llu runs  %-12s %3zu faults %5zu operations %2u nodes %2u clients %3zu settings\n",
                 trials_.seconds(), static_cast<unsigned long long>(trials_.runs()), what, plan_.faults.size(),
                 plan_.asks.size(), c.machines(), c.clients, plan_.set.size());
  }

 private:
  using Make = std::function<Plan(std::size_t)>;

  std::size_t seeds_failing(const Plan& plan) {
    return trials_.failing(kJudged, [&](std::size_t i) { return Trial{plan, i + 1}; });
  }
  bool passes_without_mutants() const {
    Options sound = options_.run;
    if (sound.mutants.none()) return false;
    sound.mutants.reset();
    Trials passed(sound, "", options_.budget);  // no check speaks
    return passed.failing(kJudged, [&](std::size_t i) { return Trial{plan_, i + 1}; }) == kJudged;
  }

  // The first plan that fails, under one seed or another, is ours from then on.
  std::optional<std::size_t> attempt(std::size_t count, const Make& make, std::size_t tries) {
    const auto trial = [&](std::size_t i) { return Trial{make(i / tries), seed_of(i % tries)}; };
    const auto found = trials_.first_failing(count * tries, trial);
    if (!found) return std::nullopt;
    const Trial t = trial(*found);
    plan_ = t.plan;
    seed_ = t.seed;
    return *found / tries;
  }
  bool attempt(const std::vector<Plan>& plans, std::size_t tries) {
    return attempt(plans.size(), [&](std::size_t i) { return plans[i]; }, tries).has_value();
  }
  bool attempt_move(const std::optional<Plan>& next) { return next && attempt({*next}, tries_); }
  std::uint64_t seed_of(std::size_t n) const { return n == 0 ? seed_ : n; }

  template <class T>
  void leave_out(std::vector<T> Plan::* what) {
    const auto first = [&](std::size_t count, const std::function<std::vector<T>(std::size_t)>& make) {
      const Plan base = plan_;
      const auto found = attempt(
          count,
          [&](std::size_t i) {
            Plan next = base;
            next.*what = make(i);
            return next;
          },
          tries_);
      if (found) tell("leave out");
      return found;
    };
    ddmin<T>(plan_.*what, first);
  }

  void leave_out_settings() {
    if (plan_.buggify) {
      Plan next = plan_;
      next.buggify = false;
      attempt_move(next);
    }
    using Pin = std::pair<std::string, std::string>;
    std::vector<Pin> pins;
    std::map<std::string, std::string> kept;
    for (const Pin p : plan_.set) kept_pins().contains(p.first) ? void(kept.insert(p)) : pins.push_back(p);
    const auto first = [&](std::size_t count, const std::function<std::vector<Pin>(std::size_t)>& make) {
      const Plan base = plan_;
      return attempt(
          count,
          [&](std::size_t i) {
            Plan next = base;
            next.set = kept;
            for (const Pin& p : make(i)) next.set.insert(p);
            return next;
          },
          tries_);
    };
    ddmin<Pin>(pins, first);
    tell("settings");
  }

  // What this plan's run shows may be another key at another time than what the first run did.
  void look() {
    Options o = options_.run;
    Recording now;
    o.plan = plan_;
    o.seed = seed_;
    o.recording = &now;
    const Result r = run_seed(o);
    key_ = r.key;
    const Instant end = now.load_began + now.setting.load;
    failed_at_ = Instant{} + std::max(Duration{}, std::min({r.key_until, now.ended, end}) - now.load_began);
  }

  static Plan in_usual_setting(Plan plan) {
    std::erase_if(plan.set, [](const auto& pin) { return !kept_pins().contains(pin.first); });
    plan.buggify = false;
    return plan;
  }

  // The rarer this plan fails, the more seeds does a smaller one get before it is believed to pass.
  void reckon() {
    const std::size_t of_ten = trials_.failing(10, [&](std::size_t i) { return Trial{plan_, i + 1}; });
    tries_ = of_ten >= 7 ? 2 : of_ten >= 3 ? 4 : 8;
  }

  // Often what matters happened in the last seconds, and needs nothing unusual. Short runs make all that follows cheap.
  std::vector<Plan> windows(const Plan& plan) const {
    std::vector<Plan> plans;
    const auto add = [&](std::optional<Plan> part) {
      if (!part) return;
      plans.push_back(in_usual_setting(*part));
      plans.push_back(std::move(*part));
    };
    for (const Duration back : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 32000ms})
      if (failed_at_ - back > Instant{}) add(window(plan, failed_at_ - back, failed_at_ + 50ms));
    add(window(plan, Instant{}, failed_at_ + 50ms));
    plans.push_back(in_usual_setting(plan));
    return plans;
  }
  void near_the_failure() {
    attempt(windows(plan_), kTriesOfWindow);
    tell("window");
  }

  void fewer_machines() {
    for (std::uint32_t m = counts_of(plan_).machines(); m-- > 0;) attempt_move(without_machine(plan_, m));
    tell("machines");
  }

  void fewer_clients() {
    for (std::uint32_t c = counts_of(plan_).clients; c-- > 0;) attempt_move(without_client(plan_, c));
    tell("clients");
  }

  void end_earlier() {
    const Duration last = last_beginning(plan_) - Instant{};
    std::vector<Plan> plans;
    for (const Duration after : {100ms, 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms})
      if (auto p = load_ends_at(plan_, last + after); p && load_of(*p) < load_of(plan_)) plans.push_back(*p);
    attempt(plans, 1);
    tell("time");
  }
  static double load_of(const Plan& plan) { return std::stod(plan.set.at("seconds")); }

  const ShrinkOptions& options_;
  const Recording recording_;
  std::string key_;      // that the failure is about, if it is about one
  Instant failed_at_{};  // after the beginning of the load, and not after its end
  Plan plan_;
  std::uint64_t seed_;
  std::size_t tries_ = 4;   // seeds for each candidate
  std::size_t steady_ = 0;  // so many of the first kJudged seeds fail, as far as is known
  Trials trials_;
};

}  // namespace

std::optional<Shrunk> shrink(const ShrinkOptions& options, std::string& why) {
  Options run = options.run;
  Recording recording;
  run.recording = &recording;
  const Result failed = run_seed(run);
  if (failed.verdict == Verdict::kPassed || failed.verdict == Verdict::kVoid) {
    why = "the run does not fail: there is nothing to shrink";
    return std::nullopt;
  }
  if (!options.quiet) std::fprintf(stderr, "%s: %s\n", failed.check.c_str(), failed.reason.c_str());
  Shrinker shrinker(options, failed, std::move(recording));
  shrinker.write_down();
  shrinker.tell("written down");
  shrinker.run();
  shrinker.make_steady();
  return shrinker.finish();
}

}  // namespace hc::sim
