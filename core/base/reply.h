// What a command answers, before any protocol gives it a form: io/resp writes it as RESP 2 or 3, io/http as JSON.
//
// Ownership: a text may borrow from the store or from the request; it is then good until the next step. A reply that
// waits (for a commit, for another node) is made its own first: own().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

inline constexpr char kOkText[] = "OK";  // one for all: a reply that shows it has nothing to own

struct Reply {
  enum class Kind : std::uint8_t {
    kNothing,  // no reply is due (CLIENT REPLY OFF)
    kSimple,   // text: "OK", "PONG", "QUEUED"
    kError,    // text with its code first: "ERR syntax error"
    kInteger,
    kBulk,
    kNil,
    kArray,     // items
    kNilArray,  // RESP2 "*-1", RESP3 null
    kMap,       // items: key, value, key, value … (RESP2: a flat array)
    kSet,       // items (RESP2: an array)
    kDouble,    // text holds the digits
    kVerbatim,  // text, format txt (RESP2: bulk)
    kEncoded,   // text: RESP already, in the version of the client that asked; from its host alone
    kPush,      // items: nothing that was asked for (RESP2: an array)
    kSeries,    // items: replies of their own, one behind the other
  };

  Kind kind = Kind::kNothing;
  std::int64_t integer = 0;
  Text text;
  std::vector<Reply> items;

  static Reply of(Kind k, Text t) {
    Reply r;
    r.kind = k;
    r.text = std::move(t);
    return r;
  }
  static Reply ok() { return of(Kind::kSimple, Text::borrow(kOkText)); }
  static Reply simple(Bytes literal) { return of(Kind::kSimple, Text::borrow(literal)); }
  static Reply error(std::string message) { return of(Kind::kError, Text::copy_of(message)); }
  static Reply error_literal(Bytes literal) { return of(Kind::kError, Text::borrow(literal)); }
  static Reply number(std::int64_t n) {
    Reply r;
    r.kind = Kind::kInteger;
    r.integer = n;
    return r;
  }
  static Reply bulk(Text t) { return of(Kind::kBulk, std::move(t)); }
  static Reply bulk_copy(Bytes b) { return of(Kind::kBulk, Text::copy_of(b)); }
  static Reply nil() { return of(Kind::kNil, {}); }
  static Reply verbatim_copy(Bytes b) { return of(Kind::kVerbatim, Text::copy_of(b)); }
  static Reply of_items(Kind k, std::vector<Reply> items) {
    Reply r;
    r.kind = k;
    r.items = std::move(items);
    return r;
  }
  static Reply array(std::vector<Reply> items) { return of_items(Kind::kArray, std::move(items)); }
  static Reply map(std::vector<Reply> items) { return of_items(Kind::kMap, std::move(items)); }

  bool is_error() const { return kind == Kind::kError; }
  // Of all that it holds; about what any form of it takes.
  std::size_t bytes() const {
    constexpr std::size_t kHead = 16;
    std::size_t sum = kHead + text.view.size();
    for (const Reply& item : items) sum += item.bytes();
    return sum;
  }
  void own() {
    if (text.view.data() != kOkText) text.own();
    for (Reply& item : items) item.own();
  }
};

}  // namespace hc
