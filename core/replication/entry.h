// One step of a slot's history: the effects of one command, or a boundary that ends a takeover (rules 5a, 6a).
#pragma once

#include "core/base/bytes.h"
#include "core/base/ids.h"

namespace hc {

struct Entry {
  Position at;           // never changes, however often it is sent
  Epoch previous_epoch;  // the entry before it is (previous_epoch, at.seq - 1); applied only right there
  bool boundary = false;
  Value effects;  // as core/store/effects.h encodes them; empty for a boundary

  Position previous() const { return {previous_epoch, Seq(at.seq.value - 1)}; }
};

}  // namespace hc
