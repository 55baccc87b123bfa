// All pages of one table: a page, or a tree of nodes above many (core/store/key_page.h). A page that is full at its
// greatest capacity bursts into a node of small ones; a node with few entries left is gathered into one page. So no
// change of size touches more than 1638 entries, however many there are.
//
// Keys whose hashes agree in all bits that nodes take stay in one page, which grows beyond.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/store/key_page.h"

namespace hc::key_pages {

// The page of a hash. P: KeyPage, or const KeyPage.
template <class P>
struct Leaf {
  P* page;
  std::uint64_t local;  // the hash, without the bits that led to the page
  unsigned depth;       // how many those are
};

template <class P>
Leaf<P> leaf_of(P& root, std::uint64_t hash) {
  Leaf<P> leaf{&root, hash, 0};
  while (leaf.page->is_node()) [[unlikely]] {
    leaf.page = leaf.page->parts + (leaf.local >> (64 - KeyPage::kFanBits));
    leaf.local <<= KeyPage::kFanBits;
    leaf.depth += KeyPage::kFanBits;
  }
  return leaf;
}

template <class P, class Visit>
void each_leaf(P& root, Visit&& visit) {
  if (!root.is_node()) return visit(root);
  for (std::uint32_t i = 0; i < KeyPage::kParts; ++i) each_leaf<P>(root.parts[i], visit);
}

// What nodes count, when the page of this hash has one more, or one less.
inline void one_more(KeyPage& root, std::uint64_t hash) {
  for (KeyPage* page = &root; page->is_node(); hash <<= KeyPage::kFanBits) {
    ++page->size;
    page = page->parts + (hash >> (64 - KeyPage::kFanBits));
  }
}
inline void one_less(KeyPage& root, std::uint64_t hash) {
  for (KeyPage* page = &root; page->is_node(); hash <<= KeyPage::kFanBits) {
    --page->size;
    page = page->parts + (hash >> (64 - KeyPage::kFanBits));
  }
}

// Makes the page of this hash take one more. `bytes`: what the table counts, here as below.
void make_room(KeyPage& root, std::uint64_t hash, std::size_t& bytes);

// After entries went from the page of this hash.
void give_back_room(KeyPage& root, std::uint64_t hash, std::size_t& bytes);

// Frees all, entries too, and leaves an empty page.
void release(KeyPage& root);

}  // namespace hc::key_pages
