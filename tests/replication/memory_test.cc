// Rules 5e and 8 by examples: what counts, who is evicted for whom, and when a command is refused.
#include <algorithm>

#include "core/base/seam.h"
#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

constexpr std::uint64_t kToken = 77;

MemoryLimits limits(EvictionPolicy policy, std::size_t bytes) {
  MemoryLimits l;
  l.policy = policy;
  l.bytes = bytes;
  return l;
}

// Leads the slot with nobody beside it: what it evicts is gone at once.
struct Alone : Primary {
  Alone() {
    install(1, list({process(1)}));
    EXPECT_TRUE(replication.may_execute(kSlot, now));
  }
  const SlotTable& table() const { return replication.replica(kSlot).table; }
  std::string run(const std::vector<Bytes>& args) {
    const CommandSpec& spec = *find_command(args[0]);
    Executor::Result result = replication.run(kSlot, spec, args, kToken, {}, now + config.deadline, at());
    return std::string(result.reply.text.view);
  }
  void fill(int keys) {
    for (int i = 0; i < keys; ++i) {
      run({"SET", "k" + std::to_string(i), std::string(100, 'x')});
      now += 1s;
    }
  }
  bool has(int i) const { return table().find("k" + std::to_string(i)).has_value(); }
  // So many keys fit, and one more does not.
  void limit(EvictionPolicy policy) {
    MemoryLimits l = limits(policy, replication.memory().used());
    l.samples = 64;  // then the worst is always among them
    replication.limit_memory(l);
  }
};

TEST(Memory, CountsEntriesTablesAndTails) {
  Alone alone;
  EXPECT_EQ(alone.replication.memory().counted, 0U);
  alone.fill(50);
  EXPECT_EQ(alone.replication.memory().counted, alone.table().bytes());
  EXPECT_GT(alone.replication.memory().counted, 50U * 112);
  alone.run({"FLUSHALL"});
  EXPECT_EQ(alone.replication.memory().counted, 0U);

  Primary primary;
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  const std::size_t before = primary.replication.memory().counted;
  primary.set("k", "v", kToken);
  EXPECT_GT(primary.replication.memory().counted, before + sizeof(Entry)) << "the entry stays until it is acknowledged";
  primary.acknowledge(1);
  EXPECT_EQ(primary.replication.memory().counted, primary.replication.replica(kSlot).table.bytes());
  primary.replication.invariants();
}

// The deletion of what makes room is an entry, too: a command that would be one more beyond the bound waits.
TEST(Memory, WhatMakesRoomCountsInTheBacklog) {
  Primary primary;
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  for (int i = 0; i < 10; ++i) primary.set("k" + std::to_string(i), std::string(100, 'x'), 0);
  primary.acknowledge(1);
  primary.set("not acknowledged", "v", 0);
  primary.config.backlog_bytes = primary.replication.replica(kSlot).tail_bytes + 1;
  primary.replication.limit_memory(limits(EvictionPolicy::kAllkeysLru, primary.replication.memory().used() - 1));
  EXPECT_EQ(primary.set("more", "v", kToken).ran, Executor::Ran::kWaits);
  primary.replication.invariants();
  primary.acknowledge(1);
  EXPECT_FALSE(primary.end_of(kToken)) << "it runs, and waits for its commit";
  primary.acknowledge(1);
  EXPECT_TRUE(primary.end_of(kToken));
}

TEST(Memory, NoevictionRefusesWhatMayNeedMemoryAndNothingElse) {
  Alone alone;
  alone.fill(10);
  alone.replication.limit_memory(limits(EvictionPolicy::kNoEviction, 100));
  EXPECT_EQ(alone.run({"SET", "more", "v"}), "OOM command not allowed when used memory > 'maxmemory'.");
  EXPECT_FALSE(alone.table().find("more")) << "refused before it was executed";
  EXPECT_EQ(alone.run({"GET", "k1"}), std::string(100, 'x'));
  alone.run({"DEL", "k1"});
  EXPECT_FALSE(alone.has(1)) << "what gives memory back is not refused";
  EXPECT_EQ(alone.replication.counters().out_of_memory, 1U);
  alone.replication.limit_memory(limits(EvictionPolicy::kNoEviction, 0));
  EXPECT_EQ(alone.run({"SET", "more", "v"}), "OK");
}

