// The keys of one slot: key -> (value, optional expiry), with the size, the byte count and the digest of the content. A
// value is bytes, or an object of some type (core/store/object.h).
//
// They stand in pages (core/store/key_page.h, key_pages.h), in rising order of their hashes, however many pages there
// are. That is what makes a walk's cursor good for every table size and for every replica. A usual table has one page;
// one of more than 1638 keys has a tree of them, so that no table, however large, makes a pause when it grows or
// shrinks. An empty table owns nothing.
//
// It knows no clock: expired keys stay until somebody erases them. It decides nothing and replicates nothing.
//
// Lifetime: an Item borrows its entry until a call changes or erases that entry (others stay where they are). Sizes:
// key and value are at most kBytesMax each (checked). Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/bytes.h"
#include "core/base/memory_limits.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/store/access_clock.h"
#include "core/store/hash.h"
#include "core/store/key_page.h"
#include "core/store/object.h"

namespace hc {

namespace entry {
struct Stored;
}

struct KeyFilterFigures;

class SlotTable {
 public:
  static constexpr std::size_t kBytesMax = std::size_t{512} << 20;  // of a key, and of a value
  static constexpr unsigned kCursorBits = 48;

  struct Content {
    Bytes value;
    WallTime expiry = kNoExpiry;
  };
  struct Item {
    Bytes key;
    Bytes value;                     // of an object: empty
    WallTime expiry;                 // kNoExpiry: none
    AccessClock::Stamp stamp = 0;    // of its last use; not part of the content
    const Object* object = nullptr;  // nullptr: the value is bytes

    ValueType type() const { return object ? object->type() : ValueType::kString; }
  };

  SlotTable();
  ~SlotTable();
  SlotTable(SlotTable&& other) noexcept;
  SlotTable& operator=(SlotTable&& other) noexcept {
    SlotTable(std::move(other)).swap(*this);
    return *this;
  }
  void swap(SlotTable& other) noexcept;

  // Each of these has a form that takes the key's hash. Requires: hash == hash_of(key).
  std::optional<Item> find(Bytes key) const { return find(key, hash_of(key)); }
  std::optional<Item> find(Bytes key, std::uint64_t hash) const;
  std::optional<Item> find_past_filter(Bytes key, std::uint64_t hash) const;  // the truth, whatever the filter says

  // Finds it, and notes that it is used.
  std::optional<Item> use(Bytes key, std::uint64_t hash, AccessClock& clock);

  // Hints before a find(): fetch the key's place, and then, when that has come, its entry, into the processor's cache.
  void prefetch_place(std::uint64_t hash) const;
  void prefetch_entry(std::uint64_t hash) const;

  // Adds or replaces, and with a clock notes that it is used. `key` and the value may borrow from this table.
  void put(Bytes key, Bytes value, WallTime expiry) { put(key, hash_of(key), {value, expiry}); }
  void put(Bytes key, std::uint64_t hash, Content content, AccessClock* clock = nullptr);
  void put(Bytes key, std::uint64_t hash, std::unique_ptr<Object> object, WallTime expiry,
           AccessClock* clock = nullptr);

  // What the object of this key makes of an edit. False, and nothing has changed, also if there is none.
  bool change(Bytes key, std::uint64_t hash, Bytes edit);

  // Changes the expiry alone; kNoExpiry takes it away. False if the key is missing.
  bool set_expiry(Bytes key, WallTime expiry) { return set_expiry(key, hash_of(key), expiry); }
  bool set_expiry(Bytes key, std::uint64_t hash, WallTime expiry);

  // Writes `piece` over the value from `offset` on, which grows as needed, zero bytes in a gap. Costs the piece and not
  // the value, but for the allocator's growth. False if the key is missing or no string, or the value would exceed
  // kBytesMax.
  // Requires: `piece` does not borrow from this table.
  bool splice(Bytes key, std::size_t offset, Bytes piece) { return splice(key, hash_of(key), offset, piece); }
  bool splice(Bytes key, std::uint64_t hash, std::size_t offset, Bytes piece);

