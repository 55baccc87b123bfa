// One of three members that found a cluster together.
#pragma once

#include "core/base/config.h"
#include "tests/agreement/views.h"

namespace hc::testing {

inline const Time kStart{std::chrono::hours(1)};

inline NodeConfig founder(std::uint32_t member) {
  NodeConfig c;
  c.self = info(member);
  c.slots = 1;
  c.fresh_storage = info(member).storage;
  for (std::uint32_t m = 1; m <= 3; ++m) c.founders.push_back({NodeId(m), info(m).gossip()});
  return c;
}

}  // namespace hc::testing
