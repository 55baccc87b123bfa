// Rule 8: an expired key is erased, and the erasure replicated, by whatever command meets it, before it counts as gone.
#include <gtest/gtest.h>

#include "core/base/seam.h"
#include "tests/command/harness.h"

namespace hc::test {
namespace {

using namespace std::chrono_literals;

class MutantScope {
 public:
  explicit MutantScope(seam::Mutant mutant) : index_(static_cast<std::size_t>(mutant)) { seam::active.set(index_); }
  ~MutantScope() { seam::active.reset(index_); }

 private:
  std::size_t index_;
};

const std::vector<std::string> kErased{"erase \"k\""};

TEST(Expiry, LastsThroughItsLastMillisecond) {
  Harness h;
  h.run("SET k v PX 100");
  h.now += 100ms;
  EXPECT_EQ(h.run("GET k"), "\"v\"");
  EXPECT_EQ(h.run("PTTL k"), ":0");
  h.now += 1ms;
  EXPECT_EQ(h.run("GET k"), "nil");
}

struct Meeting {
  Bytes command;
  std::string reply;
};

TEST(Expiry, IsAnEffectOfEveryCommandThatMeetsTheKey) {
  const Meeting meetings[] = {{"GET k", "nil"},        {"STRLEN k", ":0"},        {"EXISTS k", ":0"},
                              {"TTL k", ":-2"},        {"TYPE k", "+none"},       {"DBSIZE", ":0"},
                              {"KEYS *", "[]"},        {"RANDOMKEY", "nil"},      {"DEL k", ":0"},
                              {"TOUCH k", ":0"},       {"GETDEL k", "nil"},       {"GETEX k", "nil"},
                              {"PERSIST k", ":0"},     {"EXPIRE k 10", ":0"},     {"MGET k", "[nil]"},
                              {"SET k w XX", "nil"},   {"SCAN 0", "[\"0\", []]"}, {"GETRANGE k 0 -1", "\"\""},
                              {"PEXPIRETIME k", ":-2"}};
  for (const Meeting& meeting : meetings) {
    Harness h;
    h.run("SET k v PX 1");
    h.now += 2ms;
    EXPECT_EQ(h.run(meeting.command), meeting.reply) << meeting.command;
    EXPECT_EQ(h.effects, kErased) << meeting.command;
    EXPECT_EQ(h.table.size(), 0U) << meeting.command;
    EXPECT_TRUE(h.replicas_agree) << meeting.command;
  }
}

TEST(Expiry, LetsTheKeyBeMadeAnew) {
  for (const Bytes command :
       {"SET k w NX", "SETNX k w", "APPEND k w", "SETRANGE k 0 w", "SET k w KEEPTTL", "GETSET k w"}) {
    Harness h;
    h.run("SET k old PX 1");
    h.now += 2ms;
    h.run(command);
    EXPECT_EQ(h.run("GET k"), "\"w\"") << command;
    EXPECT_EQ(h.run("TTL k"), ":-1") << command;
    EXPECT_TRUE(h.replicas_agree) << command;
  }
  Harness h;
  h.run("SET k 41 PX 1");
  h.now += 2ms;
  EXPECT_EQ(h.run("INCR k"), ":1");
}

TEST(Expiry, ActiveErasesAllInBoundedSteps) {
  Harness h;
  for (int i = 0; i < 1000; ++i)
    h.run_words({"SET", "k" + std::to_string(i), "v", "PX", std::to_string(i % 2 == 0 ? 10 : 100'000)});
  EffectWriter writer;
  Execution early = h.execution(&writer);
  EXPECT_FALSE(expire_some(early, 50));
  h.now += 50ms;
  Execution x = h.execution(&writer);
  int steps = 1;
  while (expire_some(x, 50)) ++steps;
  EXPECT_EQ(h.table.size(), 500U);
  EXPECT_GT(steps, 10);
  EXPECT_TRUE(hc::apply(writer.bytes(), h.replica));
  EXPECT_TRUE(same_content(h.table, h.replica));
  EXPECT_EQ(h.table.earliest_expiry(), WallTime(100'000ms + (h.now.time_since_epoch() - 50ms)));
}

TEST(Expiry, CountsExactlyThoughSweepsAreUnderWay) {
  Harness h;
  for (int i = 0; i < 200; ++i) h.run_words({"SET", "k" + std::to_string(i), "v", "PX", std::to_string(10 + i)});
  for (int passed = 0; passed < 250; ++passed) {
    EXPECT_EQ(h.run("DBSIZE"), ":" + std::to_string(std::min(200, std::max(0, 210 - passed))));
    EffectWriter writer;
    Execution sweeping = h.execution(&writer);
    expire_some(sweeping, 7);
    hc::apply(writer.bytes(), h.replica);
    h.now += 1ms;
  }
  EXPECT_TRUE(h.replicas_agree);
}

TEST(Expiry, MutantExpiryNotReplicatedHidesWithoutAnEffect) {
  const MutantScope mutant(seam::Mutant::kExpiryNotReplicated);
  for (const auto& [command, reply] :
       {std::pair<Bytes, Bytes>{"GET k", "nil"}, {"DBSIZE", ":0"}, {"SCAN 0", "[\"0\", []]"}}) {
    Harness h;
    h.run("SET k v PX 1");
    h.now += 2ms;
    EXPECT_EQ(h.run(command), reply);
    EXPECT_TRUE(h.effects.empty());
    EXPECT_EQ(h.table.size(), 1U);
  }
}

TEST(Expiry, MutantScanHidesWithoutDelete) {
  const MutantScope mutant(seam::Mutant::kScanHidesWithoutDelete);
  Harness h;
  h.run("SET k v PX 1");
  h.run("SET other v");
  h.now += 2ms;
  EXPECT_EQ(h.run("DBSIZE"), ":1");
  EXPECT_EQ(h.run("KEYS *"), "[\"other\"]");
  EXPECT_EQ(h.run("SCAN 0 COUNT 100"), "[\"0\", [\"other\"]]");
  EXPECT_EQ(h.run("RANDOMKEY"), "\"other\"");
  EXPECT_EQ(h.table.size(), 2U);
  EXPECT_EQ(h.run("GET k"), "nil");
  EXPECT_EQ(h.effects, kErased);
}

}  // namespace
}  // namespace hc::test
