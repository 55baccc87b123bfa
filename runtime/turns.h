// How long the turns of the loop were.
#pragma once

#include "runtime/histogram.h"

namespace hc {

struct Turns {
  Histogram lasted;     // from the first event of a turn to its end
  Histogram processor;  // what the loop's thread was given since the turn before ended: beyond it, a turn waited
};

}  // namespace hc
