// What one measures of a ring: the most that one member holds or leads, and how many copies a change moves.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/view/ring.h"

namespace hc::ring_figures {

// "node-1" … "node-n", without labels.
inline std::vector<RingMember> nodes(std::uint32_t n) {
  std::vector<RingMember> members;
  for (std::uint32_t i = 1; i <= n; ++i) members.push_back({NodeId(i), name_of(NodeId(i)), "", ""});
  return members;
}

inline std::span<const NodeId> wanted(const Ring& ring, std::uint32_t slot) {
  return ring.wanted(Slot{static_cast<std::uint16_t>(slot)});
}

struct Peaks {
  std::uint64_t held = 0;  // most slots that one member holds
  std::uint64_t led = 0;   // most slots that one member is primary of
};

inline Peaks peaks(const Ring& ring) {
  std::map<NodeId, Peaks> of;
  for (std::uint32_t slot = 0; slot < ring.slots(); ++slot) {
    for (const NodeId id : wanted(ring, slot)) ++of[id].held;
    ++of[wanted(ring, slot).front()].led;
  }
  Peaks most;
  for (const auto& [id, one] : of) most = {std::max(most.held, one.held), std::max(most.led, one.led)};
  return most;
}

// (slot, member) pairs that appear. Another order of the same members moves nothing.
inline std::uint64_t moved(const Ring& before, const Ring& after) {
  std::uint64_t copies = 0;
  for (std::uint32_t slot = 0; slot < after.slots(); ++slot)
    for (const NodeId id : wanted(after, slot))
      copies += std::ranges::find(wanted(before, slot), id) == wanted(before, slot).end();
  return copies;
}

// value ≤ percent / 100 × total / parts
inline bool within(std::uint64_t value, std::uint64_t percent, std::uint64_t total, std::uint64_t parts) {
  return value * parts * 100 <= total * percent;
}

// value / (total / parts), for people to read.
inline double ratio(std::uint64_t value, std::uint64_t total, std::uint64_t parts) {
  return static_cast<double>(value) * static_cast<double>(parts) / static_cast<double>(total);
}

}  // namespace hc::ring_figures
