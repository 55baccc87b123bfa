// Commands over several slots, against the same command on one table.
#include "core/command/gather.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/slot.h"
#include "tests/command/harness.h"

namespace hc::test {
namespace {

constexpr std::uint32_t kFewSlots = 16;

// A node of several slots: what the coordinator does, without members in between.
class Slots {
 public:
  std::string run(Bytes line) {
    const std::vector<std::string> words = words_of(line);
    const std::vector<Bytes> args(words.begin(), words.end());
    const CommandSpec& spec = *find_command(args[0]);
    if (const auto refusal = refuse_scatter(spec, args)) return text_of(*refusal);
    if (spec.route == Route::kEverySlot) return text_of(everywhere(spec, args));
    if (const auto slot = one_slot(spec, args, kFewSlots)) return text_of(run_in(*slot, spec, args));
    Gather gather(spec, args, kFewSlots);
    // Answers come in any order.
    for (std::size_t i = gather.parts().size(); i-- > 0;) {
      const Gather::Part& part = gather.parts()[i];
      Reply reply = run_in(part.slot, spec, std::vector<Bytes>(part.args.begin(), part.args.end()));
      reply.own();
      gather.add(i, std::move(reply));
    }
    return text_of(gather.finish());
  }

  Reply run_in(Slot slot, const CommandSpec& spec, Args args) {
    Execution x{tables_[slot.value], WallTime(std::chrono::milliseconds(1'700'000'000'000)), random_, nullptr};
    return execute(spec, args, x);
  }

  Reply everywhere(const CommandSpec& spec, Args args) {
    Reply merged = merge_start(spec);
    for (std::uint16_t slot = 0; slot < kFewSlots; ++slot)
      merged = merge_slots(spec, std::move(merged), run_in(Slot{slot}, spec, args), random_);
    return finish_slots(spec, std::move(merged));
  }

 private:
  SlotTable tables_[kFewSlots];
  Random random_{5};
};

TEST(Gather, AnswersAsOneTableWould) {
  Slots slots;
  Harness one;
  for (const Bytes line : {"MSET a 1 b 2 c 3 d 4 e 5 a 6", "MGET e d none c b a a", "MGET a", "EXISTS a a b none",
                           "TOUCH a b c none", "DEL a none b", "UNLINK c c", "MGET a b c d e", "DBSIZE", "MSET a",
                           "MSET a 1 b", "FLUSHALL foo", "FLUSHALL", "DBSIZE", "RANDOMKEY", "SCAN 0 COUNT 0", "KEYS *"})
    EXPECT_EQ(slots.run(line), one.run(line)) << line;
}

TEST(Gather, SplitsBySlotInTheOrderAsked) {
  const Bytes args[] = {"MGET", "{x}1", "{y}1", "{x}2"};
  ASSERT_NE(slot_of("{x}", kSlots), slot_of("{y}", kSlots));
  Gather gather(*find_command("mget"), args, kSlots);
  ASSERT_EQ(gather.parts().size(), 2U);
  EXPECT_EQ(gather.parts()[0].args, (std::vector<std::string>{"MGET", "{x}1", "{x}2"}));
  EXPECT_EQ(gather.parts()[1].args, (std::vector<std::string>{"MGET", "{y}1"}));
  EXPECT_FALSE(gather.complete());
}

TEST(Gather, GivesTheFirstError) {
  const Bytes args[] = {"DEL", "{x}1", "{y}1"};
  Gather gather(*find_command("del"), args, kSlots);
  gather.add(1, Reply::error_literal("CLUSTERDOWN second"));
  gather.add(0, Reply::number(1));
  EXPECT_EQ(text_of(gather.finish()), "-CLUSTERDOWN second");
}

TEST(OneSlot, IsKnownWhereAllKeysShareIt) {
  const Bytes same[] = {"MGET", "{x}1", "{x}2"}, different[] = {"MGET", "{x}1", "{y}2"};
  EXPECT_EQ(one_slot(*find_command("mget"), same, kSlots), slot_of("x", kSlots));
  EXPECT_EQ(one_slot(*find_command("mget"), different, kSlots), std::nullopt);
}

TEST(EverySlot, GathersAllKeys) {
  Slots slots;
  for (int i = 0; i < 100; ++i) slots.run("SET key" + std::to_string(i) + " v");
  EXPECT_EQ(slots.run("DBSIZE"), ":100");
  const Bytes args[] = {"KEYS", "key*"};
  std::set<std::string> keys;
  const Reply reply = slots.everywhere(*find_command("keys"), args);
  for (const Reply& key : reply.items) keys.emplace(key.text.view);
  EXPECT_EQ(keys.size(), 100U);
  EXPECT_EQ(slots.run("KEYS none*"), "[]");
}

TEST(EverySlot, RandomKeyIsRoughlyUniform) {
  Slots slots;
  for (int i = 0; i < 20; ++i) slots.run("SET key" + std::to_string(i) + " v");
  std::map<std::string, int> drawn;
  for (int i = 0; i < 20'000; ++i) ++drawn[slots.run("RANDOMKEY")];
  ASSERT_EQ(drawn.size(), 20U);
  for (const auto& [key, times] : drawn) {
    EXPECT_GT(times, 800) << key;
    EXPECT_LT(times, 1200) << key;
  }
}

TEST(Scan, HasItsCursorAndOptionsRead) {
  const Bytes plain[] = {"SCAN", "17"}, counted[] = {"SCAN", "0", "MATCH", "a*", "count", "100"};
  EXPECT_EQ(scan_cursor(plain), 17U);
  EXPECT_EQ(scan_count(plain), 10U);
  EXPECT_EQ(scan_count(counted), 100U);
  EXPECT_FALSE(check_scan(counted));
}

TEST(Scan, ReturnsEveryKeyOnce) {
  Harness h;
  for (int i = 0; i < 1000; ++i) h.run_words({"SET", "key" + std::to_string(i), "v"});
  Execution x = h.execution(nullptr);
  std::multiset<std::string> seen;
  std::uint64_t cursor = 0;
  do {
    const std::string text = std::to_string(cursor);
    const Bytes args[] = {"SCAN", text, "COUNT", "7"};
    const Reply reply = execute(*find_command("scan"), args, x);
    EXPECT_LE(reply.items[1].items.size(), 20U);
    for (const Reply& key : reply.items[1].items) seen.emplace(key.text.view);
    cursor = inner_cursor(reply);
    EXPECT_LT(cursor, std::uint64_t{1} << SlotTable::kCursorBits);
  } while (cursor != 0);
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 1000U);
}

TEST(Scan, TakesAnyCursor) {
  Harness h;
  h.run("SET k v");
  for (const Bytes cursor : {"1", "281474976710655", "281474976710656", "18446744073709551615", "-1"})
    EXPECT_TRUE(h.run("SCAN " + std::string(cursor)).starts_with("[\"")) << cursor;
}

}  // namespace
}  // namespace hc::test
