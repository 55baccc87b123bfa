#include "core/store/entry.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "core/base/check.h"
#include "core/base/seam.h"

namespace hc::entry {
namespace {

// A value's hash is the sum over its blocks, so that a splice costs the blocks that it touches and not the value.
constexpr std::size_t kSumBlock = 4096;

std::uint64_t sum_blocks(Bytes value, std::uint64_t seed, std::size_t first, std::size_t end) {
  std::uint64_t sum = 0;
  for (std::size_t i = first; i < end && i * kSumBlock < value.size(); ++i)
    sum += hash_bytes(value.substr(i * kSumBlock, kSumBlock), seed + i);
  return sum;
}

std::uint64_t sum_of(Bytes value, std::uint64_t seed) {
  return value.size() <= kSumBlock ? hash_bytes(value, seed) : sum_blocks(value, seed, 0, SIZE_MAX / kSumBlock);
}

Word flags_for(std::size_t value_size, WallTime expiry) {
  return (expiry == kNoExpiry ? 0 : kHasExpiry) | (value_size < kSumFrom ? 0 : kHasSum);
}

char* sum_place(Word word) { return block(word) + sizeof(Header) + (expires(word) ? 8 : 0); }
std::uint64_t stored_sum(Word word) {
  std::uint64_t sum;
  std::memcpy(&sum, sum_place(word), sizeof sum);
  return sum;
}
void store_sum(Word word, std::uint64_t sum) { std::memcpy(sum_place(word), &sum, sizeof sum); }

void store_expiry(Word word, WallTime expiry) {
  const std::int64_t ms = expiry.time_since_epoch().count();
  std::memcpy(block(word) + sizeof(Header), &ms, sizeof ms);
}

void store_header(Word word, std::size_t key_size, std::size_t value_size) {
  const Header h{static_cast<std::uint32_t>(key_size), static_cast<std::uint32_t>(value_size)};
  std::memcpy(block(word), &h, sizeof h);
}

Word word_for(void* memory, std::uint64_t tag_bits, Word flags) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  HC_CHECK(memory != nullptr, "out of memory for an entry");
  HC_CHECK((address & 0xffff000000000007ULL) == 0, "an address that does not fit a word");
  return tag_bits << 48 | address | flags;
}

// Grows or shrinks the value of an entry whose layout stays, moving the block if need be.
Word resize_value(Word word, std::size_t value_size) {
  const Header h = header(word);
  const Word flags = word & (kHasExpiry | kHasSum);
  void* memory = std::realloc(block(word), key_offset(word) + h.key_size + value_size);
  const Word moved = word_for(memory, tag(word), flags);
  store_header(moved, h.key_size, value_size);
  return moved;
}

void write_piece(char* value, std::size_t old_size, std::size_t offset, Bytes piece) {
  if (offset > old_size) std::memset(value + old_size, 0, offset - old_size);
  if (!piece.empty()) std::memcpy(value + offset, piece.data(), piece.size());
}

}  // namespace

Word make(std::uint64_t hash, Bytes key, Bytes value, WallTime expiry) {
  HC_CHECK(key.size() <= SlotTable::kBytesMax && value.size() <= SlotTable::kBytesMax, "a key or value is too long");
  const Word flags = flags_for(value.size(), expiry);
  const std::size_t offset = key_offset(flags);
  const Word word = word_for(std::malloc(offset + key.size() + value.size()), tag_of(hash), flags);
  store_header(word, key.size(), value.size());
  if (flags & kHasExpiry) store_expiry(word, expiry);
  if (flags & kHasSum) store_sum(word, sum_of(value, hash));
  char* start = block(word) + offset;
  if (!key.empty()) std::memcpy(start, key.data(), key.size());
  if (!value.empty()) std::memcpy(start + key.size(), value.data(), value.size());
  return word;
}

void destroy(Word word) { std::free(block(word)); }

bool replace_in_place(Word word, std::uint64_t hash, Bytes value, WallTime expiry) {
  const Header h = header(word);
  if (h.value_size != value.size() || ((word & kHasExpiry) != 0) != (expiry != kNoExpiry)) return false;
  if (expires(word)) store_expiry(word, expiry);
  if (word & kHasSum) store_sum(word, sum_of(value, hash));
  if (!value.empty()) std::memmove(block(word) + key_offset(word) + h.key_size, value.data(), value.size());
  return true;
}

Word splice(Word word, std::uint64_t hash, std::size_t offset, Bytes piece) {
  const std::size_t old_size = header(word).value_size;
  const std::size_t new_size = std::max(old_size, offset + piece.size());
  const std::size_t first = std::min(offset, old_size) / kSumBlock;
  const std::size_t end = new_size > old_size ? SIZE_MAX / kSumBlock : (offset + piece.size()) / kSumBlock + 1;
  if ((word & kHasSum) == 0 && new_size >= kSumFrom) {  // the layout changes
    const SlotTable::Item old = item(word);
    std::string value(old.value);
    value.resize(new_size);
    write_piece(value.data(), old_size, offset, piece);
    const Word moved = make(hash, old.key, value, old.expiry);
    destroy(word);
    return moved;
  }
  std::uint64_t sum = 0;
  if (word & kHasSum) sum = stored_sum(word) - sum_blocks(item(word).value, hash, first, end);
  if (new_size != old_size) word = resize_value(word, new_size);
  write_piece(block(word) + key_offset(word) + header(word).key_size, old_size, offset, piece);
  if (word & kHasSum) store_sum(word, sum + sum_blocks(item(word).value, hash, first, end));
  return word;
}

std::uint64_t digest(Word word, std::uint64_t hash) {
  const std::uint64_t sum = (word & kHasSum) ? stored_sum(word) : sum_of(item(word).value, hash);
  const WallTime until = HC_MUTANT(kDigestForgetsTtl) ? kNoExpiry : expiry(word);
  return hash_mix(sum, static_cast<std::uint64_t>(until.time_since_epoch().count()) + hash);
}

}  // namespace hc::entry
