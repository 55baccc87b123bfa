// The ring by example: who is wanted where, what labels do, and the figures for node-1 … node-n at every n.
#include "core/view/ring.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <set>
#include <stdexcept>

#include "core/base/check.h"
#include "core/base/slot.h"
#include "props/ring_figures.h"

namespace hc {
namespace {

using namespace ring_figures;

std::vector<std::vector<std::uint32_t>> table(const Ring& ring) {
  std::vector<std::vector<std::uint32_t>> rows;
  for (std::uint32_t slot = 0; slot < ring.slots(); ++slot) {
    rows.emplace_back();
    for (const NodeId id : wanted(ring, slot)) rows.back().push_back(id.value);
  }
  return rows;
}

std::uint64_t fnv(const Ring& ring) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto& row : table(ring))
    for (const std::uint32_t id : row) hash = (hash ^ id) * 0x100000001b3;
  return hash;
}

std::uint32_t held_by(const Ring& ring, std::uint32_t id) {
  std::uint32_t held = 0;
  for (const auto& row : table(ring)) held += std::ranges::find(row, id) != row.end();
  return held;
}

TEST(Ring, NobodyIsWantedAnywhere) {
  EXPECT_TRUE(Ring().wanted(Slot{0}).empty());
  EXPECT_TRUE(Ring().wanted(Slot{16383}).empty());
  EXPECT_TRUE(Ring::build({}, 2, kSlots).wanted(Slot{16383}).empty());
  EXPECT_TRUE(Ring::build(nodes(3), 0, kSlots).wanted(Slot{0}).empty());
}

TEST(Ring, AFactorAboveTheMembersWantsThemAll) {
  for (const auto& row : table(Ring::build(nodes(1), 3, 16))) EXPECT_EQ(row, std::vector<std::uint32_t>{1});
  for (const auto& row : table(Ring::build(nodes(2), 3, 16)))
    EXPECT_EQ(std::set<std::uint32_t>(row.begin(), row.end()), (std::set<std::uint32_t>{1, 2}));
}

TEST(Ring, TheNextIsNoneOfThoseWanted) {
  const Ring ring = Ring::build(nodes(5), 2, 256);
  std::set<std::uint32_t> met;
  for (std::uint32_t slot = 0; slot < 256; ++slot) {
    const NodeId next = ring.next(Slot{static_cast<std::uint16_t>(slot)});
    EXPECT_TRUE(next);
    EXPECT_EQ(std::ranges::count(wanted(ring, slot), next), 0);
    met.insert(next.value);
  }
  EXPECT_EQ(met.size(), 5U) << "not always the same one";
  EXPECT_FALSE(Ring::build(nodes(2), 2, 16).next(Slot{3})) << "all are wanted";
  EXPECT_FALSE(Ring().next(Slot{3}));
}

TEST(Ring, TheNextStandsElsewhereIfItCan) {
  auto members = nodes(4);
  members[0].zone = members[1].zone = "a";
  members[2].zone = "b", members[3].zone = "c";
  const Ring ring = Ring::build(members, 2, 64);
  for (std::uint32_t slot = 0; slot < 64; ++slot) {
    std::set<std::string> zones{members[ring.next(Slot{static_cast<std::uint16_t>(slot)}).value - 1].zone};
    for (const NodeId id : wanted(ring, slot)) zones.insert(members[id.value - 1].zone);
    EXPECT_EQ(zones.size(), 3U) << "slot " << slot;
  }
}

// If these change, running clusters move data after an upgrade.
TEST(Ring, TheAssignmentNeverChanges) {
  EXPECT_EQ(table(Ring::build(nodes(3), 2, 16)), (std::vector<std::vector<std::uint32_t>>{{2, 1},
                                                                                          {3, 1},
                                                                                          {1, 2},
                                                                                          {1, 2},
                                                                                          {2, 1},
                                                                                          {2, 1},
                                                                                          {1, 3},
                                                                                          {2, 3},
                                                                                          {3, 1},
                                                                                          {3, 2},
                                                                                          {1, 2},
                                                                                          {3, 1},
                                                                                          {2, 3},
                                                                                          {2, 3},
                                                                                          {3, 1},
                                                                                          {3, 2}}));
  EXPECT_EQ(fnv(Ring::build(nodes(5), 3, kSlots)), 0x3679fc3a6670271fu);
  EXPECT_EQ(fnv(Ring::build(nodes(100), 2, kSlots)), 0xd2dc6489eb559ca4u);
}

