// How many bytes of fills may be on the way to one member (7a): as many as find a free way, so that the clients of both
// ends hardly wait behind them. After LEDBAT (RFC 6817): what an acknowledgement took beyond the shortest time of late
// is time in queues. The window grows while that is below a target and shrinks above it; the busier either end is, with
// whatever, the less is sent.
#pragma once

#include <cstddef>

#include "core/base/time.h"

namespace hc {

class Pace {
 public:
  // `chunk` bytes are sent in any case when nothing is on the way; never more than `most` (at least a chunk).
  Pace(std::size_t chunk, std::size_t most);

  std::size_t window() const { return window_; }
  // `bytes` were acknowledged that were sent `took` ago.
  void acknowledged(std::size_t bytes, Duration took, Time now);

 private:
  Duration shortest(Duration took, Time now);

  std::size_t chunk_, most_, window_;
  Duration lately_{}, before_{};  // the shortest times of this span and of the one before; zero: none
  Time span_ends_{};
};

}  // namespace hc
