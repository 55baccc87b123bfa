// A View <-> bytes (io/peer.proto), and the rules of form that every decoded view keeps, so that core may index and
// divide without asking:
//   1 … 16384 slots; lists of 1 … kListMax distinct members; members ascending by id, none of them 0; voters not empty,
//   distinct, none of them 0; epoch, lease and replication factor at least 1, the factor at most kListMax; a drift
//   bound below 100 %. The ring is derived.
// Whether a view follows from the one before is core's question.
#pragma once

#include <array>
#include <expected>
#include <string>

#include "core/base/bytes.h"
#include "core/view/view.h"
#include "io/slots_codec.h"

namespace hc {

inline constexpr std::size_t kViewMembersMax = 4096;

// Requires: the view has that form.
std::string encode_view(const View& view);
std::expected<ViewRef, std::string> decode_view(Bytes bytes, DecodeBudget& budget);

// Remembers the last views in both directions: the same view, whoever sends it again, costs a look-up, and is decoded
// into the same ViewRef (the decoded view keeps its memory alive here until others push it out). A view with the
// members of one of them has its ring, too: nothing takes longer to derive.
class ViewMemo {
 public:
  const std::string& encode(const ViewRef& view);  // Requires: not null. Lent until the next call
  std::expected<ViewRef, std::string> decode(Bytes bytes, DecodeBudget& budget);

 private:
  struct Known {
    ViewRef view;
    std::string bytes;
  };
  const Known& keep(ViewRef view, std::string bytes);
  std::array<Known, 4> known_;
  std::size_t next_ = 0;
};

}  // namespace hc
