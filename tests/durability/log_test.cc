// The log by examples: nobody waits for a segment that is made durable, and a snapshot makes way for clients.
#include "core/durability/log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Slot kSlot{3};

struct Host {
  NodeConfig config = [] {
    NodeConfig c;
    c.append_only = true;
    c.segment_bytes = 1000;
    c.snapshot_percent = 0;
    return c;
  }();
  Log log{config};
  Time now = Time(100s);
  std::uint64_t seq = 0, syncing = 0, appends = 0;
  AppendLog last;

  Host() {
    Effects out;
    log.open(1, out);
    carry_out(out);
  }
  // What it asks is done at once, but syncs, which take their time.
  void carry_out(Effects& out) {
    for (Effect& effect : out.list()) {
      if (auto* sync = std::get_if<SyncLog>(&effect)) syncing = sync->id;
      if (auto* append = std::get_if<AppendLog>(&effect)) {
        ++appends;
        last = std::move(*append);
        log.appended(last.id, now);
      }
    }
    out.clear();
  }
  void write(std::size_t bytes) {
    log.applied(kSlot, {{Epoch(1), Seq(++seq)}, Epoch(1), false, Value::copy_of(std::string(bytes, 'x'))});
    Effects out;
    log.flush(now, out);
    carry_out(out);
  }
};

TEST(Log, ASegmentIsBegunWhileTheOneBeforeIsMadeDurable) {
  Host host;
  host.write(2000);
  EXPECT_EQ(host.last.segment, 1U);
  host.write(10);
  EXPECT_NE(host.syncing, 0U);
  EXPECT_EQ(host.last.segment, 2U);
  EXPECT_FALSE(host.last.sync) << "nobody waits for a disk";
  host.write(2000);
  host.write(10);
  EXPECT_EQ(host.last.segment, 2U) << "no third one before the first is durable";
  host.log.synced(host.syncing);
  host.write(10);
  EXPECT_EQ(host.last.segment, 3U);
}

TEST(Log, ARunBeginsWhenWhatStandsThereIsDurable) {
  Host host;
  Log next(host.config);
  Effects out;
  next.open(2, out);
  ASSERT_EQ(out.list().size(), 1U);
  const auto* sync = std::get_if<SyncLog>(&out.list().front());
  ASSERT_NE(sync, nullptr) << "an earlier process may have left it to the kernel";
  const std::uint64_t id = sync->id;
  out.clear();
  next.flush(host.now, out);
  EXPECT_TRUE(out.list().empty());
  EXPECT_EQ(next.deadline(), std::nullopt) << "there is nothing to wake up for";
  next.want_snapshot();
  next.synced(id);
  next.flush(host.now, out);
  ASSERT_EQ(out.list().size(), 1U);
  const auto* append = std::get_if<AppendLog>(&out.list().front());
  ASSERT_NE(append, nullptr);
  EXPECT_EQ(append->segment, 2U) << "a snapshot waits for the run, and leaves no gap";
  EXPECT_TRUE(append->sync);
}

TEST(Log, ASlotWhoseHistoryBeginsAmidASnapshotIsThereWhereItEnds) {
  for (const bool mutant : {false, true}) {
    if (mutant) seam::active.set(static_cast<std::size_t>(seam::Mutant::kHistoryAmidSnapshotUnsaid));
    Host host;
    host.log.want_snapshot();
    Effects out;
    host.log.flush(host.now, out);
    std::vector<LogRecord> records = std::get<AppendLog>(out.list().back()).records;
    host.carry_out(out);
    ASSERT_FALSE(host.log.kept(kSlot, {})) << "there is nothing of it yet";
    host.write(10);
    seam::active.reset();
    records.insert(records.end(), host.last.records.begin(), host.last.records.end());
    records.emplace_back(SnapshotEnded{});
    Log next(host.config);
    const auto taken =
        std::ranges::count_if(records, [&](const LogRecord& r) { return next.read(r) && r.index() == 3; });
    EXPECT_EQ(taken, mutant ? 0 : 1) << "the entry";
    const bool held = next.offer(kSlot, host.config.self.generation, {Epoch(1), Seq(1)}).held;
    EXPECT_TRUE(held || mutant);
  }
}

