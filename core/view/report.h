// What members say about each other, as evidence for the next view (rules 2b, 2c, 5d, 7b, 7c).
//
// A report speaks for a set of slots as of a view epoch. It counts for a slot only while the slot epoch has not moved
// past `as_of`, that is while config(slot).epoch <= as_of: evidence dies with its slot epoch.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/ids.h"
#include "core/base/time.h"
#include "core/view/slot_set.h"

namespace hc {

enum class ReportKind : std::uint8_t {
  kComplaint = 1,  // `by` waits for `about` longer than T in these slots
  kCaughtUp = 2,   // `by`, primary with its takeover complete, has counted the learner `about`
  kDrop = 3,       // `by`, primary with its takeover complete, can do without `about`, whom the ring no longer wants
  kDead = 4,       // membership at `by` holds `about` for dead or gone (no slots): the ring should do without it
  kStop = 5,       // `by` == `about` is being stopped: hand over its primary roles, mark it absent. No slots: it waits
                   // until no list names it; else its time is over, and lists do without it
  kStuck = 6,      // `by`, primary, has seen no progress of the learner `about` for T: the ring's next may stand in
  kOffer = 7,      // `by` says what it has on disk of what `about`, an ended process of the same member, wrote (9a)
  kLeave = 8,      // an operator has told `by` that the member of `about` shall leave for good
  kFull = 9,  // `by` == `about` has no room on its disk: who can write does without it (9e). No slots: it has again
  kAcceptLoss = 10,  // an operator has told `by` (== `about`) that whatever is lost of these slots is to be done
                     // without, and that no process of their lists runs any more (7e; wire version 2)
};

// What a member has on disk for a slot (9a). Not `held`: nothing, or nothing that qualifies.
struct DiskOffer {
  Slot slot;
  bool held = false;
  bool complete = false;  // whatever its writer acknowledged is there
  Position at;
  bool operator==(const DiskOffer&) const = default;
};

struct Report {
  ReportKind kind = ReportKind::kComplaint;
  Incarnation by;
  Incarnation about;
  Epoch as_of;
  SlotSet slots;
  Time said{};     // when `by` last repeated it, by its own clock: of two repetitions the later one counts
  Duration age{};  // since then; grows while it is passed on
  std::vector<DiskOffer> offers{};  // kOffer: of each of `slots`, ascending
  bool operator==(const Report&) const = default;
};

}  // namespace hc
