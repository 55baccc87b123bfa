// Visiting the entries of a table in the order of their hashes, from a cursor that is a hash: walk(), sweep() and
// relocate(); and drawing one by chance.
//
// All hashes of one page form an interval, and so do those of one home in it; pages and homes rise with them. So "every
// hash from here on" is a place in every table, and "done up to hash x" stays true whatever grows, shrinks, bursts, is
// gathered, or takes over in between. (Redis' reverse-binary cursor gives the same guarantee with repetitions.)
#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/homes.h"
#include "core/store/key_pages.h"
#include "core/store/slot_table.h"

namespace hc {
namespace {

constexpr unsigned kCursorShift = 64 - SlotTable::kCursorBits;

bool ends(std::uint64_t cursor) { return cursor >> SlotTable::kCursorBits != 0; }

// The page in which a cursor lies, and what cursors mean in it.
template <class P>
struct Stretch {
  Stretch(P& root, std::uint64_t cursor) : Stretch(key_pages::leaf_of(root, cursor << kCursorShift), cursor) {}
  Stretch(const key_pages::Leaf<P>& leaf, std::uint64_t cursor)
      : page(*leaf.page),
        home(page.size == 0 ? 0 : homes::of_hash(leaf.local, page.capacity)),
        length((std::uint64_t{1} << SlotTable::kCursorBits) >> leaf.depth),
        start(cursor & ~(length - 1)) {}

  // The least cursor whose home is `at` or a later one; behind the last home, where the next page begins.
  std::uint64_t cursor_at(std::uint32_t at) const {
    return page.size == 0 ? start + length : start + homes::first_tag(at, page.capacity) * (length >> 16);
  }

  P& page;
  std::uint32_t home;  // of the cursor
  std::uint64_t length, start;
};

// What walk() must not be: a cursor that counts places, and so means nothing in a table of another capacity.
std::uint64_t walk_by_index(std::uint64_t cursor, const KeyPage& root,
                            const std::function<void(const SlotTable::Item&)>& visit) {
  std::vector<entry::Word> words;
  key_pages::each_leaf(root,
                       [&](const KeyPage& page) { words.insert(words.end(), page.words, page.words + page.capacity); });
  for (bool visited = false; cursor < words.size() && !visited; ++cursor) {
    visited = words[cursor] != 0;
    if (visited) visit(entry::item(words[cursor]));
  }
  return cursor < words.size() ? cursor : 0;
}

// A walk that goes on will come to these entries: they lie far apart, and each would be waited for.
void foresee(const KeyPage& page, std::uint32_t home) {
  constexpr std::uint32_t kPlacesAhead = 24;
  const std::uint32_t end = std::min(page.capacity, home + kPlacesAhead + 1);
  for (std::uint32_t i = home == 0 ? 0 : home + kPlacesAhead; i < end; ++i) {
    if (!page.words[i]) continue;
    const char* block = entry::block(page.words[i]);
    __builtin_prefetch(block);
    __builtin_prefetch(block + 64);
  }
}

// The entries of one home from a cursor on. True if there are any.
bool visit_home(const Stretch<const KeyPage>& in, std::uint32_t home, std::uint64_t cursor,
                const std::function<void(const SlotTable::Item&)>& visit) {
  const KeyPage& page = in.page;
  const bool whole = cursor <= in.cursor_at(home);  // else a walk elsewhere did a part of this home
  bool visited = false;
  for (std::uint32_t i = home; page.words[i]; i = page.step(i)) {
    if (homes::of_word(page.words[i], page.capacity) != home) continue;
    const SlotTable::Item item = entry::item(page.words[i]);
    if (!whole && SlotTable::cursor_of(hash_of(item.key)) < cursor) continue;
    if (HC_MUTANT(kWalkSkips) && i == page.capacity / 2) continue;
    visit(item);
    visited = true;
  }
  return visited;
}

}  // namespace

std::uint64_t SlotTable::walk(std::uint64_t cursor, const std::function<void(const Item&)>& visit) const {
  if (HC_MUTANT(kWalkMissesResize)) return walk_by_index(cursor, root_, visit);
  if (root_.size == 0) return 0;
  for (bool visited = false; !visited && !ends(cursor);) {
    const Stretch<const KeyPage> in(root_, cursor);
    std::uint32_t home = in.home;
    for (; home < in.page.capacity && !visited; ++home) {
      foresee(in.page, home);
      visited = visit_home(in, home, cursor, visit);
    }
    cursor = in.cursor_at(home);
  }
  return ends(cursor) ? 0 : cursor;
}

bool SlotTable::sweep(WallTime now, std::size_t budget, const std::function<void(const Item&)>& erasing) {
  if (expiring_ == 0 || now <= earliest_) return false;
  if (sweep_cursor_ == 0) sweep_earliest_ = WallTime::max();  // a new round
  std::size_t looked = 0;
  bool finished = false;
  do {
    const std::uint64_t cursor = sweep_cursor_;
    const Stretch<KeyPage> in(root_, cursor);
    KeyPage& page = in.page;
    std::uint32_t home = in.home;
    do {
      ++looked;
      for (std::uint32_t i = home; page.size != 0 && page.words[i];) {
        ++looked;
        if (!entry::expires(page.words[i]) || homes::of_word(page.words[i], page.capacity) != home) {
          i = page.step(i);
        } else if (const Item item = entry::item(page.words[i]); item.expiry < now) {
          erasing(item);
          remove_at(page, i, hash_of(item.key));  // something else may stand at i now
        } else {
          sweep_earliest_ = std::min(sweep_earliest_, item.expiry);
          i = page.step(i);
        }
      }
    } while (++home < page.capacity && looked < budget);
    const std::uint64_t next = home < page.capacity ? in.cursor_at(home) : in.start + in.length;
    finished = ends(next);
    sweep_cursor_ = finished ? 0 : next;
    if (finished) earliest_ = std::exchange(sweep_earliest_, WallTime::max());
    shrink_if_sparse(cursor << kCursorShift);
  } while (!finished && expiring_ != 0 && looked < budget);
  return !finished && expiring_ != 0;
}

// A place is known by the least cursor that has it as its home.
std::uint64_t SlotTable::relocate(std::uint64_t cursor, std::size_t& budget, Relocate move) {
  if (root_.size == 0) return 0;
  while (!ends(cursor) && budget > 0) {
    const Stretch<KeyPage> in(root_, cursor);
    std::uint32_t place = in.home;
    for (; place < in.page.capacity && budget > 0; ++place, --budget) {
      entry::Word& word = in.page.words[place];
      if (word) word = entry::moved(word, move(entry::block(word), entry::asked(word)));
    }
    cursor = in.cursor_at(place);
  }
  return ends(cursor) ? 0 : cursor;
}

std::optional<SlotTable::Item> SlotTable::random(Random& random) const {
  if (root_.size == 0) return std::nullopt;
  const KeyPage* page = &root_;
  while (page->is_node()) {
    std::uint64_t drawn = random.below(page->size);
    for (page = page->parts; drawn >= page->size; ++page) drawn -= page->size;
  }
  // A page is at least a quarter full, so this ends soon; each entry is as likely as any other.
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i)
    if (const auto word = page->words[random.below(page->capacity)]) return entry::item(word);
  std::uint32_t i = 0;
  while (!page->words[i]) i = page->step(i);
  return entry::item(page->words[i]);
}

}  // namespace hc
