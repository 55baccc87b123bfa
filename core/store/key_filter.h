// A cuckoo filter over the keys of a page, so that a look-up of what is not there may end with it, and what came of
// asking it. SlotTable tells it of every key that comes and goes; each key is in it once. It is made anew whenever its
// page is resized, so it is as large as the page wants it, and neither grows for long nor makes a pause of its own.
#pragma once

#include <cstdint>

#include "core/store/allocation.h"
#include "core/store/cuckoo_filter.h"

namespace hc {

struct KeyFilterLookUps {
  std::uint64_t asked = 0;            // of all kinds
  std::uint64_t denied = 0;           // the filter said that the key is not there
  std::uint64_t false_positives = 0;  // it said that it may be, and it was not

  KeyFilterLookUps& operator+=(const KeyFilterLookUps& other) {
    asked += other.asked;
    denied += other.denied;
    false_positives += other.false_positives;
    return *this;
  }
};

// Of all filters of a table.
struct KeyFilterFigures {
  std::size_t keys = 0, capacity = 0, bytes = 0;
  KeyFilterLookUps look_ups;
};

struct KeyFilter {
  KeyFilter(std::size_t keys, std::uint32_t ppm, const KeyFilterLookUps& before)
      : rate_ppm(ppm), filter(keys, ppm), look_ups(before) {}

  std::size_t bytes() const { return allocated(sizeof *this) + allocated(filter.bytes()); }

  std::uint32_t rate_ppm;
  CuckooFilter filter;
  KeyFilterLookUps look_ups;
};

}  // namespace hc
