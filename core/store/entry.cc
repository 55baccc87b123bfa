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
constexpr std::uint32_t kValueSizeMask = (std::uint32_t{1} << 31) - 1;

std::uint64_t sum_blocks(Bytes value, std::uint64_t seed, std::size_t first, std::size_t end) {
  std::uint64_t sum = 0;
  for (std::size_t i = first; i < end && i * kSumBlock < value.size(); ++i)
    sum += hash_bytes(value.substr(i * kSumBlock, kSumBlock), seed + i);
  return sum;
}

std::uint64_t sum_of(Bytes value, std::uint64_t seed) {
  return value.size() <= kSumBlock ? hash_bytes(value, seed) : sum_blocks(value, seed, 0, SIZE_MAX / kSumBlock);
}

Word flags_for(std::size_t key_size, std::size_t value_size, WallTime expiry) {
  return (expiry == kNoExpiry ? 0 : kHasExpiry) | (value_size < kSumFrom ? 0 : kHasSum) |
         (key_size < kLongKeyFrom ? 0 : kLongKey);
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

void store_header(Word word, const Header& h) { std::memcpy(block(word), &h, sizeof h); }
void store_long_size(Word word, std::uint64_t key_size) {
  std::memcpy(block(word) + key_offset(word) - sizeof key_size, &key_size, sizeof key_size);
}

Word word_for(void* memory, std::uint64_t tag_bits, Word flags) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  HC_CHECK(memory != nullptr, "out of memory for an entry");
  HC_CHECK((address & 0xffff000000000007ULL) == 0, "an address that does not fit a word");
  return tag_bits << 48 | address | flags;
}

// Grows or shrinks the value of an entry whose layout stays, moving the block if need be.
Word resize_value(Word word, std::size_t value_size) {
  Header h = header(word);
  const Word flags = word & (kHasExpiry | kHasSum | kLongKey);
  void* memory = std::realloc(block(word), key_offset(word) + key_size(word, h) + value_size);
  const Word moved = word_for(memory, tag(word), flags);
  h.value_size = static_cast<std::uint32_t>(value_size) & kValueSizeMask;
  store_header(moved, h);
  return moved;
}

void write_piece(char* value, std::size_t old_size, std::size_t offset, Bytes piece) {
  if (offset > old_size) std::memset(value + old_size, 0, offset - old_size);
  if (!piece.empty()) std::memcpy(value + offset, piece.data(), piece.size());
}

}  // namespace

Word make(std::uint64_t hash, Bytes key, Stored content, AccessClock::Stamp stamp) {
  const Bytes value = content.bytes;
  HC_CHECK(key.size() <= SlotTable::kBytesMax && value.size() <= SlotTable::kBytesMax, "a key or value is too long");
  const Word flags = flags_for(key.size(), value.size(), content.expiry);
  const std::size_t offset = key_offset(flags);
  const Word word = word_for(std::malloc(offset + key.size() + value.size()), tag_of(hash), flags);
  Header h{};
  h.key_size = static_cast<std::uint8_t>(key.size());
  h.stamp = stamp & AccessClock::kStampMask;
  h.value_size = static_cast<std::uint32_t>(value.size()) & kValueSizeMask;
  h.is_object = content.is_object ? 1 : 0;
  store_header(word, h);
  if (flags & kLongKey) store_long_size(word, key.size());
  if (flags & kHasExpiry) store_expiry(word, content.expiry);
  if (flags & kHasSum) store_sum(word, sum_of(value, hash));
  char* start = block(word) + offset;
  if (!key.empty()) std::memcpy(start, key.data(), key.size());
  if (!value.empty()) std::memcpy(start + key.size(), value.data(), value.size());
  return word;
}

Word moved(Word word, void* block) { return word_for(block, tag(word), word & (kHasExpiry | kHasSum | kLongKey)); }

void destroy(Word word) {
  delete object(word);
  free_block(word);
}

void free_block(Word word) { std::free(block(word)); }

bool replace_in_place(Word word, std::uint64_t hash, Stored content) {
  Header h = header(word);
  const Bytes value = content.bytes;
  if (h.value_size != value.size() || ((word & kHasExpiry) != 0) != (content.expiry != kNoExpiry)) return false;
  h.is_object = content.is_object ? 1 : 0;
  store_header(word, h);
  if (expires(word)) store_expiry(word, content.expiry);
  if (word & kHasSum) store_sum(word, sum_of(value, hash));
  if (!value.empty()) std::memmove(block(word) + key_offset(word) + key_size(word, h), value.data(), value.size());
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
    const Word moved = make(hash, old.key, {value, old.expiry}, old.stamp);
    destroy(word);
    return moved;
  }
  std::uint64_t sum = 0;
  if (word & kHasSum) sum = stored_sum(word) - sum_blocks(item(word).value, hash, first, end);
  if (new_size != old_size) word = resize_value(word, new_size);
  write_piece(block(word) + key_offset(word) + key(word).size(), old_size, offset, piece);
  if (word & kHasSum) store_sum(word, sum + sum_blocks(item(word).value, hash, first, end));
  return word;
}

std::uint64_t digest(Word word, std::uint64_t hash) {
  const Object* value = object(word);
  const std::uint64_t sum = value            ? value->digest()
                            : word & kHasSum ? stored_sum(word)
                                             : sum_of(item(word).value, hash);
  const WallTime until = HC_MUTANT(kDigestForgetsTtl) ? kNoExpiry : expiry(word);
  const std::uint64_t type = value ? static_cast<std::uint64_t>(value->type()) * 0x9e3779b97f4a7c15ULL : 0;
  return hash_mix(sum, static_cast<std::uint64_t>(until.time_since_epoch().count()) + hash + type);
}

}  // namespace hc::entry
