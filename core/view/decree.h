// What an operator says when a majority of the voters is gone for good (2h).
#pragma once

#include <vector>

#include "core/base/ids.h"

namespace hc {

struct Decree {
  std::vector<NodeId> members;    // who is left; every other member is stopped, and the operator vouches for that
  bool accept_data_loss = false;  // slots of which nobody is left begin anew, empty
};

}  // namespace hc