TEST(Ring, TheOrderOfMembersDoesNotMatter) {
  std::vector<RingMember> members = nodes(7);
  const Ring ring = Ring::build(members, 3, kSlots);
  std::ranges::reverse(members);
  EXPECT_EQ(ring, Ring::build(members, 3, kSlots));
  std::ranges::rotate(members, members.begin() + 3);
  EXPECT_EQ(ring, Ring::build(members, 3, kSlots));
}

TEST(Ring, HostsAreDistinctWhileThereIsAChoice) {
  std::vector<RingMember> members = nodes(6);  // three hosts, two members each
  for (RingMember& m : members) m.host = "host-" + std::to_string((m.id.value - 1) / 2);
  const Ring ring = Ring::build(members, 3, kSlots);
  for (const auto& row : table(ring)) {
    std::set<std::uint32_t> hosts;
    for (const std::uint32_t id : row) hosts.insert((id - 1) / 2);
    ASSERT_EQ(hosts.size(), 3u);
  }
  EXPECT_TRUE(within(peaks(ring).held, 110, 3 * kSlots, 6));
  EXPECT_TRUE(within(peaks(ring).led, 110, kSlots, 6));
  for (const auto& row : table(Ring::build(members, 4, kSlots))) {  // a fourth copy has no fourth host
    std::set<std::uint32_t> hosts;
    for (const std::uint32_t id : row) hosts.insert((id - 1) / 2);
    ASSERT_EQ(row.size(), 4u);
    ASSERT_EQ(hosts.size(), 3u);
  }
}

TEST(Ring, ZonesGoBeforeHosts) {
  std::vector<RingMember> members = nodes(6);  // node-1 … node-3 in "east", node-4 … node-6 in "west", all on own hosts
  for (RingMember& m : members) m.zone = m.id.value <= 3 ? "east" : "west";
  for (const std::uint32_t factor : {2u, 3u})
    for (const auto& row : table(Ring::build(members, factor, kSlots)))
      ASSERT_EQ(std::ranges::count_if(row, [](std::uint32_t id) { return id <= 3; }) > 0 &&
                    std::ranges::count_if(row, [](std::uint32_t id) { return id > 3; }) > 0,
                true);
}

// Distinctness before balance: the bound of 1.10 gives way.
TEST(Ring, AMemberAloneInItsZoneHoldsEverySlot) {
  std::vector<RingMember> members = nodes(5);
  for (RingMember& m : members) m.zone = m.id.value == 5 ? "island" : "mainland";
  const Ring ring = Ring::build(members, 2, kSlots);
  EXPECT_EQ(held_by(ring, 5), kSlots);
  for (std::uint32_t id = 1; id <= 4; ++id) EXPECT_TRUE(within(held_by(ring, id), 110, 2 * kSlots, 5)) << id;
  EXPECT_TRUE(within(peaks(ring).led, 110, kSlots, 5));  // but it leads no more than the others
}

TEST(Ring, FewSlots) {
  for (std::uint32_t n = 1; n <= 20; ++n) {
    for (std::uint32_t factor = 1; factor <= 3; ++factor) {
      for (const std::uint32_t slots : {1u, 16u, 256u}) {
        const std::uint64_t copies = std::uint64_t{std::min(n, factor)} * slots;
        const Peaks most = peaks(Ring::build(nodes(n), factor, slots));
        EXPECT_LE(most.held, (copies * 11 + n * 10 - 1) / (n * 10)) << n << " members, RF " << factor << ", " << slots;
        EXPECT_LE(most.led, (slots * 11 + n * 10 - 1) / (n * 10)) << n << " members, RF " << factor << ", " << slots;
      }
    }
  }
}

