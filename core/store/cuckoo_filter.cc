#include "core/store/cuckoo_filter.h"

#include <algorithm>
#include <ranges>
#include <string>

#include "core/base/check.h"

namespace hc {
namespace {

using Rate = std::uint64_t;  // in units of 2^-44

constexpr unsigned kRateShift = 44;
constexpr unsigned kPairEntries = 2 * FingerprintTable::kBucketEntries;
constexpr std::size_t kLoadPercent = 95;  // what a table of many buckets takes (section 5.1 of the paper)
// A node of a red-black tree: three pointers and a colour, then the pair.
constexpr std::size_t kBesideBytes = 4 * sizeof(void*) + sizeof(std::pair<std::uint64_t, std::size_t>);

// A full table's part. Two fingerprints agree in the base bits with a probability of less than 1 / (2^base - 2), as 0
// counts as 1, and in each other bit in half of the cases.
Rate rate_of(unsigned base_bits, unsigned bits) {
  const std::uint64_t different = ((std::uint64_t{1} << base_bits) - 2) << (bits - base_bits);
  return (Rate{kPairEntries} << kRateShift) / different + 1;
}

std::uint32_t buckets_for(std::size_t capacity) {
  const std::size_t bucket_percents = FingerprintTable::kBucketEntries * kLoadPercent;
  return static_cast<std::uint32_t>((capacity * 100 + bucket_percents - 1) / bucket_percents);
}

bool filled(const FingerprintTable& table) { return table.used() * 4 >= table.entries() * 3; }

}  // namespace

CuckooFilter::CuckooFilter(std::size_t capacity, std::uint32_t rate_ppm, bool grows)
    : rate_ppm_(rate_ppm), grows_(grows) {
  HC_CHECK(capacity >= 1 && capacity <= kCapacityMax, "capacity: " + std::to_string(capacity));
  HC_CHECK(rate_ppm >= 1 && rate_ppm <= kRateMax, "rate in ppm: " + std::to_string(rate_ppm));
  const unsigned bits = bits_of_next();
  tables_.emplace_back(buckets_for(capacity), bits, bits);
}

// The first table takes up to 7/8 of the rate: most filters never need another. Each later one takes up to half of what
// the others left. A sixteenth is never given away: what is measured scatters, and the last of very many tables would
// want fingerprints of more than kBitsMax bits.
unsigned CuckooFilter::bits_of_next() const {
  Rate left = (Rate{rate_ppm_} << kRateShift) / 1'000'000 / 16 * 15;
  for (const FingerprintTable& table : tables_) left -= std::min(left, rate_of(table.base_bits(), table.bits()));
  const Rate share = tables_.empty() ? left / 8 * 7 : left / 2;
  unsigned bits = tables_.empty() ? FingerprintTable::kBitsMin : tables_.back().bits();
  while (bits < FingerprintTable::kBitsMax && rate_of(tables_.empty() ? bits : tables_[0].bits(), bits) > share) ++bits;
  return bits;
}

bool CuckooFilter::can_grow() const {
  const std::size_t next = tables_.back().bytes() * 3;  // about: twice the buckets, and longer fingerprints
  return grows_ && tables_.size() < kTablesMax && bytes() + next <= kBytesMax;
}

void CuckooFilter::grow() {
  const FingerprintTable& newest = tables_.back();
  tables_.emplace_back(newest.buckets() * 2, newest.base_bits(), bits_of_next());
}

// With room to spare in the others, so that keys that come and go at the border do not make and free a table each time.
void CuckooFilter::shrink() {
  while (tables_.size() > 1 && tables_.back().used() == 0 && used() * 4 <= (capacity() - tables_.back().entries()) * 3)
    tables_.pop_back();
}

bool CuckooFilter::add(std::uint64_t hash) {
  if (!find_room(hash)) return false;
  ++size_;
  return true;
}

bool CuckooFilter::find_room(std::uint64_t hash) {
  for (FingerprintTable& table : tables_ | std::views::reverse)
    if (table.add(hash)) return true;
  // Where keys alike crowd a pair of buckets, no others move for one more of them, and no table comes for it.
  FingerprintTable& newest = tables_.back();
  const std::size_t copies = newest.count(hash);
  const bool crowded = copies == kPairEntries || beside_.contains(hash);
  if (!crowded && newest.add_by_moving(hash)) return true;
  if (!can_grow()) return false;
  if (crowded || copies >= FingerprintTable::kBucketEntries || !filled(newest)) {
    const auto copies_beside = beside_.find(hash);
    set_beside(hash, copies_beside == beside_.end() ? 1 : copies_beside->second + 1);
    return true;
  }
  grow();
  HC_CHECK(tables_.back().add(hash), "an empty table takes a key");
  return true;
}

void CuckooFilter::set_beside(std::uint64_t hash, std::size_t copies) {
  if (const auto before = beside_.find(hash); before != beside_.end()) {
    beside_digest_ -= hash_mix(hash, before->second);
    beside_.erase(before);
  }
  if (copies == 0) return;
  beside_.emplace(hash, copies);
  beside_digest_ += hash_mix(hash, copies);
}

bool CuckooFilter::add_new(std::uint64_t hash) { return !contains(hash) && add(hash); }

bool CuckooFilter::contains(std::uint64_t hash) const {
  for (const FingerprintTable& table : tables_ | std::views::reverse)
    if (table.contains(hash)) return true;
  return beside_.contains(hash);
}

std::size_t CuckooFilter::count(std::uint64_t hash) const {
  const auto copies = beside_.find(hash);
  std::size_t found = copies == beside_.end() ? 0 : copies->second;
  for (const FingerprintTable& table : tables_) found += table.count(hash);
  return found;
}

// The finest class first: the head of the header says why.
bool CuckooFilter::remove(std::uint64_t hash) {
  if (const auto copies = beside_.find(hash); copies != beside_.end()) {
    set_beside(hash, copies->second - 1);
    --size_;
    return true;
  }
  for (FingerprintTable& table : tables_ | std::views::reverse)
    if (table.remove(hash)) {
      --size_;
      shrink();
      return true;
    }
  return false;
}

std::size_t CuckooFilter::used() const {
  std::size_t used = 0;
  for (const FingerprintTable& table : tables_) used += table.used();
  return used;
}

std::size_t CuckooFilter::capacity() const {
  std::size_t entries = 0;
  for (const FingerprintTable& table : tables_) entries += table.entries();
  return entries;
}

std::uint64_t CuckooFilter::digest() const {
  std::uint64_t digest = hash_mix(size_, std::uint64_t{rate_ppm_} * 2 + (grows_ ? 1 : 0));
  for (const FingerprintTable& table : tables_)
    digest = hash_mix(digest + table.digest(), std::uint64_t{table.buckets()} << 8 | table.bits());
  return digest + beside_digest_;
}

std::size_t CuckooFilter::bytes() const {
  std::size_t bytes = tables_.capacity() * sizeof(FingerprintTable) + beside_.size() * kBesideBytes;
  for (const FingerprintTable& table : tables_) bytes += table.bytes();
  return bytes;
}

}  // namespace hc
