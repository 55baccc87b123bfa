// The cuckoo filter: no key is ever denied, false positives stay below the rate, tables are filled before they grow.
#include "core/store/cuckoo_filter.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace hc {
namespace {

constexpr std::size_t kAsked = 1'000'000;  // absent keys, for a measured rate

std::uint64_t present(std::size_t i) { return hash_of("key:" + std::to_string(i)); }
std::uint64_t absent(std::size_t i) { return hash_of("absent:" + std::to_string(i)); }

CuckooFilter filled(std::size_t capacity, std::uint32_t rate_ppm, std::size_t keys) {
  CuckooFilter filter(capacity, rate_ppm);
  for (std::size_t i = 0; i < keys; ++i) filter.add(present(i));
  return filter;
}

std::size_t false_positives(const CuckooFilter& filter) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < kAsked; ++i) found += filter.contains(absent(i));
  return found;
}

std::size_t denied(const CuckooFilter& filter, std::size_t from, std::size_t to) {
  std::size_t denied = 0;
  for (std::size_t i = from; i < to; ++i) denied += !filter.contains(present(i)) || filter.count(present(i)) == 0;
  return denied;
}

bool alike(FingerprintTable empty, std::uint64_t a, std::uint64_t b) { return empty.add(a) && empty.contains(b); }

