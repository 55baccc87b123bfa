// Deciding the next view (rules 2a, 2e, 2g): single-decree Paxos (Lamport, "Paxos Made Simple", 2001), one instance per
// epoch, among the voters of the view before. No log, no standing leader: any member proposes, and who lags fetches the
// newest view.
//
// By file: consensus.cc (rounds, answers, decisions), votes.cc (what becomes of votes: this member's, and those to be
// given).
//
// Keeps the vote record and sees that it is durable before an answer that rests on it leaves. Judges proposals by
// step_rule; what to propose, and when, is Agreement's.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/agreement/heirs.h"
#include "core/agreement/round_time.h"
#include "core/base/config.h"
#include "core/base/random.h"
#include "core/effect.h"
#include "core/peer/peers.h"

namespace hc {

class Consensus {
 public:
  Consensus(const NodeConfig& config, Peers& peers, Random random);

  // ---- start
  void start(std::optional<VoteRecord> record, Time now, Effects& out);
  // Decides the first view alone (2g). Requires: no cluster id on disk.
  void found(Proposal first, Time now, Effects& out);

  // 2h: on without a vote. Requires: a view of a new lineage (core/agreement/force.h).
  // It holds from when it is durable here.
  void decree(ViewRef view, Time now, Effects& out);

  const ViewRef& installed() const { return installed_; }
  Epoch epoch() const { return installed_ ? installed_->epoch : Epoch(); }
  ClusterId cluster() const { return record_.cluster; }
  StorageId storage() const { return record_.storage; }
  // 2e: the storage identity that this member may be given a vote by; none before it has compared its count.
  StorageId eligible() const;
  // 2e: the data folder that this process has asked us about, for it has not compared yet; none: it has not asked.
  StorageId compares(Incarnation who) const;
  std::uint64_t writes_of(StorageId storage) const;  // of its vote file, so many are known of; 0: none
  // In how many slots the installed view differs from the one before, as far as that is known; else 0.
  std::size_t slots_changed() const { return installed_ && step_.next == installed_ ? step_.change->slots.size() : 0; }
  // True once after each install.
  bool take_news() { return std::exchange(news_, false); }

  // ---- proposing
  bool busy() const { return proposing_.has_value(); }
  // By the view before, the first ballot of this instance is ours, and was not used.
  bool may_open() const;
  // With that ballot: there is none below it that anybody could have accepted anything by, so nobody is asked first.
  // Requires: may_open(), and that the voters stay who they are.
  void open(const Proposal& proposal, Time now, Effects& out);
  // Else asks for promises first, and what to propose when they are there, for the world moves on meanwhile.
  // Begins rounds. What lies accepted somewhere is brought to its end. `heirs` are asked whether they are there.
  void prepare(Time now, Effects& out, Heirs heirs = {});
  // A majority has promised, nothing lies accepted, and as many heirs as are wanted have answered, or will not soon:
  // propose, or give up. Asked anew in each round.
  bool wants_proposal() const;
  // In this round: a voter promised, or an heir said that it is there, by this storage identity.
  bool answered(NodeId member, StorageId storage) const;
  bool asks(NodeId heir) const {
    return proposing_ && std::ranges::find(proposing_->heirs.ids, heir) != proposing_->heirs.ids.end();
  }
  // True once after an heir that was not heard in our last round might be in another one.
  bool take_heard_late() { return std::exchange(heard_late_, false); }
  bool heard_late() const { return heard_late_; }
  void propose(const Proposal& proposal, Time now, Effects& out);
  void give_up() { proposing_.reset(); }
  // A proposal of somebody is accepted here, nobody told the decision, and it is time for us to ask (by rank).
  bool left_lying(Time now, Duration rank_delay) const;

  // How long whoever is next to propose leaves the one before it.
  Duration turn() const { return round_time_.turn(); }

  // ---- ending for good (2f)
  // Before this process ends: asks the voters that followed it, until they have what made them so.
  void hand_over(Time now);
  // We do not vote any more, and if we did, a majority of those who vote now holds a view that says so durably.
  bool handed_over() const;
  // The installed view goes to our disk, if its write was put off.
  void write_view(Time now, Effects& out);
  bool stands_on_disk(Epoch view) const { return on_disk_ >= view; }

  // Something is accepted here of which no decision is known.
  bool undecided() const { return record_.accepted && record_.instance == epoch().next(); }

  // ---- messages
  void handle(Incarnation from, const Prepare& m, Time now, Effects& out);
  void handle(Incarnation from, const Promise& m, Time now, Effects& out);
  void handle(Incarnation from, const Accept& m, Time now, Effects& out);
  void handle(Incarnation from, const AcceptedIs& m, Time now, Effects& out);
  void handle(Incarnation from, const Rejected& m, Time now);
  void handle(Incarnation from, const ViewAsk& m);
  void handle(Incarnation from, const ViewIs& m, Time now, Effects& out);
  void handle(Incarnation from, const VoteCountAsk& m);
  void handle(Incarnation from, const VoteCountIs& m, Time now, Effects& out);
  void handle(Incarnation from, const ViewHeldAsk& m, Time now, Effects& out);
  void handle(Incarnation from, const ViewHeld& m);

  void stored(std::uint64_t id, Time now, Effects& out);
  void session_opened(NodeId peer, Time now);
  void advanced(NodeId peer);  // it has installed a newer view
  // Somebody has a newer view than we: ask for it.
  void heard_epoch(NodeId from, Epoch epoch, Time now);
  void tick(Time now, Effects& out);
  std::optional<Time> deadline() const;
  void invariants() const;

