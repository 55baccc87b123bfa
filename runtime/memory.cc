#include "runtime/memory.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

#ifdef HC_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

namespace hc {

namespace {

std::uint64_t allocated_bytes() {
#ifdef HC_JEMALLOC
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);
  std::size_t allocated = 0;
  size = sizeof allocated;
  if (mallctl("stats.allocated", &allocated, &size, nullptr, 0) == 0) return allocated;
  return 0;
#else
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

}  // namespace

MemoryUse memory_use() {
  MemoryUse use;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  use.allocated = allocated_bytes();
  use.resident = resident * page;
  use.peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  use.machine = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
#ifdef HC_JEMALLOC
  use.allocator = "jemalloc-" JEMALLOC_VERSION;
#else
  use.allocator = "libc";
#endif
  return use;
}

}  // namespace hc
