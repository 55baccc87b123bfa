// How commands reach the table: every look-up obeys rule 8 (an expired key is erased, and the erasure replicated,
// before it counts as gone), and every change is made in the table and in the effects alike.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "core/base/seam.h"
#include "core/command/command.h"
#include "core/command/text.h"

namespace hc::command {

using Item = SlotTable::Item;

// A key with its hash, which is made once per command.
struct Key {
  Bytes name;
  std::uint64_t hash;
  explicit Key(Bytes key) : name(key), hash(hash_of(key)) {}
};

// Alive up to and including its expiry.
inline bool is_expired(const Item& item, WallTime now) {
  if (HC_MUTANT(kExpiresEarly)) now += 3s;
  return item.expiry != kNoExpiry && now > item.expiry;
}

// What happened to the key, for whoever wants to be told.
inline void note(Notice what, Bytes key, Execution& x) {
  if (x.notices) [[unlikely]]
    x.notices->add(what, key);
}

void erase_expired(const Key& key, Execution& x);

inline std::optional<Item> alive(std::optional<Item> item, const Key& key, Execution& x) {
  if (item && is_expired(*item, x.now)) [[unlikely]] {
    erase_expired(key, x);
    item.reset();
  }
  ++(item ? x.hits : x.misses);
  if (!item && x.reads) note(Notice::kKeyMiss, key.name, x);
  return item;
}
// The entry if it is there and alive; it counts as used.
inline std::optional<Item> find_live(const Key& key, Execution& x) {
  return alive(x.clock ? x.table.use(key.name, key.hash, *x.clock) : x.table.find(key.name, key.hash), key, x);
}
// The same, but it does not count as used.
inline std::optional<Item> peek_live(const Key& key, Execution& x) {
  return alive(x.table.find(key.name, key.hash), key, x);
}

// What is there is no string: commands of strings refuse it.
inline bool is_other_than_string(const std::optional<Item>& item) { return item && item->object; }

inline void note_if_new(const Key& key, Execution& x) {
  if (x.notices && x.notices->wants(Notice::kNew) && !x.table.find(key.name, key.hash))
    x.notices->add(Notice::kNew, key.name);
}
inline void put(const Key& key, Bytes value, WallTime expiry, Execution& x) {
  note_if_new(key, x);
  if (x.effects) x.effects->put(key.name, value, expiry);
  x.table.put(key.name, key.hash, {value, expiry}, x.clock);
}
inline void put(const Key& key, std::unique_ptr<Object> object, WallTime expiry, Execution& x) {
  note_if_new(key, x);
  if (x.effects) x.effects->put(key.name, *object, expiry);
  x.table.put(key.name, key.hash, std::move(object), expiry, x.clock);
}
// See Object::change. Requires: an object is there.
inline bool change(const Key& key, Bytes edit, Execution& x) {
  if (!x.table.change(key.name, key.hash, edit)) return false;
  if (x.effects && !HC_MUTANT(kEditNotReplicated)) x.effects->change(key.name, edit);
  return true;
}
inline void set_expiry(const Key& key, WallTime expiry, Execution& x) {
  if (x.effects) x.effects->set_expiry(key.name, expiry);
  x.table.set_expiry(key.name, key.hash, expiry);
}
inline void splice(const Key& key, std::size_t offset, Bytes piece, Execution& x) {
  if (x.effects) x.effects->splice(key.name, offset, piece);
  x.table.splice(key.name, key.hash, offset, piece);
}
// Requires: the key is there.
inline void erase(const Key& key, Execution& x) {
  if (x.effects) x.effects->erase(key.name);
  x.table.erase(key.name, key.hash);
}

// Erases everything that has expired, so that what is left may be counted or shown. Free if nothing can have.
void erase_all_expired(Execution& x);

// What SCAN does to an expired key that it came across.
void erase_scanned(const Key& key, Execution& x);

// False for an expired key that erase_all_expired() left (it leaves none, but for mutants).
inline bool is_visible(const Item& item, const Execution& x) { return !is_expired(item, x.now); }
// How many are visible. Requires: erase_all_expired() ran.
std::size_t count_visible(const Execution& x);

inline std::int64_t millis(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime wall_time(std::int64_t ms) { return WallTime(WallTime::duration(ms)); }

}  // namespace hc::command
