#include "core/membership/suspicion.h"

#include <algorithm>
#include <array>
#include <bit>

#include "core/base/check.h"

namespace hc {
namespace {

// log(confirmed + 1) / log(expected + 1) in thousandths, by [expected][confirmed].
constexpr std::array<std::array<std::int64_t, Suspicion::kConfirmationsMax + 1>, Suspicion::kConfirmationsMax + 1>
    kShortening = {{{1000, 1000, 1000, 1000}, {0, 1000, 1000, 1000}, {0, 631, 1000, 1000}, {0, 500, 792, 1000}}};

}  // namespace

Suspicion::Suspicion(NodeId accuser, Time now, Duration shortest, Duration longest, int confirmations)
    : begun_(now),
      shortest_(shortest),
      longest_(longest),
      expected_(static_cast<std::size_t>(confirmations)),
      accusers_{accuser} {
  HC_CHECK(confirmations >= 0 && confirmations <= kConfirmationsMax, std::to_string(confirmations));
  HC_CHECK(shortest <= longest, "suspicion times in the wrong order");
}

bool Suspicion::confirm(NodeId accuser) {
  if (accusers_.size() > expected_) return false;
  if (std::find(accusers_.begin(), accusers_.end(), accuser) != accusers_.end()) return false;
  accusers_.push_back(accuser);
  return true;
}

void Suspicion::shorten(Time until) { until_ = std::min(until_, until); }

void Suspicion::pause(Duration lost) {
  begun_ += lost;
  if (until_ != kNever) until_ += lost;
}

Time Suspicion::deadline() const {
  const std::int64_t shortening = kShortening[expected_][accusers_.size() - 1];
  const Duration length = longest_ - (longest_ - shortest_) / 1000 * shortening;
  return std::min(begun_ + length, until_);
}

std::int64_t log2_milli(std::uint64_t n) {
  HC_CHECK(n >= 1, "log2 of 0");
  const auto whole = static_cast<int>(std::bit_width(n)) - 1;
  const std::uint64_t rest = n - (std::uint64_t{1} << whole);
  const auto part = static_cast<std::int64_t>((static_cast<unsigned __int128>(rest) * 1000) >> whole);
  return whole * std::int64_t{1000} + part;
}

}  // namespace hc
