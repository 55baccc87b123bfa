// What a request is called at all members that it passes.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/ids.h"

namespace hc {

// The requests of a part that is forwarded count up from part × kTries, one for each try.
inline constexpr std::uint64_t kTries = 256;

// "node-1/4711": a part of what a client of node-1 asked.
inline std::string request_name(NodeId origin, RequestId request) {
  return name_of(origin) + "/" + std::to_string(request.value / kTries);
}

}  // namespace hc
