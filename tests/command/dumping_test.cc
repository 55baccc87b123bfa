// DUMP and RESTORE by examples: any value comes back under any key, with the errors of Redis 7.0.15; what was not
// dumped is refused, byte by byte.
#include <gtest/gtest.h>

#include "core/store/dump.h"
#include "tests/command/harness.h"

namespace hc::test {
namespace {

const std::string kWrong = "-ERR DUMP payload version or checksum are wrong";

struct Dumping : ::testing::Test {
  Harness harness;
  std::string run(const std::string& line) {
    std::string reply = harness.run(line);
    EXPECT_TRUE(harness.replicas_agree) << line;
    return reply;
  }
  std::string dumped(Bytes key) { return dump(*harness.table.find(key)); }
  std::string restore(const std::string& key, const std::string& end, const std::string& bytes,
                      const std::vector<std::string>& more = {}) {
    std::vector<std::string> words{"RESTORE", key, end, bytes};
    words.insert(words.end(), more.begin(), more.end());
    std::string reply = harness.run_words(words);
    EXPECT_TRUE(harness.replicas_agree) << key;
    return reply;
  }
};

TEST_F(Dumping, AnyValueComesBack) {
  run("SET s \"a\\x00\\x0d\\x0ab\" EX 100");
  run("SET empty \"\"");
  run("CF.RESERVE f 1000");
  for (int i = 0; i < 500; ++i) run("CF.ADD f item" + std::to_string(i));
  for (const std::string key : {"s", "empty", "f"}) {
    EXPECT_EQ(restore("copy", "0", dumped(key)), "+OK");
    EXPECT_EQ(dumped("copy"), dumped(key));
    EXPECT_EQ(run("TTL copy"), ":-1") << "the end of life is not part of it";
    EXPECT_EQ(run("DEL copy"), ":1");
  }
  EXPECT_EQ(run("DUMP none"), "nil");
  EXPECT_EQ(run("DUMP s"), text_of(Reply::bulk_copy(dumped("s"))));
}

TEST_F(Dumping, EndsOfLife) {
  run("SET s v");
  const std::string bytes = dumped("s");
  EXPECT_EQ(restore("a", "1000", bytes), "+OK");
  EXPECT_EQ(run("PTTL a"), ":1000");
  EXPECT_EQ(restore("b", "1700000002000", bytes, {"ABSTTL"}), "+OK");
  EXPECT_EQ(run("PEXPIRETIME b"), ":1700000002000");
  EXPECT_EQ(restore("c", "1600000000000", bytes, {"absttl"}), "+OK");
  EXPECT_EQ(run("EXISTS c"), ":0") << "it had ended";
  EXPECT_EQ(restore("a", "1", bytes, {"ABSTTL", "REPLACE"}), "+OK");
  EXPECT_EQ(run("EXISTS a"), ":0") << "and so has what was there";
  EXPECT_EQ(restore("d", "-1", bytes), "-ERR Invalid TTL value, must be >= 0");
  EXPECT_EQ(restore("d", "9223372036854775807", bytes), "-ERR Invalid TTL value, must be >= 0");
  EXPECT_EQ(restore("d", "x", bytes), "-ERR value is not an integer or out of range");
}

TEST_F(Dumping, WhatIsThereIsReplacedOnlyIfThatIsAsked) {
  run("SET s v");
  run("CF.ADD f a");
  EXPECT_EQ(restore("f", "0", dumped("s")), "-BUSYKEY Target key name already exists.");
  EXPECT_EQ(restore("f", "0", dumped("s"), {"REPLACE", "FREQ", "5", "IDLETIME", "7"}), "+OK");
  EXPECT_EQ(harness.notices, "restore f");
  EXPECT_EQ(run("GET f"), "\"v\"");
  EXPECT_EQ(restore("f", "0", dumped("s"), {"NONSENSE"}), "-ERR syntax error");
  EXPECT_EQ(restore("f", "0", dumped("s"), {"FREQ"}), "-ERR syntax error");
  EXPECT_EQ(restore("f", "0", dumped("s"), {"FREQ", "256"}), "-ERR Invalid FREQ value, must be >= 0 and <= 255");
  EXPECT_EQ(restore("f", "0", dumped("s"), {"IDLETIME", "-1"}), "-ERR Invalid IDLETIME value, must be >= 0");
}

TEST_F(Dumping, NothingElsePasses) {
  run("SET s value");
  run("CF.ADD f a");
  for (const std::string key : {"s", "f"}) {
    const std::string whole = dumped(key);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      EXPECT_EQ(restore("k", "0", whole.substr(0, at)), kWrong);
      for (int bit = 0; bit < 8; ++bit) {
        std::string bytes = whole;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        EXPECT_EQ(restore("k", "0", bytes), kWrong) << at;
      }
    }
  }
  EXPECT_EQ(run("EXISTS k"), ":0");
}

}  // namespace
}  // namespace hc::test
