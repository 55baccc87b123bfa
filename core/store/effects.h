// What a command changed, as values that replicas, logs and fills apply: no clock, no chance, no expiry decision left.
//
// Encoded as a row of frames: one byte of kind, then its fields as varints and length-prefixed bytes. Applying the
// effects of a command to a table with the same content gives the same content, digest included.
//
// set_expiry, splice and change speak of a key that is there. Where it is missing (a replica whose fill has not reached
// the key yet) they do nothing: the fill's chunk brings the whole entry later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "core/base/bytes.h"
#include "core/base/time.h"
#include "core/store/slot_table.h"

namespace hc {

struct StoreEffect {
  enum class Kind : std::uint8_t {
    kPut = 1,
    kErase = 2,
    kClear = 3,
    kSetExpiry = 4,
    kSplice = 5,
    kPutObject = 6,
    kChange = 7
  };
  Kind kind{};
  Bytes key;                    // all but kClear
  Bytes value;                  // kPut: the value; kSplice: the piece; kPutObject: all of it; kChange: an edit of it
  WallTime expiry = kNoExpiry;  // kPut, kPutObject, kSetExpiry
  std::uint64_t offset = 0;     // kSplice
  ValueType type{};             // kPutObject
  bool operator==(const StoreEffect&) const = default;
};

class EffectWriter {
 public:
  void put(Bytes key, Bytes value, WallTime expiry);
  void put(Bytes key, const Object& object, WallTime expiry);
  void put(const SlotTable::Item& item);  // of either kind
  void erase(Bytes key);
  void clear();
  void set_expiry(Bytes key, WallTime expiry);
  void splice(Bytes key, std::uint64_t offset, Bytes piece);
  void change(Bytes key, Bytes edit);

  bool empty() const { return encoded_.empty(); }
  Bytes bytes() const { return encoded_; }  // borrowed until the next change
  std::string take() { return std::exchange(encoded_, {}); }
  void expect(std::size_t bytes) { encoded_.reserve(bytes); }
  void reset() {  // keeps the memory, if it is little
    encoded_.clear();
    if (encoded_.capacity() > kKeptBytes) encoded_.shrink_to_fit();
  }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{64} << 10;
  void frame(StoreEffect::Kind kind, Bytes key);
  std::string encoded_;
};

// (Write hc::apply: for a std::string the bare name finds std::apply.)
// Applies in order, and notes new entries by the clock, if there is one. False if malformed: then a prefix may have
// been applied. Total on any bytes.
bool apply(Bytes encoded, SlotTable& table, AccessClock* clock = nullptr);

// Visits in order; false if malformed (after visiting what came before). What is visited borrows from `encoded`.
bool for_each_effect(Bytes encoded, const std::function<void(const StoreEffect&)>& visit);

inline bool begins_with_erase(Bytes encoded) {
  return !encoded.empty() && encoded.front() == static_cast<char>(StoreEffect::Kind::kErase);
}

// The key of the first effect; empty if it has none, or is malformed.
Bytes key_of_first(Bytes encoded);

// One effect in words, for traces: `put "k" (5 bytes), expires 1700000000000`.
std::string describe(const StoreEffect& effect);

}  // namespace hc
