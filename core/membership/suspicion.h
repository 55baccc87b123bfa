// How long a suspected member has to refute (Lifeguard, section IV-B "LHA-Suspicion", the dogpile): long while one
// member alone accuses, shorter with every independent accuser, never shorter than `shortest`. Integer arithmetic
// only, so that every compiler gives the same instant.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"

namespace hc {

class Suspicion {
 public:
  static constexpr int kConfirmationsMax = 3;

  // Requires: 0 ≤ confirmations ≤ kConfirmationsMax, shortest ≤ longest. With no confirmations to expect (a cluster of
  // two) the shortest time holds at once.
  Suspicion(NodeId accuser, Time now, Duration shortest, Duration longest, int confirmations);

  // One more member says so. True if that is news: a new accuser that shortens the time, to be passed on.
  bool confirm(NodeId accuser);
  // The member's port refuses connections: no need for a long wait. Never lengthens.
  void shorten(Time until);
  // This process did not run for that long: the suspect gets the time back.
  void pause(Duration lost);

  Time deadline() const;  // dead from then on
  const std::vector<NodeId>& accusers() const { return accusers_; }
  bool shortened() const { return until_ != kNever; }

 private:
  Time begun_;
  Duration shortest_, longest_;
  std::size_t expected_;
  std::vector<NodeId> accusers_;  // first who began it, then who confirmed
  Time until_ = kNever;
};

// log2(n) in thousandths, linear between powers of two; n ≥ 1.
std::int64_t log2_milli(std::uint64_t n);

}  // namespace hc
