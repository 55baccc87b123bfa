// How much memory a member may take, and what it gives up to stay within (rules 5e, 8). Names and meanings are Redis'.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace hc {

enum class EvictionPolicy : std::uint8_t {
  kNoEviction,
  kAllkeysLru,
  kAllkeysLfu,
  kAllkeysRandom,
  kVolatileLru,  // from here on: only keys with a time to live
  kVolatileLfu,
  kVolatileRandom,
  kVolatileTtl,
};
inline constexpr std::string_view kEvictionPolicies[] = {"noeviction",      "allkeys-lru",  "allkeys-lfu",
                                                         "allkeys-random",  "volatile-lru", "volatile-lfu",
                                                         "volatile-random", "volatile-ttl"};

constexpr std::string_view name_of(EvictionPolicy policy) {
  return kEvictionPolicies[static_cast<std::size_t>(policy)];
}
constexpr std::optional<EvictionPolicy> policy_named(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kEvictionPolicies); ++i)
    if (kEvictionPolicies[i] == name) return static_cast<EvictionPolicy>(i);
  return std::nullopt;
}

// Moves a block of `size` bytes to where it shares its pages with more others, and returns its new place.
using Relocate = void* (*)(void* block, std::size_t size);

struct MemoryLimits {
  std::size_t bytes = 0;  // 0: no limit
  EvictionPolicy policy = EvictionPolicy::kNoEviction;
  std::uint32_t samples = 5;  // keys that are looked at to evict one
  std::uint32_t lfu_log_factor = 10, lfu_decay_minutes = 1;
  bool operator==(const MemoryLimits&) const = default;
};

}  // namespace hc