  // True if it was there. `key` may borrow from this table.
  bool erase(Bytes key) { return erase(key, hash_of(key)); }
  bool erase(Bytes key, std::uint64_t hash);
  void clear();  // its filter stays, with nothing in it

  // Keeps cuckoo filters over its keys (core/store/key_filter.h), of this rate of false positives; 0: keeps none.
  // Costs a look at each key. Nothing of the content changes. Requires: rate_ppm <= CuckooFilter::kRateMax.
  void filter_keys(std::uint32_t rate_ppm);
  std::uint32_t filter_ppm() const { return filter_ppm_; }
  bool filter_has(std::uint64_t hash) const;  // not counted as a look-up; true also if there is none
  KeyFilterFigures filter_figures() const;    // costs a look at each page

  std::size_t size() const { return root_.size; }
  std::size_t expiring() const { return expiring_; }  // entries with an expiry
  // What entries and table take (core/store/allocation.h). Deterministic.
  std::size_t bytes() const { return bytes_; }

  // Of the content alone: the same for equal sets of (key, value, expiry), whatever happened before. Kept up to date by
  // every change (a sum of 64-bit hashes, one per entry). An empty table has 0.
  std::uint64_t digest() const { return digest_; }

  // Visits a group of entries and returns where to go on; 0 = all were visited. Starts with 0; < 2^kCursorBits. A key
  // that is present from the first call to the last is visited exactly once, though the table changes, grows and
  // shrinks between the calls, and though the walk goes on in another table (a replica's). In order of hash.
  // Visits at least one entry unless it returns 0. Requires: `visit` does not change the table.
  std::uint64_t walk(std::uint64_t cursor, const std::function<void(const Item&)>& visit) const;

  // Where a walk stands that has everything before this hash behind it.
  static constexpr std::uint64_t cursor_of(std::uint64_t hash) { return hash >> (64 - kCursorBits); }

  // Moves entries to better places, from a cursor (as walk()'s) on, each place taking one of `budget`; where to go on,
  // 0 at the end. Nothing of the content changes, nor of its order; what borrowed from an entry is lost.
  std::uint64_t relocate(std::uint64_t cursor, std::size_t& budget, Relocate move);

  // An entry, each as likely as any other. nullopt if empty.
  std::optional<Item> random(Random& random) const;

  // No entry expires before this; kNoExpiry: none expires at all. A lower bound, exact after a full round of sweep().
  WallTime earliest_expiry() const { return expiring_ == 0 ? kNoExpiry : earliest_; }

  // Erases entries whose expiry lies before `now`, telling `erasing` each of them just before. Looks at about `budget`
  // places and goes on from there the next time. True if the round is not at its end.
  // Requires: `erasing` does not change the table.
  bool sweep(WallTime now, std::size_t budget, const std::function<void(const Item&)>& erasing);

 private:
  std::uint64_t* look_up(Bytes key, std::uint64_t hash) const;
  std::uint64_t* word_of(Bytes key, std::uint64_t hash) const;
  void key_came(KeyPage& page, std::uint64_t hash);
  void key_went(KeyPage& page, std::uint64_t hash);
  static bool may_have(const KeyPage& page, std::uint64_t hash);
  static void was_not_there(const KeyPage& page);
  void put_stored(Bytes key, std::uint64_t hash, const entry::Stored& value, AccessClock* clock);
  void replace_entry(std::uint64_t& word, std::uint64_t hash, const entry::Stored& value);
  void remove_at(KeyPage& page, std::uint32_t index, std::uint64_t hash);
  void shrink_if_sparse(std::uint64_t hash);
  void note_expiry(WallTime expiry);
  void forget_expiry();

  KeyPage root_;
  std::size_t bytes_ = 0;
  std::uint64_t digest_ = 0;
  WallTime earliest_ = WallTime::max();        // lower bound over all entries
  WallTime sweep_earliest_ = WallTime::max();  // lower bound over the entries that this round of sweep() has passed
  std::uint64_t sweep_cursor_ = 0;
  std::uint32_t expiring_ = 0;
  std::uint32_t filter_ppm_ = 0;
};
static_assert(sizeof(SlotTable) <= 72);  // a node has 16384 of them

}  // namespace hc
