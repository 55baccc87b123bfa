// Whether a cuckoo filter over a table's keys pays: tables of one size, with a million keys in all (61 is what a slot
// of 16384 has of a million), without and with a filter of 1 %, one line each:
//   ns        of processor time for one look-up of a key that is there, and of one that is not: the mean over a million
//             drawn by chance, in the least of nine rounds
//   bytes     of tables and entries per key; "bits": of them for the filter
//   found     false positives, in percent of the look-ups of what is not there
// Keys have 16 bytes, values 32. Exit status: 0; 64 for bad usage.
#include "core/store/key_filter.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/base/slot.h"
#include "core/store/slot_table.h"

namespace {

using hc::SlotTable;

constexpr std::size_t kKeys = 1'000'000, kLookUps = 1'000'000, kKeyBytes = 16;
constexpr int kRounds = 9;
constexpr std::uint32_t kRatePpm = 10'000;

std::string key_of(const char* kind, std::size_t number) {
  char text[32];
  return {text, static_cast<std::size_t>(std::snprintf(text, sizeof text, "%s:%012zu", kind, number))};
}

struct Keyspace {
  std::vector<SlotTable> slots;
  explicit Keyspace(std::size_t per_slot) : slots((kKeys + per_slot - 1) / per_slot) {}
  SlotTable& of(hc::Bytes key) { return slots[hc::crc16(key) % slots.size()]; }  // as a node chooses slots
  std::size_t bytes() const {
    std::size_t bytes = 0;
    for (const SlotTable& slot : slots) bytes += slot.bytes() + sizeof slot;
    return bytes;
  }
};

// Of this thread alone, whatever else the machine does.
double processor_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Nanoseconds for each; what is looked up is drawn before the clock runs.
double look_up(Keyspace& keyspace, const char* kind, std::uint64_t seed, std::size_t expected) {
  hc::Random random(seed);
  std::string keys;
  for (std::size_t i = 0; i < kLookUps; ++i) keys += key_of(kind, random.below(kKeys));
  double least = 1e12;
  for (int round = 0; round < kRounds; ++round) {
    std::size_t found = 0;
    const double start = processor_ns();
    for (std::size_t i = 0; i < kLookUps; ++i) {
      const hc::Bytes key = hc::Bytes(keys).substr(i * kKeyBytes, kKeyBytes);
      const auto item = keyspace.of(key).find(key, hc::hash_of(key));
      found += item && item->value.size() == 32 ? 1 : 0;
    }
    const double passed = processor_ns() - start;
    if (found != expected) std::printf("a look-up was wrong\n");
    least = std::min(least, passed / static_cast<double>(kLookUps));
  }
  return least;
}

void measure(std::size_t per_slot, std::uint32_t rate_ppm) {
  Keyspace keyspace(per_slot);
  for (SlotTable& slot : keyspace.slots) slot.filter_keys(rate_ppm);
  const std::string value(32, 'v');
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::string key = key_of("key", i);
    keyspace.of(key).put(key, value, hc::kNoExpiry);
  }
  const double there = look_up(keyspace, "key", 1, kLookUps), absent = look_up(keyspace, "non", 2, 0);
  std::size_t filters = 0;
  std::uint64_t denied = 0, wrong = 0;
  for (const SlotTable& slot : keyspace.slots) {
    const hc::KeyFilterFigures figures = slot.filter_figures();
    filters += figures.bytes;
    denied += figures.look_ups.denied;
    wrong += figures.look_ups.false_positives;
  }
  std::printf("%8zu  %-7s  %7.1f %7.1f  %7.1f %6.1f  %7.3f %%\n", per_slot, rate_ppm == 0 ? "without" : "with", there,
              absent, static_cast<double>(keyspace.bytes()) / kKeys, 8.0 * static_cast<double>(filters) / kKeys,
              denied == 0 ? 0 : 100.0 * static_cast<double>(wrong) / static_cast<double>(wrong + denied));
}

}  // namespace

int main(int argc, char**) {
  if (argc != 1) {
    std::fprintf(stderr, "usage: key_filter\n");
    return 64;
  }
  std::printf("keys per         ns     there  absent    bytes   bits    found\n");
  for (const std::size_t per_slot : {std::size_t{61}, std::size_t{1000}, std::size_t{30'000}, kKeys})
    for (const std::uint32_t rate_ppm : {0U, kRatePpm}) measure(per_slot, rate_ppm);
  return 0;
}
