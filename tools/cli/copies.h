// Backups of members of one cluster, together: of each slot the content of the highest position, as in recovery (9a).
#pragma once

#include <string>
#include <vector>

#include "core/store/slot_table.h"
#include "core/view/view.h"

namespace hc::cli {

struct Copies {
  std::vector<SlotTable> slots;
  // Of which no folder has what the newest view of all of them says that was acknowledged; `absent` names the members
  // that had it then.
  std::vector<Slot> missing;
  std::vector<NodeId> absent;
};
// The folders are backups, or data folders of members that are stopped. Throws hc::Failure: none of these, damaged, or
// of several clusters.
Copies read_copies(const std::vector<std::string>& folders);

}  // namespace hc::cli
