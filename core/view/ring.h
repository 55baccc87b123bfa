// Where replicas should be: consistent hashing with bounded loads.
//
// A Ring is a pure function of (members, replication factor, slot count): the same on every node, whatever the order in
// which members came. It says only where replicas *should* be; who holds a slot now is the view's word.
//
// Algorithm: consistent hashing (Karger et al., STOC 1997) with bounded loads (Mirrokni, Thorup, Zadimoghaddam, SODA
// 2018, section 2). The circle has one notch per slot; slots stand on it in the order of SHA-256(slot number), virtual
// nodes between them at SHA-256(member name, i). Slots are placed in circle order. Each takes the next members
// clockwise that still have room.
//   room      A member holds at most 1.10 × the mean, and is primary of at most 1.10 × the mean (rounded down; up where
//             the mean is below ten slots). If nobody suitable has room, a slot placed before gives up one of its
//             members for another; if that cannot be, the limit of those who are full rises.
//   spread    Distinct zones first, then distinct hosts, then distinct members. Spread goes before room: where labels
//             force a share above the mean (a member alone in its zone), the limit is 1.05 × that share if that is
//             more.
//   primary   Chosen last among the holders of a slot, the first clockwise that is not yet primary of its share: so the
//             balance of primaries moves no copy.
// Members at their limit are what makes a join move more than the newcomer takes. So shares are made less random than
// independent virtual nodes would: within its notch, a member's i-th virtual node stands in the i-th part.
// Unlabelled members, 2 to 100 of them, RF 1 to 3, 16384 slots: peak to mean ≤ 1.10 for holders and for primaries, and
// a join or leave moves at most 1.2 × the mean of copies per member. The former by construction, the latter by
// measurement; RF 1 at a hundred members is the hardest (tests/view/ring_test.cc, props/ring_props.cc).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/ids.h"

namespace hc {

struct RingMember {
  NodeId id;
  std::string name;
  std::string host;  // "" = a host of its own
  std::string zone;  // "" = the one zone that all such members share
  auto operator<=>(const RingMember&) const = default;
};

class Ring {
 public:
  Ring() = default;  // nobody: wanted() is empty for each slot

  // The order of `members` does not matter. Requires: distinct ids; 1 ≤ slots ≤ 65536. Few members, few slots and a
  // replication factor above the number of members are all fine; no member or factor 0 makes every wanted() empty.
  static Ring build(std::vector<RingMember> members, std::uint32_t replication_factor, std::uint32_t slots);
  // The same. The last few are kept, per thread: nothing of a view takes longer to derive, and all views in which the
  // same members are active have the same ring. Requires: `members` ascend.
  static Ring of(std::vector<RingMember> members, std::uint32_t replication_factor, std::uint32_t slots);

  // min(replication factor, members) distinct members, primary first. The span lives as long as the ring.
  // Requires: slot < slots(), unless nobody is in the ring.
  std::span<const NodeId> wanted(Slot slot) const;
  // The next suitable member clockwise that is not among them: a stand-in for one that cannot be filled (rule 7a). Its
  // room is not asked for. None: all members are wanted.
  NodeId next(Slot slot) const;

  std::uint32_t slots() const { return places_ ? places_->slots : 0; }
  bool operator==(const Ring& o) const {
    return places_ == o.places_ || (places_ && o.places_ && *places_ == *o.places_);
  }

 private:
  struct Places {
    std::uint32_t slots = 0;
    std::uint32_t width = 0;
    std::vector<NodeId> owners;  // width for each slot, by slot number
    std::vector<NodeId> next;    // one for each slot; empty: all members are wanted everywhere
    bool operator==(const Places&) const = default;
  };
  std::shared_ptr<const Places> places_;  // shared by all copies; none: nobody
};

// All slots, sorted by SHA-256(slot number): neighbours here mostly share their owners, so run-length coding is short.
// Pure; kept per thread, so the reference is good for the life of the thread. Requires: slots ≤ 65536.
const std::vector<Slot>& ring_order(std::uint32_t slots);

}  // namespace hc
