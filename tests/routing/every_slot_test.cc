// Commands that cover all slots, by examples: what FLUSHALL answers when only a part of it took effect (4c), and how
// far SCAN walks.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/routing/coordinator.h"
#include "tests/agreement/views.h"

namespace hc::testing {
namespace {

const Now kNow{Time(std::chrono::hours(1)), {}};
constexpr std::uint32_t kSlotCount = 256;

// Holds all slots, and runs what it is asked to; but where the test says so it refuses, or does not know.
struct Everything : Executor {
  Result run(Slot slot, const CommandSpec& spec, hc::Args args, std::uint64_t token, Epoch, Time, Now now) override {
    if (refuses.contains(slot)) return {Ran::kRefused, Reply::error_literal("TRYAGAIN too few")};
    if (waits.contains(slot)) {
      waiting[slot] = token;
      return {Ran::kWaits, {}};
    }
    Execution x{tables[slot], now.wall, random, nullptr};
    return {Ran::kDone, execute(spec, args, x)};
  }

  std::set<Slot> refuses, waits;
  std::map<Slot, std::uint64_t> waiting;
  std::map<Slot, SlotTable> tables;
  Random random{1};
};

struct EverySlot : ::testing::Test {
  EverySlot() {
    auto view = std::make_shared<View>(first_view(1, kSlotCount));
    coordinator.install(view, kNow, out);
  }
  static NodeConfig config_of() {
    NodeConfig c;
    c.self = info(1);
    c.slots = kSlotCount;
    return c;
  }
  void put(std::uint32_t slot, const std::string& key) {
    executor.tables[Slot{static_cast<std::uint16_t>(slot)}].put(key, "v", kNoExpiry);
  }
  Reply ask(const std::vector<Bytes>& args) {
    out.clear();
    coordinator.ask(ClientId(1), RequestId(1), find_command(args[0]), args, kNow, out);
    return answer();
  }
  Reply answer() {
    for (const Effect& e : out.list())
      if (const auto* a = std::get_if<Answer>(&e)) {
        Reply reply = a->reply;
        reply.own();
        return reply;
      }
    return {};
  }
  void end(std::uint32_t slot, Outcome outcome) {
    const std::uint64_t token = executor.waiting.at(Slot{static_cast<std::uint16_t>(slot)});
    coordinator.done(token, outcome, {}, kNow, out);
  }

  NodeConfig config = config_of();
  Peers peers{config, Random(1)};
  Everything executor;
  Coordinator coordinator{config, peers, executor, Random(2)};
  Effects out;
};

TEST_F(EverySlot, AFlushThatTookEffectInPartSaysSo) {
  executor.refuses = {Slot{7}};
  const Reply reply = ask({"FLUSHALL"});
  EXPECT_TRUE(reply.text.view.starts_with("UNKNOWN 255 of 256 slots were changed, 0 ")) << reply.text.view;
}

TEST_F(EverySlot, AFlushThatMayHaveTakenEffectSaysSo) {
  for (std::uint16_t s = 0; s < kSlotCount; ++s) executor.refuses.insert(Slot{s});
  executor.refuses.erase(Slot{9});
  executor.waits = {Slot{9}};
  EXPECT_EQ(ask({"FLUSHALL"}).kind, Reply::Kind::kNothing);
  end(9, Outcome::kUnknown);
  EXPECT_TRUE(answer().text.view.starts_with("UNKNOWN 0 of 256 slots were changed, 1 may have been"))
      << answer().text.view;
}

TEST_F(EverySlot, AFlushThatTookNoEffectSaysWhy) {
  for (std::uint16_t s = 0; s < kSlotCount; ++s) executor.refuses.insert(Slot{s});
  EXPECT_EQ(ask({"FLUSHALL"}).text.view, "TRYAGAIN too few");
  executor.refuses = {Slot{7}};
  EXPECT_EQ(ask({"DBSIZE"}).text.view, "TRYAGAIN too few") << "a read changes nothing";
}

// One key in every fourth slot.
TEST_F(EverySlot, AScanGathersAsManyAsItWasAskedFor) {
  std::set<std::string> missing;
  for (std::uint32_t s = 0; s < kSlotCount; s += 4) {
    put(s, "key " + std::to_string(s));
    missing.insert("key " + std::to_string(s));
  }
  std::string cursor = "0";
  std::size_t calls = 0;
  do {
    const Reply reply = ask({"SCAN", cursor, "COUNT", "10"});
    ASSERT_EQ(reply.items.size(), 2U);
    cursor = reply.items[0].text.view;
    if (cursor != "0") {
      EXPECT_EQ(reply.items[1].items.size(), 10U);
    }
    for (const Reply& key : reply.items[1].items) EXPECT_EQ(missing.erase(std::string(key.text.view)), 1U);
    ++calls;
  } while (cursor != "0" && calls < 1000);
  EXPECT_TRUE(missing.empty());
  EXPECT_EQ(calls, 7U);
}

}  // namespace
}  // namespace hc::testing
