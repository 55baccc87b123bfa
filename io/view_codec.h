// A View <-> bytes (io/peer.proto), and the rules of form that every decoded view keeps, so that core may index and
// divide without asking:
//   1 … 16384 slots; lists of 1 … kListMax distinct members; members ascending by id, none of them 0; voters not empty,
//   distinct, none of them 0; epoch, lease and replication factor at least 1, the factor at most kListMax; a drift
//   bound below 100 %. The ring is derived.
// Whether a view follows from the one before is core's question.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/check.h"
#include "core/view/view.h"
#include "core/view/view_change.h"
#include "io/slots_codec.h"

namespace hc {

inline constexpr std::size_t kViewMembersMax = 4096;

// Requires: the view has that form.
std::string encode_view(const View& view);
std::string encode_view(const View& view, SlotsEncoder& slots);  // of one view after another
std::expected<ViewRef, std::string> decode_view(Bytes bytes, DecodeBudget& budget);

// What a view changes of another one. The same rules of form; its slots are below kSlotsMax, and the base has an epoch.
std::string encode_change(const ViewChange& change);
std::expected<ViewChangeRef, std::string> decode_change(Bytes bytes, DecodeBudget& budget);

// Remembers the last views, and the last changes, in both directions: the same one, whoever sends it again, costs a
// look-up, and is decoded into the same reference (what was decoded keeps its memory alive here until others push it
// out).
class ViewMemo {
 public:
  explicit ViewMemo(std::size_t kept = 4) : views_(kept), changes_(kept) {}

  // Requires: not null. Lent until the next call.
  const std::string& encode(const ViewRef& view) {
    return views_.encode(view, [this](const View& v) { return encode_view(v, slots_); });
  }
  const std::string& encode(const ViewChangeRef& change) { return changes_.encode(change, encode_change); }
  std::expected<ViewRef, std::string> decode(Bytes bytes, DecodeBudget& budget) {
    return views_.decode(bytes, budget, decode_view);
  }
  std::expected<ViewChangeRef, std::string> decode_change(Bytes bytes, DecodeBudget& budget) {
    return changes_.decode(bytes, budget, hc::decode_change);
  }

 private:
  template <class Ref>
  class Known {
   public:
    explicit Known(std::size_t kept) : known_(kept) {}
    template <class Write>
    const std::string& encode(const Ref& what, Write write) {
      HC_CHECK(what != nullptr, "a message without the view that it is about");
      for (const One& one : known_)
        if (one.what == what) return one.bytes;
      return keep(what, write(*what)).bytes;
    }
    template <class Read>
    std::expected<Ref, std::string> decode(Bytes bytes, DecodeBudget& budget, Read read) {
      for (const One& one : known_)
        if (one.what != nullptr && one.bytes == bytes) return one.what;
      auto what = read(bytes, budget);
      if (!what) return what;
      return keep(std::move(*what), std::string(bytes)).what;
    }

   private:
    struct One {
      Ref what;
      std::string bytes;
    };
    const One& keep(Ref what, std::string bytes) {
      One& place = known_[std::exchange(next_, (next_ + 1) % known_.size())];
      place = {std::move(what), std::move(bytes)};
      return place;
    }
    std::vector<One> known_;
    std::size_t next_ = 0;
  };
  SlotsEncoder slots_;
  Known<ViewRef> views_;
  Known<ViewChangeRef> changes_;
};

}  // namespace hc
