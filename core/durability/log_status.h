// What a watcher may know of the log.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/base/time.h"

namespace hc {

struct LogStatus {
  bool refused = false;  // there is no room for it (9e), and that is why
  std::string why;
  std::size_t grown_bytes = 0;         // since the last snapshot began
  std::optional<Time> snapshot_began;  // the one that is under way, of which so many slots are written
  std::size_t snapshot_slots = 0;
  std::optional<Duration> snapshot_took;  // the last one of this process
};

}  // namespace hc
