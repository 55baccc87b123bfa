// The two clocks, read together. Core never reads them: whoever steps the node does, after the bytes of the event were
// read (docs/PROTOCOL.md, rule 3e). Both are vDSO calls, about 25 ns each; so one reading serves all commands of one
// read batch, whose bytes were all there before it.
#pragma once

#include "core/base/time.h"

namespace hc {

// The monotonic one alone.
Time read_monotonic();

// Monotonic time that counts suspension (CLOCK_BOOTTIME), and wall time in milliseconds.
Now read_clocks();

// What the calling thread has been given of a processor. A system call.
Duration processor_time();

}  // namespace hc
