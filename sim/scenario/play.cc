#include "sim/scenario/play.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "core/base/check.h"
#include "sim/internal_check.h"
#include "sim/scenario/script.h"
#include "sim/scenario/words.h"

namespace hc::sim::scenario {
namespace {

namespace fs = std::filesystem;

struct Told {
  std::vector<std::string> outputs;  // one for each block; empty after somebody objected
  std::string objection;             // which checker spoke
};

Told tell(const Script& script, const seam::MutantSet& mutants, bool trace = false) {
  Told told;
  seam::active = mutants;
  const ChecksThrow guard;
  Story story(trace);
  std::string output;
  const auto object = [&](const std::string& what) {
    told.objection = what;
    output += story.unfinished() + "objection: " + what + "\n";
    told.outputs.push_back(std::move(output));
  };
  try {
    for (const Script::Block& block : script.blocks) {
      output.clear();
      for (const Directive& d : block.directives) output += story.tell(d);
      if (&block == &script.blocks.back()) story.end();
      if (output.empty()) output = "ok\n";
      told.outputs.push_back(std::move(output));
    }
  } catch (const Objection& o) {
    object(o.check + ": " + o.reason);
  } catch (const InternalCheck& c) {
    object("internal check: " + c.what);
  } catch (const Mistake&) {
    seam::active.reset();
    throw;
  }
  seam::active.reset();
  told.outputs.resize(script.blocks.size());
  return told;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The first block that ends otherwise: where, and both ends. Empty: all as expected.
std::string difference(const Script& script, const Told& told) {
  for (std::size_t i = 0; i < script.blocks.size(); ++i) {
    const Script::Block& block = script.blocks[i];
    if (block.expected == told.outputs[i]) continue;
    std::string out = script.path + ":" + std::to_string(block.line) + ": " + block.directives.back().text() + "\n";
    for (const std::string& line : lines_of(block.expected)) out += "  - " + line + "\n";
    for (const std::string& line : lines_of(told.outputs[i])) out += "  + " + line + "\n";
    return out;
  }
  return "";
}

// The first line that is there under the mutant and is not expected: enough to see how it shows.
std::string shown_by(const Script& script, const Told& told) {
  if (!told.objection.empty()) return told.objection;
  for (std::size_t i = 0; i < script.blocks.size(); ++i) {
    const auto expected = lines_of(script.blocks[i].expected);
    for (const std::string& line : lines_of(told.outputs[i]))
      if (std::ranges::find(expected, line) == expected.end()) return line;
    if (script.blocks[i].expected != told.outputs[i]) return "something does not happen";
  }
  return "";
}

seam::MutantSet set_of(const std::vector<std::string>& names, const std::string& where) {
  seam::MutantSet set;
  for (const std::string& name : names) {
    const auto mutant = seam::mutant_named(name);
    if (!mutant) throw Mistake(where + ": there is no mutant " + name);
    set.set(static_cast<std::size_t>(*mutant));
  }
  return set;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& n : names) out += (out.empty() ? "" : " with ") + n;
  return out;
}

std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
}

void rewrite(Script& script) {
  const Told told = tell(script, {});
  for (std::size_t i = 0; i < script.blocks.size(); ++i) script.blocks[i].expected = told.outputs[i];
  std::ofstream(script.path, std::ios::binary) << written(script, told.outputs);
}

void survey(const Script& script) {
  for (std::size_t m = 0; m < seam::kMutants; ++m) {
    seam::MutantSet one;
    one.set(m);
    if (const std::string how = shown_by(script, tell(script, one)); !how.empty())
      std::printf("  %-32s %s\n", std::string(seam::kMutantInfo[m].name).c_str(), how.c_str());
  }
}

bool play_file(const std::string& path, const PlayOptions& options) {
  const auto text = read(path);
  if (!text) throw Mistake(path + ": cannot be read");
  Script script = parse_script(path, *text);
  if (options.rewrite) rewrite(script);
  if (!options.mutants.empty()) {
    const Told told = tell(script, set_of(options.mutants, "--mutant"), options.trace);
    const std::string different = difference(script, told);
    if (!different.empty()) std::printf("%sshown by: %s\n", different.c_str(), shown_by(script, told).c_str());
    return different.empty();
  }
  const Told told = tell(script, {}, options.trace);
  std::string wrong = difference(script, told);
  if (!told.objection.empty()) wrong += "  a checker objects: " + told.objection + "\n";
  if (script.mutants.empty()) wrong += path + ":1: names no mutant under which it ends otherwise\n";
  std::string shown;
  for (const auto& names : script.mutants) {
    const std::string how = shown_by(script, tell(script, set_of(names, path)));
    if (how.empty())
      wrong += path + ": ends as it should under the mutant " + joined(names) + "\n";
    else
      shown += "  " + joined(names) + ": " + how + "\n";
  }
  std::printf("%s %s\n%s%s", wrong.empty() ? "passed" : "FAILED", path.c_str(), shown.c_str(), wrong.c_str());
  if (options.survey) survey(script);
  return wrong.empty();
}

}  // namespace

bool play(const PlayOptions& options) {
  std::vector<std::string> files;
  for (const std::string& name : options.files) {
    if (!fs::is_directory(name)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : fs::directory_iterator(name))
      if (entry.path().extension() == ".txt") inside.push_back(entry.path().string());
    std::ranges::sort(inside);
    files.insert(files.end(), inside.begin(), inside.end());
  }
  std::size_t failed = 0;
  for (const std::string& file : files) {
    try {
      failed += play_file(file, options) ? 0 : 1;
    } catch (const Mistake& m) {
      std::printf("FAILED %s\n", m.what());
      ++failed;
    }
    std::fflush(stdout);
  }
  std::printf("%zu scenarios, %zu failed\n", files.size(), failed);
  return failed == 0;
}

}  // namespace hc::sim::scenario
