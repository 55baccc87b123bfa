// A table whose keys are filtered: what its filters are told, and what they say.
#include "core/base/seam.h"
#include "core/store/key_filter.h"
#include "core/store/key_pages.h"
#include "core/store/slot_table.h"

namespace hc {

void SlotTable::filter_keys(std::uint32_t rate_ppm) {
  filter_ppm_ = rate_ppm;
  key_pages::each_leaf(root_, [&](KeyPage& page) {
    bytes_ -= page.bytes();
    page.filter_keys(0);  // what came of asking it is forgotten
    page.filter_keys(rate_ppm);
    bytes_ += page.bytes();
  });
}

KeyFilterFigures SlotTable::filter_figures() const {
  KeyFilterFigures figures;
  key_pages::each_leaf(root_, [&](const KeyPage& page) {
    if (!page.filter) return;
    figures.keys += page.filter->filter.size();
    figures.capacity += page.filter->filter.capacity();
    figures.bytes += page.filter->bytes();
    figures.look_ups += page.filter->look_ups;
  });
  return figures;
}

bool SlotTable::filter_has(std::uint64_t hash) const {
  const KeyFilter* keys = key_pages::leaf_of(root_, hash).page->filter;
  return !keys || keys->filter.contains(hash);
}

// One that has no room any more is given up.
void SlotTable::key_came(KeyPage& page, std::uint64_t hash) {
  bytes_ -= page.filter->bytes();
  if (!page.filter->filter.add(hash)) return page.filter_keys(0);
  bytes_ += page.filter->bytes();
}

void SlotTable::key_went(KeyPage& page, std::uint64_t hash) {
  bytes_ -= page.filter->bytes();
  page.filter->filter.remove(hash);
  bytes_ += page.filter->bytes();
}

// False: the key is not there.
bool SlotTable::may_have(const KeyPage& page, std::uint64_t hash) {
  ++page.filter->look_ups.asked;
  if (page.filter->filter.contains(hash)) return true;
  ++page.filter->look_ups.denied;
  return false;
}

void SlotTable::was_not_there(const KeyPage& page) { ++page.filter->look_ups.false_positives; }

}  // namespace hc
