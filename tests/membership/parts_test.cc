// The parts of membership by themselves: how long a suspicion lasts, and what is told how often.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/random.h"
#include "core/membership/rumor_queue.h"
#include "core/membership/suspicion.h"
#include "sim/membership/network.h"

namespace hc::sim::membership {
namespace {

constexpr Time kBegin = Time{} + 100s;

TEST(Suspicion, LastsLongestUntilConfirmed) {
  Suspicion suspicion(NodeId(1), kBegin, 2s, 8s, 2);
  EXPECT_EQ(suspicion.deadline(), kBegin + 8s);
  EXPECT_FALSE(suspicion.confirm(NodeId(1))) << "the accuser does not confirm itself";
  EXPECT_EQ(suspicion.deadline(), kBegin + 8s);
  EXPECT_TRUE(suspicion.confirm(NodeId(2)));
  EXPECT_EQ(suspicion.deadline(), kBegin + 8s - 6ms * 631);  // log 2 / log 3
  EXPECT_FALSE(suspicion.confirm(NodeId(2)));
  EXPECT_TRUE(suspicion.confirm(NodeId(3)));
  EXPECT_EQ(suspicion.deadline(), kBegin + 2s);
  EXPECT_FALSE(suspicion.confirm(NodeId(4))) << "more than were expected change nothing";
  EXPECT_EQ(suspicion.deadline(), kBegin + 2s);
}

TEST(Suspicion, WithNobodyToConfirmIsShortest) {
  Suspicion suspicion(NodeId(1), kBegin, 2s, 8s, 0);
  EXPECT_EQ(suspicion.deadline(), kBegin + 2s);
  EXPECT_FALSE(suspicion.confirm(NodeId(2)));
}

TEST(Suspicion, ShorteningNeverLengthensAndAPauseIsGivenBack) {
  Suspicion suspicion(NodeId(1), kBegin, 2s, 8s, 2);
  suspicion.shorten(kBegin + 1s);
  suspicion.shorten(kBegin + 5s);
  EXPECT_EQ(suspicion.deadline(), kBegin + 1s);
  suspicion.pause(3s);
  EXPECT_EQ(suspicion.deadline(), kBegin + 4s);
}

TEST(Suspicion, LogarithmIsClose) {
  for (std::uint64_t n = 1; n < 5000; ++n) {
    const double exact = 1000 * std::log2(static_cast<double>(n));
    EXPECT_NEAR(static_cast<double>(log2_milli(n)), exact, 88) << n;
    EXPECT_LE(log2_milli(n), log2_milli(n + 1));
  }
  EXPECT_EQ(log2_milli(1), 0);
  EXPECT_EQ(log2_milli(1024), 10'000);
}

MemberRumor rumor(std::uint32_t id, std::uint64_t incarnation, Liveness liveness, std::uint32_t accuser = 0) {
  return {member(id, 1), incarnation, liveness, NodeId(accuser)};
}

std::vector<MemberRumor> take(RumorQueue& queue, std::size_t count_max, std::uint32_t times_max) {
  std::vector<MemberRumor> into;
  queue.take(into, 1'000'000, count_max, times_max);
  return into;
}

TEST(RumorQueue, TellsEachSoOftenAndTheLeastToldFirst) {
  RumorQueue queue;
  for (std::uint32_t id = 1; id <= 6; ++id) queue.put(rumor(id, 0, Liveness::kAlive));
  std::map<NodeId, int> told;
  while (!queue.empty()) {
    for (const MemberRumor& r : take(queue, 4, 5)) ++told[r.info.id];
    int least = 99, most = 0;
    for (const auto& [id, times] : told) least = std::min(least, times), most = std::max(most, times);
    EXPECT_LE(most - (told.size() < 6 ? 0 : least), 1);
  }
  EXPECT_EQ(told.size(), 6U);
  for (const auto& [id, times] : told) EXPECT_EQ(times, 5) << id.value;
}

TEST(RumorQueue, NewestOfTheLeastToldGoesFirst) {
  RumorQueue queue;
  queue.put(rumor(1, 0, Liveness::kAlive));
  queue.put(rumor(2, 0, Liveness::kAlive));
  EXPECT_EQ(take(queue, 1, 9).front().info.id, NodeId(2));
  EXPECT_EQ(take(queue, 1, 9).front().info.id, NodeId(1));
  queue.put(rumor(3, 0, Liveness::kAlive));
  EXPECT_EQ(take(queue, 1, 9).front().info.id, NodeId(3));
}

TEST(RumorQueue, LaterRumorReplacesExceptSuspicionsOfOneIncarnation) {
  RumorQueue queue;
  queue.put(rumor(1, 4, Liveness::kAlive));
  queue.put(rumor(1, 4, Liveness::kSuspect, 2));
  queue.put(rumor(1, 4, Liveness::kSuspect, 3));
  EXPECT_EQ(queue.size(), 2U);
  queue.put(rumor(1, 4, Liveness::kSuspect, 3));
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(take(queue, 9, 9).size(), 2U);
  queue.put(rumor(1, 5, Liveness::kSuspect, 4));
  EXPECT_EQ(queue.size(), 1U);
  queue.put(rumor(1, 6, Liveness::kAlive));
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_TRUE(queue.has(NodeId(1)));
  EXPECT_FALSE(queue.has(NodeId(2)));
}

TEST(RumorQueue, KeepsTheBounds) {
  RumorQueue queue;
  for (std::uint32_t id = 1; id <= 50; ++id) {
    MemberRumor r = rumor(id, 0, Liveness::kAlive);
    r.info.host_label.assign(id % 7 * 30, 'x');
    queue.put(r);
  }
  std::vector<MemberRumor> into{rumor(7, 0, Liveness::kAlive)};
  queue.take(into, 700, 100, 9);
  std::size_t bytes = 0;
  std::set<NodeId> subjects;
  for (const MemberRumor& r : into) {
    bytes += bytes_of(r);
    EXPECT_TRUE(subjects.insert(r.info.id).second) << "told twice in one packet: " << r.info.id.value;
  }
  EXPECT_LE(bytes, 700U);
  EXPECT_GT(bytes, 500U);
}

}  // namespace
}  // namespace hc::sim::membership
