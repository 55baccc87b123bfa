// One key with its value and expiry as one allocation, and the word by which a table names it. A value that is an
// object is kept as its address; the entry owns it.
//
// Word: bits 63…48 the key's tag (16 bits of its hash, the top ones where its page does not choose others), 47…3 the
// address, 2…0 what the block holds.
// Block: header, [expiry], [sum of the value's block hashes], [size of a long key], key, value. The header has the size
// of a short key in 8 bits, the entry's stamp (core/store/access_clock.h) in 24, the value's size in 30, and whether it
// is an object.
// Only SlotTable sees this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/store/access_clock.h"
#include "core/store/allocation.h"
#include "core/store/slot_table.h"

namespace hc::entry {

using Word = std::uint64_t;  // 0: none

inline constexpr Word kHasExpiry = 1;
inline constexpr Word kHasSum = 2;  // values from kSumFrom bytes on keep their hash, so that replacing them is cheap
inline constexpr Word kLongKey = 4;
inline constexpr std::size_t kSumFrom = 256, kLongKeyFrom = 256;

struct Header {
  std::uint32_t key_size : 8;
  std::uint32_t stamp : 24;
  std::uint32_t value_size : 31;
  std::uint32_t is_object : 1;
};
static_assert(sizeof(Header) == 8 && SlotTable::kBytesMax < std::size_t{1} << 31);

inline std::uint64_t tag_of(std::uint64_t hash) { return hash >> 48; }
inline std::uint64_t tag(Word word) { return word >> 48; }
inline Word with_tag(Word word, std::uint64_t tag) { return (word & 0x0000ffffffffffffULL) | tag << 48; }
inline char* block(Word word) { return reinterpret_cast<char*>(word & 0x0000fffffffffff8ULL); }
inline Header header(Word word) {
  Header h;
  std::memcpy(&h, block(word), sizeof h);
  return h;
}
inline std::size_t key_offset(Word flags) {
  return sizeof(Header) + ((flags & kHasExpiry) ? 8U : 0U) + ((flags & kHasSum) ? 8U : 0U) +
         ((flags & kLongKey) ? 8U : 0U);
}
inline std::size_t key_size(Word word, const Header& h) {
  if ((word & kLongKey) == 0) return h.key_size;
  std::uint64_t size;
  std::memcpy(&size, block(word) + key_offset(word) - sizeof size, sizeof size);
  return size;
}
inline Bytes key(Word word) { return {block(word) + key_offset(word), key_size(word, header(word))}; }
inline bool expires(Word word) { return (word & kHasExpiry) != 0; }
inline WallTime expiry(Word word) {
  if (!expires(word)) return kNoExpiry;
  std::int64_t ms;
  std::memcpy(&ms, block(word) + sizeof(Header), sizeof ms);
  return WallTime(WallTime::duration(ms));
}
// The value's bytes; of an object, those of its address.
inline Bytes stored(Word word) {
  const Header h = header(word);
  return {block(word) + key_offset(word) + key_size(word, h), h.value_size};
}
// nullptr: its value is bytes.
inline Object* object(Word word) {
  if (header(word).is_object == 0) [[likely]]
    return nullptr;
  Object* object;
  std::memcpy(&object, stored(word).data(), sizeof object);
  return object;
}
inline SlotTable::Item item(Word word) {
  const Header h = header(word);
  const char* start = block(word) + key_offset(word);
  const std::size_t size = key_size(word, h);
  SlotTable::Item item{{start, size}, {start + size, h.value_size}, expiry(word), h.stamp};
  if (h.is_object) [[unlikely]] {
    item.value = {};
    item.object = object(word);
  }
  return item;
}
// What was asked for its block, and what the entry takes.
inline std::size_t asked(Word word) {
  const Header h = header(word);
  return key_offset(word) + key_size(word, h) + h.value_size;
}
inline std::size_t bytes(Word word) {
  const Object* value = object(word);
  return allocated(asked(word)) + (value ? value->bytes() : 0);
}
inline void set_stamp(Word word, AccessClock::Stamp stamp) {
  Header h = header(word);
  h.stamp = stamp & AccessClock::kStampMask;
  std::memcpy(block(word), &h, sizeof h);
}

// A value as an entry keeps it.
struct Stored {
  Bytes bytes;
  WallTime expiry = kNoExpiry;
  bool is_object = false;
};

// An entry of its own, which owns the object, if it is one. `hash` is hash_of(key).
Word make(std::uint64_t hash, Bytes key, Stored value, AccessClock::Stamp stamp);
void destroy(Word word);
void free_block(Word word);  // and leaves its object to somebody else
// The word of the same entry, whose block is elsewhere now.
Word moved(Word word, void* block);

// Puts the new value and expiry into the same block if its layout and size stay as they are. The value may overlap.
// Leaves the object that was there to somebody else.
bool replace_in_place(Word word, std::uint64_t hash, Stored value);

// See SlotTable::splice. Requires: it is no object. Consumes `word`, returns the entry's new one.
Word splice(Word word, std::uint64_t hash, std::size_t offset, Bytes piece);

// The entry's part of the table's digest. `hash` is hash_of(key).
std::uint64_t digest(Word word, std::uint64_t hash);

}  // namespace hc::entry
