// The command line of lincheck: files in, one verdict each, the worst one as the status.
#include <malloc.h>
#include <sys/mman.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "tools/lincheck/page.h"
#include "tools/lincheck/report.h"

namespace {

using namespace hc;
using namespace hc::lincheck;
using Kind = sim::Judgement::Kind;

constexpr int kOk = 0, kIllegal = 1, kUndecided = 3, kUnusable = 64;

int severity(int status) { return status == kUnusable ? 3 : status == kIllegal ? 2 : status == kUndecided ? 1 : 0; }

constexpr const char* kHelp = R"(Are these histories linearizable?

Each FILE is one history: JSON lines as `sim --history FILE` writes them, a Jepsen register log, or a key-value log.
A JSON line is one operation:
  {"client":3,"call":1200,"return":1350,"key":"a","op":"set","value":"17","outcome":"ok","result":true}
after a first line {"history":1,"initial":null}. docs/HISTORIES.md describes all three.

Prints FILE: ok, illegal or undecided, and why: the operation that nothing explains, and a minimal part of the history
that is illegal by itself. Status: 0 all ok, 1 illegal, 3 undecided within the budget, 64 unreadable; the worst file
decides.)";

int unusable(const std::string& what) {
  std::fprintf(stderr, "lincheck: %s\n", what.c_str());
  return kUnusable;
}

// A large history is read into fresh memory; by small pages a quarter of the time went into the kernel's handing them
// out. So the heap begins with room on large ones, which takes no memory until it is used.
constexpr std::size_t kLarge = 1'000'000;
void prefer_large_pages() {
#ifdef __GLIBC__
  constexpr std::size_t kPage = std::size_t{2} << 20, kRoom = 64 * kPage;
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  void* room = std::aligned_alloc(kPage, kRoom);
  if (room) madvise(room, kRoom, MADV_HUGEPAGE);
  std::free(room);
#endif
}

bool load(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return false;
  const auto size = static_cast<std::size_t>(file.tellg());
  if (size > kLarge) prefer_large_pages();
  text.resize(size);
  file.seekg(0);
  return static_cast<bool>(file.read(text.data(), static_cast<std::streamsize>(text.size())));
}

struct CommandLine {
  std::vector<std::string> files;
  std::uint64_t budget = kBudget;
  std::string page;
};

int judge_file(const std::string& path, const CommandLine& line) {
  std::string text;
  if (!load(path, text)) return unusable("cannot read " + path);
  const auto contents = read(text);
  if (!contents) return unusable(path + ":" + std::to_string(contents.error().line) + ": " + contents.error().what);
  const Verdict v = check(contents->histories, line.budget);
  std::optional<Core> core;
  int status = kOk;
  if (v.kind == Kind::kLinearizable) {
    std::printf("%s: ok (%zu operations, %zu keys)\n", path.c_str(), v.operations, contents->histories.keys.size());
  } else if (v.kind == Kind::kUndecided) {
    status = kUndecided;
    std::printf("%s: undecided\n  key \"%s\": not within %llu steps; --budget sets how many\n", path.c_str(),
                contents->histories.keys[v.finding->key].key.c_str(), static_cast<unsigned long long>(line.budget));
  } else {
    status = kIllegal;
    core = minimal_core(contents->histories.keys[v.finding->key].history, contents->histories.initial,
                        v.finding->judgement.illegal);
    std::printf("%s: illegal\n%s", path.c_str(), explain(*contents, v, *core).c_str());
  }
  if (line.page.empty()) return status;
  std::ofstream page(line.page, std::ios::binary);
  if (!(page << draw(path, *contents, v, core)).flush()) return unusable("cannot write " + line.page);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CommandLine line;
  CLI::App app{kHelp};
  app.add_option("FILE", line.files, "histories")->required();
  app.add_option("--budget", line.budget, "steps for each key, then it is undecided")->capture_default_str();
  app.add_option("--html", line.page, "draw the history to this file; for one FILE");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kOk : kUnusable;
  }
  if (!line.page.empty() && line.files.size() != 1)
    return unusable("--html draws one history, not " + std::to_string(line.files.size()) + ": name one FILE");
  int worst = kOk;
  for (const std::string& path : line.files) {
    const int status = judge_file(path, line);
    if (severity(status) > severity(worst)) worst = status;
  }
  return worst;
}
