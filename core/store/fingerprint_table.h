// A table of fingerprints, as a cuckoo filter is made of: buckets of four entries, bit-packed, with partial-key cuckoo
// hashing (Fan, Andersen, Kaminsky, Mitzenmacher: Cuckoo Filter: Practically Better Than Bloom, CoNEXT 2014).
//
// A key's hash gives a fingerprint (its low bits, never 0: that is a free entry) and a bucket (its high 32 bits modulo
// the number of buckets). A second bucket follows from either of the two and the fingerprint: both add up, modulo the
// number of buckets, to a number that the fingerprint decides. (The paper's xor would need a power of two.)
// Keys of equal fingerprint and equal pair of buckets are alike: one's entry is as good as the other's.
//
// Tables nest: with a multiple of the buckets, at least as many bits, and equal base bits, keys that are alike in the
// finer table are alike in the coarser one, too. That is why base bits alone decide what the two buckets add up to.
//
// It never loses an entry: an add that finds no room changes nothing. No chance: entries move along a shortest path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hc {

class FingerprintTable {
 public:
  static constexpr unsigned kBucketEntries = 4;
  static constexpr std::uint32_t kBucketsMax = std::uint32_t{1} << 31;
  static constexpr unsigned kBitsMin = 4;        // of a fingerprint
  static constexpr unsigned kBitsMax = 32;       // of a fingerprint
  static constexpr std::size_t kStepsMax = 256;  // buckets whose entries are looked at for one that can move away

  // Requires: 1 <= buckets <= kBucketsMax, kBitsMin <= base_bits <= bits <= kBitsMax.
  FingerprintTable(std::uint32_t buckets, unsigned base_bits, unsigned bits)
      : FingerprintTable(buckets, base_bits, bits, std::vector<std::uint64_t>(words_for(buckets, bits))) {}
  // With the words() of another one. Requires also: as many as words_for() says.
  FingerprintTable(std::uint32_t buckets, unsigned base_bits, unsigned bits, std::vector<std::uint64_t> words);

  // Each takes a key's hash, of 64 evenly distributed bits.

  // Into a free entry of the key's own buckets. False, and nothing has changed, if there is none.
  bool add(std::uint64_t hash);
  // The same, where need be by moving others between their two buckets: breadth first, a bounded number of buckets.
  bool add_by_moving(std::uint64_t hash);
  // How many entries are of keys alike.
  std::size_t count(std::uint64_t hash) const;
  bool contains(std::uint64_t hash) const;
  // Frees one entry of keys alike. False if there is none.
  bool remove(std::uint64_t hash);

  std::uint32_t buckets() const { return buckets_; }
  unsigned base_bits() const { return base_bits_; }
  unsigned bits() const { return bits_; }
  std::size_t used() const { return used_; }  // entries
  std::size_t entries() const { return std::size_t{buckets_} * kBucketEntries; }
  std::size_t bytes() const { return words_.size() * sizeof(std::uint64_t); }
  const std::vector<std::uint64_t>& words() const { return words_; }
  static std::size_t words_for(std::uint32_t buckets, unsigned bits) {
    return std::size_t{buckets} * kBucketEntries * bits / 64 + 2;
  }
  // Of the words, kept up to date by every change.
  std::uint64_t digest() const { return digest_; }

  bool operator==(const FingerprintTable&) const = default;

 private:
  struct Home;  // a fingerprint and its two buckets
  struct Path;  // how a free entry is reached

  Home home(std::uint64_t hash) const;
  std::uint32_t other_bucket(std::uint32_t bucket, std::uint32_t fingerprint) const;
  std::uint32_t bucket_of(std::uint32_t number) const;
  unsigned per_window() const { return bits_ <= 64 / kBucketEntries ? kBucketEntries : 2; }  // entries in 64 bits
  std::uint64_t window(std::uint32_t bucket, unsigned entry) const;
  std::uint64_t equal_in(std::uint32_t bucket, unsigned entry, std::uint32_t fingerprint) const;
  std::uint32_t get(std::uint32_t bucket, unsigned entry) const;
  void set(std::uint32_t bucket, unsigned entry, std::uint32_t fingerprint);
  void set_word(std::size_t index, std::uint64_t word);
  unsigned find(std::uint32_t bucket, std::uint32_t fingerprint) const;
  unsigned count_in(std::uint32_t bucket, std::uint32_t fingerprint) const;
  bool put(std::uint32_t bucket, std::uint32_t fingerprint);
  void move_along(const Path& path, std::size_t step, unsigned entry, std::uint32_t to, unsigned free);

  std::uint32_t buckets_;
  unsigned base_bits_;
  unsigned bits_;
  std::uint64_t reciprocal_;  // of buckets_, in 2^-64
  std::uint64_t lanes_ = 0;   // the lowest bit of each entry in a window
  std::size_t used_ = 0;
  std::uint64_t digest_ = 0;
  std::vector<std::uint64_t> words_;  // entries one after the other, the first in the lowest bits; a spare word ends it
};

}  // namespace hc