 private:
  struct Proposing {
    Epoch instance;
    Ballot ballot;
    std::optional<Accepted> adopted;  // else what we propose is ours
    std::set<NodeId> promises;
    std::optional<Accepted> asked;  // to accept this, in this round or, until one comes so far, in one before
    std::set<NodeId> accepts;
    Heirs heirs;
    std::map<NodeId, StorageId> answered;  // voters and heirs
    Time hear_until{};                     // heirs
    bool heard_long_enough = false;
    bool accepting = false;
    Time retry_at{};
    std::uint32_t tries = 0;
  };
  struct Deferred {  // an answer that waits for the vote file
    std::uint64_t id;
    NodeId to;
    Message message;
  };

  static constexpr Duration kAskAgain = 50ms;

  Message answer_to_promised();
  std::vector<NodeId> voters() const;
  bool entitled(NodeId member, StorageId storage) const;  // to vote on what follows the installed view
  std::size_t majority() const;
  bool may_vote(Epoch instance, const std::string& founders) const;
  void begin_round(Time now, Effects& out);
  Time round_ends(Time now);
  void ask_to_accept(const Proposal& value, Time now, Effects& out);
  void ask_voters(Time now, Effects& out);
  void push(NodeId voter, Time now, Effects& out);
  void answer_as_heir(NodeId to, const Prepare& m, Time now, Effects& out);
  void heir_answered(NodeId from, const Promise& m, Time now);
  void heir_may_hear(NodeId heir);
  bool waits_for_heirs() const;
  std::uint64_t covering(Time now, Effects& out);
  void deliver(NodeId to, Message message, Time now, Effects& out);
  void answer_durably(NodeId to, Message message, Time now, Effects& out);
  void answer_when_stored(std::uint64_t id, NodeId to, Message message, Time now, Effects& out);
  bool may_be_written_late(const View& view) const;  // our next view
  std::uint64_t persist(Time now, Effects& out);
  std::uint64_t write(Time now, Effects& out);
  void decided(const Proposal& proposal, Time now, Effects& out);
  void forced_is_durable(Time now, Effects& out);
  void install(ViewRef view, Time now, Effects& out);
  ViewRef whole(const ViewRef& view, const ViewChangeRef& change);
  ViewChangeRef change_to(const ViewRef& next);
  Proposal to_send(const Proposal& proposal);
  std::optional<Accepted> accepted_to_send();
  bool heard_votes(NodeId from, StorageId storage, std::uint64_t writes, Epoch instance, Effects& out);
  bool learn_counts();
  void tell_count(NodeId to, StorageId storage);
  void take_new_storage(Time now, Effects& out);
  void ask_counts(Time now);
  bool votes() const;  // by the installed view, with the folder that we have
  std::vector<NodeId> other_voters() const;
  std::vector<NodeId> other_members() const;
  std::vector<NodeId> asked_for_counts() const;
  std::size_t counts_wanted() const;  // from so many other voters
  bool heard_all_members(const std::vector<NodeId>& asked, Time now) const;
  void see_whom_to_ask(Time now);
  void see_whether_compared(Time now);
  void compare_with_members(Time now);
  std::string founders_key() const;
  std::string judge(const Proposal& proposal) const;

  const NodeConfig& config_;
  Peers& peers_;
  Random random_;
  VoteRecord record_;
  ViewRef installed_;
  struct Step {
    ViewRef base, next;
    ViewChangeRef change;
  };
  Step step_;  // the last one that was sent or came
  bool news_ = false;
  std::optional<Proposing> proposing_;
  std::uint64_t highest_round_ = 0;
  Time accepted_at_{}, write_began_{};
  RoundTime round_time_, heirs_time_;
  std::set<NodeId> unheard_;  // heirs, in our last round for the present instance
  bool heard_late_ = false;
  std::uint64_t next_store_ = 1, durable_ = 0;
  bool writing_ = false, unwritten_ = false;
  Epoch being_written_, on_disk_;  // views of our record
  std::optional<Time> write_by_;   // the installed view, at the latest; all else is written, or being written
  std::vector<Deferred> deferred_;
  std::optional<std::uint64_t> founding_;  // the store that makes our first view durable
  ViewRef first_;
  struct Forced {
    ViewRef base, view;
    std::uint64_t store = 0;
  };
  std::optional<Forced> forced_;
  std::map<StorageId, std::uint64_t> counts_heard_;
  std::set<StorageId> older_disks_;  // of which a lower count was heard than before
  // 2e: whether this process may vote, and whether it may be given a vote with its folder: has compared; what an
  // earlier one did is on an older disk, perhaps.
  bool counts_checked_ = true, compared_ = true;
  bool only_voter_ = false;  // it is, or was at its start, the only voter that it knows of
  // For what other members know: as the only voter since the start, as one that does not vote since voters answered.
  Time listens_until_{};
  static constexpr Duration kListens{std::chrono::seconds(1)};
  Epoch accepted_here_;  // what this process has accepted last is for this one
  std::set<NodeId> counts_from_;
  struct Asker {
    Generation process;
    StorageId storage;
  };
  std::map<NodeId, Asker> askers_;           // who has asked for a count, last
  std::map<NodeId, StorageId> counts_owed_;  // who has asked when there was no session to answer in
  Time counts_asked_at_{}, view_asked_at_{};
  std::optional<Epoch> vote_ended_;  // with this view; it is with others now
  std::set<NodeId> held_by_;         // of the voters since, who has it durably
  std::optional<Time> held_asked_at_;
};

}  // namespace hc
