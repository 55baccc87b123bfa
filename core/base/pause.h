// Time in which this process did not run: frozen, starved, its machine suspended. It counts against nobody, for what
// the others said meanwhile may lie unread in the sockets: whoever waits for somebody gives back the time lost.
//
// A process shows that it did not run by being far too late for the time at which it wanted to be woken. One that
// hardly runs at all between two such times is always this late: the second one counts, so that it still gets on.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/seam.h"
#include "core/base/time.h"

namespace hc {

class Pause {
 public:
  // Call before each step. The time lost since the one before; zero: none, or it counts. `due`: called for the time at
  // which this process wanted to run, if it did.
  template <class Due>
  Duration lost(Time now, Due due) {
    const Time before = std::exchange(ran_, std::max(ran_, now));
    const Duration gap = ran_ - before;
    if (gap > kNoticed) {
      const std::optional<Time> wanted = due();
      const bool late = wanted && now - std::max(*wanted, before) > kNoticed;
      if (late && in_use_ >= kInUse && !HC_MUTANT(kOwnPauseCounts)) return in_use_ = {}, gap;
    }
    in_use_ = std::min(in_use_ + gap, kInUse);
    return {};
  }

 private:
  static constexpr Duration kNoticed = 100ms;
  static constexpr Duration kInUse = 20ms;

  Time ran_{};
  Duration in_use_ = kInUse;  // how long it ran since it lost time, as far as that matters
};

}  // namespace hc
