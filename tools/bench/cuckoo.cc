// What the cuckoo filter (core/store/cuckoo_filter.h) takes and gives: for 10 000, 100 000 and 1 000 000 keys and rates
// of 3 %, 1 % and 0.1 %, one line each:
//   load    part of the entries that were taken when the first table had no room any more
//   found   false positives among 1 000 000 keys that are not there, in a table of that load, in percent
//   bits    bits of memory per key then; "sized": with as many keys as the filter was made for; "formula": what the
//           paper says of that load, (log2(1 / rate) + log2(2b)) / load, b = 4, fractions of a bit allowed
//   ns      one add (mean, from empty to that load), contains (there, not there), and remove
// The keys' hashes are drawn from a fixed seed before the clock runs. Exit status: 0; 64 for bad usage.
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/store/cuckoo_filter.h"

namespace {

using hc::CuckooFilter;
using Hashes = std::vector<std::uint64_t>;

constexpr std::size_t kAbsent = 1'000'000;

Hashes draw(std::uint64_t seed, std::size_t count) {
  hc::Random random(seed);
  Hashes hashes(count);
  for (std::uint64_t& hash : hashes) hash = random.next();
  return hashes;
}

// Nanoseconds for each hash, and how often `call` said true.
template <class Call>
std::pair<double, std::size_t> timed(const Hashes& hashes, Call&& call) {
  std::size_t yes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (const std::uint64_t hash : hashes) yes += call(hash);
  const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
  return {passed.count() / static_cast<double>(hashes.size()), yes};
}

double bits_per_key(const CuckooFilter& filter) {
  return 8.0 * static_cast<double>(filter.bytes()) / static_cast<double>(filter.size());
}

std::size_t keys_until_it_grows(std::size_t capacity, std::uint32_t rate_ppm, const Hashes& hashes) {
  CuckooFilter filter(capacity, rate_ppm);
  std::size_t keys = 0;
  for (; keys < hashes.size() && filter.filters() == 1; ++keys) filter.add(hashes[keys]);
  return keys - 1;
}

void measure(std::size_t capacity, std::uint32_t rate_ppm) {
  Hashes hashes = draw(capacity + rate_ppm, capacity + capacity / 4);
  const Hashes absent = draw(capacity + rate_ppm + 1, kAbsent);
  hashes.resize(keys_until_it_grows(capacity, rate_ppm, hashes));
  CuckooFilter sized(capacity, rate_ppm), filter(capacity, rate_ppm);
  for (std::size_t i = 0; i < capacity && i < hashes.size(); ++i) sized.add(hashes[i]);

  const auto [add_ns, added] = timed(hashes, [&](std::uint64_t hash) { return filter.add(hash), true; });
  const double load = filter.load(), bits = bits_per_key(filter);
  const double formula = (std::log2(1e6 / rate_ppm) + std::log2(8.0)) / load;
  const auto [there_ns, there] = timed(hashes, [&](std::uint64_t hash) { return filter.contains(hash); });
  const auto [absent_ns, found] = timed(absent, [&](std::uint64_t hash) { return filter.contains(hash); });
  const auto [remove_ns, removed] = timed(hashes, [&](std::uint64_t hash) { return filter.remove(hash); });
  std::printf("%8zu %5.1f %% %4u  %6.4f  %6.4f %%  %6.2f %6.2f %7.2f  %6.1f %6.1f %6.1f %6.1f%s\n", capacity,
              rate_ppm / 1e4, filter.fingerprint_bits(), load, 100.0 * static_cast<double>(found) / kAbsent, bits,
              bits_per_key(sized), formula, add_ns, there_ns, absent_ns, remove_ns,
              there == hashes.size() && removed == added ? "" : "  a key was denied");
}

}  // namespace

int main(int argc, char**) {
  if (argc != 1) {
    std::fprintf(stderr, "usage: cuckoo\n");
    return 64;
  }
  std::printf("    keys    rate bits    load     found    bits  sized formula  ns add  there absent remove\n");
  for (const std::size_t keys : {10'000U, 100'000U, 1'000'000U})
    for (const std::uint32_t rate_ppm : {30'000U, 10'000U, 1'000U}) measure(keys, rate_ppm);
  return 0;
}
