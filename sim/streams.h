// The separate streams of chance of one seed. Each is named, and depends on the seed and its name alone: one more draw
// in one of them, or one more stream, reshuffles no other.
#pragma once

#include <cstdint>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/store/hash.h"

namespace hc::sim {

inline Random stream(std::uint64_t seed, Bytes name, std::uint64_t index = 0) {
  return Random(hash_mix(hash_bytes(name, seed), index * 0x9e3779b97f4a7c15ULL + 1));
}

// A duration between both bounds, in nanoseconds, even.
inline Duration draw(Random& random, Duration low, Duration high) {
  return Duration(static_cast<std::int64_t>(
      random.between(static_cast<std::uint64_t>(low.count()), static_cast<std::uint64_t>(high.count()))));
}

// Small ones often, large ones rarely: the order of magnitude is even.
Duration draw_log(Random& random, Duration low, Duration high);

}  // namespace hc::sim
