// The table of one slot: finding, growing, walking while it changes, digest and expiry.
#include "core/store/slot_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/seam.h"

namespace hc {
namespace {

using namespace std::chrono_literals;

WallTime at(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }
std::string key_number(int i) { return "key:" + std::to_string(i); }

SlotTable filled(int keys) {
  SlotTable table;
  for (int i = 0; i < keys; ++i) table.put(key_number(i), "v" + std::to_string(i), kNoExpiry);
  return table;
}

std::multiset<std::string> walked(const SlotTable& table) {
  std::multiset<std::string> keys;
  std::uint64_t cursor = 0;
  do cursor = table.walk(cursor, [&](const SlotTable::Item& item) { keys.emplace(item.key); });
  while (cursor != 0);
  return keys;
}

TEST(HashOf, IsFixed) {
  // Cursors and digests of a running cluster depend on these numbers: they never change.
  const std::map<std::string, std::uint64_t> expected{
      {"", 0xf8be70cd9672da2fULL},
      {"a", 0x17e51458317d2c25ULL},
      {"key:000000000001", 0x95109d329672a096ULL},
      {"The quick brown fox jumps over the lazy dog", 0xfd2e5deaf935557fULL},
      {std::string(200, 'x'), 0x90e0bc8f212beb6cULL}};
  for (const auto& [key, hash] : expected) EXPECT_EQ(hash_of(key), hash) << key;
}

TEST(HashBytes, DependsOnEveryByteTheLengthAndTheSeed) {
  std::set<std::uint64_t> seen;
  std::size_t made = 0;
  for (std::size_t size : {1U, 2U, 3U, 4U, 7U, 8U, 9U, 15U, 16U, 17U, 32U, 33U, 64U, 65U, 128U, 129U, 200U}) {
    const std::string zeroes(size, '\0');
    seen.insert(hash_bytes(zeroes, 0));
    seen.insert(hash_bytes(zeroes, 1));
    made += 2;
    for (std::size_t i = 0; i < size; ++i) {
      std::string changed = zeroes;
      changed[i] = 1;
      seen.insert(hash_bytes(changed, 0));
      ++made;
    }
  }
  EXPECT_EQ(seen.size(), made);
}

TEST(SlotTable, StartsEmptyAndOwnsNothing) {
  const SlotTable table;
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.bytes(), 0U);
  EXPECT_EQ(table.digest(), 0U);
  EXPECT_FALSE(table.find("k"));
  Random random(1);
  EXPECT_FALSE(table.random(random));
  EXPECT_EQ(table.walk(0, [](const SlotTable::Item&) { FAIL(); }), 0U);
}

TEST(SlotTable, PutsFindsReplacesErases) {
  SlotTable table;
  table.put("k", "value", at(5));
  ASSERT_TRUE(table.find("k"));
  EXPECT_EQ(table.find("k")->value, "value");
  EXPECT_EQ(table.find("k")->expiry, at(5));
  EXPECT_EQ(table.expiring(), 1U);
  table.put("k", "other", kNoExpiry);
  EXPECT_EQ(table.find("k")->value, "other");
  EXPECT_EQ(table.find("k")->expiry, kNoExpiry);
  EXPECT_EQ(table.expiring(), 0U);
  EXPECT_TRUE(table.erase("k"));
  EXPECT_FALSE(table.erase("k"));
  EXPECT_EQ(table.bytes(), 0U);
  EXPECT_EQ(table.digest(), 0U);
}

TEST(SlotTable, HintsChangeNothing) {
  SlotTable table;
  const auto hint = [&table](Bytes key) {
    table.prefetch_place(hash_of(key));
    table.prefetch_entry(hash_of(key));
  };
  hint("nobody");
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key " + std::to_string(i);
    hint(key);
    table.put(key, "value", kNoExpiry);
    const std::uint64_t digest = table.digest();
    hint(key);
    EXPECT_EQ(table.digest(), digest);
    EXPECT_EQ(table.find(key)->value, "value");
  }
}

TEST(SlotTable, TakesEmptyAndBinaryKeys) {
  SlotTable table;
  table.put("", "", kNoExpiry);
  table.put(Bytes("\0", 1), Bytes("\0\0", 2), kNoExpiry);
  EXPECT_EQ(table.find("")->value, "");
  EXPECT_EQ(table.find(Bytes("\0", 1))->value.size(), 2U);
  EXPECT_EQ(table.size(), 2U);
}

