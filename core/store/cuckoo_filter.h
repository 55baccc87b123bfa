// A cuckoo filter that grows: a set of keys that may say yes to a key that is not in it (at most so often), never no to
// one that is. Keys are counted (one that was added twice is there until it is removed twice), and can be removed.
//
// A chain of tables (fingerprint_table.h), each twice as large as the one before (Almeida, Baquero, Preguica,
// Hutchison: Scalable Bloom Filters, 2007). A table's part in the rate of false positives is about 2b / 2^f at most,
// for fingerprints of f bits in buckets of b entries; f is chosen so that all tables together stay below the rate asked
// for. A table is added when the newest has no room, and goes when it is empty and the others have room again. Copies
// that find no room though the newest table is far from full, or because keys alike hold its entries, are counted
// beside the tables, by their hash: so nothing is lost, and equal keys make no table grow.
//
// Why removing is safe, which it is not in a chain of independent tables: the tables nest, so that their classes of
// keys alike form a tree, with whole hashes at its leaves. It is always possible to give each key an entry of a class
// that it is in. remove(A) takes an entry of the finest class that A is in. If that was B's, then B is in all the
// coarser classes that A is in, and so can have A's instead.
//
// The same calls make the same bytes, on every compiler and machine. Not keyed: who may choose hashes may make them
// collide, which costs memory, and false positives. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/store/fingerprint_table.h"
#include "core/store/hash.h"

namespace hc {

class CuckooFilter {
 public:
  static constexpr std::size_t kCapacityMax = std::size_t{1} << 30;
  static constexpr std::uint32_t kRateMax = 500'000;
  static constexpr std::size_t kTablesMax = 32;
  static constexpr std::size_t kBytesMax = std::size_t{256} << 20;  // that it grows to

  // `capacity`: how many keys the first table shall hold. `rate_ppm`: the most false positives, in a million questions
  // about keys that are not there, however many tables come. If it does not grow, what finds no room is refused.
  // Requires: 1 <= capacity <= kCapacityMax, 1 <= rate_ppm <= kRateMax.
  CuckooFilter(std::size_t capacity, std::uint32_t rate_ppm, bool grows = true);

  // Each of these has a form that takes the key's hash: hash_of(key), or any other of 64 evenly distributed bits.

  // Once more. Allocates a table, twice as large as the one before, when that has no room. False, and nothing has
  // changed: there is no room, and it may not grow, or not any more (kTablesMax, kBytesMax).
  bool add(Bytes key) { return add(hash_of(key)); }
  bool add(std::uint64_t hash);

  // Adds it unless contains() says that it is there. True if it was added; only then is there something to remove.
  bool add_new(Bytes key) { return add_new(hash_of(key)); }
  bool add_new(std::uint64_t hash);

  bool contains(Bytes key) const { return contains(hash_of(key)); }
  bool contains(std::uint64_t hash) const;

  // How many times it is there; too many, never too few, where other keys are alike.
  std::size_t count(Bytes key) const { return count(hash_of(key)); }
  std::size_t count(std::uint64_t hash) const;

  // Once less. False if it was not there.
  // Requires: it was added more often than removed. If not, it may be another key's entry that goes.
  bool remove(Bytes key) { return remove(hash_of(key)); }
  bool remove(std::uint64_t hash);

  std::size_t size() const { return size_; }  // keys, each as often as it was added
  std::size_t filters() const { return tables_.size(); }
  std::size_t capacity() const;                          // entries of all tables
  std::size_t beside() const { return size_ - used(); }  // copies that are counted beside the tables
  double load() const { return static_cast<double>(used()) / static_cast<double>(capacity()); }
  unsigned fingerprint_bits() const { return tables_.back().bits(); }  // of the newest table, the longest
  std::size_t bytes() const;                                           // as asked of the allocator
  bool grows() const { return grows_; }
  std::uint64_t digest() const;  // of all that it is

  // All that it is, appended, and back (nullopt: nothing is encoded so; total on any bytes).
  void encode(std::string& out) const;
  static std::optional<CuckooFilter> decode(Bytes bytes);

  bool operator==(const CuckooFilter&) const = default;

 private:
  std::size_t used() const;
  bool find_room(std::uint64_t hash);
  bool can_grow() const;
  void grow();
  void shrink();
  unsigned bits_of_next() const;
  void set_beside(std::uint64_t hash, std::size_t copies);

  std::uint32_t rate_ppm_;
  bool grows_;
  std::size_t size_ = 0;
  std::vector<FingerprintTable> tables_;         // the newest, and finest, is the last
  std::map<std::uint64_t, std::size_t> beside_;  // hash -> copies
  std::uint64_t beside_digest_ = 0;
};

}  // namespace hc