TEST(CuckooFilter, StartsEmpty) {
  CuckooFilter filter(1000, 10'000);
  EXPECT_EQ(filter.size(), 0U);
  EXPECT_EQ(filter.filters(), 1U);
  EXPECT_EQ(filter.load(), 0.0);
  EXPECT_FALSE(filter.contains("k"));
  EXPECT_EQ(filter.count("k"), 0U);
  EXPECT_FALSE(filter.remove("k"));
  EXPECT_EQ(filter, CuckooFilter(1000, 10'000));
}

TEST(CuckooFilter, AddsCountsRemoves) {
  CuckooFilter filter(1000, 1000);
  filter.add("k");
  filter.add("k");
  EXPECT_EQ(filter.count("k"), 2U);
  EXPECT_FALSE(filter.add_new("k"));
  EXPECT_TRUE(filter.add_new("other"));
  EXPECT_EQ(filter.size(), 3U);
  EXPECT_TRUE(filter.remove("k"));
  EXPECT_TRUE(filter.contains("k"));
  EXPECT_TRUE(filter.remove("k"));
  EXPECT_FALSE(filter.contains("k"));
  EXPECT_FALSE(filter.remove("k"));
  EXPECT_TRUE(filter.contains("other"));
  EXPECT_EQ(filter.size(), 1U);
}

TEST(CuckooFilter, FingerprintsAreAsShortAsTheRateAllows) {
  // At least log2(2b / rate), b = 4; where that is all but the whole rate, one more, so that later tables have a part.
  EXPECT_EQ(CuckooFilter(1, 500'000).fingerprint_bits(), 5U);
  EXPECT_EQ(CuckooFilter(1, 30'000).fingerprint_bits(), 9U);
  EXPECT_EQ(CuckooFilter(1, 10'000).fingerprint_bits(), 10U);
  EXPECT_EQ(CuckooFilter(1, 1'000).fingerprint_bits(), 14U);
  EXPECT_EQ(CuckooFilter(1, 1).fingerprint_bits(), 24U);
}

TEST(CuckooFilter, BytesAreBitsOfFingerprints) {
  const CuckooFilter filter = filled(100'000, 10'000, 100'000);
  ASSERT_EQ(filter.filters(), 1U);
  const double bits_per_key = 8.0 * static_cast<double>(filter.bytes()) / static_cast<double>(filter.size());
  EXPECT_NEAR(bits_per_key, 10 / 0.95, 0.02);
}

// Keys are added, overwritten (removed and added again) and removed, while the chain grows from one table to several.
void never_denies(std::size_t capacity) {
  constexpr std::size_t kKeys = 150'000;
  CuckooFilter filter = filled(capacity, 10'000, kKeys);
  EXPECT_EQ(denied(filter, 0, kKeys), 0U);
  for (std::size_t i = 0; i < kKeys; i += 2) {
    EXPECT_TRUE(filter.remove(present(i)));
    filter.add(present(i));
  }
  EXPECT_EQ(denied(filter, 0, kKeys), 0U);
  for (std::size_t i = 0; i < kKeys / 2; ++i) ASSERT_TRUE(filter.remove(present(i)));
  EXPECT_EQ(denied(filter, kKeys / 2, kKeys), 0U);
  for (std::size_t i = kKeys; i < kKeys * 3 / 2; ++i) filter.add(present(i));
  EXPECT_EQ(denied(filter, kKeys / 2, kKeys * 3 / 2), 0U);
  for (std::size_t i = kKeys / 2; i < kKeys * 3 / 2; ++i) ASSERT_TRUE(filter.remove(present(i)));
  EXPECT_EQ(filter.size(), 0U);
  EXPECT_EQ(filter.filters(), 1U);
  EXPECT_EQ(filter.load(), 0.0);
}

TEST(CuckooFilter, NeverDeniesAKeyInOneTable) { never_denies(160'000); }
TEST(CuckooFilter, NeverDeniesAKeyInAChain) { never_denies(1'000); }
TEST(CuckooFilter, NeverDeniesAKeyInAChainFromOneBucket) { never_denies(1); }

TEST(CuckooFilter, FalsePositivesStayBelowTheRate) {
  for (const std::uint32_t rate_ppm : {30'000U, 10'000U, 1'000U}) {
    const CuckooFilter one = filled(100'000, rate_ppm, 100'000);
    ASSERT_EQ(one.filters(), 1U);
    EXPECT_LE(false_positives(one), kAsked / 1'000'000 * rate_ppm);
    EXPECT_GT(false_positives(one), kAsked / 1'000'000 * rate_ppm / 4);  // no longer than needed
    const CuckooFilter chain = filled(1'000, rate_ppm, 100'000);
    ASSERT_GT(chain.filters(), 5U);
    EXPECT_LE(false_positives(chain), kAsked / 1'000'000 * rate_ppm);
  }
}

TEST(CuckooFilter, FillsATableBeforeItAddsOne) {
  for (const std::size_t capacity : {10'000U, 33'333U, 100'000U, 1'000'000U}) {
    CuckooFilter filter(capacity, 10'000);
    const std::size_t entries = filter.capacity();
    while (filter.filters() == 1) filter.add(present(filter.size()));
    EXPECT_GE(static_cast<double>(filter.size() - 1) / static_cast<double>(entries), 0.95) << capacity;
    EXPECT_EQ(filter.beside(), 0U);
  }
}

// Whether the table is half empty or so full that it could grow: copies make no table grow.
TEST(CuckooFilter, CountsManyCopiesOfAKey) {
  for (const std::size_t keys : {500U, 850U}) {
    CuckooFilter filter = filled(1000, 10'000, keys);
    const std::size_t bytes = filter.bytes();
    for (std::size_t i = 0; i < 100'000; ++i) filter.add("again");
    EXPECT_EQ(filter.count("again"), 100'000U);
    EXPECT_EQ(filter.filters(), 1U);
    EXPECT_LT(filter.bytes(), bytes + 100);
    EXPECT_EQ(denied(filter, 0, keys), 0U);
    for (std::size_t i = 0; i < 100'000; ++i) {
      ASSERT_TRUE(filter.contains("again"));
      ASSERT_TRUE(filter.remove("again"));
    }
    EXPECT_FALSE(filter.contains("again"));
    EXPECT_EQ(denied(filter, 0, keys), 0U);
    EXPECT_EQ(filter.size(), keys);
    EXPECT_EQ(filter.beside(), 0U);
  }
}

TEST(CuckooFilter, CopiesOfFewKeysMakeNoTable) {
  CuckooFilter filter(16, 10'000);
  for (std::size_t i = 0; i < 100'000; ++i) filter.add(present(i % 20));
  EXPECT_LE(filter.capacity(), 400U);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_GE(filter.count(present(i)), 5'000U);
  for (std::size_t i = 0; i < 100'000; ++i) ASSERT_TRUE(filter.remove(present(i % 20)));
  EXPECT_EQ(filter.size(), 0U);
}

// All hashes meet in one pair of buckets of every table.
TEST(CuckooFilter, HashesThatCollideCostMemoryButNoKey) {
  CuckooFilter filter(10'000, 10'000);
  const auto colliding = [](std::uint64_t i) { return i << 14 | 77; };  // the high half stays 0
  for (std::uint64_t i = 0; i < 10'000; ++i) filter.add(colliding(i));
  for (std::uint64_t i = 0; i < 10'000; ++i) ASSERT_TRUE(filter.contains(colliding(i)));
  EXPECT_EQ(filter.filters(), 1U);
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    for (std::uint64_t j = i; j < 10'000; j += 97) ASSERT_TRUE(filter.contains(colliding(j)));
    ASSERT_TRUE(filter.remove(colliding(i)));
  }
  EXPECT_EQ(filter.size(), 0U);
}

// Keys of one pair of buckets, each of another fingerprint: in a table that is far from full there is no room for them.
TEST(CuckooFilter, KeysThatCrowdTwoBucketsMakeNoTable) {
  CuckooFilter filter(100, 10'000);
  const unsigned bits = filter.fingerprint_bits();
  const FingerprintTable empty(static_cast<std::uint32_t>(filter.capacity() / 4), bits, bits);
  std::vector<std::uint64_t> crowd;
  for (std::uint64_t low = 1; low >> bits == 0; ++low)
    if (alike(empty, low, std::uint64_t{1} << 32 | low)) crowd.push_back(low);  // in buckets 0 and 1
  ASSERT_GT(crowd.size(), 16U);
  for (const std::uint64_t hash : crowd) filter.add(hash);
  EXPECT_EQ(filter.filters(), 1U);
  EXPECT_EQ(filter.beside(), crowd.size() - 8);
  for (const std::uint64_t hash : crowd) EXPECT_TRUE(filter.contains(hash));
  for (const std::uint64_t hash : crowd) EXPECT_TRUE(filter.remove(hash));
  EXPECT_EQ(filter.size(), 0U);
}

// Two keys that are alike in the first table and not in the second: the older lies in the first, the newer in the
// second. Whichever goes first, the other one stays.
TEST(CuckooFilter, RemovesFromTheFinestTable) {
  CuckooFilter start(100, 10'000);
  std::size_t keys = 0;
  while (start.filters() == 1) start.add(present(keys++));
  const unsigned bits = CuckooFilter(100, 10'000).fingerprint_bits();
  ASSERT_GT(start.fingerprint_bits(), bits);
  for (std::size_t i = 0; i < keys; ++i) {
    const std::uint64_t older = present(i), newer = older ^ std::uint64_t{1} << bits;
    for (const bool newer_first : {false, true}) {
      CuckooFilter filter = start;
      filter.add(newer);
      ASSERT_TRUE(filter.remove(newer_first ? newer : older));
      ASSERT_TRUE(filter.contains(newer_first ? older : newer));
      ASSERT_EQ(denied(filter, 0, i) + denied(filter, i + 1, keys), 0U);
    }
  }
}

TEST(CuckooFilter, KeysThatWereNeverAddedAreNotRemoved) {
  CuckooFilter filter = filled(1'000, 1'000, 20'000);
  std::size_t tried = 0;
  for (std::size_t i = 0; i < 100'000; ++i) {
    if (filter.contains(absent(i))) continue;  // removing these is what the contract forbids
    ASSERT_FALSE(filter.remove(absent(i)));
    ++tried;
  }
  EXPECT_GT(tried, 99'000U);
  EXPECT_EQ(filter.size(), 20'000U);
  EXPECT_EQ(denied(filter, 0, 20'000), 0U);
}

TEST(CuckooFilter, TheSameCallsMakeTheSameBytes) {
  CuckooFilter a(300, 5'000), b(300, 5'000);
  Random random(7);
  for (int i = 0; i < 50'000; ++i) {
    const std::uint64_t hash = present(random.below(3'000));
    const bool add = random.percent(60);
    for (CuckooFilter* filter : {&a, &b}) {
      if (add)
        filter->add(hash);
      else if (filter->count(hash) > 0)
        filter->remove(hash);
    }
  }
  EXPECT_GT(a.filters(), 1U);
  EXPECT_EQ(a, b);
  a.add("one more");
  EXPECT_NE(a, b);
}

TEST(CuckooFilter, KeysThatComeAndGoAtTheBorderKeepTheirTable) {
  CuckooFilter filter(1000, 10'000);
  std::size_t keys = 0;
  while (filter.filters() == 1) filter.add(present(keys++));
  filter.remove(present(keys - 1));
  EXPECT_EQ(filter.filters(), 2U);
  while (filter.filters() == 2) ASSERT_TRUE(filter.remove(present(--keys - 1)));
  EXPECT_LT(keys, filter.capacity() * 4 / 5);
  EXPECT_GT(keys, filter.capacity() / 2);
  EXPECT_EQ(denied(filter, 0, keys - 1), 0U);
}

// What the safety of CuckooFilter::remove() rests on.
TEST(FingerprintTable, KeysAlikeInTheFinerTableAreAlikeInTheCoarser) {
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t bucket = 0; bucket < 12; ++bucket)
    for (std::uint64_t low = 0; low < 128; low += low % 16 < 3 ? 1 : 13) hashes.push_back(bucket << 32 | low);
  std::size_t coarse = 0, fine = 0;
  for (const std::uint32_t buckets : {1U, 2U, 3U, 6U}) {
    const FingerprintTable coarser(buckets, 4, 5), finer(buckets * 2, 4, 6);
    for (const std::uint64_t a : hashes)
      for (const std::uint64_t b : hashes) {
        const bool in_coarser = alike(coarser, a, b), in_finer = alike(finer, a, b);
        ASSERT_TRUE(in_coarser || !in_finer) << buckets << " " << a << " " << b;
        coarse += in_coarser;
        fine += in_finer;
      }
  }
  EXPECT_GT(fine, 4 * hashes.size());  // some that differ
  EXPECT_GT(coarse, fine);
}

TEST(FingerprintTable, CountsABucketThatIsBothOnce) {
  FingerprintTable table(1, 8, 8);
  for (std::size_t copies = 1; copies <= 4; ++copies) {
    EXPECT_TRUE(table.add(7));
    EXPECT_EQ(table.count(7), copies);
  }
  EXPECT_FALSE(table.add_by_moving(7));
  EXPECT_EQ(table.count(7), 4U);
}

// For any number of buckets the second bucket leads back to the first, and the table is filled by moving.
TEST(FingerprintTable, TakesAnyNumberOfBucketsAndWidth) {
  for (const std::uint32_t buckets : {1U, 2U, 3U, 5U, 7U, 64U, 100U, 1'000U})
    for (const unsigned bits : {4U, 5U, 13U, 16U, 31U, 32U}) {
      FingerprintTable table(buckets, 4, bits);
      std::multiset<std::uint64_t> added;
      for (std::uint64_t i = 0; i < 5 * table.entries(); ++i)
        if (table.add_by_moving(present(i))) added.insert(present(i));
      ASSERT_EQ(added.size(), table.used());
      EXPECT_GE(table.used() * 10, table.entries() * 7) << buckets << " " << bits;
      for (const std::uint64_t hash : added) ASSERT_TRUE(table.contains(hash));
      for (const std::uint64_t hash : added) ASSERT_TRUE(table.remove(hash));
      EXPECT_EQ(table, FingerprintTable(buckets, 4, bits));
    }
}

}  // namespace
}  // namespace hc
