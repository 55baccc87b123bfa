// How long the longest operations take while one table grows to ten million keys and shrinks to none, without and with
// a filter of 1 % over its keys (core/store/slot_table.h). One line each for puts and erases:
//   resizing   those that changed the size of an array, as the table's count of bytes tells: how many, the longest, the
//              tenth longest
//   others     the same of all others: what else the allocator and the machine do to a thread
//   mean       of all
//   bytes      of table and entries per key, at ten million
// and then what a find of a key that is there takes, drawn by chance, in tables of 100, 4000 and a million keys in all.
// Keys have 16 bytes, values 8. Processor time of this thread alone; the least of five rounds for finds. The allocator
// is set as the node has it (runtime/memory.cc), but for huge pages. Exit status: 0; 1 if a resizing operation took
// longer than a millisecond; 64 for bad usage.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/store/slot_table.h"

extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0";
}

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

class Longest {
 public:
  void add(double ns) {
    sum_ += ns;
    ++count_;
    if (ns <= longest_.back()) return;
    longest_.back() = ns;
    std::sort(longest_.begin(), longest_.end(), std::greater<>());
  }
  double first() const { return longest_.front(); }
  double tenth() const { return longest_.back(); }
  double sum() const { return sum_; }
  std::size_t count() const { return count_; }

 private:
  std::array<double, 10> longest_{};  // the longest first
  double sum_ = 0;
  std::size_t count_ = 0;
};

// True if no resizing one took too long.
bool time_all(const char* what, SlotTable& table, const std::function<void(hc::Bytes)>& call) {
  constexpr std::size_t kEntryBytes = 32;
  Longest resizing, others;
  char text[32];
  for (std::size_t i = 0; i < kKeys; ++i) {
    const hc::Bytes key = key_of(text, i);
    const std::size_t before = table.bytes();
    const double start = processor_ns();
    call(key);
    const double passed = processor_ns() - start;
    const std::size_t changed = table.bytes() > before ? table.bytes() - before : before - table.bytes();
    (changed == kEntryBytes ? others : resizing).add(passed);
  }
  std::printf("  %-5s  resizing %6zu %9.1f %9.1f µs  others %9.1f %9.1f µs  mean %.3f µs", what, resizing.count(),
              resizing.first() / 1e3, resizing.tenth() / 1e3, others.first() / 1e3, others.tenth() / 1e3,
              (resizing.sum() + others.sum()) / kKeys / 1e3);
  return resizing.first() <= kLongestNs;
}

bool grow_and_shrink(std::uint32_t rate_ppm) {
  SlotTable table;
  table.filter_keys(rate_ppm);
  std::printf("%s filter\n", rate_ppm == 0 ? "without" : "with");
  const bool puts = time_all("put", table, [&](hc::Bytes key) { table.put(key, "valuable", hc::kNoExpiry); });
  std::printf("  bytes %.1f\n", static_cast<double>(table.bytes()) / kKeys);
  const bool erases = time_all("erase", table, [&](hc::Bytes key) { table.erase(key); });
  std::printf("\n");
  return puts && erases;
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
