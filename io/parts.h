// The parts that several messages and the vote file share, core <-> io/peer.proto: ids, members, ballots, reports,
// proposals. put_ never fails; get_ gives false, or a sentence in `Decoding`, where the bytes have no such meaning.
#pragma once

#include <string>

#include "core/base/ids.h"
#include "core/base/member.h"
#include "core/view/ballot.h"
#include "io/slots_codec.h"
#include "io/view_codec.h"

namespace hc {

namespace wire {
class Member;
class Incarnation;
class Position;
class Ballot;
class Report;
class Proposal;
class Accepted;
}  // namespace wire

// Protobuf counts in int.
inline constexpr std::size_t kMessageBytesMax = 2147483647;

// What one decoding shares: what it may still take, the views it knows, and the first thing that was wrong.
struct Decoding {
  DecodeBudget& budget;
  ViewMemo& views;
  std::string error{};

  bool fail(std::string what) {
    if (error.empty()) error = std::move(what);
    return false;
  }
};

template <class Tag, class Id>
void put_id(const Random128<Tag>& id, Id& to) {
  to.set_hi(id.hi);
  to.set_lo(id.lo);
}
template <class Tag, class Id>
Random128<Tag> get_id(const Id& from) {
  return {from.hi(), from.lo()};
}

void put_member(const MemberInfo& info, wire::Member& to);
bool get_member(const wire::Member& from, MemberInfo& info);
void put_incarnation(const Incarnation& who, wire::Incarnation& to);
Incarnation get_incarnation(const wire::Incarnation& from);
void put_position(const Position& at, wire::Position& to);
Position get_position(const wire::Position& from);
void put_ballot(const Ballot& ballot, wire::Ballot& to);
Ballot get_ballot(const wire::Ballot& from);

void put_report(const Report& report, wire::Report& to);
bool get_report(const wire::Report& from, Report& report, Decoding& decoding);
// Requires: the proposal has a view, or a change.
void put_proposal(const Proposal& proposal, wire::Proposal& to, ViewMemo& views);
bool get_proposal(const wire::Proposal& from, Proposal& proposal, Decoding& decoding);
void put_accepted(const Accepted& accepted, wire::Accepted& to, ViewMemo& views);
bool get_accepted(const wire::Accepted& from, Accepted& accepted, Decoding& decoding);
bool get_view(Bytes bytes, ViewRef& view, Decoding& decoding);
// One of the two; which is for core to put together.
bool get_view_or_change(Bytes whole, Bytes changed, ViewRef& view, ViewChangeRef& change, Decoding& decoding);
bool get_slot_set(Bytes bytes, SlotSet& slots, Decoding& decoding);

}  // namespace hc
