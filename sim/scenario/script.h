// A scenario as text, in the form of cockroachdb/datadriven and etcd/raft: what is done, `----`, what is seen.
//
//   # Comments tell the story; `# mutant NAME` (or `# mutant NAME with NAME`) in it: then it must end otherwise.
//   cluster nodes=3 rf=2
//   crash 1
//   ----
//   what was seen, up to the next empty line
//
// Knows the form alone; the verbs are in words.h. A mistake names its file and line.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/time.h"

namespace hc::sim::scenario {

struct Mistake : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One line of a script: a verb with what follows it.
class Directive {
 public:
  Directive(std::string text, std::string where);

  const std::string& text() const { return text_; }
  const std::string& verb() const { return words_.front(); }
  const std::vector<std::string>& words() const { return words_; }  // the verb is the first
  // Of the words after the verb: the ones in the form name=value, and the others.
  std::vector<std::string> plain() const;
  std::map<std::string, std::string> options() const;

  [[noreturn]] void mistake(const std::string& what) const;

  // `what` names the thing in the sentence of a mistake.
  std::uint64_t number(const std::string& text, const char* what) const;
  Duration duration(const std::string& text) const;     // 20us, 300ms, 1.5s; with + or - before it too
  std::int64_t percent(const std::string& text) const;  // +5% in parts per million: 50000

 private:
  std::string text_, where_;
  std::vector<std::string> words_;
};

struct Script {
  struct Block {
    std::vector<std::string> before;  // comments and empty lines
    std::vector<Directive> directives;
    std::string expected;
    int line = 0;  // of its first directive
  };
  std::string path;
  std::vector<Block> blocks;
  std::vector<std::string> after;
  std::vector<std::vector<std::string>> mutants;  // names; several in one: together
};

Script parse_script(const std::string& path, Bytes text);
// The file as it should be, were these the outputs of its blocks. Requires: one for each block.
std::string written(const Script& script, const std::vector<std::string>& outputs);

}  // namespace hc::sim::scenario
