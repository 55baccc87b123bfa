// A table whose keys are filtered: the filter's beginning, and what it is told.
#include <algorithm>
#include <utility>

#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/key_filter.h"
#include "core/store/slot_table.h"

namespace hc {
namespace {

constexpr std::size_t kPlacesLeast = 4;
constexpr std::size_t kPlacesMost = std::size_t{1} << 28;  // beyond, a table has none

}  // namespace

void SlotTable::filter_keys(std::uint32_t rate_ppm) {
  if (filter_) bytes_ -= filter_->bytes();
  filter_.reset();
  if (rate_ppm != 0) make_filter(rate_ppm, {});
}

// For as many keys as its places take, with those that it has.
void SlotTable::make_filter(std::uint32_t rate_ppm, const KeyFilterLookUps& look_ups) {
  if (capacity_ > kPlacesMost) return;
  filter_ = std::make_unique<KeyFilter>(std::max<std::size_t>(capacity_, kPlacesLeast) * 4 / 5, rate_ppm, look_ups);
  bytes_ += filter_->bytes();
  if (HC_MUTANT(kFilterBeginsEmpty)) return;
  for (std::uint32_t i = 0; i < capacity_ && filter_; ++i)
    if (words_[i]) key_came(hash_of(entry::key(words_[i])));
}

// One that has no room any more is given up.
void SlotTable::key_came(std::uint64_t hash) {
  bytes_ -= filter_->bytes();
  if (!filter_->filter.add(hash)) return filter_.reset();
  bytes_ += filter_->bytes();
}

void SlotTable::key_went(std::uint64_t hash) {
  bytes_ -= filter_->bytes();
  filter_->filter.remove(hash);
  bytes_ += filter_->bytes();
}

// False: the key is not there.
bool SlotTable::may_have(std::uint64_t hash) const {
  ++filter_->look_ups.asked;
  if (filter_->filter.contains(hash)) return true;
  ++filter_->look_ups.denied;
  return false;
}

void SlotTable::was_not_there() const { ++filter_->look_ups.false_positives; }

}  // namespace hc
