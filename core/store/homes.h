// Where an entry of a table belongs: its hash scaled to the capacity, keeping the order of hashes.
//
// Up to kTagged places the tag alone decides (it stands in the word, so resizing and closing gaps touch no entry);
// beyond, the top 32 bits of the hash, made again from the key. Both scale the same number, only more or less finely,
// so a hash h lies at home_of(h) in every table and the hashes of one home are one interval.
#pragma once

#include <cstdint>

#include "core/store/entry.h"

namespace hc::homes {

inline constexpr std::uint32_t kTagged = 4096;

inline std::uint32_t of_hash(std::uint64_t hash, std::uint32_t capacity) {
  if (capacity <= kTagged) return static_cast<std::uint32_t>(entry::tag_of(hash) * capacity >> 16);
  return static_cast<std::uint32_t>((hash >> 32) * capacity >> 32);
}

inline std::uint32_t of_word(entry::Word word, std::uint32_t capacity) {
  if (capacity <= kTagged) return static_cast<std::uint32_t>(entry::tag(word) * capacity >> 16);
  return of_hash(hash_of(entry::key(word)), capacity);
}

// The least cursor (the top 48 bits of a hash) that has this home.
inline std::uint64_t first_cursor(std::uint32_t home, std::uint32_t capacity) {
  const unsigned bits = capacity <= kTagged ? 16 : 32;
  const std::uint64_t scaled = ((std::uint64_t{home} << bits) + capacity - 1) / capacity;
  return scaled << (SlotTable::kCursorBits - bits);
}

}  // namespace hc::homes
