// Who may be given a vote by the next view (2f).
#pragma once

#include <cstddef>
#include <vector>

#include "core/base/ids.h"

namespace hc {

struct Heirs {
  std::vector<NodeId> ids;  // members of the present view that seem alive and do not vote; if some are to
  std::size_t wanted = 0;   // how many of them are to
};

}  // namespace hc