TEST(SlotTable, TakesWhatItGave) {
  SlotTable table;
  const std::string large(1000, 'x');
  for (const std::string& value : {std::string("short"), large}) {
    table.put("k", value, kNoExpiry);
    table.put("k", table.find("k")->value.substr(1), at(9));  // another size and layout
    table.put("copy", table.find("k")->value, kNoExpiry);
    table.put("k", table.find("k")->value, at(10));  // in place
    EXPECT_EQ(table.find("k")->value, value.substr(1));
    EXPECT_EQ(table.find("copy")->value, value.substr(1));
    EXPECT_TRUE(table.erase(table.find("copy")->key));
  }
}

// Of one page, of a node of pages, of nodes above nodes.
TEST(SlotTable, GrowsAndShrinksWithItsContent) {
  for (const int keys : {1600, 10'000, 300'000}) {
    SlotTable table = filled(keys);
    EXPECT_EQ(table.size(), static_cast<std::size_t>(keys));
    for (int i = 0; i < keys; ++i) ASSERT_EQ(table.find(key_number(i))->value, "v" + std::to_string(i));
    const std::size_t full = table.bytes();
    for (int i = 0; i < keys - 10; ++i) ASSERT_TRUE(table.erase(key_number(i)));
    EXPECT_LT(table.bytes(), full / 100);
    for (int i = keys - 10; i < keys; ++i) EXPECT_TRUE(table.erase(key_number(i)));
    EXPECT_EQ(table.bytes(), 0U);
    EXPECT_EQ(table.digest(), 0U);
  }
}

// A place costs 8 bytes, and half to four fifths of them are taken, in tables of every size.
TEST(SlotTable, TakesAsMuchForAKeyWhateverItsSize) {
  SlotTable table;
  std::size_t of_entries = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    char key[32];
    std::snprintf(key, sizeof key, "key:%012d", i);
    table.put(key, "valuable", kNoExpiry);
    of_entries += 32;
    if (i < 1000 || i % 1000 != 0) continue;
    ASSERT_LT((table.bytes() - of_entries) / static_cast<std::size_t>(i), 17U) << i;
  }
}

TEST(SlotTable, DigestIsOfTheContentAlone) {
  SlotTable forward = filled(500), backward;
  for (int i = 499; i >= 0; --i) backward.put(key_number(i), "something else", at(i + 1));
  for (int i = 499; i >= 0; --i) backward.put(key_number(i), "v" + std::to_string(i), kNoExpiry);
  EXPECT_EQ(forward.digest(), backward.digest());
  backward.put("one more", "", kNoExpiry);
  EXPECT_NE(forward.digest(), backward.digest());
  backward.erase("one more");
  EXPECT_EQ(forward.digest(), backward.digest());
  backward.set_expiry(key_number(7), at(1));
  EXPECT_NE(forward.digest(), backward.digest());
  backward.set_expiry(key_number(7), kNoExpiry);
  EXPECT_EQ(forward.digest(), backward.digest());
}

TEST(SlotTable, DigestTellsKeysFromValues) {
  SlotTable a, b;
  a.put("x", "y", kNoExpiry);
  b.put("y", "x", kNoExpiry);
  EXPECT_NE(a.digest(), b.digest());
}

TEST(SlotTable, MutantDigestForgetsTtl) {
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kDigestForgetsTtl));
  SlotTable a, b;
  a.put("x", "y", kNoExpiry);
  b.put("x", "y", at(77));
  EXPECT_EQ(a.digest(), b.digest());
  seam::active.reset();
}

TEST(SlotTable, SpliceIsAPutOfTheWholeValue) {
  const std::size_t sizes[] = {0, 1, 100, 255, 256, 4095, 4096, 4097, 8192, 10'000};
  const std::size_t offsets[] = {0, 1, 200, 255, 256, 4095, 4096, 8191, 8192, 12'000};
  for (const std::size_t size : sizes)
    for (const std::size_t offset : offsets)
      for (const std::size_t length : {0U, 1U, 5U, 300U, 5000U}) {
        SlotTable spliced, whole;
        std::string value(size, 'a');
        const std::string piece(length, 'b');
        spliced.put("k", value, at(3));
        ASSERT_TRUE(spliced.splice("k", offset, piece));
        value.resize(std::max(size, offset + length));
        value.replace(offset, length, piece);
        whole.put("k", value, at(3));
        ASSERT_EQ(spliced.find("k")->value, value) << size << " " << offset << " " << length;
        ASSERT_EQ(spliced.digest(), whole.digest()) << size << " " << offset << " " << length;
        ASSERT_EQ(spliced.bytes(), whole.bytes());
      }
}

TEST(SlotTable, SpliceRefusesWhatIsMissingOrTooLong) {
  SlotTable table;
  EXPECT_FALSE(table.splice("k", 0, "x"));
  table.put("k", "v", kNoExpiry);
  EXPECT_FALSE(table.splice("k", SlotTable::kBytesMax, "x"));
  EXPECT_FALSE(table.splice("k", SIZE_MAX, "x"));
  EXPECT_EQ(table.find("k")->value, "v");
}

TEST(SlotTable, WalkVisitsEachOnce) {
  for (const int keys : {1, 2, 3, 10, 100, 3000, 20'000, 300'000}) {
    const SlotTable table = filled(keys);
    const auto seen = walked(table);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(keys));
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), static_cast<std::size_t>(keys));
  }
}

