// Effects: what a primary writes is what a replica applies; any bytes are taken without harm.
#include "core/store/effects.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/store/cuckoo_value.h"

namespace hc {
namespace {

WallTime at(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

std::string one_of_each() {
  EffectWriter writer;
  writer.put("k", "value", at(1'700'000'000'000));
  writer.put("", "", kNoExpiry);
  writer.erase("gone");
  writer.set_expiry("k", at(5));
  writer.splice("k", 300, "piece");
  writer.clear();
  writer.put("last", std::string(1000, 'x'), kNoExpiry);
  writer.put("filter", CuckooValue(4, true), at(7));
  writer.change("filter", CuckooValue::adding(5));
  return writer.take();
}

TEST(Effects, AreReadAsWritten) {
  using Kind = StoreEffect::Kind;
  const std::string encoded = one_of_each();
  std::vector<StoreEffect> seen;
  ASSERT_TRUE(for_each_effect(encoded, [&](const StoreEffect& e) { seen.push_back(e); }));
  const std::string last(1000, 'x'), edit = CuckooValue::adding(5);
  std::string filter;
  CuckooValue(4, true).encode(filter);
  const std::vector<StoreEffect> expected{{Kind::kPut, "k", "value", at(1'700'000'000'000), 0},
                                          {Kind::kPut, "", "", kNoExpiry, 0},
                                          {Kind::kErase, "gone", "", kNoExpiry, 0},
                                          {Kind::kSetExpiry, "k", "", at(5), 0},
                                          {Kind::kSplice, "k", "piece", kNoExpiry, 300},
                                          {Kind::kClear, "", "", kNoExpiry, 0},
                                          {Kind::kPut, "last", last, kNoExpiry, 0},
                                          {Kind::kPutObject, "filter", filter, at(7), 0, ValueType::kCuckooFilter},
                                          {Kind::kChange, "filter", edit, kNoExpiry, 0}};
  EXPECT_EQ(seen, expected);
}

TEST(Effects, AreDescribed) {
  std::vector<std::string> lines;
  for_each_effect(one_of_each(), [&](const StoreEffect& e) { lines.push_back(describe(e)); });
  EXPECT_EQ(lines[0], "put \"k\" (5 bytes), expires 1700000000000");
  EXPECT_EQ(lines[2], "erase \"gone\"");
  EXPECT_EQ(lines[3], "\"k\" expires 5");
  EXPECT_EQ(lines[4], "write into \"k\" (5 bytes) at 300");
  EXPECT_EQ(lines[5], "clear");
  EXPECT_EQ(lines[7].substr(0, 24), "put MBbloomCF \"filter\" (");
  EXPECT_EQ(lines[8], "change \"filter\"");
}

TEST(Effects, ApplyInOrder) {
  SlotTable table;
  table.put("before", "x", kNoExpiry);
  EXPECT_TRUE(hc::apply(one_of_each(), table));
  EXPECT_EQ(table.size(), 2U);
  EXPECT_EQ(table.find("last")->value.size(), 1000U);
  EXPECT_TRUE(static_cast<const CuckooValue*>(table.find("filter")->object)->filter().contains(5));
}

TEST(Effects, OnAMissingKeyDoNothing) {
  EffectWriter writer;
  writer.set_expiry("k", at(5));
  writer.splice("k", 3, "x");
  writer.change("k", CuckooValue::adding(5));
  writer.erase("k");
  SlotTable table;
  EXPECT_TRUE(apply(writer.bytes(), table));
  EXPECT_EQ(table.size(), 0U);
}

TEST(Effects, NoneIsNoBytes) {
  EffectWriter writer;
  EXPECT_TRUE(writer.empty());
  writer.clear();
  EXPECT_FALSE(writer.empty());
  writer.take();
  EXPECT_TRUE(writer.empty());
  SlotTable table;
  EXPECT_TRUE(hc::apply("", table));
}

TEST(Effects, CutShortAreMalformedOrAPrefix) {
  const std::string encoded = one_of_each();
  std::size_t whole = 0;
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    SlotTable table;
    whole += hc::apply(encoded.substr(0, size), table) ? 1 : 0;
  }
  EXPECT_EQ(whole, 9U);  // nothing, and after each effect but the last
}

TEST(Effects, OfAnyBytesAreRefusedOrApplied) {
  Random random(11);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = one_of_each();
    for (std::uint64_t n = random.between(1, 4); n > 0; --n) {
      const std::size_t where = random.below(bytes.size());
      const auto byte = static_cast<char>(random.below(256));
      bytes[where] = byte;
    }
    SlotTable table;
    const bool applied = hc::apply(bytes, table);
    bool decodes = true;
    const bool read = for_each_effect(bytes, [&](const StoreEffect& e) {
      decodes &= e.kind != StoreEffect::Kind::kPutObject || decode_object(e.type, e.value);
    });
    EXPECT_EQ(applied, read && decodes);
  }
}

TEST(Effects, WithImpossibleLengthsAreRefused) {
  SlotTable table;
  table.put("k", "v", kNoExpiry);
  for (const Bytes bad : {Bytes("\x00", 1), Bytes("\x06", 1), Bytes("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11),
                          Bytes("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11), Bytes("\x02\x80", 2),
                          Bytes("\x05\x01k\x80\x80\x80\x80\x02\x01x", 10)})
    EXPECT_FALSE(hc::apply(bad, table));
  EXPECT_EQ(table.find("k")->value, "v");
}

}  // namespace
}  // namespace hc
