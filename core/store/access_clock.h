// When an entry was used last, or how often, in the 24 bits that an entry has room for (the idea is Redis').
//
// Recency: the second of the last use, modulo 2^24 (194 days). Frequency: the minute of the last use in 16 bits, and a
// logarithmic counter in 8 (Morris 1978), which rises with chance 1 / ((counter - 5) * factor + 1) and loses one for
// every `decay_minutes` without a use. Time and chance come from outside: read() and the seed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/base/random.h"
#include "core/base/time.h"

namespace hc {

class AccessClock {
 public:
  enum class Keeps : std::uint8_t { kRecency, kFrequency };
  using Stamp = std::uint32_t;  // < 2^24
  static constexpr Stamp kStampMask = 0xffffff;

  explicit AccessClock(std::uint64_t seed) : chance_(seed) {}

  void keep(Keeps what, std::uint32_t log_factor, std::uint32_t decay_minutes) {
    keeps_ = what;
    log_factor_ = log_factor;
    decay_minutes_ = decay_minutes;
  }
  Keeps keeps() const { return keeps_; }
  void read(Time now) { seconds_ = now.time_since_epoch() / 1s; }

  // Of an entry that is new, and of one that is used.
  Stamp fresh() const { return keeps_ == Keeps::kRecency ? second() : minute() << 8 | kCounterAtFirst; }
  Stamp used(Stamp before) {
    if (keeps_ == Keeps::kRecency) return second();
    const std::uint32_t counter = frequency(before);
    const std::uint64_t above = counter - std::min(counter, kCounterAtFirst);
    const bool rises = counter < kCounterMost && chance_.below(above * log_factor_ + 1) == 0;
    return minute() << 8 | (counter + (rises ? 1 : 0));
  }

  std::uint32_t idle_seconds(Stamp stamp) const { return (second() - stamp) & kStampMask; }
  std::uint32_t frequency(Stamp stamp) const {
    const std::uint32_t counter = stamp & 0xff, minutes = (minute() - (stamp >> 8)) & 0xffff;
    const std::uint32_t lost = decay_minutes_ == 0 ? 0 : minutes / decay_minutes_;
    return counter - std::min(counter, lost);
  }

 private:
  static constexpr std::uint32_t kCounterAtFirst = 5, kCounterMost = 255;
  Stamp second() const { return static_cast<Stamp>(seconds_) & kStampMask; }
  Stamp minute() const { return static_cast<Stamp>(seconds_ / 60) & 0xffff; }

  Keeps keeps_ = Keeps::kRecency;
  std::uint32_t log_factor_ = 10, decay_minutes_ = 1;
  std::int64_t seconds_ = 0;
  Random chance_;
};

}  // namespace hc