// A log that held nothing yet when a snapshot was begun, and that ends amid it.
TEST(Log, EntriesInASnapshotThatDoesNotEndCount) {
  NodeConfig config;
  const Generation writer{1, 2};
  const RunBegan run{writer, Fsync::kAlways};
  const Applied entry{kSlot, {{Epoch(1), Seq(1)}, Epoch(0), true, {}}};
  Log whole(config);
  for (const LogRecord& record : std::vector<LogRecord>{run, run, SnapshotBegan{}}) whole.read(record);
  EXPECT_TRUE(whole.read(entry));
  EXPECT_TRUE(whole.offer(kSlot, writer, entry.entry.at).held);

  Log begins_there(config);
  for (const LogRecord& record : std::vector<LogRecord>{run, PastRun{{3, 4}}, SnapshotBegan{}})
    begins_there.read(record);
  EXPECT_FALSE(begins_there.read(entry)) << "what the slot held before is not known yet";
}

// An append that is answered at once is followed by the next turn: one of nothing would never come to an end.
TEST(Log, ASnapshotThatWaitsForASyncAppendsNothing) {
  Host host;
  host.write(10);
  host.now += 2s;
  host.write(10);
  ASSERT_NE(host.syncing, 0U);
  const std::uint64_t before = host.appends;
  host.log.want_snapshot();
  Effects out;
  host.log.flush(host.now, out);
  host.carry_out(out);
  EXPECT_EQ(host.appends, before);
  host.log.synced(host.syncing);
  host.log.flush(host.now, out);
  host.carry_out(out);
  EXPECT_TRUE(host.log.snapshotting());
}

// A sync that takes as long as `everysec` waits between two is followed by the next one at once.
TEST(Log, ASnapshotGetsItsTurnBetweenSlowSyncs) {
  Host host;
  host.write(10);
  host.now += 2s;
  host.write(10);
  ASSERT_NE(host.syncing, 0U);
  host.log.want_snapshot();
  for (int i = 0; i < 3 && !host.log.snapshotting(); ++i) {
    host.now += 2s;
    host.write(10);
    host.log.synced(std::exchange(host.syncing, 0));
    Effects out;
    host.log.flush(host.now, out);
    host.carry_out(out);
  }
  EXPECT_TRUE(host.log.snapshotting());
}

// Where somebody is served: 6 MiB in a second, and no more.
TEST(Log, ASnapshotMakesWayForClients) {
  Host host;
  host.log.want_snapshot();
  host.write(10);
  ASSERT_TRUE(host.log.snapshotting());
  ASSERT_TRUE(host.log.snapshot_room(host.now));
  std::size_t bytes = 0;
  const std::string chunk(std::size_t{32} << 10, 'x');
  for (const Time end = host.now + 1s; host.now < end; host.now += 100us) {
    while (host.log.snapshot_room(host.now)) {
      host.log.snapshot_chunk(kSlot, chunk, true, host.now);
      bytes += chunk.size();
    }
    host.write(10);
  }
  EXPECT_GT(bytes, std::size_t{5} << 20);
  EXPECT_LT(bytes, std::size_t{7} << 20);
}

// Where nobody is, a batch at a time: others can begin in between.
TEST(Log, ASnapshotAlonePausesAfterEachBatch) {
  Host host;
  host.log.want_snapshot();
  host.write(10);
  std::size_t bytes = 0;
  const std::string chunk(std::size_t{32} << 10, 'x');
  for (; host.log.snapshot_room(host.now); bytes += chunk.size())
    host.log.snapshot_chunk(kSlot, chunk, false, host.now);
  EXPECT_EQ(bytes, std::size_t{128} << 10);
  host.write(10);
  EXPECT_FALSE(host.log.snapshot_room(host.now));
  EXPECT_EQ(host.log.deadline(), host.now + 1ms);
  host.now += 1ms;
  EXPECT_TRUE(host.log.snapshot_room(host.now));
}

}  // namespace
}  // namespace hc
