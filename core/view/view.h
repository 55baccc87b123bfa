// A view: what the members have agreed on, under a number. Who the members are, who votes on the next view, and for
// every slot its configuration: the ordered in-sync list whose first is the primary (docs/PROTOCOL.md, "Names").
//
// A decided view never changes; everybody shares it as `ViewRef`. The ring is derived from the active members and says
// only where replicas should be.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/member.h"
#include "core/base/time.h"
#include "core/view/ring.h"
#include "core/view/slot_configs.h"

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

// 2e: how often the vote file of a data folder has been written, at least.
struct VoteCount {
  StorageId storage;
  std::uint64_t writes = 0;
  bool operator==(const VoteCount&) const = default;
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
  SlotConfigs slots;                // index = slot
  // 2e: of its voters, what was known when it was proposed. Told with the view and not decided: whoever has it from an
  // earlier process forgets it, and a member of an older release does not pass it on.
  std::vector<VoteCount> counts;

  Ring ring;  // derived: derive_ring() after members were set; not part of the encoded view

  const ViewMember* member(NodeId id) const;
  bool votes(NodeId id, StorageId storage) const;
  bool votes(NodeId id) const;
  std::size_t majority() const { return voters.size() / 2 + 1; }
  Incarnation opener() const;                       // 2a: who may propose what follows without asking first
  std::uint64_t count_of(StorageId storage) const;  // 0: not known
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
  // Who is wanted, and which process that is, is the same in both: where a slot's configuration is, too, its learners
  // are.
  bool same_wanted(const View& other) const;
  // Everything that is decided; the ring, being derived, and the counts are left out.
  bool same_decision(const View& other) const { return same_head(other) && slots == other.slots; }
  bool same_head(const View& other) const;  // that, but for the slots

 private:
  NodeId to_learn(Slot s, NodeId wanted) const;
};

using ViewRef = std::shared_ptr<const View>;

}  // namespace hc
