// Where an entry of a page belongs: its hash scaled to the capacity, keeping the order of hashes.
//
// The tag alone decides (it stands in the word, so resizing and closing gaps touch no entry). Both a hash and a cursor
// scale the same number, only more or less finely, so a hash lies at its home in an array of every capacity, and the
// hashes of one home are one interval.
#pragma once

#include <cstdint>

#include "core/store/entry.h"
#include "core/store/key_page.h"

namespace hc::homes {

inline std::uint32_t of_hash(std::uint64_t hash, std::uint32_t capacity) {
  return static_cast<std::uint32_t>(entry::tag_of(hash) * capacity >> 16);
}

inline std::uint32_t of_word(entry::Word word, std::uint32_t capacity) {
  return static_cast<std::uint32_t>(entry::tag(word) * capacity >> 16);
}

// The least tag that has this home or a later one; 2^16: none has.
inline std::uint64_t first_tag(std::uint32_t home, std::uint32_t capacity) {
  return ((std::uint64_t{home} << 16) + capacity - 1) / capacity;
}

// Visits the word and the key's hash of each entry of a page. Entries lie anywhere in memory, so it is fetched ahead
// what will be read.
template <class Visit>
void each_hash(const KeyPage& page, Visit&& visit) {
  constexpr std::uint32_t kAhead = 16;
  for (std::uint32_t i = 0; i < page.capacity; ++i) {
    if (i + kAhead < page.capacity) __builtin_prefetch(entry::block(page.words[i + kAhead]));
    if (page.words[i]) visit(page.words[i], hash_of(entry::key(page.words[i])));
  }
}

}  // namespace hc::homes
