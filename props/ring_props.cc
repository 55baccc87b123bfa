// Properties of the ring over any members: balance, movement, spread, and that order does not matter.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "core/base/random.h"
#include "core/base/slot.h"
#include "core/view/ring.h"
#include "props/ring_figures.h"

namespace hc {
namespace {

using namespace ring_figures;

// A number from the whole range in every case, small cases too: the hard rings are the large ones.
std::uint32_t drawn(std::uint32_t low, std::uint32_t high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint32_t>(low, high + 1));
}

RingMember stranger(Random& random) {
  RingMember member;
  member.id = NodeId(static_cast<std::uint32_t>(random.next()));
  const std::uint64_t length = random.between(1, 24);
  for (std::uint64_t i = 0; i < length; ++i) member.name.push_back(static_cast<char>(random.between('!', '~')));
  member.name += std::to_string(member.id.value);  // distinct
  return member;
}

std::vector<RingMember> strangers(Random& random, std::uint32_t n) {
  std::vector<RingMember> members;
  while (members.size() < n) members.push_back(stranger(random));
  return members;
}

RC_GTEST_PROP(RingProps, BalancedAndMovesLittle, ()) {
  const std::uint32_t n = drawn(2, 100), factor = drawn(1, 3);
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<RingMember> members = strangers(random, n);
  const std::uint64_t copies = std::uint64_t{std::min(n, factor)} * kSlots;
  const Ring ring = Ring::build(members, factor, kSlots);
  const Peaks most = peaks(ring);
  RC_ASSERT(within(most.held, 110, copies, n));
  RC_ASSERT(within(most.led, 110, kSlots, n));

  std::vector<RingMember> fewer = members;
  fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(random.below(n)));
  RC_ASSERT(within(moved(ring, Ring::build(fewer, factor, kSlots)), 120, copies, n));

  members.push_back(stranger(random));
  const std::uint64_t copies_after = std::uint64_t{std::min(n + 1, factor)} * kSlots;
  RC_ASSERT(within(moved(ring, Ring::build(members, factor, kSlots)), 120, copies_after, n + 1));
}

RC_GTEST_PROP(RingProps, FewSlotsAreSharedAsEvenlyAsTheyCan, ()) {
  const std::uint32_t n = *rc::gen::oneOf(rc::gen::inRange(2u, 9u), rc::gen::inRange(2u, 101u));
  const std::uint32_t factor = drawn(1, 5), slots = drawn(1, *rc::gen::element(32u, 256u));
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  const Peaks most = peaks(Ring::build(strangers(random, n), factor, slots));
  const auto up = [n](std::uint64_t total) { return (total * 11 + n * 10 - 1) / (n * 10); };
  RC_ASSERT(most.held <= up(std::uint64_t{std::min(n, factor)} * slots));
  RC_ASSERT(most.led <= up(slots));
}

// As many hosts and zones as there can be, whatever the labels, and the same ring whatever the order.
RC_GTEST_PROP(RingProps, SpreadOverHostsAndZones, ()) {
  const std::uint32_t n = drawn(1, 40), factor = drawn(1, 5), slots = *rc::gen::element(1u, 16u, 256u, kSlots);
  const std::uint32_t hosts = drawn(1, n), zones = drawn(1, 5);
  Random random(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<RingMember> members = strangers(random, n);
  std::map<NodeId, const RingMember*> known;
  std::set<std::string> all_hosts, all_zones;
  for (RingMember& member : members) {
    const std::uint64_t host = random.below(hosts);
    member.host = "host" + std::to_string(host);
    member.zone = "zone" + std::to_string(host % zones);
    all_hosts.insert(member.host);
    all_zones.insert(member.zone);
  }
  for (const RingMember& member : members) known[member.id] = &member;
  const Ring ring = Ring::build(members, factor, slots);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    std::set<NodeId> ids;
    std::set<std::string> its_hosts, its_zones;
    for (const NodeId id : wanted(ring, slot)) {
      ids.insert(id);
      its_hosts.insert(known.at(id)->host);
      its_zones.insert(known.at(id)->zone);
    }
    RC_ASSERT(wanted(ring, slot).size() == std::min(n, factor));
    RC_ASSERT(ids.size() == wanted(ring, slot).size());
    RC_ASSERT(its_hosts.size() == std::min<std::size_t>(factor, all_hosts.size()));
    RC_ASSERT(its_zones.size() == std::min<std::size_t>(factor, all_zones.size()));
  }
  std::vector<RingMember> shuffled = members;
  random.shuffle(shuffled);
  RC_ASSERT(ring == Ring::build(shuffled, factor, slots));
}

}  // namespace
}  // namespace hc
