#include "runtime/memory_gauge.h"

#include <algorithm>

namespace hc {

namespace {

constexpr std::uint64_t kHollowPart = 64, kHollowSmallPart = 8, kHollowLeast = std::uint64_t{4} << 20;
constexpr std::uint64_t kForgetPart = 1024;  // of the program, each time

constexpr std::uint64_t without(std::uint64_t all, std::uint64_t part) { return all - std::min(all, part); }

// How much may lie free within pages: entries are moved together meanwhile. Of a small limit the part is larger.
std::uint64_t bearable(std::uint64_t limit) {
  return std::min(limit / kHollowSmallPart, std::max(limit / kHollowPart, kHollowLeast));
}

}  // namespace

MemoryMeasured MemoryGauge::read(const MemoryTaken& now, std::uint64_t limit, std::uint64_t counted,
                                 std::uint64_t of_clients) {
  // While pages of large blocks were never written the program seems smaller than it is; so it shrinks slowly.
  program_ = std::max(now.program, program_ - program_ / kForgetPart);
  const std::uint64_t buffers = std::min(of_clients, without(now.taken, counted));
  // The least of the last second: what is on its way for a moment, entries that tell of evictions among it, is no
  // reason to evict. Buffers of clients have bounds of their own and count at once.
  others_[read_++ % others_.size()] = without(now.taken, counted + buffers);
  const auto end = others_.begin() + static_cast<std::ptrdiff_t>(std::min(read_, others_.size()));
  const std::uint64_t others = *std::min_element(others_.begin(), end);
  return {others + program_ + buffers + without(now.hollow, bearable(limit)), now.hollow};
}

}  // namespace hc
