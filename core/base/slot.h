// Key -> slot, as in Redis Cluster: CRC16 (XMODEM) of the key, or of its {hash tag}, modulo the slot count.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace hc {

inline constexpr std::uint32_t kSlots = 16384;  // in production; the simulator draws 1, 16, 256 or this

std::uint16_t crc16(Bytes bytes);

// The part of the key that chooses the slot: between the first '{' and the next '}' if that is not empty, else all.
Bytes hash_tag(Bytes key);

inline Slot slot_of(Bytes key, std::uint32_t slots = kSlots) {
  return Slot{static_cast<std::uint16_t>(crc16(hash_tag(key)) % slots)};
}

}  // namespace hc
