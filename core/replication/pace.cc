#include "core/replication/pace.h"

#include <algorithm>

namespace hc {
namespace {

constexpr Duration kTarget = 2ms;  // time in queues that we may cause
constexpr Duration kSpan = 10s;    // the shortest time is forgotten after one to two of these
constexpr std::size_t kChunksAtFirst = 4;

}  // namespace

Pace::Pace(std::size_t chunk, std::size_t most)
    : chunk_(std::min(chunk, most)), most_(most), window_(std::min(chunk_ * kChunksAtFirst, most_)) {}

Duration Pace::shortest(Duration took, Time now) {
  if (now >= span_ends_) {
    before_ = lately_;
    lately_ = took;
    span_ends_ = now + kSpan;
  }
  lately_ = std::min(lately_, took);
  return before_ > 0ns ? std::min(lately_, before_) : lately_;
}

void Pace::acknowledged(std::size_t bytes, Duration took, Time now) {
  const Duration queued = took - shortest(took, now);
  // One chunk more or less for each window that is acknowledged, at the most.
  const std::int64_t step = static_cast<std::int64_t>(chunk_ * std::min(bytes, window_) / window_);
  const std::int64_t off = std::clamp<std::int64_t>((kTarget - queued) / 1us, -(kTarget / 1us), kTarget / 1us);
  const std::int64_t window = static_cast<std::int64_t>(window_) + step * off / (kTarget / 1us);
  window_ =
      static_cast<std::size_t>(std::clamp(window, static_cast<std::int64_t>(chunk_), static_cast<std::int64_t>(most_)));
}

}  // namespace hc
