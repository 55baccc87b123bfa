// Grants between pairs of members (rule 3). A grant serves all slots that the two share; a slot's primary may answer
// while it holds one from every other member of the slot's commit set.
//
// Two clocks, no message that compares them: the granter counts L from its giving, the holder counts (1 - drift bound)
// times L from the sending of its request. After Gray and Cheriton, "Leases", 1989.
#pragma once

#include <optional>

#include "core/base/ids.h"
#include "core/base/small_map.h"
#include "core/base/time.h"

namespace hc {

class Leases {
 public:
  // L and the drift bound come from the first view (3b).
  void set_length(Duration lease, std::uint32_t drift_percent) { lease_ = lease, drift_percent_ = drift_percent; }

  // ---- as granter
  void give(NodeId to, Time now);
  // Until when grants given so far to that member may be used, by our clock; Time{} if none was given.
  Time given_until(NodeId to) const;

  // ---- as holder
  // `sent`: when we sent the request; `view`: what the granter had installed (3d).
  void receive(Incarnation from, Time sent, Epoch view, Epoch ours, Time now);
  // Does that process' grant cover a list of this slot epoch, at this time? (3a, 3d)
  bool holds(Incarnation from, Epoch slot_epoch, Epoch ours, Time now) const;
  void forget(NodeId from) { held_.erase(from); }

 private:
  struct Held {
    Incarnation from;
    Time sent;
    Epoch view;
  };
  Duration usable() const;

  Duration lease_ = 1s;
  std::uint32_t drift_percent_ = 10;
  SmallMap<NodeId, Time> given_;
  SmallMap<NodeId, Held> held_;
};

}  // namespace hc
