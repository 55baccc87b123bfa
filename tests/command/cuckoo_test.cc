// CF.* by examples: the names, replies and errors of RedisBloom 2.4, types that do not fit, and replicas that hold the
// same filter.
#include <gtest/gtest.h>

#include <set>

#include "core/base/random.h"
#include "core/store/cuckoo_value.h"
#include "tests/command/harness.h"

namespace hc::test {
namespace {

const std::string kWrongType = "-WRONGTYPE Operation against a key holding the wrong kind of value";

struct Cuckoo : ::testing::Test {
  Harness harness;
  std::string run(const std::string& line) {
    std::string reply = harness.run(line);
    EXPECT_TRUE(harness.replicas_agree) << line;
    return reply;
  }
};

TEST_F(Cuckoo, AddsCountsAndRemoves) {
  EXPECT_EQ(run("CF.RESERVE f 1000"), "+OK");
  EXPECT_EQ(run("CF.RESERVE f 1000"), "-ERR item exists");
  EXPECT_EQ(run("CF.ADD f a"), ":1");
  EXPECT_EQ(run("CF.ADD f a"), ":1");
  EXPECT_EQ(run("CF.ADDNX f a"), ":0");
  EXPECT_EQ(run("CF.ADDNX f b"), ":1");
  EXPECT_EQ(run("CF.COUNT f a"), ":2");
  EXPECT_EQ(run("CF.EXISTS f a"), ":1");
  EXPECT_EQ(run("CF.EXISTS f none"), ":0");
  EXPECT_EQ(run("CF.MEXISTS f a none b"), "[:1, :0, :1]");
  EXPECT_EQ(run("CF.DEL f a"), ":1");
  EXPECT_EQ(run("CF.DEL f a"), ":1");
  EXPECT_EQ(run("CF.DEL f a"), ":0");
  EXPECT_EQ(run("CF.EXISTS f a"), ":0");
  EXPECT_EQ(run("TYPE f"), "+MBbloomCF");
  EXPECT_EQ(run("OBJECT ENCODING f"), "\"raw\"");
  EXPECT_EQ(run("CF.INFO f").substr(0, 10), "[+Size, :1");
  EXPECT_NE(run("CF.INFO f")
                .find(", +Number of buckets, :264, +Number of filters, :1, +Number of items inserted, :1, "
                      "+Number of items deleted, :2, +Bucket size, :4, +Expansion rate, :2, "
                      "+Max iterations, :256]"),
            std::string::npos)
      << run("CF.INFO f");
}

TEST_F(Cuckoo, BeginsByItselfWhereItIsWritten) {
  EXPECT_EQ(run("CF.EXISTS none a"), ":0");
  EXPECT_EQ(run("CF.MEXISTS none a b"), "[:0, :0]");
  EXPECT_EQ(run("CF.COUNT none a"), ":0");
  EXPECT_EQ(run("CF.DEL none a"), "-Not found");
  EXPECT_EQ(run("CF.INFO none"), "-ERR not found");
  EXPECT_EQ(run("EXISTS none"), ":0");
  EXPECT_EQ(run("CF.ADD f a"), ":1");
  EXPECT_EQ(run("CF.INSERT g NOCREATE ITEMS a"), "-ERR not found");
  EXPECT_EQ(run("CF.INSERT g CAPACITY 50 ITEMS a b a"), "[:1, :1, :1]");
  EXPECT_EQ(run("CF.INSERTNX g ITEMS a c"), "[:0, :1]");
  EXPECT_EQ(run("CF.INSERT g NOCREATE ITEMS d"), "[:1]");
  EXPECT_EQ(run("CF.COUNT g a"), ":2");
}

TEST_F(Cuckoo, RefusesWhatItCannotTake) {
  EXPECT_EQ(run("CF.RESERVE f"), "-ERR wrong number of arguments for 'cf.reserve' command");
  EXPECT_EQ(run("CF.RESERVE f 10 BUCKETSIZE"), "-ERR wrong number of arguments for 'cf.reserve' command");
  for (const char* capacity : {"x", "", "1.5", "9223372036854775808"})
    EXPECT_EQ(run(std::string("CF.RESERVE f \"") + capacity + "\""), "-Bad capacity") << capacity;
  for (const char* capacity : {"0", "-1", "3", "10 BUCKETSIZE 6", "-9223372036854775808"})
    EXPECT_EQ(run(std::string("CF.RESERVE f ") + capacity), "-Capacity must be at least (BucketSize * 2)") << capacity;
  EXPECT_EQ(run("CF.RESERVE f 9223372036854775807"),
            "-Couldn't create Cuckoo Filter: the capacity is at most 134217728");
  EXPECT_EQ(run("CF.RESERVE f 10 BUCKETSIZE x"), "-Couldn't parse BUCKETSIZE");
  EXPECT_EQ(run("CF.RESERVE f 10 BUCKETSIZE 0"), "-BUCKETSIZE parameter needs to be a positive integer");
  EXPECT_EQ(run("CF.RESERVE f 10 MAXITERATIONS x"), "-Couldn't parse MAXITERATIONS");
  EXPECT_EQ(run("CF.RESERVE f 10 MAXITERATIONS 0"), "-MAXITERATIONS parameter needs to be a positive integer");
  EXPECT_EQ(run("CF.RESERVE f 10 EXPANSION x"), "-Couldn't parse EXPANSION");
  EXPECT_EQ(run("CF.RESERVE f 10 EXPANSION -1"), "-EXPANSION parameter needs to be a non-negative integer");
  EXPECT_EQ(run("CF.RESERVE f 10 NONSENSE 1"), "-Unknown argument received");
  EXPECT_EQ(run("CF.INSERT f CAPACITY x ITEMS a"), "-Bad capacity");
  EXPECT_EQ(run("CF.INSERT f CAPACITY 3 ITEMS a"), "-Capacity must be at least (BucketSize * 2)");
  EXPECT_EQ(run("CF.INSERT f a b c"), "-Unknown argument received");
  for (const char* rest : {"CAPACITY 5 ITEMS", "NOCREATE CAPACITY", "CAPACITY 5 NOCREATE"})
    EXPECT_EQ(run(std::string("CF.INSERT f ") + rest), "-ERR wrong number of arguments for 'cf.insert' command")
        << rest;
  EXPECT_EQ(run("EXISTS f"), ":0");
}

TEST_F(Cuckoo, ThatMayNotGrowIsFull) {
  EXPECT_EQ(run("CF.RESERVE f 4 EXPANSION 0"), "+OK");
  std::set<std::string> replies;
  for (int i = 0; i < 20; ++i) replies.insert(run("CF.ADD f i" + std::to_string(i)));
  EXPECT_EQ(replies, (std::set<std::string>{":1", "-Filter is full"}));
  EXPECT_EQ(run("CF.INSERT f ITEMS more"), "[:-1]");
  EXPECT_NE(run("CF.INFO f").find("+Expansion rate, :0"), std::string::npos);
  EXPECT_EQ(run("CF.DEL f i0"), ":1");
  EXPECT_EQ(run("CF.ADD f i0"), ":1");
}

// Every command of the table that reads or changes strings, but for those that overwrite or pass over whatever is
// there.
TEST_F(Cuckoo, IsNoStringAndAStringIsNoFilter) {
  run("CF.ADD {t}f a");
  run("SET {t}s v");
  const std::set<std::string_view> overwrite{"set", "setnx", "setex", "psetex", "mset", "msetnx", "mget", "lcs"};
  int refused = 0;
  for (const CommandSpec& spec : all_commands()) {
    const bool of_strings = spec.group == "string" || spec.group == "bitmap", of_filters = spec.category == "cuckoo";
    if ((!of_strings && !of_filters) || overwrite.contains(spec.name)) continue;
    std::string line = std::string(spec.name) + (of_filters ? " {t}s" : " {t}f");
    if (spec.name == "cf.insert" || spec.name == "cf.insertnx") line += " items";
    const std::size_t words = spec.name == "cf.reserve" ? 3 : static_cast<std::size_t>(std::abs(spec.arity));
    while (words_of(line).size() < words) line += " 5";
    if (spec.name == "setbit") line = "SETBIT {t}f 5 1";
    EXPECT_EQ(run(line), kWrongType) << line;
    ++refused;
  }
  EXPECT_GE(refused, 24);
  EXPECT_EQ(run("SET {t}f v GET"), kWrongType);
  EXPECT_EQ(run("GETEX {t}f EX 10"), kWrongType);
  EXPECT_EQ(run("LCS {t}f {t}s"), "-ERR The specified keys must contain string values");
  EXPECT_EQ(run("LCS {t}s {t}f"), "-ERR The specified keys must contain string values");
  EXPECT_EQ(run("MGET {t}f {t}s"), "[nil, \"v\"]");
  EXPECT_EQ(run("SETNX {t}f v"), ":0");
  EXPECT_EQ(run("CF.EXISTS {t}f a"), ":1");
  EXPECT_EQ(run("SCAN 0 TYPE mbbloomcf"), "[\"0\", [\"{t}f\"]]");
  EXPECT_EQ(run("SCAN 0 TYPE string"), "[\"0\", [\"{t}s\"]]");
  EXPECT_EQ(run("SCAN 0 TYPE hash"), "[\"0\", []]");
  EXPECT_EQ(run("SET {t}f v"), "+OK");
  EXPECT_EQ(run("GET {t}f"), "\"v\"");
  EXPECT_EQ(run("TYPE {t}f"), "+string");
}

TEST_F(Cuckoo, LivesAndMovesLikeEveryValue) {
  run("CF.ADD {t}f a");
  EXPECT_EQ(run("EXPIRE {t}f 100"), ":1");
  EXPECT_EQ(run("CF.ADD {t}f b"), ":1");
  EXPECT_EQ(run("TTL {t}f"), ":100");
  EXPECT_EQ(run("COPY {t}f {t}g"), ":1");
  EXPECT_EQ(run("CF.DEL {t}f a"), ":1");
  EXPECT_EQ(run("CF.MEXISTS {t}g a b"), "[:1, :1]") << "a copy of its own";
  EXPECT_EQ(run("RENAME {t}g {t}h"), "+OK");
  EXPECT_EQ(run("CF.EXISTS {t}h a"), ":1");
  EXPECT_EQ(run("TTL {t}h"), ":100");
  EXPECT_EQ(run("PERSIST {t}h"), ":1");
  EXPECT_EQ(run("CF.EXISTS {t}h a"), ":1");
  harness.now += 101s;
  EXPECT_EQ(run("CF.EXISTS {t}f b"), ":0");
  EXPECT_EQ(harness.effects, std::vector<std::string>{"erase \"{t}f\""});
  EXPECT_EQ(run("DEL {t}f {t}h"), ":1");
  EXPECT_EQ(run("CF.EXISTS {t}h a"), ":0");
  EXPECT_EQ(run("DBSIZE"), ":0");
}

TEST_F(Cuckoo, MemoryUsageKnowsWhatItTakes) {
  run("CF.RESERVE small 100");
  run("CF.RESERVE large 100000");
  const auto usage = [&](const std::string& key) { return std::stol(run("MEMORY USAGE " + key).substr(1)); };
  EXPECT_GT(usage("small"), 100);
  EXPECT_GT(usage("large"), 120'000);
  EXPECT_LT(usage("large"), 200'000);
}

// Against a set, with growth: no item that is there is ever denied, here and at the replica.
TEST_F(Cuckoo, NeverDeniesAnItem) {
  Random random(5);
  std::multiset<std::string> model;
  run("CF.RESERVE f 8");
  for (int i = 0; i < 4000; ++i) {
    const std::string item = "i" + std::to_string(random.below(1500));
    if (random.percent(60)) {
      run("CF.ADD f " + item);
      model.insert(item);
    } else if (const auto there = model.find(item); there != model.end()) {
      ASSERT_EQ(run("CF.DEL f " + item), ":1");
      model.erase(there);
    }
  }
  ASSERT_GT(model.size(), 500U);
  for (const SlotTable* table : {&harness.table, &harness.replica}) {
    const CuckooFilter& filter = static_cast<const CuckooValue*>(table->find("f")->object)->filter();
    EXPECT_GT(filter.filters(), 1U);
    EXPECT_EQ(filter.size(), model.size());
    for (const std::string& item : model) ASSERT_TRUE(filter.contains(item)) << item;
  }
}

}  // namespace
}  // namespace hc::test
