// How much memory this process uses, by its allocator and by the kernel.
#pragma once

#include <cstdint>
#include <string_view>

namespace hc {

struct MemoryUse {
  std::uint64_t allocated = 0;  // handed out by the allocator
  std::uint64_t resident = 0;
  std::uint64_t peak = 0;     // of resident
  std::uint64_t machine = 0;  // all that the machine has
  std::string_view allocator;
};

MemoryUse memory_use();

}  // namespace hc
