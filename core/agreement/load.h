// Whether clients ask for much at this member, as of the last moment (7d).
#pragma once

#include <cstdint>

#include "core/base/seam.h"
#include "core/base/time.h"

namespace hc {

class Load {
 public:
  // So many commands have been executed here so far.
  void executed(std::uint64_t commands, Time now) {
    if (now - since_ < kOver) return;
    const auto ms = static_cast<std::uint64_t>((now - since_) / 1ms);
    high_ = (commands - before_) * 1000 >= kHigh * ms || HC_BUGGIFY(kMovesAsUnderLoad);
    before_ = commands;
    since_ = now;
  }
  bool high() const { return high_; }

 private:
  static constexpr Duration kOver = 500ms;
  static constexpr std::uint64_t kHigh = 200;  // in a second

  Time since_{};
  std::uint64_t before_ = 0;
  bool high_ = false;
};

}  // namespace hc
