// What a block of memory takes that was asked for: the size class in which an allocator like jemalloc keeps it, four
// classes to a doubling from 128 bytes on (jemalloc's manual, "size classes"). The same number on every machine, so
// that members and the simulator count alike; what the process takes beyond, its host measures.
#pragma once

#include <bit>
#include <cstddef>

namespace hc {

constexpr std::size_t allocated(std::size_t asked) {
  if (asked == 0) return 0;
  if (asked <= 8) return 8;
  const std::size_t step = asked <= 128 ? 16 : std::bit_ceil(asked) / 8;
  return (asked + step - 1) / step * step;
}

}  // namespace hc
