// Redis' glob. Iterative: when a token fails, only the last star takes one more byte (an earlier star need never, for
// whatever it could take the last one can), so there is no exponential case.
#include <utility>

#include "core/command/text.h"

namespace hc::command {
namespace {

struct Step {
  bool matched;
  std::size_t next;  // where the pattern goes on
};

// A class from after its '[' on. Unclosed, it ends with the pattern. Ranges compare signed bytes, either way round.
Step match_class(Bytes pattern, std::size_t at, char c) {
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool matched = false;
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    const std::size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      ++at;
      matched |= pattern[at] == c;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      auto low = static_cast<signed char>(pattern[at]), high = static_cast<signed char>(pattern[at + 2]);
      if (low > high) std::swap(low, high);
      matched |= low <= static_cast<signed char>(c) && static_cast<signed char>(c) <= high;
      at += 2;
    } else {
      matched |= pattern[at] == c;
    }
  }
  return {matched != negated, at < pattern.size() ? at + 1 : at};
}

// One token that stands for one byte. Requires: pattern[at] is not a star.
Step match_token(Bytes pattern, std::size_t at, char c) {
  switch (pattern[at]) {
    case '?':
      return {true, at + 1};
    case '[':
      return match_class(pattern, at + 1, c);
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {pattern[at] == c, at + 1};
  }
}

}  // namespace

bool glob_match(Bytes pattern, Bytes text) {
  if (text.empty()) return pattern.empty();
  std::size_t p = 0, t = 0;
  std::size_t after_star = Bytes::npos, star_took_to = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      after_star = ++p;
      star_took_to = t;
      continue;
    }
    if (p < pattern.size()) {
      if (const Step step = match_token(pattern, p, text[t]); step.matched) {
        p = step.next;
        ++t;
        continue;
      }
    }
    if (after_star == Bytes::npos) return false;
    p = after_star;
    t = ++star_took_to;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace hc::command
