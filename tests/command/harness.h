// Runs commands written as words on one table, gives replies as text, and checks after each that its effects, applied
// to a second table, make it equal.
//
// Reply text: + status, - error, : integer, "bulk", nil, [array]. Words: plain, or "quoted"; \xNN for any byte in both.
#pragma once

#include <string>
#include <vector>

#include "core/command/command.h"

namespace hc::test {

std::vector<std::string> words_of(Bytes line);
std::string text_of(const Reply& reply);

class Harness {
 public:
  std::string run(Bytes line);
  std::string run_words(const std::vector<std::string>& words);

  Execution execution(EffectWriter* writer) { return {table, now, random, writer}; }

  SlotTable table, replica;
  WallTime now{std::chrono::milliseconds(1'700'000'000'000)};
  Random random{1};
  std::vector<std::string> effects;  // of the last command, described
  std::string notices;               // of the last command: "set k, expire k"
  bool replicas_agree = true;
};

// Equal contents, expiry included, and equal digests.
bool same_content(const SlotTable& a, const SlotTable& b);

}  // namespace hc::test
