// CRC32C (Castagnoli, reflected polynomial 0x82f63b78), as RFC 3720 appendix B.4 states it: over frames, the vote file
// and log records. By SSE4.2 where the machine has it, else by table; both give the same number.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"

namespace hc {

// Of `bytes`, or of everything before (whose result is `before`) followed by `bytes`.
std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0);

// The two ways, for the tests. Requires of the first: has_crc32c_instruction().
bool has_crc32c_instruction();
std::uint32_t crc32c_by_instruction(Bytes bytes, std::uint32_t before);
std::uint32_t crc32c_by_table(Bytes bytes, std::uint32_t before);

}  // namespace hc
