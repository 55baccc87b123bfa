// What a view changes of the one before it (2a): how views travel to whoever has that one. Of thousands of slots most
// stay as they are.
#pragma once

#include <memory>
#include <vector>

#include "core/view/view.h"

namespace hc {

struct SlotChange {
  Slot slot;
  SlotConfig config;
  bool operator==(const SlotChange&) const = default;
};

struct ViewChange {
  Epoch base;                     // of which view, in the cluster and lineage of `head`
  View head;                      // the next view without its slots and its ring
  std::vector<SlotChange> slots;  // that are not what they are in the base; ascending
};

using ViewChangeRef = std::shared_ptr<const ViewChange>;

// Requires: both have as many slots.
ViewChange difference(const View& base, const View& next);

// The next view. Null if that is no change of `base`: a difference says nothing about any other view.
ViewRef apply_change(const ViewRef& base, const ViewChange& change);

}  // namespace hc
