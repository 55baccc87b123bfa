#include "sim/scenario/script.h"

#include <algorithm>
#include <sstream>

#include "core/base/check.h"

namespace hc::sim::scenario {
namespace {

constexpr Bytes kLine = "----";

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

// A decimal number with an optional sign, in billionths; what follows it stays in `text`.
bool decimal(Bytes& text, std::int64_t& billionths) {
  const bool minus = text.starts_with('-');
  if (minus || text.starts_with('+')) text.remove_prefix(1);
  std::int64_t whole = 0, part = 0, scale = 1'000'000'000;
  bool any = false;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9' && whole < 1'000'000; text.remove_prefix(1)) {
    whole = whole * 10 + (text.front() - '0');
    any = true;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9' && scale > 1; text.remove_prefix(1))
      part += (text.front() - '0') * (scale /= 10);
  }
  billionths = whole * 1'000'000'000 + part;
  if (minus) billionths = -billionths;
  return any;
}

}  // namespace

Directive::Directive(std::string text, std::string where)
    : text_(std::move(text)), where_(std::move(where)), words_(words_of(text_)) {}

std::vector<std::string> Directive::plain() const {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < words_.size(); ++i)
    if (words_[i].find('=') == std::string::npos) out.push_back(words_[i]);
  return out;
}

std::map<std::string, std::string> Directive::options() const {
  std::map<std::string, std::string> out;
  for (std::size_t i = 1; i < words_.size(); ++i)
    if (const std::size_t at = words_[i].find('='); at != std::string::npos)
      out[words_[i].substr(0, at)] = words_[i].substr(at + 1);
  return out;
}

void Directive::mistake(const std::string& what) const { throw Mistake(where_ + ": " + text_ + ": " + what); }

std::uint64_t Directive::number(const std::string& text, const char* what) const {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    mistake("'" + text + "' is no " + what);
  return std::stoull(text);
}

Duration Directive::duration(const std::string& text) const {
  Bytes rest = text;
  std::int64_t value = 0;
  const bool good = decimal(rest, value);
  if (good && rest == "s") return Duration(value);
  if (good && rest == "ms") return Duration(value / 1'000);
  if (good && rest == "us") return Duration(value / 1'000'000);
  mistake("'" + text + "' is no duration such as 300ms or 1.5s");
}

std::int64_t Directive::percent(const std::string& text) const {
  Bytes rest = text;
  std::int64_t value = 0;
  if (!decimal(rest, value) || rest != "%") mistake("'" + text + "' is no percentage such as +5%");
  return value / 100'000;
}

Script parse_script(const std::string& path, Bytes text) {
  Script script;
  script.path = path;
  Script::Block block;
  std::istringstream in{std::string(text)};
  bool seeing = false;  // between ---- and the empty line
  int number = 0;
  const auto close = [&] {
    script.blocks.push_back(std::move(block));
    block = {};
    seeing = false;
  };
  for (std::string line; std::getline(in, line);) {
    ++number;
    const std::string where = path + ":" + std::to_string(number);
    if (seeing) {
      if (line.empty())
        close();
      else
        block.expected += line + "\n";
    } else if (line == kLine) {
      if (block.directives.empty()) throw Mistake(where + ": ---- without a directive before it");
      seeing = true;
    } else if (line.empty() || line.starts_with('#')) {
      if (!block.directives.empty()) throw Mistake(where + ": expected ---- after the directives");
      block.before.push_back(line);
      const std::vector<std::string> words = words_of(line);
      if (words.size() < 3 || words[0] != "#" || words[1] != "mutant") continue;
      std::vector<std::string> together;
      for (std::size_t i = 2; i < words.size(); i += 2) {
        together.push_back(words[i]);
        if (i + 1 < words.size() && (words[i + 1] != "with" || i + 2 == words.size()))
          throw Mistake(where + ": expected `# mutant NAME` or `# mutant NAME with NAME`");
      }
      script.mutants.push_back(std::move(together));
    } else {
      if (block.directives.empty()) block.line = number;
      block.directives.emplace_back(line, where);
    }
  }
  if (seeing) {
    close();
  } else {
    if (!block.directives.empty()) throw Mistake(path + ":" + std::to_string(number) + ": the last ---- is missing");
    script.after = std::move(block.before);
  }
  if (script.blocks.empty()) throw Mistake(path + ":1: nothing happens in it");
  return script;
}

std::string written(const Script& script, const std::vector<std::string>& outputs) {
  HC_CHECK(outputs.size() == script.blocks.size(), "one output for each block");
  std::string out;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Script::Block& block = script.blocks[i];
    if (i > 0) out += "\n";
    for (const std::string& line : block.before) out += line + "\n";
    for (const Directive& d : block.directives) out += d.text() + "\n";
    out += std::string(kLine) + "\n" + outputs[i];
  }
  for (const std::string& line : script.after) out += line + "\n";
  return out;
}

}  // namespace hc::sim::scenario
