#include "core/store/key_pages.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/homes.h"
#include "core/store/key_filter.h"

namespace hc::key_pages {
namespace {

using entry::Word;

constexpr unsigned kTagBits = 16;

std::uint32_t capacity_most() { return HC_SIZE(page_places, 2048); }
unsigned depth_most() { return HC_SIZE(page_depth, 30); }  // 16 bits more are tags, so cursors have room for both
std::uint32_t gathered_most() { return capacity_most() / 5 * 2; }  // half of what makes a page burst

// 4 6 8 12 16 24 …: sizes that allocators have classes for, so that growing by half wastes nothing.
std::uint32_t next_capacity(std::uint32_t capacity) {
  if (capacity == 0) return KeyPage::kCapacityMin;
  const bool power_of_two = (capacity & (capacity - 1)) == 0;
  return power_of_two ? capacity / 2 * 3 : capacity / 3 * 4;
}

// About half full, but never more than what makes a page burst while that has room.
std::uint32_t capacity_for(std::uint64_t size) {
  if (size == 0) return 0;
  std::uint32_t capacity = KeyPage::kCapacityMin;
  while (size * 9 > std::uint64_t{capacity} * 5 &&
         (capacity != capacity_most() || KeyPage::too_full(size + 1, capacity)))
    capacity = next_capacity(capacity);
  return capacity;
}

constexpr std::size_t kNodeBytes = allocated(KeyPage::kParts * sizeof(KeyPage));

std::size_t bytes_of(const KeyPage& root) {
  if (!root.is_node()) return root.bytes();
  std::size_t bytes = kNodeBytes;
  for (std::uint32_t i = 0; i < KeyPage::kParts; ++i) bytes += bytes_of(root.parts[i]);
  return bytes;
}

std::uint32_t part_of(Word word) {
  return static_cast<std::uint32_t>(entry::tag(word) >> (kTagBits - KeyPage::kFanBits));
}

void insert(KeyPage& page, Word word, std::uint64_t local) {
  page.put(page.free_place(local), entry::with_tag(word, entry::tag_of(local)));
}

// Small pages for what a full one has. Their tags need bits that only the keys tell, so each entry is read.
void burst(const Leaf<KeyPage>& leaf) {
  KeyPage full = std::exchange(*leaf.page, KeyPage{});
  std::array<std::uint32_t, KeyPage::kParts> sizes{};
  for (std::uint32_t i = 0; i < full.capacity; ++i)
    if (full.words[i]) ++sizes[part_of(full.words[i])];
  KeyPage* const parts = new KeyPage[KeyPage::kParts]{};
  for (std::uint32_t part = 0; part < KeyPage::kParts; ++part) parts[part].resize(capacity_for(sizes[part]));
  homes::each_hash(full, [&](Word word, std::uint64_t hash) {
    insert(parts[part_of(word)], word, hash << (leaf.depth + KeyPage::kFanBits));
  });
  leaf.page->parts = parts;
  leaf.page->capacity = KeyPage::kNode;
  leaf.page->size = full.size;
  std::free(full.words);
  if (!full.filter) return;
  for (std::uint32_t part = 0; part < KeyPage::kParts; ++part) parts[part].filter_keys(full.filter->rate_ppm);
  if (parts[0].filter) parts[0].filter->look_ups = full.filter->look_ups;
  delete full.filter;
}

// One page for what a node has. Requires: capacity_for(its size) is one that pages have.
void gather(KeyPage& node) {
  const KeyPage was = std::exchange(node, KeyPage{});
  std::uint32_t rate_ppm = 0;
  KeyFilterLookUps look_ups;
  node.resize(capacity_for(was.size));
  for (std::uint32_t i = 0; i < KeyPage::kParts; ++i) {
    KeyPage& part = was.parts[i];
    if (part.is_node()) gather(part);
    for (std::uint32_t place = 0; place < part.capacity; ++place) {
      const Word word = part.words[place];
      const std::uint64_t tag =
          std::uint64_t{i} << (kTagBits - KeyPage::kFanBits) | entry::tag(word) >> KeyPage::kFanBits;
      if (word) insert(node, word, tag << (64 - kTagBits));
    }
    std::free(part.words);
    if (!part.filter) continue;
    rate_ppm = part.filter->rate_ppm;
    look_ups += part.filter->look_ups;
    delete part.filter;
  }
  delete[] was.parts;
  node.filter_keys(rate_ppm);
  if (node.filter) node.filter->look_ups = look_ups;
}

}  // namespace

void make_room(KeyPage& root, std::uint64_t hash, std::size_t& bytes) {
  for (auto leaf = leaf_of(root, hash); leaf.page->wants_more(); leaf = leaf_of(root, hash)) {
    bytes -= leaf.page->bytes();
    const std::uint32_t next = next_capacity(leaf.page->capacity);
    if (next <= capacity_most() || leaf.depth + KeyPage::kFanBits > depth_most())
      leaf.page->resize(next);
    else
      burst(leaf);
    bytes += bytes_of(*leaf.page);
  }
}

void give_back_room(KeyPage& root, std::uint64_t hash, std::size_t& bytes) {
  std::uint64_t local = hash;
  for (KeyPage* node = &root; node->is_node(); local <<= KeyPage::kFanBits) {
    if (node->size <= gathered_most()) {
      bytes -= bytes_of(*node);
      gather(*node);
      bytes += bytes_of(*node);
      return;
    }
    node = node->parts + (local >> (64 - KeyPage::kFanBits));
  }
  KeyPage& page = *leaf_of(root, hash).page;
  if (!page.wants_less()) return;
  bytes -= page.bytes();
  page.resize(capacity_for(page.size));
  bytes += page.bytes();
}

void release(KeyPage& root) {
  if (root.is_node()) {
    for (std::uint32_t i = 0; i < KeyPage::kParts; ++i) release(root.parts[i]);
    delete[] root.parts;
  } else {
    for (std::uint32_t i = 0; i < root.capacity; ++i)
      if (root.words[i]) entry::destroy(root.words[i]);
    std::free(root.words);
    delete root.filter;
  }
  root = KeyPage{};
}

}  // namespace hc::key_pages
