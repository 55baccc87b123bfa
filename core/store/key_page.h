// One array of places for the keys of a table, or, where there are too many for one, a node: 32 pages in its stead, by
// the next five bits of the hash (Heinz, Zobel, Williams: Burst tries, 2002; here the strings are hashes).
//
// A page is an array of words, each a pointer to one allocation (header, expiry, key, value together) with 16 bits of
// the key's hash above it: open addressing with linear probing. A key's home is the *order-preserving* scaling of its
// hash to the capacity (core/store/homes.h), so pages and homes in rising order are hashes in rising order, however
// many there are.
//
// Below a node a hash is what is left of it behind the bits that led there: `local` here. In the one page of a small
// table that is the hash itself. An empty page owns no array. A filter goes with the page whose keys it knows.
//
// A plain row of fields, which SlotTable alone has, and gives back (key_pages::release).
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace hc {

struct KeyFilter;

struct KeyPage {
  static constexpr std::uint32_t kNode = UINT32_MAX;
  static constexpr std::uint32_t kCapacityMin = 4;
  static constexpr unsigned kFanBits = 5;
  static constexpr std::uint32_t kParts = 1U << kFanBits;

  struct Place {  // where a key is, or would be
    std::uint32_t index;
    bool found;
  };

  union {
    std::uint64_t* words = nullptr;  // entry::Word each; 0: free
    KeyPage* parts;                  // of a node: kParts
  };
  KeyFilter* filter = nullptr;  // of a node: none
  std::uint32_t capacity = 0;   // kNode: this is one
  std::uint32_t size = 0;       // entries; of a node: of all its pages

  bool is_node() const { return capacity == kNode; }

  // All that follows is for pages that are no nodes.

  // The key's place, or the free one where it would go. Requires: size > 0.
  Place locate(Bytes key, std::uint64_t local) const;

  // Where something else of this hash would go. Requires: capacity > size, here as below.
  Place free_place(std::uint64_t local) const;

  // Requires: the place is free, and the word has the tag of its hash here.
  void put(Place place, std::uint64_t word) {
    words[place.index] = word;
    ++size;
  }

  // Takes it out, and closes the gap: something else may stand there now.
  std::uint64_t take(std::uint32_t index);

  // Moves all to an array of this capacity, in their order, and makes the filter anew. Requires: capacity > size, or
  // both are 0.
  void resize(std::uint32_t to);

  // A filter of this rate over its keys, instead of what it has; 0: none.
  void filter_keys(std::uint32_t rate_ppm);

  std::size_t bytes() const;  // of array and filter (core/store/allocation.h)

  // From four fifths of its places on it is too full, below a quarter too sparse.
  bool wants_more() const { return too_full(std::uint64_t{size} + 1, capacity); }  // to take one
  bool wants_less() const { return std::uint64_t{size} * 4 < capacity && (capacity != kCapacityMin || size == 0); }
  static bool too_full(std::uint64_t size, std::uint64_t capacity) { return size * 5 > capacity * 4; }

  std::uint32_t step(std::uint32_t index) const { return index + 1 == capacity ? 0 : index + 1; }
};

}  // namespace hc