// Fills or empties the table while it is walked, so that it is resized many times. Keys below `kept` stay throughout.
std::multiset<std::string> walk_while_resizing(int from, int to, int kept) {
  SlotTable table = filled(from);
  std::multiset<std::string> seen;
  std::uint64_t cursor = 0;
  int now = from;
  do {
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) { seen.emplace(item.key); });
    for (int step = 0; step < 50 && now != to; ++step) {
      if (now < to)
        table.put(key_number(now++), "v", kNoExpiry);
      else
        table.erase(key_number(--now));
    }
  } while (cursor != 0);
  std::erase_if(seen, [&](const std::string& key) { return std::stoi(key.substr(4)) >= kept; });
  return seen;
}

TEST(SlotTable, WalkSurvivesResizing) {
  EXPECT_EQ(walk_while_resizing(300, 20'000, 300).size(), 300U);
  EXPECT_EQ(walk_while_resizing(20'000, 300, 300).size(), 300U);
  for (const std::uint32_t places : {8U, 64U, 512U}) {
    seam::sizes.page_places = places;
    EXPECT_EQ(walk_while_resizing(300, 20'000, 300).size(), 300U);
    EXPECT_EQ(walk_while_resizing(20'000, 300, 300).size(), 300U);
  }
  seam::sizes = {};
}

TEST(SlotTable, MutantWalkMissesResize) {
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kWalkMissesResize));
  const auto growing = walk_while_resizing(300, 20'000, 300), shrinking = walk_while_resizing(20'000, 300, 300);
  seam::active.reset();
  const auto distinct = [](const auto& keys) { return std::set<std::string>(keys.begin(), keys.end()).size(); };
  EXPECT_TRUE(distinct(growing) < 300U || distinct(shrinking) < 300U);
}

TEST(SlotTable, RandomIsRoughlyUniform) {
  const SlotTable table = filled(10);
  Random random(3);
  std::map<std::string, int> drawn;
  for (int i = 0; i < 10'000; ++i) ++drawn[std::string(table.random(random)->key)];
  ASSERT_EQ(drawn.size(), 10U);
  for (const auto& [key, times] : drawn) EXPECT_NEAR(times, 1000, 150) << key;
}

TEST(SlotTable, RandomIsRoughlyUniformInATree) {
  seam::sizes.page_places = 8;
  const SlotTable table = filled(100);
  Random random(3);
  std::map<std::string, int> drawn;
  for (int i = 0; i < 100'000; ++i) ++drawn[std::string(table.random(random)->key)];
  seam::sizes = {};
  ASSERT_EQ(drawn.size(), 100U);
  for (const auto& [key, times] : drawn) EXPECT_NEAR(times, 1000, 150) << key;
}

TEST(SlotTable, SweepErasesWhatExpired) {
  SlotTable table = filled(100);
  for (int i = 0; i < 50; ++i) table.set_expiry(key_number(i), at(i + 1));
  EXPECT_EQ(table.earliest_expiry(), at(1));
  std::set<std::string> told;
  const auto tell = [&](const SlotTable::Item& item) { told.emplace(item.key); };
  EXPECT_FALSE(table.sweep(at(1), 1000, tell));  // at its expiry a key still lives
  EXPECT_TRUE(told.empty());
  EXPECT_FALSE(table.sweep(at(26), 1000, tell));
  EXPECT_EQ(told.size(), 25U);
  EXPECT_EQ(table.size(), 75U);
  EXPECT_EQ(table.earliest_expiry(), at(26));
  while (table.sweep(at(100), 10, tell)) {
  }
  EXPECT_EQ(table.size(), 50U);
  EXPECT_EQ(table.expiring(), 0U);
  EXPECT_EQ(table.earliest_expiry(), kNoExpiry);
}

TEST(SlotTable, MovesLeaveNothingBehind) {
  SlotTable a = filled(10);
  const std::uint64_t digest = a.digest();
  SlotTable b = std::move(a);
  EXPECT_EQ(b.digest(), digest);
  EXPECT_EQ(a.size(), 0U);  // NOLINT(bugprone-use-after-move): it is empty by contract
  a = std::move(b);
  EXPECT_EQ(a.size(), 10U);
  a.clear();
  EXPECT_EQ(a.bytes(), 0U);
}

}  // namespace
}  // namespace hc
