// Delta debugging: the smallest part of what made a run fail that still makes it fail, as far as leaving things out can
// tell. ddmin of Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input" (2002).
//
// The result is 1-minimal if the budget lasts: without any one of its items it does not fail. Two liberties, which
// keep that: parts alone are tried while there are few of them only (of many, one alone seldom fails), and after a
// success the search goes on behind the part that was left out, not at the front again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace hc::sim {

// Asks for candidates 0 … count - 1 with `make`, and tells the first that still fails. The asker decides how many are
// looked at side by side; nullopt too if the budget is used up.
template <class T>
using FirstFailing = std::function<std::optional<std::size_t>(std::size_t count,
                                                              const std::function<std::vector<T>(std::size_t)>& make)>;

template <class T>
std::vector<T> ddmin(std::vector<T> items, const FirstFailing<T>& first_failing) {
  if (items.empty() || first_failing(1, [](std::size_t) { return std::vector<T>(); })) return {};
  constexpr std::size_t kPartsAlone = 4;
  std::size_t parts = 2, start = 0;
  while (items.size() >= 2) {
    const auto cut = [&](std::size_t part) {
      return items.begin() + static_cast<std::ptrdiff_t>(part * items.size() / parts);
    };
    const std::size_t alone = parts <= kPartsAlone ? parts : 0;
    // With two parts each is what is left without the other.
    const std::size_t without = parts > 2 ? parts : 0;
    const auto make = [&](std::size_t i) {
      if (i < alone) return std::vector<T>(cut(i), cut(i + 1));
      const std::size_t part = (start + i - alone) % parts;
      std::vector<T> rest(items.begin(), cut(part));
      rest.insert(rest.end(), cut(part + 1), items.end());
      return rest;
    };
    const auto found = first_failing(alone + without, make);
    if (!found) {
      if (parts >= items.size()) break;
      start = 0;
      parts = std::min(items.size(), parts * 2);
      continue;
    }
    std::vector<T> smaller = make(*found);
    if (*found < alone) {
      parts = 2, start = 0;
    } else {
      start = (start + *found - alone) % parts;
      parts = std::max<std::size_t>(2, parts - 1);
      start %= parts;
    }
    items = std::move(smaller);
    parts = std::min(parts, std::max<std::size_t>(2, items.size()));
  }
  return items;
}

}  // namespace hc::sim
