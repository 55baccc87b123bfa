#include "core/store/slot_table.h"

#include <algorithm>
#include <utility>

#include "core/base/seam.h"
#include "core/store/entry.h"
#include "core/store/homes.h"
#include "core/store/key_filter.h"
#include "core/store/key_pages.h"

namespace hc {

using entry::Word;
using key_pages::leaf_of;

SlotTable::SlotTable() = default;
SlotTable::~SlotTable() { key_pages::release(root_); }
SlotTable::SlotTable(SlotTable&& other) noexcept { swap(other); }

void SlotTable::swap(SlotTable& other) noexcept {
  std::swap(root_, other.root_);
  std::swap(bytes_, other.bytes_);
  std::swap(digest_, other.digest_);
  std::swap(earliest_, other.earliest_);
  std::swap(sweep_earliest_, other.sweep_earliest_);
  std::swap(sweep_cursor_, other.sweep_cursor_);
  std::swap(expiring_, other.expiring_);
  std::swap(filter_ppm_, other.filter_ppm_);
}

void SlotTable::clear() {
  const std::uint32_t rate_ppm = filter_ppm_;
  const KeyFilterLookUps look_ups = filter_figures().look_ups;
  SlotTable().swap(*this);
  filter_keys(rate_ppm);
  if (root_.filter) root_.filter->look_ups = look_ups;
}

// For who only looks: the filter is asked first. nullptr: it is not there.
Word* SlotTable::look_up(Bytes key, std::uint64_t hash) const {
  const auto leaf = leaf_of(root_, hash);
  const KeyPage& page = *leaf.page;
  if (page.size == 0 || (page.filter && !may_have(page, hash))) return nullptr;
  const KeyPage::Place place = page.locate(key, leaf.local);
  if (place.found) return page.words + place.index;
  if (page.filter) was_not_there(page);
  return nullptr;
}

// The same, past the filter.
Word* SlotTable::word_of(Bytes key, std::uint64_t hash) const {
  const auto leaf = leaf_of(root_, hash);
  if (leaf.page->size == 0) return nullptr;
  const KeyPage::Place place = leaf.page->locate(key, leaf.local);
  return place.found ? leaf.page->words + place.index : nullptr;
}

std::optional<SlotTable::Item> SlotTable::find(Bytes key, std::uint64_t hash) const {
  const Word* word = look_up(key, hash);
  if (!word) return std::nullopt;
  return entry::item(*word);
}

std::optional<SlotTable::Item> SlotTable::find_past_filter(Bytes key, std::uint64_t hash) const {
  const Word* word = word_of(key, hash);
  if (!word) return std::nullopt;
  return entry::item(*word);
}

void SlotTable::prefetch_place(std::uint64_t hash) const {
  const auto leaf = leaf_of(root_, hash);
  if (leaf.page->size != 0) __builtin_prefetch(leaf.page->words + homes::of_hash(leaf.local, leaf.page->capacity));
}

// A few places on, past entries whose tags are others: what lies further is as well found when it is looked for.
void SlotTable::prefetch_entry(std::uint64_t hash) const {
  const auto leaf = leaf_of(root_, hash);
  const KeyPage& page = *leaf.page;
  if (page.size == 0) return;
  constexpr int kPlaces = 8;
  std::uint32_t i = homes::of_hash(leaf.local, page.capacity);
  for (int places = 0; page.words[i] && places < kPlaces; i = page.step(i), ++places) {
    if (entry::tag(page.words[i]) != entry::tag_of(leaf.local)) continue;
    __builtin_prefetch(entry::block(page.words[i]));
    __builtin_prefetch(entry::block(page.words[i]) + 64);
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
  const Word* word = look_up(key, hash);
  if (!word) return std::nullopt;
  const Item item = entry::item(*word);
  entry::set_stamp(*word, clock.used(item.stamp));
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
  auto leaf = leaf_of(root_, hash);
  KeyPage::Place place{};
  if (leaf.page->size != 0) {
    place = leaf.page->locate(key, leaf.local);
    if (place.found) {
      Word& word = leaf.page->words[place.index];
      const std::unique_ptr<Object> gone(entry::object(word));
      replace_entry(word, hash, value);
      if (leaf.page->filter && HC_MUTANT(kFilterForgetsOnOverwrite)) key_went(*leaf.page, hash);
      if (clock) entry::set_stamp(word, clock->used(entry::header(word).stamp));
      return;
    }
  }
  if (leaf.page->wants_more()) {
    key_pages::make_room(root_, hash, bytes_);
    leaf = leaf_of(root_, hash);
    place = leaf.page->free_place(leaf.local);
  }
  const Word word = entry::make(hash, key, value, clock ? clock->fresh() : 0);
  leaf.page->put(place, entry::with_tag(word, entry::tag_of(leaf.local)));
  key_pages::one_more(root_, hash);
  if (leaf.page->filter) key_came(*leaf.page, hash);
  bytes_ += entry::bytes(word);
  digest_ += entry::digest(word, hash);
  note_expiry(value.expiry);
}

// The object that was there, if it was one, is the caller's.
void SlotTable::replace_entry(Word& word, std::uint64_t hash, const entry::Stored& value) {
  const Word old = word;
  digest_ -= entry::digest(old, hash);
  bytes_ -= entry::bytes(old);
  if (entry::expires(old)) forget_expiry();
  if (!entry::replace_in_place(old, hash, value)) {
    const Word made = entry::make(hash, entry::key(old), value, entry::header(old).stamp);
    word = entry::with_tag(made, entry::tag(old));
    entry::free_block(old);  // only now: the value may borrow from it
  }
  bytes_ += entry::bytes(word);
  digest_ += entry::digest(word, hash);
  note_expiry(value.expiry);
}

bool SlotTable::set_expiry(Bytes key, std::uint64_t hash, WallTime expiry) {
  Word* const word = word_of(key, hash);
  if (!word) return false;
  replace_entry(*word, hash, {entry::stored(*word), expiry, entry::object(*word) != nullptr});
  return true;
}

bool SlotTable::splice(Bytes key, std::uint64_t hash, std::size_t offset, Bytes piece) {
  if (offset > kBytesMax || piece.size() > kBytesMax - offset) return false;
  Word* const word = word_of(key, hash);
  if (!word || entry::object(*word)) return false;
  digest_ -= entry::digest(*word, hash);
  bytes_ -= entry::bytes(*word);
  const std::uint64_t tag = entry::tag(*word);
  *word = entry::with_tag(entry::splice(*word, hash, offset, piece), tag);
  bytes_ += entry::bytes(*word);
  digest_ += entry::digest(*word, hash);
  return true;
}

bool SlotTable::change(Bytes key, std::uint64_t hash, Bytes edit) {
  const Word* const word = word_of(key, hash);
  Object* object = word ? entry::object(*word) : nullptr;
  if (!object) return false;
  digest_ -= entry::digest(*word, hash);
  bytes_ -= entry::bytes(*word);
  const bool changed = object->change(edit);
  bytes_ += entry::bytes(*word);
  digest_ += entry::digest(*word, hash);
  return changed;
}

bool SlotTable::erase(Bytes key, std::uint64_t hash) {
  const auto leaf = leaf_of(root_, hash);
  if (leaf.page->size == 0) return false;
  const KeyPage::Place place = leaf.page->locate(key, leaf.local);
  if (!place.found) return false;
  remove_at(*leaf.page, place.index, hash);
  shrink_if_sparse(hash);
  return true;
}

void SlotTable::forget_expiry() {
  if (--expiring_ == 0) earliest_ = sweep_earliest_ = WallTime::max();
}

void SlotTable::remove_at(KeyPage& page, std::uint32_t index, std::uint64_t hash) {
  const Word gone = page.take(index);
  key_pages::one_less(root_, hash);
  if (page.filter) key_went(page, hash);
  bytes_ -= entry::bytes(gone);
  if (!HC_MUTANT(kDigestSkipped)) digest_ -= entry::digest(gone, hash);
  if (entry::expires(gone)) forget_expiry();
  entry::destroy(gone);
}

void SlotTable::shrink_if_sparse(std::uint64_t hash) {
  if (root_.size == 0) return clear();
  if (!root_.is_node() && !root_.wants_less()) return;
  key_pages::give_back_room(root_, hash, bytes_);
}

}  // namespace hc