TEST(Memory, WhatIsMeasuredBeyondCountsToo) {
  Alone alone;
  alone.replication.limit_memory(limits(EvictionPolicy::kNoEviction, 1000));
  EXPECT_EQ(alone.run({"SET", "a", "v"}), "OK");
  alone.replication.measured(2000, 0);
  EXPECT_TRUE(alone.run({"SET", "b", "v"}).starts_with("OOM"));
  alone.replication.measured(0, 0);
  EXPECT_EQ(alone.run({"SET", "b", "v"}), "OK");
}

TEST(Memory, TheLeastRecentlyUsedGoes) {
  Alone alone;
  alone.fill(10);
  alone.run({"GET", "k0"});
  alone.run({"EXISTS", "k1"});  // does not count as a use
  alone.limit(EvictionPolicy::kAllkeysLru);
  alone.run({"SET", "more", std::string(100, 'x')});
  alone.run({"SET", "and more", std::string(100, 'x')});
  EXPECT_TRUE(alone.has(0));
  EXPECT_FALSE(alone.has(1));
  EXPECT_TRUE(alone.has(9));
  EXPECT_TRUE(alone.table().find("and more"));
}

TEST(Memory, TheLeastFrequentlyUsedGoes) {
  Alone alone;
  MemoryLimits l = limits(EvictionPolicy::kAllkeysLfu, 0);
  l.lfu_log_factor = 0;  // every use counts
  alone.replication.limit_memory(l);
  alone.fill(10);
  for (int i = 0; i < 10; ++i)
    for (int uses = i == 4 ? 1 : 3; uses > 0; --uses) alone.run({"GET", "k" + std::to_string(i)});
  l.bytes = alone.replication.memory().used() - 1;
  l.samples = 64;
  alone.replication.limit_memory(l);
  alone.run({"SET", "more", "v"});
  EXPECT_FALSE(alone.has(4));
  EXPECT_EQ(alone.table().size(), 10U);
}

TEST(Memory, TheOneThatEndsFirstGoesAndNoneWithoutAnEnd) {
  Alone alone;
  alone.fill(10);
  alone.run({"EXPIRE", "k7", "5000"});
  alone.run({"EXPIRE", "k3", "9000"});
  alone.limit(EvictionPolicy::kVolatileTtl);
  alone.run({"SET", "m1", std::string(100, 'x')});
  EXPECT_TRUE(alone.has(7)) << "the limit was not passed before";
  alone.run({"SET", "m2", std::string(100, 'x')});
  EXPECT_FALSE(alone.has(7));
  EXPECT_TRUE(alone.has(3));
  std::string last;
  for (int i = 0; i < 5 && !last.starts_with("OOM"); ++i)
    last = alone.run({"SET", "n" + std::to_string(i), "0123456789"});
  EXPECT_FALSE(alone.has(3));
  EXPECT_TRUE(last.starts_with("OOM")) << "nothing is left that may go";
  EXPECT_TRUE(alone.has(0) && alone.has(9));
}

TEST(Memory, ALowerLimitIsReachedWithoutAnyCommand) {
  Alone alone;
  alone.fill(2000);
  MemoryLimits l = limits(EvictionPolicy::kAllkeysRandom, alone.replication.memory().used() / 4);
  alone.replication.limit_memory(l);
  for (int wakes = 0; alone.replication.memory().over() > 0 && wakes < 100; ++wakes) {
    alone.now = std::max(alone.now, *alone.replication.deadline());
    alone.replication.tick(alone.at());
  }
  EXPECT_LE(alone.replication.memory().used(), l.bytes);
  EXPECT_GT(alone.replication.memory().used(), l.bytes / 2);
  alone.replication.invariants();
}

