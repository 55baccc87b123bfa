// Rules 3e, 4c and 6b by examples: commands that waited, and their ends.
#include "tests/replication/primary.h"

namespace hc::testing {
namespace {

constexpr std::uint64_t kToken = 77;

TEST(Commands, ThatWaitedAreRefusedWhereTooFewAreInSync) {
  NodeConfig two_or_none;
  two_or_none.min_in_sync = 2;
  Primary primary(two_or_none);
  primary.install(1, list({process(1), process(2)}));
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits) << "for the takeover";
  EXPECT_FALSE(primary.end_of(kToken));
  primary.install(2, list({process(1)}));
  ASSERT_TRUE(primary.replication.may_execute(kSlot, primary.now));
  const auto end = primary.end_of(kToken);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, Outcome::kDone);
  EXPECT_TRUE(end->reply.text.view.starts_with("TRYAGAIN only 1 in-sync")) << end->reply.text.view;
  EXPECT_EQ(primary.replication.replica(kSlot).table.size(), 0U) << "not applied";
}

TEST(Commands, ThatWaitedRunWhereEnoughAreInSync) {
  NodeConfig two_or_none;
  two_or_none.min_in_sync = 2;
  Primary primary(two_or_none);
  primary.install(1, list({process(1), process(2)}));
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits);
  primary.serve(1);
  EXPECT_FALSE(primary.end_of(kToken)) << "it runs, and waits for its commit";
  primary.acknowledge(1);
  const auto end = primary.end_of(kToken);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->reply.text.view, "OK");
}

// Member 2 took over, and nobody tells us what its boundary says.
TEST(Commands, OfAFormerPrimaryEndByTheirDeadline) {
  Primary primary;
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits);
  EXPECT_FALSE(primary.end_of(kToken));
  primary.install(2, list({process(2), process(1)}));
  primary.now += primary.config.deadline - 1ms;
  primary.replication.tick(primary.at());
  EXPECT_FALSE(primary.end_of(kToken));
  primary.now += 200ms;
  primary.replication.tick(primary.at());
  const auto end = primary.end_of(kToken);
  ASSERT_TRUE(end);
  EXPECT_EQ(end->outcome, Outcome::kUnknown);
}

TEST(Commands, MayBeForeseenBeforeAndAfterTheSlotIsServed) {
  Primary primary;
  const std::vector<std::string> names(40, "k");  // more than are fetched at once
  const std::vector<Bytes> keys(names.begin(), names.end());
  primary.replication.prefetch(keys);
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits);
  const std::uint64_t digest = primary.replication.replica(kSlot).table.digest();
  primary.replication.prefetch(keys);
  primary.replication.prefetch({});
  EXPECT_EQ(primary.replication.replica(kSlot).table.digest(), digest);
}

TEST(Commands, BehindTheCleanMarkOfTheLogWait) {
  NodeConfig logs;
  logs.append_only = true;
  Primary primary(logs);
  primary.install(1, list({process(1)}));
  Effects effects;
  primary.log.open(1, effects);
  primary.replication.appended(1, primary.log.appended(1, primary.now), primary.at());
  ASSERT_TRUE(primary.replication.may_execute(kSlot, primary.now));
  primary.log.close();
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits);
  EXPECT_FALSE(primary.end_of(kToken));
  EXPECT_EQ(primary.replication.replica(kSlot).table.size(), 0U);
}

// 9e: what a full disk gives back is asked again, in its order, and acknowledged only then.
TEST(Commands, WaitForRoomOnTheDisk) {
  NodeConfig logs;
  logs.append_only = true;
  logs.append_fsync = Fsync::kAlways;
  Primary primary(logs);
  primary.install(1, list({process(1)}));
  Effects effects;
  primary.log.open(1, effects);
  primary.replication.appended(1, primary.log.appended(1, primary.now), primary.at());
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits);
  const auto appends = [&] {
    effects.clear();
    primary.log.flush(primary.now, effects);
    std::vector<AppendLog> all;
    for (Effect& e : effects.list())
      if (auto* a = std::get_if<AppendLog>(&e)) all.push_back(*a);
    return all;
  };
  const auto asked = appends();
  ASSERT_EQ(asked.size(), 1U);
  LogRefused refused{asked[0].id, asked[0].records, "No space left on device"};
  primary.log.refused(refused, primary.now);
  EXPECT_TRUE(primary.log.refuses());
  EXPECT_FALSE(primary.end_of(kToken));
  const auto later = primary.set("l", "w", kToken + 1);
  ASSERT_EQ(later.ran, Executor::Ran::kRefused);
  EXPECT_TRUE(later.reply.text.view.starts_with("MISCONF ")) << later.reply.text.view;
  EXPECT_TRUE(appends().empty()) << "not at once";
  primary.now += 1s;
  const auto again = appends();
  ASSERT_EQ(again.size(), 1U);
  EXPECT_GT(again[0].id, asked[0].id);
  EXPECT_EQ(again[0].records.size(), asked[0].records.size());
  EXPECT_TRUE(again[0].sync);
  primary.replication.appended(again[0].id, primary.log.appended(again[0].id, primary.now), primary.at());
  EXPECT_FALSE(primary.log.refuses());
  EXPECT_TRUE(primary.end_of(kToken));
  LogRefused hardly{0, {}, "No space left on device"};
  primary.log.refused(hardly, primary.now);
  EXPECT_TRUE(primary.log.refuses());
  primary.now += 2s;
  const auto probe = appends();
  ASSERT_EQ(probe.size(), 1U) << "whether there is room again";
  primary.replication.appended(probe[0].id, primary.log.appended(probe[0].id, primary.now), primary.at());
  EXPECT_FALSE(primary.log.refuses());
}

// DBSIZE came by a key that had expired, and waits for the erasure; who reads another key does not.
TEST(Commands, ThatReadOtherKeysDoNotWaitForWhatADbsizeErased) {
  Primary primary;
  primary.install(1, list({process(1), process(2)}));
  primary.serve(1);
  const auto run = [&](std::vector<Bytes> args, std::uint64_t token) {
    return primary.replication.run(kSlot, *find_command(args[0]), args, token, {}, primary.now + 5s, primary.at()).ran;
  };
  EXPECT_EQ(run({"SET", "old", "v", "PXAT", "1"}, kToken), Executor::Ran::kWaits);
  EXPECT_EQ(run({"SET", "kept", "v"}, kToken + 1), Executor::Ran::kWaits);
  primary.acknowledge(1);
  ASSERT_TRUE(primary.end_of(kToken + 1));
  EXPECT_EQ(run({"DBSIZE"}, kToken + 2), Executor::Ran::kWaits);
  EXPECT_EQ(run({"GET", "kept"}, kToken + 3), Executor::Ran::kDone);
  EXPECT_EQ(run({"GET", "old"}, kToken + 4), Executor::Ran::kWaits);
}

}  // namespace
}  // namespace hc::testing
