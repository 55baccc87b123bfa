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
  primary.replication.appended(1, primary.log.appended(1), primary.at());
  ASSERT_TRUE(primary.replication.may_execute(kSlot, primary.now));
  primary.log.close();
  EXPECT_EQ(primary.set("k", "v", kToken).ran, Executor::Ran::kWaits);
  EXPECT_FALSE(primary.end_of(kToken));
  EXPECT_EQ(primary.replication.replica(kSlot).table.size(), 0U);
}

}  // namespace
}  // namespace hc::testing
