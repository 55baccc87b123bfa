#include "runtime/memory.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#ifdef HC_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#ifdef HC_JEMALLOC
extern "C" {
extern const char* malloc_conf;
// One arena: nearly all is of one thread, and each arena has pages of its own.
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:1,thp:always";
}
#endif

namespace hc {

namespace {

#ifdef HC_JEMALLOC
std::uint64_t statistic(const char* name) {
  std::size_t value = 0, size = sizeof value;
  return mallctl(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}
void refresh_statistics() {
  std::uint64_t epoch = 1;
  std::size_t size = sizeof epoch;
  mallctl("epoch", &epoch, &size, &epoch, size);
}
#endif

std::uint64_t resident() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, pages = 0;
  statm >> total >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::uint64_t allocated_bytes() {
#ifdef HC_JEMALLOC
  refresh_statistics();
  return statistic("stats.allocated");
#else
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

}  // namespace

MemoryTaken memory_taken() {
#ifdef HC_JEMALLOC
  refresh_statistics();
  const std::uint64_t allocated = statistic("stats.allocated");
  const std::uint64_t active = statistic("stats.active");
  const std::uint64_t all = resident(), of_allocator = statistic("stats.resident");
  return {allocated + statistic("stats.metadata"), active - std::min(active, allocated),
          all - std::min(all, of_allocator)};
#else
  const struct mallinfo2 info = mallinfo2();
  return {info.arena + info.hblkhd - info.keepcost, 0, 0};
#endif
}

#ifdef HC_JEMALLOC
namespace {
constexpr std::size_t kSharesPages = std::size_t{14} * 1024;  // what is larger has pages of its own

// Past the thread's cache: the oldest page with a free place takes it, so that young pages run empty.
void* relocate(void* block, std::size_t size) {
  if (size > kSharesPages) return block;
  void* place = mallocx(size, MALLOCX_TCACHE_NONE);
  if (place == nullptr) return block;
  std::memcpy(place, block, size);
  dallocx(block, MALLOCX_TCACHE_NONE);
  return place;
}
}  // namespace
Relocate relocate_function() { return relocate; }

void keep_free_pages(bool keep) {
  ssize_t decay_ms = keep ? 1000 : 0;
  mallctl("arenas.dirty_decay_ms", nullptr, nullptr, &decay_ms, sizeof decay_ms);
  unsigned arenas = 0;
  std::size_t size = sizeof arenas;
  mallctl("arenas.narenas", &arenas, &size, nullptr, 0);
  for (unsigned arena = 0; arena < arenas; ++arena) {
    const std::string name = "arena." + std::to_string(arena) + ".dirty_decay_ms";
    mallctl(name.c_str(), nullptr, nullptr, &decay_ms, sizeof decay_ms);
  }
}
#else
Relocate relocate_function() { return nullptr; }
void keep_free_pages(bool) {}
#endif

void use_huge_pages(bool use) { prctl(PR_SET_THP_DISABLE, use ? 0L : 1L, 0L, 0L, 0L); }

MemoryUse memory_use() {
  MemoryUse use;
  const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  use.allocated = allocated_bytes();
  use.resident = resident();
  use.peak = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  use.machine = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
#ifdef HC_JEMALLOC
  use.allocator = "jemalloc-" JEMALLOC_VERSION;
  use.active = statistic("stats.active");
  use.allocator_resident = statistic("stats.resident");
#else
  use.allocator = "libc";
#endif
  return use;
}

}  // namespace hc
