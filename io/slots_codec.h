// Slots, run-length coded in ring order: neighbours on the ring mostly share their lists, so a view of 16384 slots
// takes a few KB, and a set of "all slots of node-3" a few hundred bytes.
//
// A set is written as runs or as a bitmap, whichever is shorter. A view's slots are: the incarnations that occur, the
// distinct configurations over them, then runs of configurations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/bytes.h"
#include "core/view/slot_set.h"
#include "core/view/view.h"
#include "core/view/view_change.h"
#include "io/wire.h"

namespace hc {

inline constexpr std::uint32_t kSlotsMax = 16384;
inline constexpr std::size_t kSlotSetWordsMax = 1024;  // every Slot that there can be

// What everything below needs of the ring order, for up to kSlotsMax slots; else the first call takes the time, some
// ten milliseconds.
void learn_slot_order();

// Memory that a decoder may still take: a few bytes must not become gigabytes (a run is a million times shorter than
// what it stands for).
class DecodeBudget {
 public:
  explicit DecodeBudget(std::size_t bytes) : left_(bytes) {}
  [[nodiscard]] bool take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::size_t left_;
};

// Requires: at most kSlotSetWordsMax words (no Slot is outside).
void write_slot_set(const SlotSet& set, WireWriter& out);
std::expected<SlotSet, std::string> read_slot_set(Bytes bytes, DecodeBudget& budget);

// Writes the slots of one view after another: only what is different from the last time is looked up.
class SlotsEncoder {
 public:
  // Requires: at most kSlotsMax slots, no list empty.
  std::string encode(const SlotConfigs& slots);

 private:
  struct HashOfConfig {
    std::size_t operator()(const SlotConfig& config) const;
  };
  void begin_anew(const SlotConfigs& slots);
  std::uint32_t known_as(const SlotConfig& config);

  SlotConfigs last_;
  std::vector<std::uint16_t> place_;    // by slot: its place among all of them on the ring
  std::vector<std::uint32_t> numbers_;  // by place: its configuration
  std::vector<SlotConfig> configs_;     // by number: those that are or were there
  std::unordered_map<SlotConfig, std::uint32_t, HashOfConfig> number_of_;  // never walked
};
std::string encode_slots(const SlotConfigs& slots);  // by one that knows nothing
// Exactly `count` slots with lists of 1 … kListMax distinct members.
std::expected<std::vector<SlotConfig>, std::string> decode_slots(Bytes bytes, std::uint32_t count,
                                                                 DecodeBudget& budget);

// The set of the slots that change, then their configurations as of a view's slots. Requires: ascending, below
// kSlotsMax, no list empty.
std::string encode_slot_changes(const std::vector<SlotChange>& changes);
std::expected<std::vector<SlotChange>, std::string> decode_slot_changes(Bytes bytes, DecodeBudget& budget);

}  // namespace hc
