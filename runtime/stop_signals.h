// SIGTERM and SIGINT as calls on the loop; SIGPIPE is ignored.
#pragma once

#include <uv.h>

#include <array>
#include <functional>

#include "runtime/loop.h"

namespace hc {

class StopSignals {
 public:
  // `asked` is called at each of them.
  StopSignals(Loop& loop, std::function<void()> asked);
  ~StopSignals();  // Requires: close() was called, and the loop has run since
  void close();

 private:
  std::array<uv_signal_t, 2> signals_{};
  std::function<void()> asked_;
};

}  // namespace hc
