// Twenty times a second: what the core does not count itself of this process' memory (rule 5e), as it is to hear it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/event.h"
#include "runtime/memory.h"

namespace hc {

class MemoryGauge {
 public:
  // `counted` by the core; `of_clients`: their buffers.
  MemoryMeasured read(const MemoryTaken& now, std::uint64_t limit, std::uint64_t counted, std::uint64_t of_clients);

 private:
  std::array<std::uint64_t, 20> others_{};  // in the last second
  std::size_t read_ = 0;
  std::uint64_t program_ = 0;
};

}  // namespace hc
