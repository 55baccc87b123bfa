// Rule 7a by example: what a learner has left of a slot is asked about, and only what it wants is sent.
#include <gtest/gtest.h>

#include <map>

#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

const NodeId kLearner(2);

// Member 1 leads the slot alone, member 2 is its learner; both keep logs.
struct Remaining : Primary, ::testing::Test {
  Remaining() : Primary(logs()) {
    auto view = std::make_shared<View>(first_view(2));
    for (ViewMember& member : view->members) member.info.keeps_log = true;
    view->slots[0] = {Epoch(1), list({process(1)})};
    view->lease = 1h;
    post.peers.set_view(view->cluster, view->epoch);
    Effects effects;
    log.open(1, effects);
    replication.appended(1, log.appended(1, now), at());
    replication.install(view, now);
    write_log();
    for (int i = 0; i < 40; ++i) set("key " + std::to_string(i), "value", 0);
    write_log();
    replication.flush(at());
  }
  static NodeConfig logs() {
    NodeConfig c;
    c.append_only = true;
    c.fill_chunk_bytes = 320;
    return c;
  }
  void write_log() {
    Effects effects;
    log.flush(now, effects);
    for (Effect& e : effects.list())
      if (auto* a = std::get_if<AppendLog>(&e)) replication.appended(a->id, log.appended(a->id, now), at());
  }
  std::vector<FillChunk> chunks() { return post.take<FillChunk>(kLearner); }
  std::vector<FillSums> sums() { return post.take<FillSums>(kLearner); }
  void remains(const FillChunk& first, bool some) {
    replication.handle(process(2), FillRemains{first.slot, first.slot_epoch, first.fill, some}, at());
  }
  void wants(const FillSums& m, std::vector<std::uint64_t> parts) {
    replication.handle(process(2), FillWant{m.slot, m.slot_epoch, m.fill, m.chunk, m.attempt, std::move(parts)}, at());
  }
  static std::vector<std::string> keys(const FillChunk& chunk) {
    std::vector<std::string> all;
    for_each_effect(chunk.effects, [&](const StoreEffect& e) { all.emplace_back(e.key); });
    return all;
  }
};

TEST_F(Remaining, WhoHasNothingLeftIsSentAll) {
  const auto first = chunks();
  ASSERT_EQ(first.size(), 1U) << "until it has said whether there is something";
  remains(first[0], false);
  std::size_t sent = 0;
  for (bool last = false; !last;) {
    const auto more = chunks();
    ASSERT_FALSE(more.empty());
    for (const FillChunk& c : more) {
      sent += keys(c).size();
      last |= c.last;
      replication.handle(process(2), FillAck{c.slot, c.slot_epoch, c.fill, c.chunk, c.attempt}, at());
    }
  }
  EXPECT_EQ(sent, 40U);
}

TEST_F(Remaining, OnlyWhatIsWantedIsSent) {
  const auto first = chunks();
  ASSERT_EQ(first.size(), 1U);
  remains(first[0], true);
  std::size_t asked = 0, sent = 0;
  bool last = false;
  while (!last) {
    const auto about = sums();
    ASSERT_EQ(about.size(), 1U) << "one question at a time";
    ASSERT_GE(about[0].parts.size(), 3U);
    asked += about[0].parts.size();
    wants(about[0], {1, 7777});
    wants(about[0], {0, 1, 2});  // once more: nothing
    const auto held = chunks();
    ASSERT_EQ(held.size(), 1U);
    EXPECT_EQ(held[0].chunk, about[0].chunk);
    last = held[0].last;
    sent += keys(held[0]).size();
    for (const std::string& key : keys(held[0])) {
      const std::uint64_t cursor = SlotTable::cursor_of(hash_of(key));
      EXPECT_GE(cursor, about[0].parts[0].end);
      EXPECT_LT(cursor, about[0].parts[1].end);
    }
    replication.flush(at());
  }
  EXPECT_GT(asked, 20U);
  EXPECT_GE(sent, 1U);
  EXPECT_LT(sent, 10U);
}

TEST_F(Remaining, ABrokenSessionAsksAnew) {
  const auto first = chunks();
  remains(first[0], true);
  replication.handle(process(2), FillAck{kSlot, Epoch(1), first[0].fill, 0, first[0].attempt}, at());
  const auto before = sums();
  ASSERT_EQ(before.size(), 1U);
  post.open(info(2));
  replication.session_opened(kLearner, at());
  replication.flush(at());
  const auto after = sums();
  ASSERT_EQ(after.size(), 1U);
  EXPECT_NE(after[0].attempt, before[0].attempt);
  EXPECT_NE(after[0].seed, before[0].seed);
  wants(before[0], {});
  EXPECT_TRUE(chunks().empty()) << "that answers a question which counts no longer";
  wants(after[0], {});
  const auto held = chunks();
  ASSERT_EQ(held.size(), 1U);
  EXPECT_TRUE(keys(held[0]).empty());
}

}  // namespace
}  // namespace hc::testing
