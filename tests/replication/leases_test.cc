// Rule 3 by examples: whose clock counts from when, and for which lists.
#include "core/replication/leases.h"

#include <gtest/gtest.h>

namespace hc {
namespace {

const Incarnation kGranter{NodeId(2), {7, 7}};
const Time kStart{std::chrono::hours(1)};

Leases leases() {
  Leases l;
  l.set_length(1s, 10);
  return l;
}

TEST(Leases, LastsLessForTheHolderThanForTheGranter) {
  Leases l = leases();
  l.give(NodeId(1), kStart);
  EXPECT_EQ(l.given_until(NodeId(1)), kStart + 1s);
  l.receive(kGranter, kStart, Epoch(3), Epoch(3), kStart + 50ms);
  EXPECT_TRUE(l.holds(kGranter, Epoch(3), Epoch(3), kStart + 899ms));
  EXPECT_FALSE(l.holds(kGranter, Epoch(3), Epoch(3), kStart + 900ms)) << "from the sending of the request, less drift";
}

TEST(Leases, SpeaksOnlyForListsThatBothKnow) {
  Leases l = leases();
  l.receive(kGranter, kStart, Epoch(4), Epoch(3), kStart);
  EXPECT_FALSE(l.holds(kGranter, Epoch(3), Epoch(3), kStart)) << "the granter is ahead: its lists are not ours";
  l.receive(kGranter, kStart, Epoch(2), Epoch(3), kStart);
  EXPECT_FALSE(l.holds(kGranter, Epoch(3), Epoch(3), kStart)) << "the granter did not know this list yet";
  EXPECT_TRUE(l.holds(kGranter, Epoch(2), Epoch(3), kStart)) << "but lists as old as its view";
}

TEST(Leases, BelongsToOneProcess) {
  Leases l = leases();
  l.receive(kGranter, kStart, Epoch(3), Epoch(3), kStart);
  EXPECT_FALSE(l.holds({NodeId(2), {8, 8}}, Epoch(3), Epoch(3), kStart));
}

}  // namespace
}  // namespace hc
