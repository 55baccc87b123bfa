// The nemesis: carries out a plan of faults.
//
// Budgets, which keep the promise meaningful; a fault that would break one, by the newest view or by one that somebody
// has accepted and that may be decided yet, is left out when its time comes:
//   a crash leaves every slot's list a living member, or with `appendfsync always` one whose log is intact, unless the
//   run is one that loses slots (then the checkers forget what a lost slot held);
//   a disk is wiped or damaged, or a machine lost for good, only while the voters' intact disks stay a majority, and an
//   older disk put back only where no voter is, nor one by a view that voters who are behind have (rule 2e promises no
//   more); until the next view is decided, who has said that it is there to be given a vote counts as a voter that is
//   needed; of those who are lost at the end somebody is spared who does not leave;
//   clocks stay within the drift bound, wall clocks within the stated skew;
//   a joiner joins once, and as many stay as a write needs;
//   what is lost of a slot is accepted where every process of its list has ended, and not while a voter has an older
//   version, nor does anybody go back to one before that is decided (docs/FORMATS.md); a view is forced where all who
//   run are named, and what they and intact disks of theirs hold is all that is left.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>

#include "core/view/view.h"
#include "sim/network.h"
#include "sim/replica_check.h"
#include "sim/setting.h"

namespace hc::sim {

class Nemesis {
 public:
  struct Around {
    Schedule& schedule;
    Network& network;
    Machines& machines;
    const Setting& setting;
    std::function<std::vector<ViewRef>()> views_in_force;  // the newest one, and those that may be decided next
    std::function<bool(std::uint32_t)> may_get_a_vote;     // a machine that has said so for the next view (2f)
    std::function<void(std::uint32_t)> start;              // a machine's process
  };
  Nemesis(Around around, Random random) : around_(around), random_(random), wire_max_(around.setting.wire_versions) {
    wire_max_.resize(around.setting.machines());
  }

  // The plan's times count from now on.
  void begin();
  void fault_due(std::uint32_t index, bool woken);  // woken: by the view that it waited for
  void fault_ends(std::uint32_t index);
  void view_installed();
  void restart_due(std::uint32_t machine);
  void died(std::uint32_t machine);  // of something that was armed: it is started again some time later, if it stays
  // The end of all faults, for most: a minority may stay lost, be it dead or cut off, both ways or one.
  void heal();

  // Indices of the faults that struck, and when.
  const std::vector<std::pair<std::uint32_t, Instant>>& struck() const { return struck_; }
  std::uint64_t fired() const { return fired_; }
  std::uint64_t skipped() const { return skipped_; }
  std::uint64_t fired(FaultKind kind) const { return fired_of_[static_cast<std::size_t>(kind)]; }
  bool lost(std::uint32_t machine) const { return lost_ >> machine & 1; }
  // It has left the cluster, and is no machine of it any more.
  bool gone(std::uint32_t machine) const { return gone_ >> machine & 1; }
  // What it speaks at most (4b).
  std::uint32_t wire_max(std::uint32_t machine) const { return wire_max_[machine]; }
  bool some_leave() const { return !leaving_.empty(); }
  bool some_left() const { return some_left_; }
  // It was put out of the cluster, or has left it, and joins like one that was never there.
  bool comes_anew(std::uint32_t machine) const { return anew_ >> machine & 1; }

 private:
  using Mask = std::uint64_t;
  bool strike(const Fault& f, std::uint32_t index);
  bool crash(const Fault& f);
  bool leave(const Fault& f);
  bool end_majority(const Fault& f, std::uint32_t index);
  void force(std::uint32_t index);
  bool upgrade(const Fault& f);
  bool some_vote_rests_on_loss() const;
  bool some_voter_is_older() const;
  void accept_loss(std::uint32_t index);
  std::uint32_t newest_lineage() const;
  bool alone_knows_what_was_forced(const Machine& m) const;
  bool tell_who_is_left();
  bool passes_bar(std::uint32_t machine);
  bool weather(const Fault& f, bool on);
  void cut(const Fault& f, int by);
  bool spares(Mask dead) const;
  bool slots_survive(Mask dead, Mask without_disk = 0) const;
  bool lose_power(const Fault& f);
  bool voters_survive(Mask dead) const;
  bool active_survives(Mask dead) const;
  bool harm_disk(Machine& m, std::uint64_t how);
  ViewRef view_of(const Machine& m) const;
  bool would_decide_again(const View& view, const Machine& forgetful) const;
  bool may_restore(const Machine& m);
  void lose_some();
  void isolate(std::uint32_t machine, std::uint64_t how);
  void start_later(std::uint32_t machine, Duration d);
  Machine* running(std::uint64_t machine) const;

  Around around_;
  Random random_;
  bool healed_ = false, some_left_ = false;
  Mask lost_ = 0, joined_ = 0;
  Mask anew_ = 0;
  Mask gone_ = 0, returning_ = 0;                         // of those who have left: who comes back
  std::map<std::uint32_t, Fault> leaving_;                // machines that shall leave
  std::map<std::uint32_t, std::uint64_t> crashes_again_;  // machines, after so many effects of their next process
  std::map<std::uint32_t, std::uint32_t> force_tries_;    // of faults
  std::vector<std::uint32_t> wire_max_;                   // of machines
  std::optional<Instant> word_of_loss_;                   // the last one that a member was given
  Mask barred_ = 0;  // who did not run when an operator said who is left, and has not been back since
  Instant told_at_{};
  std::uint32_t told_ = 0;  // the machine
  std::uint32_t lineage_before_ = 0;
  std::set<StorageId> wiped_;
  Mask restored_ = 0;  // who was given an older disk
  std::vector<std::pair<std::uint32_t, Instant>> struck_;
  std::uint64_t fired_ = 0, skipped_ = 0;
  std::uint64_t fired_of_[kFaultKinds] = {};
  std::vector<bool> active_;
  std::vector<std::uint32_t> waiting_;  // faults whose time has come, for a view to be installed
};

}  // namespace hc::sim
