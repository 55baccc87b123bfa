// Values that are objects, in a table: owned by their entries, counted, digested, and changed by edits alone.
#include "core/store/object.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/store/cuckoo_value.h"
#include "core/store/effects.h"
#include "core/store/slot_table.h"

namespace hc {
namespace {

WallTime at(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

void put_filter(SlotTable& table, Bytes key, WallTime expiry = kNoExpiry) {
  table.put(key, hash_of(key), std::make_unique<CuckooValue>(10, true), expiry);
}
bool add(SlotTable& table, Bytes key, std::uint64_t hash) {
  return table.change(key, hash_of(key), CuckooValue::adding(hash));
}
const CuckooFilter& filter_of(const SlotTable& table, Bytes key) {
  return static_cast<const CuckooValue*>(table.find(key)->object)->filter();
}

TEST(Objects, AreFoundWithTheirType) {
  SlotTable table;
  put_filter(table, "f");
  table.put("s", "v", kNoExpiry);
  EXPECT_EQ(table.find("f")->type(), ValueType::kCuckooFilter);
  EXPECT_TRUE(table.find("f")->value.empty());
  EXPECT_EQ(table.find("s")->type(), ValueType::kString);
  EXPECT_EQ(table.find("s")->object, nullptr);
}

TEST(Objects, KeepTheirStateWhateverBecomesOfTheEntry) {
  SlotTable table;
  put_filter(table, "f");
  ASSERT_TRUE(add(table, "f", 77));
  table.set_expiry("f", at(5));  // another layout
  table.set_expiry("f", at(6));  // the same
  table.set_expiry("f", kNoExpiry);
  for (int i = 0; i < 100; ++i) table.put("k" + std::to_string(i), "v", kNoExpiry);  // grows
  EXPECT_TRUE(filter_of(table, "f").contains(77));
}

TEST(Objects, AreCountedWithWhatTheyTake) {
  SlotTable table;
  put_filter(table, "f");
  const std::size_t before = table.bytes(), small = table.find("f")->object->bytes();
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(add(table, "f", hash_mix(i, 1)));
  EXPECT_GT(table.find("f")->object->bytes(), small);
  EXPECT_EQ(table.bytes() - before, table.find("f")->object->bytes() - small);
  table.put("f", "v", kNoExpiry);
  EXPECT_EQ(table.find("f")->value, "v");
  table.erase("f");
  EXPECT_EQ(table.bytes(), 0U);
  EXPECT_EQ(table.digest(), 0U);
}

TEST(Objects, DigestsTellStatesTypesAndEndsApart) {
  SlotTable a, b;
  put_filter(a, "f");
  put_filter(b, "f");
  EXPECT_EQ(a.digest(), b.digest());
  add(a, "f", 5);
  EXPECT_NE(a.digest(), b.digest());
  add(b, "f", 5);
  EXPECT_EQ(a.digest(), b.digest());
  b.set_expiry("f", at(9));
  EXPECT_NE(a.digest(), b.digest());
  a.put("f", "", kNoExpiry);
  EXPECT_NE(a.digest(), b.digest());
}

TEST(Objects, EditsThatAreNoneChangeNothing) {
  SlotTable table;
  put_filter(table, "f");
  table.put("s", "v", kNoExpiry);
  add(table, "f", 5);
  const std::uint64_t digest = table.digest();
  for (const Bytes edit : {Bytes(""), Bytes("x"), Bytes("\x03\0\0\0\0\0\0\0\0", 9), Bytes("\x01\0\0\0\0\0\0\0", 8)})
    EXPECT_FALSE(table.change("f", hash_of("f"), edit));
  EXPECT_FALSE(table.change("f", hash_of("f"), CuckooValue::removing(6)));
  EXPECT_FALSE(table.change("s", hash_of("s"), CuckooValue::adding(6)));
  EXPECT_FALSE(table.change("none", hash_of("none"), CuckooValue::adding(6)));
  EXPECT_FALSE(table.splice("f", 0, "piece"));
  EXPECT_EQ(table.digest(), digest);
}

TEST(Objects, MoveWithTheirTable) {
  SlotTable table;
  put_filter(table, "f", at(100));
  add(table, "f", 5);
  SlotTable other = std::move(table);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(filter_of(other, "f").contains(5));
  other.sweep(at(101), 100, [](const SlotTable::Item& item) { EXPECT_NE(item.object, nullptr); });
  EXPECT_EQ(other.bytes(), 0U);
}

TEST(Objects, GoWholeAsEffects) {
  SlotTable table, other;
  put_filter(table, "f", at(100));
  for (std::uint64_t i = 0; i < 300; ++i) add(table, "f", hash_mix(i % 90, 1));
  EffectWriter effects;
  effects.put(*table.find("f"));
  ASSERT_TRUE(hc::apply(effects.bytes(), other));
  EXPECT_EQ(table.digest(), other.digest());
  EXPECT_EQ(table.find("f")->expiry, other.find("f")->expiry);
  EXPECT_TRUE(filter_of(table, "f") == filter_of(other, "f"));
}

// Whatever bytes come: they are an object that encodes itself so again, or none.
TEST(CuckooBytes, AreTakenWithoutHarm) {
  CuckooValue value(10, true);
  for (std::uint64_t i = 0; i < 500; ++i) value.change(CuckooValue::adding(hash_mix(i % 90, 1)));
  value.change(CuckooValue::removing(hash_mix(1, 1)));
  std::string bytes;
  value.encode(bytes);
  const auto again = decode_object(ValueType::kCuckooFilter, bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->digest(), value.digest());
  EXPECT_FALSE(decode_object(ValueType::kString, bytes));
  EXPECT_FALSE(decode_object(static_cast<ValueType>(200), bytes));
  EXPECT_FALSE(decode_object(ValueType::kCuckooFilter, ""));
  EXPECT_FALSE(decode_object(ValueType::kCuckooFilter, bytes + "x"));
  for (std::size_t n = 0; n < bytes.size(); n += 7)
    EXPECT_FALSE(decode_object(ValueType::kCuckooFilter, Bytes(bytes).substr(0, n))) << n;
  Random random(3);
  for (int i = 0; i < 3000; ++i) {
    std::string other = bytes;
    for (std::uint64_t n = random.below(3); n < 3; ++n)
      other[random.below(random.percent(50) ? 16 : other.size())] = static_cast<char>(random.below(256));
    const auto object = decode_object(ValueType::kCuckooFilter, other);
    if (!object) continue;
    object->change(CuckooValue::adding(random.next()));
    object->change(CuckooValue::removing(random.next()));
  }
}

}  // namespace
}  // namespace hc
