// One key with its value and expiry as one allocation, and the word by which a table names it.
//
// Word: bits 63…48 the key's tag (the top 16 bits of its hash), 47…3 the address, 1…0 what the block holds.
// Block: key size, value size, [expiry], [sum of the value's block hashes], key, value. Only SlotTable sees this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/store/slot_table.h"

namespace hc::entry {

using Word = std::uint64_t;  // 0: none

inline constexpr Word kHasExpiry = 1;
inline constexpr Word kHasSum = 2;  // values from kSumFrom bytes on keep their hash, so that replacing them is cheap
inline constexpr std::size_t kSumFrom = 256;

struct Header {
  std::uint32_t key_size;
  std::uint32_t value_size;
};

inline std::uint64_t tag_of(std::uint64_t hash) { return hash >> 48; }
inline std::uint64_t tag(Word word) { return word >> 48; }
inline char* block(Word word) { return reinterpret_cast<char*>(word & 0x0000fffffffffff8ULL); }
inline Header header(Word word) {
  Header h;
  std::memcpy(&h, block(word), sizeof h);
  return h;
}
inline std::size_t key_offset(Word flags) {
  return sizeof(Header) + ((flags & kHasExpiry) ? 8U : 0U) + ((flags & kHasSum) ? 8U : 0U);
}
inline Bytes key(Word word) { return {block(word) + key_offset(word), header(word).key_size}; }
inline bool expires(Word word) { return (word & kHasExpiry) != 0; }
inline WallTime expiry(Word word) {
  if (!expires(word)) return kNoExpiry;
  std::int64_t ms;
  std::memcpy(&ms, block(word) + sizeof(Header), sizeof ms);
  return WallTime(WallTime::duration(ms));
}
inline SlotTable::Item item(Word word) {
  const Header h = header(word);
  const char* start = block(word) + key_offset(word);
  return {{start, h.key_size}, {start + h.key_size, h.value_size}, expiry(word)};
}
inline std::size_t bytes(Word word) {
  const Header h = header(word);
  return key_offset(word) + h.key_size + h.value_size;
}

// An entry of its own. `hash` is hash_of(key).
Word make(std::uint64_t hash, Bytes key, Bytes value, WallTime expiry);
void destroy(Word word);

// Puts the new value and expiry into the same block if its layout and size stay as they are. `value` may overlap.
bool replace_in_place(Word word, std::uint64_t hash, Bytes value, WallTime expiry);

// See SlotTable::splice. Consumes `word`, returns the entry's new one.
Word splice(Word word, std::uint64_t hash, std::size_t offset, Bytes piece);

// The entry's part of the table's digest. `hash` is hash_of(key).
std::uint64_t digest(Word word, std::uint64_t hash);

}  // namespace hc::entry