// 8: and the replica deletes what it is told to delete, and nothing else.
TEST(Memory, AnEvictionIsAnEntryAndWhoReadsTheKeyWaitsForIt) {
  Primary primary;
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  primary.set("old", std::string(100, 'x'), 1);
  primary.acknowledge(1);
  primary.post.take<Append>(NodeId(2));
  primary.replication.limit_memory(limits(EvictionPolicy::kAllkeysLru, 100));
  primary.set("new", "v", 2);
  EXPECT_EQ(primary.replication.counters().evicted, 1U);
  ASSERT_EQ(primary.replication.memory().evicted.size(), 1U);
  EXPECT_EQ(primary.replication.memory().evicted[0].key, "old");
  const std::vector<Bytes> read{"GET", "old"};
  const auto waits = primary.replication.run(kSlot, *find_command("GET"), read, 3, {}, primary.now + 1s, primary.at());
  EXPECT_EQ(waits.ran, Executor::Ran::kWaits) << "its deletion is not committed";
  primary.replication.flush(primary.at());
  const auto sent = primary.post.take<Append>(NodeId(2));
  ASSERT_FALSE(sent.empty());
  std::vector<std::string> effects;
  for (const Append& m : sent)
    for (const Entry& e : m.entries)
      for_each_effect(e.effects.bytes(), [&](const StoreEffect& effect) { effects.push_back(describe(effect)); });
  EXPECT_EQ(effects, (std::vector<std::string>{"erase \"old\"", "put \"new\" (1 bytes)"}));
}

TEST(Memory, ForAReplicaThatIsShortThePrimaryEvictsOrRefuses) {
  Primary primary;
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  primary.set("old", std::string(100, 'x'), 1);
  primary.acknowledge(1);
  primary.replication.handle(process(2), Pressure{100}, primary.at());
  const Executor::Result refused = primary.set("new", "v", 2);
  EXPECT_EQ(refused.ran, Executor::Ran::kRefused);
  EXPECT_TRUE(refused.reply.text.view.starts_with("OOM"));

  primary.replication.limit_memory(limits(EvictionPolicy::kAllkeysRandom, 0));
  EXPECT_EQ(primary.set("new", "v", 3).ran, Executor::Ran::kWaits);
  EXPECT_EQ(primary.replication.counters().evicted, 1U);
  EXPECT_EQ(primary.set("newer", "v", 4).ran, Executor::Ran::kWaits) << "what it evicted was enough";
  EXPECT_EQ(primary.replication.counters().evicted, 1U);

  primary.replication.limit_memory({});
  primary.replication.handle(process(2), Pressure{100}, primary.at());
  EXPECT_EQ(primary.set("x", "v", 5).ran, Executor::Ran::kRefused);
  primary.now += 3s;
  primary.grant(1);
  primary.replication.tick(primary.at());
  EXPECT_NE(primary.set("x", "v", 6).ran, Executor::Ran::kRefused) << "forgotten when it is said no longer";
}

// Member 2 follows member 1.
TEST(Memory, AReplicaTakesEverythingAndReportsWhatItIsAbove) {
  Primary replica;
  replica.install(1, list({process(2), process(1)}));
  replica.replication.limit_memory(limits(EvictionPolicy::kNoEviction, 50));
  EffectWriter puts;
  puts.put("k", std::string(100, 'x'), kNoExpiry);
  Append m{kSlot, Epoch(1), Seq(0), {}};
  m.entries.push_back({{Epoch(1), Seq(1)}, Epoch(0), false, Value::copy_of(puts.bytes())});
  replica.replication.handle(process(2), std::move(m), replica.at());
  EXPECT_TRUE(replica.replication.replica(kSlot).table.find("k"));
  replica.replication.flush(replica.at());
  const auto said = replica.post.take<Pressure>(NodeId(2));
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].bytes_over, replica.replication.memory().over());
  EXPECT_GT(said[0].bytes_over, 50U);
  replica.replication.flush(replica.at());
  EXPECT_TRUE(replica.post.take<Pressure>(NodeId(2)).empty()) << "it says so at every tick, not at every turn";
  replica.replication.limit_memory({});
  replica.replication.flush(replica.at());
  const auto over = replica.post.take<Pressure>(NodeId(2));
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].bytes_over, 0U);
}

}  // namespace
}  // namespace hc::testing
