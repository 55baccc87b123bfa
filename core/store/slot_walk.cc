// Visiting the entries of a table in the order of their hashes, from a cursor that is a hash: walk() and sweep(); and
// drawing one by chance.
//
// All hashes of one home form an interval, and a table of any capacity holds its entries in rising homes. So "every
// hash from here on" is a place in every table, and "done up to hash x" stays true whatever grows, shrinks, or takes
// over in between. (Redis' reverse-binary cursor gives the same guarantee with repetitions.)
#include <algorithm>
#include <utility>

#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/homes.h"
#include "core/store/slot_table.h"

namespace hc {
namespace {

std::uint64_t cursor_of(std::uint64_t hash) { return hash >> (64 - SlotTable::kCursorBits); }

// What walk() must not be: a cursor that counts places, and so means nothing in a table of another capacity.
std::uint64_t walk_by_index(std::uint64_t cursor, const std::uint64_t* words, std::uint32_t capacity,
                            const std::function<void(const SlotTable::Item&)>& visit) {
  for (bool visited = false; cursor < capacity && !visited; ++cursor) {
    visited = words[cursor] != 0;
    if (visited) visit(entry::item(words[cursor]));
  }
  return cursor < capacity ? cursor : 0;
}

}  // namespace

std::uint64_t SlotTable::walk(std::uint64_t cursor, const std::function<void(const Item&)>& visit) const {
  if (HC_MUTANT(kWalkMissesResize)) return walk_by_index(cursor, words_, capacity_, visit);
  if (size_ == 0 || cursor >> kCursorBits) return 0;
  std::uint32_t home = homes::of_hash(cursor << (64 - kCursorBits), capacity_);
  for (bool visited = false; home < capacity_ && !visited; ++home) {
    const bool whole = cursor <= homes::first_cursor(home, capacity_);  // else a walk elsewhere did a part of this home
    for (std::uint32_t i = home; words_[i]; i = step(i)) {
      if (homes::of_word(words_[i], capacity_) != home) continue;
      const Item item = entry::item(words_[i]);
      if (!whole && cursor_of(hash_of(item.key)) < cursor) continue;
      if (HC_MUTANT(kWalkSkips) && i == capacity_ / 2) continue;
      visit(item);
      visited = true;
    }
  }
  return home < capacity_ ? homes::first_cursor(home, capacity_) : 0;
}

bool SlotTable::sweep(WallTime now, std::size_t budget, const std::function<void(const Item&)>& erasing) {
  if (expiring_ == 0 || now <= earliest_) return false;
  if (sweep_cursor_ == 0) sweep_earliest_ = WallTime::max();  // a new round
  std::uint32_t home = homes::of_hash(sweep_cursor_ << (64 - kCursorBits), capacity_);
  std::size_t looked = 0;
  do {
    ++looked;
    for (std::uint32_t i = home; words_[i];) {
      ++looked;
      if (!entry::expires(words_[i]) || homes::of_word(words_[i], capacity_) != home) {
        i = step(i);
      } else if (const Item item = entry::item(words_[i]); item.expiry < now) {
        erasing(item);
        remove_at(i, hash_of(item.key));  // something else may stand at i now
      } else {
        sweep_earliest_ = std::min(sweep_earliest_, item.expiry);
        i = step(i);
      }
    }
  } while (++home < capacity_ && looked < budget);
  const bool finished = home >= capacity_;
  sweep_cursor_ = finished ? 0 : homes::first_cursor(home, capacity_);
  if (finished) earliest_ = std::exchange(sweep_earliest_, WallTime::max());
  shrink_if_sparse();
  return !finished && expiring_ != 0;
}

std::optional<SlotTable::Item> SlotTable::random(Random& random) const {
  if (size_ == 0) return std::nullopt;
  // A table is at least a quarter full, so this ends soon; each entry is as likely as any other.
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i)
    if (const auto word = words_[random.below(capacity_)]) return entry::item(word);
  std::uint32_t i = 0;
  while (!words_[i]) i = step(i);
  return entry::item(words_[i]);
}

}  // namespace hc