// A join and the leave that undoes it move equally many copies.
TEST(Ring, BalancedAndMovesLittleAtEverySize) {
  for (std::uint32_t factor = 1; factor <= 3; ++factor) {
    double worst_led = 0, worst_held = 0, worst_join = 0, worst_leave = 0;
    for (std::uint32_t n = 2; n <= 100; ++n) {
      const std::uint64_t copies = std::uint64_t{std::min(n, factor)} * kSlots;
      const std::uint64_t copies_after = std::uint64_t{std::min(n + 1, factor)} * kSlots;
      std::vector<RingMember> fewer = nodes(n);
      fewer.erase(fewer.begin() + n / 2);
      const Ring ring = Ring::build(nodes(n), factor, kSlots);
      const Peaks most = peaks(ring);
      const std::uint64_t join = moved(ring, Ring::build(nodes(n + 1), factor, kSlots));
      const std::uint64_t leave = moved(ring, Ring::build(fewer, factor, kSlots));
      EXPECT_TRUE(within(most.led, 110, kSlots, n)) << n << " members, RF " << factor;
      EXPECT_TRUE(within(most.held, 110, copies, n)) << n << " members, RF " << factor;
      EXPECT_TRUE(within(join, 120, copies_after, n + 1)) << n << " members, RF " << factor;
      EXPECT_TRUE(within(leave, 120, copies, n)) << n << " members, RF " << factor;
      worst_led = std::max(worst_led, ratio(most.led, kSlots, n));
      worst_held = std::max(worst_held, ratio(most.held, copies, n));
      worst_join = std::max(worst_join, ratio(join, copies_after, n + 1));
      worst_leave = std::max(worst_leave, ratio(leave, copies, n));
    }
    std::printf(
        "RF %u, 2 to 100 members: primaries %.3f and copies %.3f of the mean, join %.3f and leave %.3f of fair\n",
        factor, worst_led, worst_held, worst_join, worst_leave);
  }
}

TEST(Ring, MembersAreDistinct) {
  const CheckHandler before = set_check_handler(
      [](const char*, int, const char*, const std::string& detail) { throw std::logic_error(detail); });
  std::vector<RingMember> twins = nodes(2);
  twins[1].id = twins[0].id;
  EXPECT_THROW(Ring::build(twins, 2, 16), std::logic_error);
  EXPECT_THROW(Ring::build(nodes(2), 2, 16).wanted(Slot{16}), std::logic_error);
  EXPECT_THROW(ring_order(65537), std::logic_error);
  EXPECT_THROW(ring_order(65537), std::logic_error);
  set_check_handler(before);
}

TEST(RingOrder, EverySlotOnceInAnOrderThatNeverChanges) {
  std::vector<std::uint32_t> sixteen;
  for (const Slot slot : ring_order(16)) sixteen.push_back(slot.value);
  EXPECT_EQ(sixteen, (std::vector<std::uint32_t>{7, 8, 4, 5, 11, 9, 2, 14, 13, 3, 15, 6, 1, 12, 0, 10}));
  std::vector<Slot> all = ring_order(kSlots);
  std::ranges::sort(all);
  ASSERT_EQ(all.size(), kSlots);
  for (std::uint32_t slot = 0; slot < kSlots; ++slot) ASSERT_EQ(all[slot].value, slot);
  EXPECT_EQ(&ring_order(16), &ring_order(16));
  EXPECT_TRUE(ring_order(0).empty());
}

// What run-length coding relies on: at three members, neighbours mostly share their owners.
TEST(RingOrder, NeighboursShareTheirOwners) {
  const Ring ring = Ring::build(nodes(3), 2, kSlots);
  const auto runs = [&](const std::vector<Slot>& order) {
    std::uint32_t count = 1;
    for (std::size_t i = 1; i < order.size(); ++i)
      count += !std::ranges::equal(ring.wanted(order[i - 1]), ring.wanted(order[i]));
    return count;
  };
  std::vector<Slot> by_number = ring_order(kSlots);
  std::ranges::sort(by_number);
  EXPECT_LT(runs(ring_order(kSlots)), 3000u);
  EXPECT_GT(runs(by_number), 10000u);
}

}  // namespace
}  // namespace hc
