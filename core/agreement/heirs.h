// Who may be given a vote by the next view (2f).
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/ids.h"

namespace hc {

struct Heirs {
  // Members of the present view that seem alive and do not vote; if some are to, or if all are to be heard before the
  // vote of one that leaves goes to nobody.
  std::vector<NodeId> ids;
  std::size_t wanted = 0;  // so many of them are waited for, briefly
};

}  // namespace hc
