#include "core/store/slot_table.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/homes.h"
#include "core/store/key_filter.h"

namespace hc {
namespace {

using entry::Word;

constexpr std::uint32_t kCapacityMin = 4;
// Up to so many places a table's filter is made anew when it is resized, a matter of a fraction of a millisecond;
// beyond, filters grow by themselves.
constexpr std::uint32_t kFilteredAnewMost = 4096;

// 4 6 8 12 16 24 …: sizes that allocators have classes for, so that growing by half wastes nothing.
std::uint32_t next_capacity(std::uint32_t capacity) {
  if (capacity == 0) return kCapacityMin;
  const bool power_of_two = (capacity & (capacity - 1)) == 0;
  return power_of_two ? capacity / 2 * 3 : capacity / 3 * 4;
}

bool too_full(std::uint64_t size, std::uint64_t capacity) { return size * 5 > capacity * 4; }
bool too_sparse(std::uint64_t size, std::uint64_t capacity) { return size * 4 < capacity; }

}  // namespace

struct SlotTable::Place {
  std::uint32_t index;
  bool found;
};

SlotTable::SlotTable() = default;
SlotTable::~SlotTable() { release(); }
SlotTable::SlotTable(SlotTable&& other) noexcept { swap(other); }

void SlotTable::swap(SlotTable& other) noexcept {
  std::swap(words_, other.words_);
  std::swap(capacity_, other.capacity_);
  std::swap(size_, other.size_);
  std::swap(bytes_, other.bytes_);
  std::swap(digest_, other.digest_);
  std::swap(earliest_, other.earliest_);
  std::swap(sweep_earliest_, other.sweep_earliest_);
  std::swap(sweep_cursor_, other.sweep_cursor_);
  std::swap(expiring_, other.expiring_);
  std::swap(filter_, other.filter_);
}

void SlotTable::release() {
  for (std::uint32_t i = 0; i < capacity_; ++i)
    if (words_[i]) entry::destroy(words_[i]);
  std::free(words_);
}

void SlotTable::clear() {
  const std::unique_ptr<KeyFilter> filter = std::move(filter_);
  SlotTable().swap(*this);
  if (filter) make_filter(filter->rate_ppm, filter->look_ups);
}

// The key's place, or the empty one where it would go. Requires: capacity_ > 0 (so that an empty one exists).
SlotTable::Place SlotTable::locate(Bytes key, std::uint64_t hash) const {
  const std::uint64_t tag = entry::tag_of(hash);
  std::uint32_t i = homes::of_hash(hash, capacity_);
  for (; words_[i]; i = step(i))
    if (entry::tag(words_[i]) == tag && entry::key(words_[i]) == key) return {i, true};
  return {i, false};
}

// For who only looks: the filter is asked first.
std::optional<std::uint32_t> SlotTable::look_up(Bytes key, std::uint64_t hash) const {
  if (size_ == 0 || (filter_ && !may_have(hash))) return std::nullopt;
  const Place place = locate(key, hash);
  if (place.found) return place.index;
  if (filter_) was_not_there();
  return std::nullopt;
}

std::optional<SlotTable::Item> SlotTable::find(Bytes key, std::uint64_t hash) const {
  const auto index = look_up(key, hash);
  if (!index) return std::nullopt;
  return entry::item(words_[*index]);
}

std::optional<SlotTable::Item> SlotTable::find_past_filter(Bytes key, std::uint64_t hash) const {
  if (size_ == 0) return std::nullopt;
  const Place place = locate(key, hash);
  if (!place.found) return std::nullopt;
  return entry::item(words_[place.index]);
}

void SlotTable::prefetch_place(std::uint64_t hash) const {
  if (size_ != 0) __builtin_prefetch(words_ + homes::of_hash(hash, capacity_));
}

// A few places on, past entries whose tags are others: what lies further is as well found when it is looked for.
void SlotTable::prefetch_entry(std::uint64_t hash) const {
  if (size_ == 0) return;
  constexpr int kPlaces = 8;
  std::uint32_t i = homes::of_hash(hash, capacity_);
  for (int places = 0; words_[i] && places < kPlaces; i = step(i), ++places) {
    if (entry::tag(words_[i]) != entry::tag_of(hash)) continue;
    __builtin_prefetch(entry::block(words_[i]));
    __builtin_prefetch(entry::block(words_[i]) + 64);
    return;
  }
}

void SlotTable::note_expiry(WallTime expiry) {
  if (expiry == kNoExpiry) return;
  ++expiring_;
  earliest_ = std::min(earliest_, expiry);
  sweep_earliest_ = std::min(sweep_earliest_, expiry);
}

std::optional<SlotTable::Item> SlotTable::use(Bytes key, std::uint64_t hash, AccessClock& clock) {
  const auto index = look_up(key, hash);
  if (!index) return std::nullopt;
  const Word word = words_[*index];
  const Item item = entry::item(word);
  entry::set_stamp(word, clock.used(item.stamp));
  return item;
}

void SlotTable::put(Bytes key, std::uint64_t hash, Content content, AccessClock* clock) {
  put_stored(key, hash, {content.value, content.expiry}, clock);
}

void SlotTable::put(Bytes key, std::uint64_t hash, std::unique_ptr<Object> object, WallTime expiry,
                    AccessClock* clock) {
  const Object* address = object.release();  // the entry's
  put_stored(key, hash, {Bytes(reinterpret_cast<const char*>(&address), sizeof address), expiry, true}, clock);
}

void SlotTable::put_stored(Bytes key, std::uint64_t hash, const entry::Stored& value, AccessClock* clock) {
  if (size_ != 0) {
    const Place place = locate(key, hash);
    if (place.found) {
      const std::unique_ptr<Object> gone(entry::object(words_[place.index]));
      replace_entry(place.index, hash, value);
      if (filter_ && HC_MUTANT(kFilterForgetsOnOverwrite)) key_went(hash);
      const Word word = words_[place.index];
      if (clock) entry::set_stamp(word, clock->used(entry::header(word).stamp));
      return;
    }
  }
  if (too_full(std::uint64_t{size_} + 1, capacity_)) resize(next_capacity(capacity_));
  const Word word = entry::make(hash, key, value, clock ? clock->fresh() : 0);
  insert(hash, word);
  ++size_;
  if (filter_) key_came(hash);
  bytes_ += entry::bytes(word);
  digest_ += entry::digest(word, hash);
  note_expiry(value.expiry);
}

// The object that was there, if it was one, is the caller's.
void SlotTable::replace_entry(std::uint32_t index, std::uint64_t hash, const entry::Stored& value) {
  const Word old = words_[index];
  digest_ -= entry::digest(old, hash);
  bytes_ -= entry::bytes(old);
  if (entry::expires(old)) forget_expiry();
  if (!entry::replace_in_place(old, hash, value)) {
    words_[index] = entry::make(hash, entry::key(old), value, entry::header(old).stamp);
    entry::free_block(old);  // only now: the value may borrow from it
  }
  bytes_ += entry::bytes(words_[index]);
  digest_ += entry::digest(words_[index], hash);
  note_expiry(value.expiry);
}

bool SlotTable::set_expiry(Bytes key, std::uint64_t hash, WallTime expiry) {
  if (size_ == 0) return false;
  const Place place = locate(key, hash);
  if (!place.found) return false;
  const Word word = words_[place.index];
  replace_entry(place.index, hash, {entry::stored(word), expiry, entry::object(word) != nullptr});
  return true;
}

bool SlotTable::splice(Bytes key, std::uint64_t hash, std::size_t offset, Bytes piece) {
  if (size_ == 0 || offset > kBytesMax || piece.size() > kBytesMax - offset) return false;
  const Place place = locate(key, hash);
  if (!place.found || entry::object(words_[place.index])) return false;
  Word& word = words_[place.index];
  digest_ -= entry::digest(word, hash);
  bytes_ -= entry::bytes(word);
  word = entry::splice(word, hash, offset, piece);
  bytes_ += entry::bytes(word);
  digest_ += entry::digest(word, hash);
  return true;
}

bool SlotTable::change(Bytes key, std::uint64_t hash, Bytes edit) {
  if (size_ == 0) return false;
  const Place place = locate(key, hash);
  const Word word = words_[place.index];
  Object* object = place.found ? entry::object(word) : nullptr;
  if (!object) return false;
  digest_ -= entry::digest(word, hash);
  bytes_ -= entry::bytes(word);
  const bool changed = object->change(edit);
  bytes_ += entry::bytes(word);
  digest_ += entry::digest(word, hash);
  return changed;
}

bool SlotTable::erase(Bytes key, std::uint64_t hash) {
  if (size_ == 0) return false;
  const Place place = locate(key, hash);
  if (!place.found) return false;
  remove_at(place.index, hash);
  shrink_if_sparse();
  return true;
}

std::uint32_t SlotTable::relocate(std::uint32_t from, std::size_t& budget, Relocate move) {
  for (; from < capacity_ && budget > 0; ++from, --budget) {
    Word& word = words_[from];
    if (word) word = entry::moved(word, move(entry::block(word), entry::asked(word)));
  }
  return from < capacity_ ? from : 0;
}

void SlotTable::forget_expiry() {
  if (--expiring_ == 0) earliest_ = sweep_earliest_ = WallTime::max();
}

// Closes the gap by moving back what probing would otherwise no longer reach (Knuth, TAOCP vol. 3, 6.4, algorithm R).
void SlotTable::remove_at(std::uint32_t index, std::uint64_t hash) {
  const Word gone = words_[index];
  std::uint32_t gap = index;
  for (std::uint32_t i = step(index); words_[i]; i = step(i)) {
    const std::uint32_t home = homes::of_word(words_[i], capacity_);
    const std::uint32_t from_home = i >= home ? i - home : i + capacity_ - home;
    const std::uint32_t from_gap = i >= gap ? i - gap : i + capacity_ - gap;
    if (from_home < from_gap) continue;
    words_[gap] = words_[i];
    gap = i;
  }
  words_[gap] = 0;
  --size_;
  if (filter_) key_went(hash);
  bytes_ -= entry::bytes(gone);
  if (!HC_MUTANT(kDigestSkipped)) digest_ -= entry::digest(gone, hash);
  if (entry::expires(gone)) forget_expiry();
  entry::destroy(gone);
}

void SlotTable::insert(std::uint64_t hash, std::uint64_t word) {
  std::uint32_t i = homes::of_hash(hash, capacity_);
  while (words_[i]) i = step(i);
  words_[i] = word;
}

void SlotTable::resize(std::uint32_t capacity) {
  HC_CHECK(capacity > size_, "a table needs an empty place");
  auto* words = static_cast<Word*>(std::calloc(capacity, sizeof(Word)));
  HC_CHECK(words != nullptr, "out of memory for a table");
  for (std::uint32_t i = 0; i < capacity_; ++i) {
    if (!words_[i]) continue;
    std::uint32_t to = homes::of_word(words_[i], capacity);
    while (words[to]) to = to + 1 == capacity ? 0 : to + 1;
    words[to] = words_[i];
  }
  bytes_ = bytes_ - allocated(capacity_ * sizeof(Word)) + allocated(capacity * sizeof(Word));
  std::free(words_);
  words_ = words;
  capacity_ = capacity;
  if (!filter_ || capacity > kFilteredAnewMost) return;
  bytes_ -= filter_->bytes();
  const std::unique_ptr<KeyFilter> filter = std::move(filter_);
  make_filter(filter->rate_ppm, filter->look_ups);
}

void SlotTable::shrink_if_sparse() {
  if (size_ == 0) return clear();
  if (capacity_ == kCapacityMin || !too_sparse(size_, capacity_)) return;
  std::uint32_t capacity = kCapacityMin;
  while (std::uint64_t{size_} * 9 > std::uint64_t{capacity} * 5) capacity = next_capacity(capacity);
  resize(capacity);
}

}  // namespace hc
