// Ring agreement and rule 2b: what all views that anybody installed must satisfy together.
//
//   one view per epoch, the slot table included; a node's installed epoch never goes back, over a restart neither;
//   a list is never empty; it changes only in a new slot epoch;
//   whoever enters a list was a learner whom the primary counted; whoever leaves it was complained of, or could be
//   dropped, on the word of one that stays; or the slot goes on from a disk that has it all; or all of the old list
//   have ended, and the slot was lost: then the checker says so, and nothing is expected of its keys from then on;
//   under slot-loss-policy wait that is so on an operator's word alone, or when all have said what they have on disk;
//   on an operator's word no member of the old list offers more on its disk than what the slot goes on with;
//   a view of a new lineage (2h) lets go only processes that have ended, or that the view it was made of did not have.
//
// What a view rests on is taken from the proposals that voters stored.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/view/ballot.h"
#include "core/view/view.h"
#include "sim/instant.h"

namespace hc::sim {

class ViewCheck {
 public:
  // When a process ended in true time; nullopt while it lives (or if it was never seen).
  using EndOf = std::function<std::optional<Instant>(Incarnation)>;
  explicit ViewCheck(EndOf end_of) : end_of_(std::move(end_of)) {}

  struct Loss {
    Slot slot;
    Epoch anew;  // in which slot epoch it begins anew
    Instant at;  // when the last of the old list ended
  };

  // `by` stored it; none: nobody knows who.
  void proposed(const Proposal& proposal, NodeId by = {});
  // `who` has this view installed now. A sentence if something is wrong.
  std::optional<std::string> installed(NodeId who, const ViewRef& view);
  // `who` wants to have this view on its disk. A sentence if that takes back what it has installed; what was forced,
  // and is not installed yet, may give way to a view that came meanwhile.
  std::optional<std::string> stored(NodeId who, Epoch epoch);
  // The process ended; its member starts anew, and `kept` is the epoch that its disk is known to hold.
  void restarted(NodeId who, Epoch kept);

  const ViewRef& newest() const { return newest_; }
  // The newest, and those that somebody has accepted and that may be decided yet.
  std::vector<ViewRef> in_force() const;
  ViewRef before_newest() const;                           // null if nobody installed it
  ViewRef of(Epoch epoch) const;                           // likewise
  std::vector<ViewRef> of(Epoch first, Epoch last) const;  // all that were seen of these, both included
  std::uint64_t views() const { return by_epoch_.size(); }
  std::uint64_t losses() const { return losses_; }
  // Slots lost since the last call.
  std::vector<Loss> take_losses() { return std::exchange(fresh_losses_, {}); }

 private:
  // A view as somebody has it, and the one before, of which it is known that it is the same for all: so what the two
  // share needs no second look.
  struct Following {
    ViewRef view, before;
  };
  static bool same(const Following& a, const Following& b);
  Following at(NodeId who, const ViewRef& view) const;
  std::optional<std::string> first_seen(NodeId by, const Following& seen);
  std::optional<std::string> forced_step(const View& before, NodeId by, const View& after);
  std::optional<Instant> all_ended(const InSyncList& list) const;
  std::optional<std::string> one_step(const View& before, const Following& after);
  using Words = std::vector<const Report*>;  // what a view rests on
  Words words_for(const Following& seen) const;
  std::optional<std::string> slot_step(const View& before, const View& after, Slot s, const Words& words);

  EndOf end_of_;
  struct Proposed {
    Proposal proposal;
    ViewRef before;
  };
  struct Installed {
    Epoch epoch;
    ViewRef view;       // null: another process than the present one had it
    Epoch when_stored;  // the one it had when it last wanted one stored
  };
  std::map<Epoch, Following> by_epoch_;
  std::map<Epoch, std::vector<Proposed>> proposals_;
  std::map<NodeId, Installed> at_;
  ViewRef newest_;
  std::vector<Loss> fresh_losses_;
  std::uint64_t losses_ = 0;
};

}  // namespace hc::sim
