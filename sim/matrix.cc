#include "sim/matrix.h"

#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>

#include "core/base/seam.h"
#include "sim/summary.h"

namespace hc::sim {
namespace {

struct Row {
  std::string name, rule;
  std::string how;                     // "seeds", "plan …", "" where nothing was run
  std::optional<std::uint64_t> seeds;  // that it took
  double seconds = 0;
  bool run = false, caught = false;
  std::string by;  // check and reason, or the note
};

std::string shell_word(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// A command's exit status and standard output.
std::pair<int, std::string> run(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (!pipe) return {-1, ""};
  std::string said;
  char piece[4096];
  for (std::size_t n = 0; (n = std::fread(piece, 1, sizeof piece, pipe)) > 0;) said.append(piece, n);
  const int status = ::pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, said};
}

// The line before the last three: what a failing run says.
std::string last_words(const std::string& said) {
  std::vector<std::string> lines;
  std::istringstream in(said);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const auto hash = std::find_if(lines.rbegin(), lines.rend(), [](const auto& l) { return l.starts_with("hash "); });
  return hash == lines.rend() || std::next(hash) == lines.rend() ? "" : *std::next(hash);
}

class Matrix {
 public:
  explicit Matrix(const MatrixOptions& options) : options_(options) {}

  bool print() {
    head();
    std::vector<std::string> names = options_.names;
    if (names.empty())
      for (const auto& info : seam::kMutantInfo) names.emplace_back(info.name);
    for (const std::string& name : names) row(row_of(name));
    tail();
    return missed_ == 0;
  }

 private:
  Row row_of(const std::string& name) {
    const auto& info = seam::kMutantInfo[static_cast<std::size_t>(*seam::mutant_named(name))];
    Row r{name, std::string(info.rule), "", std::nullopt, 0, false, false, std::string(info.note)};
    const auto after = [&](std::string_view word) -> std::optional<std::string> {
      if (!info.note.starts_with(word)) return std::nullopt;
      return std::string(info.note.substr(word.size()));
    };
    const auto begun = std::chrono::steady_clock::now();
    if (info.note.empty()) {
      by_seeds(r, {}, false);
    } else if (info.note == "logs") {
      by_seeds(r, {}, true);
    } else if (const auto other = after("with ")) {
      by_seeds(r, *other, false);
    } else if (const auto plan = after("plan ")) {
      by_plan(r, options_.tests + "/seeds/" + *plan + ".plan");
      r.how = info.note;
    } else if (const auto story = after("scenario ")) {
      by_story(r, options_.tests + "/scenarios/" + *story + ".txt");
      r.how = info.note;
    }
    r.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    return r;
  }

  void by_seeds(Row& r, const std::string& other, bool logs) {
    SweepOptions o = options_.sweep;
    o.run.logs |= logs;
    o.first = options_.first;
    o.last = options_.first + options_.most - 1;
    o.quiet = true;
    o.run.mutants.reset();
    o.run.mutants.set(static_cast<std::size_t>(*seam::mutant_named(r.name)));
    if (!other.empty()) o.run.mutants.set(static_cast<std::size_t>(*seam::mutant_named(other)));
    const Sweep s = sweep(o);
    r.run = true;
    r.how = logs ? "seeds, --logs" : other.empty() ? "seeds" : "seeds, with " + other;
    r.caught = s.first_failure.has_value();
    r.by = r.caught ? s.first_failure->check + ": " + s.first_failure->reason : "NOT CAUGHT";
    if (r.caught) r.seeds = s.first_failure->seed - options_.first + 1;
  }

  void by_plan(Row& r, const std::string& file) {
    std::ifstream in(file);
    std::string words;
    for (std::string line; words.empty() && std::getline(in, line);)
      if (line.starts_with("# sim ")) words = line.substr(6);
    caught_by(r, shell_word(options_.sim) + " " + words + " --plan " + shell_word(file) + " --mutant " + r.name);
  }
  void by_story(Row& r, const std::string& file) {
    const std::string said =
        caught_by(r, shell_word(options_.sim) + " scenario " + shell_word(file) + " --mutant " + r.name);
    // FILE:LINE: the words after which the story goes another way
    if (r.caught) r.by = "another story from line " + said.substr(file.size() + 1, said.find('\n') - file.size() - 1);
  }
  std::string caught_by(Row& r, const std::string& command) {
    const auto [status, said] = run(command);
    r.run = true;
    r.caught = status >= 1 && status <= 3;
    r.by = r.caught ? last_words(said) : "NOT CAUGHT (status " + std::to_string(status) + ")";
    return said;
  }

  void head() const {
    if (options_.markdown)
      std::printf("| mutant | rule | caught in | seeds | seconds | by |\n| --- | --- | --- | --- | --- | --- |\n");
    else
      std::printf("%-34s %-6s %6s %7s  %s\n", "mutant", "rule", "seeds", "s", "caught by");
  }

  void row(const Row& r) {
    const std::string seeds = r.seeds ? std::to_string(*r.seeds) : "";
    std::string by = r.by.substr(0, 160);
    if (by.size() < r.by.size()) by += " …";
    if (options_.markdown) {
      std::replace(by.begin(), by.end(), '|', '/');
      std::printf("| `%s` | %s | %s | %s | %s | %s |\n", r.name.c_str(), r.rule.c_str(), r.how.c_str(), seeds.c_str(),
                  r.run ? tenths(r.seconds).c_str() : "", by.c_str());
    } else {
      std::printf("%-34s %-6s %6s %7s  %s\n", r.name.c_str(), r.rule.substr(0, 6).c_str(), seeds.c_str(),
                  r.run ? tenths(r.seconds).c_str() : "", (r.how.empty() ? by : r.how + ": " + by).c_str());
    }
    std::fflush(stdout);
    ++rows_;
    run_ += r.run;
    missed_ += r.run && !r.caught;
    if (r.seeds) seeds_.push_back(*r.seeds);
  }

  void tail() {
    std::sort(seeds_.begin(), seeds_.end());
    const std::uint64_t median = seeds_.empty() ? 0 : seeds_[seeds_.size() / 2];
    std::printf("\n%" PRIu64 " mutants, %" PRIu64 " run, %" PRIu64 " not caught; %zu by random seeds, median %" PRIu64
                " seeds\n",
                rows_, run_, missed_, seeds_.size(), median);
  }

  const MatrixOptions& options_;
  std::uint64_t rows_ = 0, run_ = 0, missed_ = 0;
  std::vector<std::uint64_t> seeds_;
};

}  // namespace

bool print_matrix(const MatrixOptions& options) { return Matrix(options).print(); }

}  // namespace hc::sim
