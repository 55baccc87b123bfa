// A view: what the members have agreed on, under a number. Who the members are, who votes on the next view, and for
// every slot its configuration: the ordered in-sync list whose first is the primary (docs/PROTOCOL.md, "Names").
//
// A decided view never changes; everybody shares it as `ViewRef`. The ring is derived from the active members and says
// only where replicas should be.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/base/member.h"
#include "core/base/time.h"
#include "core/view/ring.h"

namespace hc {

enum class MemberState : std::uint8_t { kActive = 0, kLeaving = 1, kAbsent = 2 };
enum class SlotLossPolicy : std::uint8_t { kReset = 0, kWait = 1 };

struct ViewMember {
  MemberInfo info;
  MemberState state = MemberState::kActive;
  Epoch since;  // the view that first named this generation
  bool operator==(const ViewMember&) const = default;
};

struct Voter {
  NodeId id;
  StorageId storage;
  auto operator<=>(const Voter&) const = default;
};

// At most RF members and as many learners on their way in, so six at RF 3.
inline constexpr std::size_t kListMax = 6;

// An ordered in-sync list, inline.
class InSyncList {
 public:
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Incarnation& operator[](std::size_t i) const { return at_[i]; }
  const Incarnation& front() const { return at_[0]; }
  const Incarnation* begin() const { return at_.data(); }
  const Incarnation* end() const { return at_.data() + count_; }
  void push_back(Incarnation who) {
    HC_CHECK(count_ < kListMax, "in-sync list is full");
    at_[count_++] = who;
  }
  void clear() { count_ = 0; }
  bool names(Incarnation who) const {
    for (const auto& x : *this)
      if (x == who) return true;
    return false;
  }
  bool names(NodeId member) const {
    for (const auto& x : *this)
      if (x.member == member) return true;
    return false;
  }
  bool operator==(const InSyncList& o) const {
    if (count_ != o.count_) return false;
    for (std::size_t i = 0; i < count_; ++i)
      if (at_[i] != o.at_[i]) return false;
    return true;
  }

 private:
  std::size_t count_ = 0;
  std::array<Incarnation, kListMax> at_{};
};

struct SlotConfig {
  Epoch epoch;  // the slot epoch
  InSyncList list;
  // A learner that made no progress, while the list is short: the ring's next is filled in its place (7a). Or none.
  Incarnation passed_over{};
  bool operator==(const SlotConfig&) const = default;
};

struct View {
  ClusterId cluster;
  std::string cluster_name;
  std::uint32_t lineage = 0;
  Epoch epoch;
  // Set by the first view; never change within a lineage.
  std::uint32_t replication_factor = 2;
  Duration lease = 1s;
  std::uint32_t drift_percent = 10;
  SlotLossPolicy slot_loss = SlotLossPolicy::kReset;
  std::uint32_t voters_max = 5;

  std::vector<ViewMember> members;  // ascending by id
  std::vector<Voter> voters;        // by rank
  std::vector<SlotConfig> slots;    // index = slot

  Ring ring;  // derived: derive_ring() after members were set; not part of the encoded view

  const ViewMember* member(NodeId id) const;
  bool votes(NodeId id, StorageId storage) const;
  bool votes(NodeId id) const;
  std::size_t majority() const { return voters.size() / 2 + 1; }
  // The view names this very process as a member (2d).
  bool names(Incarnation who) const;
  const SlotConfig& config(Slot s) const { return slots[s.value]; }
  std::uint32_t slot_count() const { return static_cast<std::uint32_t>(slots.size()); }
  // The process of `id` that this view knows; none if it knows no such member.
  Incarnation incarnation_of(NodeId id) const;
  // Members that the ring wants in this slot and the list does not name yet, in the ring's order; for one that is
  // passed over, the ring's next.
  std::vector<Incarnation> learners(Slot s) const;
  bool is_learner(Slot s, Incarnation who) const;

  void derive_ring();
  // The ring of the other one is that of this one, too.
  bool same_ring_members(const View& other) const;
  // Everything that is decided; the ring, being derived, is left out.
  bool same_decision(const View& other) const;

 private:
  NodeId to_learn(Slot s, NodeId wanted) const;
};

using ViewRef = std::shared_ptr<const View>;

}  // namespace hc
