// How much memory this process uses, by its allocator and by the kernel.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/base/memory_limits.h"

namespace hc {

struct MemoryUse {
  std::uint64_t allocated = 0;           // handed out by the allocator
  std::uint64_t active = 0;              // of its pages: those in use; 0: not known
  std::uint64_t allocator_resident = 0;  // likewise, in RAM
  std::uint64_t resident = 0;
  std::uint64_t peak = 0;     // of resident
  std::uint64_t machine = 0;  // all that the machine has
  std::string_view allocator;
};

MemoryUse memory_use();

// What this process needs just now: what the allocator handed out, with its bookkeeping; what is free within pages that
// are in use; and the program itself, too little as long as large blocks have pages that were never written. Pages that
// are free as a whole are in none. Takes microseconds.
struct MemoryTaken {
  std::uint64_t taken = 0, hollow = 0, program = 0;
};
MemoryTaken memory_taken();

// How a block is moved together with others; nullptr where the allocator has no way.
Relocate relocate_function();

// Whether pages that are free stay with the process for a second: getting them anew costs more than what was in them.
// With a limit they go back at once, each for itself.
void keep_free_pages(bool keep);

// Whether memory comes in pages of 2 MiB. Much data is found sooner; but each is filled with zeros when it is first
// touched, and whoever touches it waits. Where pages are given back one by one there are none: what is resident
// follows what is taken.
void use_huge_pages(bool use);

}  // namespace hc
