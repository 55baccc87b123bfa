#include "core/store/key_page.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/homes.h"
#include "core/store/key_filter.h"

namespace hc {

using entry::Word;

KeyPage::Place KeyPage::locate(Bytes key, std::uint64_t local) const {
  const std::uint64_t tag = entry::tag_of(local);
  std::uint32_t i = homes::of_hash(local, capacity);
  for (; words[i]; i = step(i))
    if (entry::tag(words[i]) == tag && entry::key(words[i]) == key) return {i, true};
  return {i, false};
}

KeyPage::Place KeyPage::free_place(std::uint64_t local) const {
  std::uint32_t i = homes::of_hash(local, capacity);
  while (words[i]) i = step(i);
  return {i, false};
}

// Moves back what probing would otherwise no longer reach (Knuth, TAOCP vol. 3, 6.4, algorithm R).
Word KeyPage::take(std::uint32_t index) {
  const Word gone = words[index];
  std::uint32_t gap = index;
  for (std::uint32_t i = step(index); words[i]; i = step(i)) {
    const std::uint32_t home = homes::of_word(words[i], capacity);
    const std::uint32_t from_home = i >= home ? i - home : i + capacity - home;
    const std::uint32_t from_gap = i >= gap ? i - gap : i + capacity - gap;
    if (from_home < from_gap) continue;
    words[gap] = words[i];
    gap = i;
  }
  words[gap] = 0;
  --size;
  return gone;
}

void KeyPage::resize(std::uint32_t to) {
  HC_CHECK(to > size || (to == 0 && size == 0), "a page needs a free place");
  Word* const before = std::exchange(words, to == 0 ? nullptr : static_cast<Word*>(std::calloc(to, sizeof(Word))));
  HC_CHECK(words != nullptr || to == 0, "out of memory for a page");
  for (std::uint32_t i = 0; i < capacity; ++i) {
    if (!before[i]) continue;
    std::uint32_t place = homes::of_word(before[i], to);
    while (words[place]) place = place + 1 == to ? 0 : place + 1;
    words[place] = before[i];
  }
  std::free(before);
  capacity = to;
  if (filter) filter_keys(filter->rate_ppm);
}

// For as many keys as its places take, with those that it has. What came of asking the one before goes on.
void KeyPage::filter_keys(std::uint32_t rate_ppm) {
  const KeyFilterLookUps look_ups = filter ? filter->look_ups : KeyFilterLookUps{};
  delete std::exchange(filter, nullptr);
  if (rate_ppm == 0) return;
  const std::size_t keys = std::max<std::size_t>(capacity, kCapacityMin) * 4 / 5;
  auto made = std::make_unique<KeyFilter>(std::min(keys, CuckooFilter::kCapacityMax), rate_ppm, look_ups);
  bool all = true;
  if (!HC_MUTANT(kFilterBeginsEmpty))
    homes::each_hash(*this, [&](Word, std::uint64_t hash) { all = all && made->filter.add(hash); });
  if (all) filter = made.release();
}

std::size_t KeyPage::bytes() const { return allocated(capacity * sizeof(Word)) + (filter ? filter->bytes() : 0); }

}  // namespace hc
