// What clients saw of one key: operations with the span of true time in which each took effect, if it did.
//
// An outcome is kDone (answered), kNotApplied (an error that promises so), or kUnknown (no answer, or -UNKNOWN): such
// an operation may take effect at any time after its call, or never. What one connection had on its way at the same
// time and was answered took effect in the order in which it was sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/instant.h"

namespace hc::sim {

// A reply as far as the model of a key can judge it.
struct Observed {
  enum class Kind : std::uint8_t {
    kNothing,  // not seen (unknown outcome), or does not tell about this key
    kOk,
    kNil,
    kText,
    kNumber,
    kNotInteger,  // "-ERR value is not an integer or out of range"
  };
  Kind kind = Kind::kNothing;
  std::string text;
  std::int64_t number = 0;
  bool operator==(const Observed&) const = default;
};

struct Operation {
  enum class Kind : std::uint8_t {
    kGet,
    kSet,  // value; only_if_missing / only_if_present, keep_ttl, returns_old; ends (time to live)
    kDelete,
    kGetDelete,
    kIncrease,  // amount
    kAppend,    // value
    kExpire,    // ends
    kPersist,
    kExists,
    kCompareAndSet,  // expected, value; replies OK, or nil where something else was there
    kLost,           // not a client's: the slot was lost within the promise, nothing is known of the key from here on
    kEvicted,        // not a client's: its primary evicted the key
  };
  enum class Outcome : std::uint8_t { kDone, kNotApplied, kUnknown };

  Kind kind{};
  Outcome outcome = Outcome::kUnknown;
  bool only_if_missing = false, only_if_present = false, keep_ttl = false, returns_old = false;
  std::string value;
  std::string expected;
  std::int64_t amount = 0;
  // With a time to live: the earliest true time at which the key may be gone, all clock skews counted. Else kForever.
  Instant ends = kForever;

  Instant called{};
  Instant returned = kForever;  // kForever unless kDone
  Observed observed;

  // Commands of one connection of one client (0: of none) on one key take effect in the order of their places.
  std::uint64_t connection = 0, place = 0;

  std::uint32_t client = 0, node = 0;
  std::string error;  // for people: of a refused or unknown one

  bool of_nobody() const { return kind == Kind::kLost || kind == Kind::kEvicted; }
  bool pure_read() const { return kind == Kind::kGet || kind == Kind::kExists; }
  bool definite() const { return outcome == Outcome::kDone; }
};

using History = std::vector<Operation>;

std::string to_text(const Observed& observed);
// `SET "a17" → OK`, `DEL → unknown: connection lost`
std::string deed(const Operation& operation);
// `[12.1 … 12.2] client 3 at node-2: SET "a17" → OK`
std::string to_text(const Operation& operation);

}  // namespace hc::sim
