#include "core/store/fingerprint_table.h"

#include <array>
#include <bit>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/store/hash.h"

namespace hc {
namespace {

constexpr unsigned kEntries = FingerprintTable::kBucketEntries;
constexpr std::uint32_t kFree = 0;

std::uint32_t low_bits(unsigned bits) { return ~std::uint32_t{0} >> (32 - bits); }

// Spreads few bits over 32; not linear, lest sums of such numbers fall on each other.
std::uint32_t spread(std::uint32_t few) {
  std::uint64_t x = few * 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93ULL;
  return static_cast<std::uint32_t>(x >> 32);
}

std::uint64_t digest_of(std::size_t index, std::uint64_t word) { return word == 0 ? 0 : hash_mix(word, index); }

}  // namespace

struct FingerprintTable::Home {
  std::uint32_t fingerprint;
  std::uint32_t first, second;  // buckets; they may be the same one
};

struct FingerprintTable::Path {
  struct Step {
    std::uint32_t bucket;
    std::uint16_t from;   // the step before; of a home, itself
    std::uint16_t entry;  // of the bucket of the step before, which could move here
  };
  std::array<Step, kStepsMax> steps;
  std::size_t size = 0;

  void add(std::uint32_t bucket, std::size_t from, unsigned entry) {
    if (size < kStepsMax) steps[size++] = {bucket, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(entry)};
  }
};

FingerprintTable::FingerprintTable(std::uint32_t buckets, unsigned base_bits, unsigned bits,
                                   std::vector<std::uint64_t> words)
    : buckets_(buckets), base_bits_(base_bits), bits_(bits), words_(std::move(words)) {
  HC_CHECK(buckets >= 1 && buckets <= kBucketsMax, "buckets: " + std::to_string(buckets));
  HC_CHECK(kBitsMin <= base_bits && base_bits <= bits && bits <= kBitsMax, "bits: " + std::to_string(bits));
  reciprocal_ = ~std::uint64_t{0} / buckets + 1;
  for (unsigned entry = 0; entry < per_window(); ++entry) lanes_ |= std::uint64_t{1} << entry * bits;
  HC_CHECK(words_.size() == words_for(buckets, bits), "words: " + std::to_string(words_.size()));
  for (std::size_t i = 0; i < words_.size(); ++i)
    if (words_[i] != 0) digest_ += digest_of(i, words_[i]);
  if (digest_ == 0) return;
  for (std::uint32_t bucket = 0; bucket < buckets_; ++bucket) used_ += kEntries - count_in(bucket, kFree);
}

// The remainder by two products (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019).
std::uint32_t FingerprintTable::bucket_of(std::uint32_t number) const {
  return static_cast<std::uint32_t>(static_cast<unsigned __int128>(reciprocal_ * number) * buckets_ >> 64);
}

std::uint32_t FingerprintTable::other_bucket(std::uint32_t bucket, std::uint32_t fingerprint) const {
  const std::uint32_t sum = bucket_of(spread(fingerprint & low_bits(base_bits_)));
  return sum >= bucket ? sum - bucket : sum + (buckets_ - bucket);
}

FingerprintTable::Home FingerprintTable::home(std::uint64_t hash) const {
  std::uint32_t fingerprint = static_cast<std::uint32_t>(hash) & low_bits(bits_);
  if ((fingerprint & low_bits(base_bits_)) == 0) fingerprint |= 1;
  const std::uint32_t first = bucket_of(static_cast<std::uint32_t>(hash >> 32));
  return {fingerprint, first, other_bucket(first, fingerprint)};
}

// 64 bits from the entry on.
std::uint64_t FingerprintTable::window(std::uint32_t bucket, unsigned entry) const {
  const std::size_t bit = (std::size_t{bucket} * kEntries + entry) * bits_;
  return words_[bit / 64] >> bit % 64 | words_[bit / 64 + 1] << 1 << (63 - bit % 64);
}

std::uint32_t FingerprintTable::get(std::uint32_t bucket, unsigned entry) const {
  return static_cast<std::uint32_t>(window(bucket, entry)) & low_bits(bits_);
}

void FingerprintTable::set(std::uint32_t bucket, unsigned entry, std::uint32_t fingerprint) {
  const std::size_t bit = (std::size_t{bucket} * kEntries + entry) * bits_;
  const std::uint64_t change = get(bucket, entry) ^ fingerprint;
  set_word(bit / 64, words_[bit / 64] ^ change << bit % 64);
  if (bit % 64 + bits_ > 64) set_word(bit / 64 + 1, words_[bit / 64 + 1] ^ change >> (64 - bit % 64));
}

void FingerprintTable::set_word(std::size_t index, std::uint64_t word) {
  digest_ += digest_of(index, word) - digest_of(index, words_[index]);
  words_[index] = word;
}

// Of the entries in one window: the highest bit of each that holds this fingerprint. A lane of the difference is 0 if
// neither its highest bit is set nor adding ones to the others carries into that.
std::uint64_t FingerprintTable::equal_in(std::uint32_t bucket, unsigned entry, std::uint32_t fingerprint) const {
  const std::uint64_t highest = lanes_ << (bits_ - 1), others = highest - lanes_;
  const std::uint64_t difference = window(bucket, entry) ^ lanes_ * fingerprint;
  return ~(((difference & others) + others) | difference) & highest;
}

// The first entry that holds this fingerprint; kEntries: none does.
unsigned FingerprintTable::find(std::uint32_t bucket, std::uint32_t fingerprint) const {
  for (unsigned entry = 0; entry < kEntries; entry += per_window())
    if (const std::uint64_t equal = equal_in(bucket, entry, fingerprint))
      return entry + static_cast<unsigned>(std::countr_zero(equal)) / bits_;
  return kEntries;
}

unsigned FingerprintTable::count_in(std::uint32_t bucket, std::uint32_t fingerprint) const {
  int found = 0;
  for (unsigned entry = 0; entry < kEntries; entry += per_window())
    found += std::popcount(equal_in(bucket, entry, fingerprint));
  return static_cast<unsigned>(found);
}

bool FingerprintTable::put(std::uint32_t bucket, std::uint32_t fingerprint) {
  const unsigned free = find(bucket, kFree);
  if (free == kEntries) return false;
  set(bucket, free, fingerprint);
  ++used_;
  return true;
}

bool FingerprintTable::add(std::uint64_t hash) {
  const Home h = home(hash);
  return put(h.first, h.fingerprint) || put(h.second, h.fingerprint);
}

bool FingerprintTable::add_by_moving(std::uint64_t hash) {
  if (add(hash)) return true;
  if (used_ == entries()) return false;
  const Home h = home(hash);
  Path path;
  path.add(h.first, 0, 0);
  if (h.second != h.first) path.add(h.second, 1, 0);
  for (std::size_t step = 0; step < path.size; ++step)
    for (unsigned entry = 0; entry < kEntries; ++entry) {
      const std::uint32_t bucket = path.steps[step].bucket;
      const std::uint32_t to = other_bucket(bucket, get(bucket, entry));
      const unsigned free = find(to, kFree);
      if (free != kEntries) {
        move_along(path, step, entry, to, free);
        HC_CHECK(add(hash), "the path ends in one of the key's buckets");
        return true;
      }
      path.add(to, step, entry);
    }
  return false;
}

// Moves `entry` of this step's bucket into the free entry, and each one before into the place that the next one left.
// A shortest path meets no bucket twice, so none of these entries has changed meanwhile.
void FingerprintTable::move_along(const Path& path, std::size_t step, unsigned entry, std::uint32_t to, unsigned free) {
  for (;;) {
    const auto [bucket, from, entry_before] = path.steps[step];
    set(to, free, get(bucket, entry));
    set(bucket, entry, kFree);
    if (from == step) return;
    to = bucket;
    free = entry;
    entry = entry_before;
    step = from;
  }
}

std::size_t FingerprintTable::count(std::uint64_t hash) const {
  const Home h = home(hash);
  return count_in(h.first, h.fingerprint) + (h.first == h.second ? 0 : count_in(h.second, h.fingerprint));
}

bool FingerprintTable::contains(std::uint64_t hash) const {
  const Home h = home(hash);
  std::uint64_t equal = 0;
  for (unsigned entry = 0; entry < kEntries; entry += per_window())
    equal |= equal_in(h.first, entry, h.fingerprint) | equal_in(h.second, entry, h.fingerprint);
  return equal != 0;
}

bool FingerprintTable::remove(std::uint64_t hash) {
  const Home h = home(hash);
  for (const std::uint32_t bucket : {h.first, h.second}) {
    unsigned entry = find(bucket, h.fingerprint);
    if (HC_MUTANT(kFilterRemovesAnothers)) entry = get(bucket, 0) != kFree ? 0 : kEntries;
    if (entry == kEntries) continue;
    set(bucket, entry, kFree);
    --used_;
    return true;
  }
  return false;
}

}  // namespace hc
