// How long the longest operation takes while one table grows to ten million keys and shrinks to none, one line each for
// a table without and with a filter of 1 % over its keys (core/store/slot_table.h):
//   put, erase   the longest and the tenth longest, and the mean
//   bytes        of table and entries per key, at ten million
// and then what a find of a key that is there takes, drawn by chance, in tables of 100, 4000 and a million keys in all.
// Keys have 16 bytes, values 8. Processor time of this thread alone, whatever else the machine does; the least of five
// rounds for finds. Exit status: 0; 1 if an operation took longer than a millisecond; 64 for bad usage.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/store/slot_table.h"

namespace {

using hc::SlotTable;

constexpr std::size_t kKeys = 10'000'000, kFinds = 1'000'000;
constexpr double kLongestNs = 1e6;

double processor_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

hc::Bytes key_of(char (&text)[32], std::size_t number) {
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "key:%012zu", number))};
}

// The longest operations first.
class Longest {
 public:
  void add(double ns) {
    sum_ += ns;
    ++count_;
    if (ns <= longest_.back()) return;
    longest_.back() = ns;
    for (std::size_t i = longest_.size() - 1; i > 0 && longest_[i] > longest_[i - 1]; --i)
      std::swap(longest_[i], longest_[i - 1]);
  }
  double first() const { return longest_.front(); }
  double tenth() const { return longest_.back(); }
  double mean() const { return sum_ / static_cast<double>(count_); }

 private:
  std::vector<double> longest_ = std::vector<double>(10);
  double sum_ = 0;
  std::size_t count_ = 0;
};

Longest timed(const std::function<void(hc::Bytes)>& call) {
  Longest longest;
  char text[32];
  for (std::size_t i = 0; i < kKeys; ++i) {
    const hc::Bytes key = key_of(text, i);
    const double start = processor_ns();
    call(key);
    longest.add(processor_ns() - start);
  }
  return longest;
}

void print(const char* what, const Longest& longest) {
  std::printf("  %s %9.1f %9.1f µs, mean %.3f µs", what, longest.first() / 1e3, longest.tenth() / 1e3,
              longest.mean() / 1e3);
}

bool grow_and_shrink(std::uint32_t rate_ppm) {
  SlotTable table;
  table.filter_keys(rate_ppm);
  const Longest puts = timed([&](hc::Bytes key) { table.put(key, "valuable", hc::kNoExpiry); });
  const double bytes = static_cast<double>(table.bytes()) / kKeys;
  const Longest erases = timed([&](hc::Bytes key) { table.erase(key); });
  std::printf("%-7s", rate_ppm == 0 ? "without" : "with");
  print("put", puts);
  print("  erase", erases);
  std::printf("  bytes %.1f\n", bytes);
  return puts.first() <= kLongestNs && erases.first() <= kLongestNs;
}

double find_ns(std::size_t keys) {
  SlotTable table;
  char text[32];
  for (std::size_t i = 0; i < keys; ++i) table.put(key_of(text, i), "valuable", hc::kNoExpiry);
  hc::Random random(keys);
  std::vector<std::string> drawn(kFinds);
  for (std::string& key : drawn) key = key_of(text, random.below(keys));
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < 5; ++round) {
    std::size_t found = 0;
    const double start = processor_ns();
    for (const std::string& key : drawn) found += table.find(key) ? 1 : 0;
    least = std::min(least, (processor_ns() - start) / kFinds);
    if (found != kFinds) std::printf("a key was not found\n");
  }
  return least;
}

}  // namespace

int main(int argc, char**) {
  if (argc != 1) {
    std::fprintf(stderr, "usage: growth\n");
    return 64;
  }
  const bool without = grow_and_shrink(0), with = grow_and_shrink(10'000);
  std::printf("find");
  for (const std::size_t keys : {100U, 4000U, 1'000'000U}) std::printf("  %zu keys: %.1f ns", keys, find_ns(keys));
  std::printf("\n");
  return without && with ? 0 : 1;
}
