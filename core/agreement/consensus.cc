#include "core/agreement/consensus.h"

#include <algorithm>

#include "core/agreement/step_rule.h"
#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Duration kLyingAfter = 600ms;
constexpr Duration kWriteViewBy = 200ms;  // where nobody waits for it

// What an earlier process was told of counts is forgotten with it: where all are started from copies of their folders,
// made one after the other, those of earlier moments shall not lose their votes.
void forget_counts(ViewRef& view) {
  if (!view || view->counts.empty()) return;
  auto forgetful = std::make_shared<View>(*view);
  forgetful->counts.clear();
  view = std::move(forgetful);
}

}  // namespace

Consensus::Consensus(const NodeConfig& config, Peers& peers, Random random)
    : config_(config), peers_(peers), random_(random) {}

void Consensus::start(std::optional<VoteRecord> record, Time now, Effects& out) {
  accepted_at_ = now;
  if (record) {
    record_ = std::move(*record);
    forget_counts(record_.view);
    if (record_.accepted) forget_counts(record_.accepted->proposal.view);
    highest_round_ = record_.promised.round;
    if (record_.view) {
      installed_ = record_.view;
      on_disk_ = installed_->epoch;
      news_ = true;
      if (!installed_->votes(config_.self.id, record_.storage))
        vote_ended_ = installed_->epoch;  // it may have been then
      listens_until_ = now + kListens;
      see_whom_to_ask(now);  // first of all
    }
    return;
  }
  record_.storage = config_.fresh_storage;
  persist(now, out);
}

void Consensus::found(Proposal first, Time now, Effects& out) {
  HC_CHECK(!record_.cluster, "a node with a cluster id on disk never founds");
  record_.cluster = first.view->cluster;
  record_.view = first.view;
  record_.instance = first.view->epoch;
  first_ = first.view;
  founding_ = persist(now, out);
  if (!config_.durable_votes) {
    founding_.reset();
    installed_ = std::move(first_);
    news_ = true;
  }
}

// ------------------------------------------------------------------------------------------------------------- voters

std::vector<NodeId> Consensus::voters() const {
  std::vector<NodeId> ids;
  if (installed_) {
    for (const Voter& v : installed_->voters) ids.push_back(v.id);
  } else {
    for (const Founder& f : config_.founders) ids.push_back(f.id);
  }
  return ids;
}

std::size_t Consensus::majority() const {
  if (HC_MUTANT(kMinorityDecides)) return 1;
  return voters().size() / 2 + 1;
}

std::string Consensus::founders_key() const {
  if (installed_) return {};
  std::string key;
  for (const Founder& f : config_.founders) key += std::to_string(f.id.value) + "@" + to_string(f.gossip) + ",";
  return key;
}

// 2e: a member votes on e + 1 only with view e installed and its storage identity among the voters of e.
bool Consensus::may_vote(Epoch instance, const std::string& founders) const {
  if (HC_MUTANT(kVoteWithoutView) && instance > epoch()) return true;
  if (instance != epoch().next() || !counts_checked_) return false;
  if (installed_) return entitled(config_.self.id, record_.storage);
  return !record_.cluster && !config_.founders.empty() && founders == founders_key();
}

bool Consensus::entitled(NodeId member, StorageId storage) const {
  return HC_MUTANT(kAmnesiacVoter) ? installed_->votes(member) : installed_->votes(member, storage);
}

std::string Consensus::judge(const Proposal& proposal) const {
  if (HC_MUTANT(kVoteWithoutView) && (!installed_ || proposal.view->epoch != installed_->epoch.next())) return {};
  return installed_ ? hc::why_not(*installed_, *proposal.view, proposal.evidence) : why_not_first(*proposal.view);
}

// ---------------------------------------------------------------------------------------------------------- proposing

bool Consensus::may_open() const {
  const Epoch next = epoch().next();
  if (proposing_ || !installed_ || !may_vote(next, {}) || HC_BUGGIFY(kAsksFirst)) return false;
  const bool begun = record_.instance == next && record_.promised != Ballot{};  // by us, or somebody has asked
  if (begun && !HC_MUTANT(kOpensTwice)) return false;
  if (HC_MUTANT(kAnybodyOpens)) return true;
  const Incarnation opener = installed_->opener();
  return opener.member == config_.self.id && (opener.generation == config_.self.generation || HC_MUTANT(kOpensByName));
}

void Consensus::open(const Proposal& proposal, Time now, Effects& out) {
  HC_CHECK(!proposing_ && proposal.view->voters == installed_->voters, "opens what it has to ask for");
  if (!judge(proposal).empty()) return;
  proposing_ = Proposing{};
  Proposing& p = *proposing_;
  p.instance = proposal.view->epoch;
  p.ballot = {0, config_.self.id, config_.self.generation};
  p.retry_at = round_ends(now);
  ask_to_accept(proposal, now, out);
}

void Consensus::prepare(Time now, Effects& out, Heirs heirs) {
  if (proposing_ || (only_voter_ && !counts_checked_)) return;  // nobody would answer
  proposing_ = Proposing{};
  proposing_->heirs = std::move(heirs);
  proposing_->instance = epoch().next();
  begin_round(now, out);
}

bool Consensus::wants_proposal() const {
  if (!proposing_ || proposing_->accepting || proposing_->adopted || waits_for_heirs()) return false;
  const bool by_majority = installed_ || HC_MUTANT(kFoundersByHearsay);  // 2g: it is to name the folders of all
  return proposing_->promises.size() >= (by_majority ? majority() : voters().size());
}

void Consensus::propose(const Proposal& proposal, Time now, Effects& out) {
  HC_CHECK(wants_proposal(), "a value before its time");
  if (!judge(proposal).empty()) return give_up();
  ask_to_accept(proposal, now, out);
}

bool Consensus::left_lying(Time now, Duration rank_delay) const {
  if (HC_MUTANT(kAcceptedLeftLying)) return false;
  return record_.accepted && record_.instance == epoch().next() && !proposing_ &&
         now - accepted_at_ > kLyingAfter + rank_delay;
}

void Consensus::begin_round(Time now, Effects& out) {
  Proposing& p = *proposing_;
  if (HC_BUGGIFY(kBallotJumps)) highest_round_ += 7;
  p.ballot = {++highest_round_, config_.self.id, HC_MUTANT(kBallotReused) ? Generation{} : config_.self.generation};
  p.promises.clear();
  p.answered.clear();
  p.heard_long_enough = false;
  p.hear_until = now + (HC_BUGGIFY(kHeirsNotWaitedFor) ? Duration{} : heirs_time_.wait());
  unheard_ = {p.heirs.ids.begin(), p.heirs.ids.end()};
  p.accepting = false;
  p.adopted.reset();
  p.retry_at = round_ends(now);
  ask_voters(now, out);
}

Time Consensus::round_ends(Time now) {
  const std::uint64_t tries = std::min<std::uint64_t>(++proposing_->tries, 4);
  const auto jitter = std::chrono::milliseconds(random_.below(150 * tries));
  return now + (HC_BUGGIFY(kRoundTimesOut) ? Duration(5ms) : round_time_.limit()) + jitter;
}

void Consensus::ask_to_accept(const Proposal& value, Time now, Effects& out) {
  proposing_->accepting = true;
  proposing_->asked = Accepted{proposing_->ballot, value};
  proposing_->accepts.clear();
  proposing_->retry_at = std::max(proposing_->retry_at, now + round_time_.limit());
  ask_voters(now, out);
}

void Consensus::ask_voters(Time now, Effects& out) {
  round_time_.asked(proposing_->instance, proposing_->ballot, now);
  for (NodeId voter : voters()) {
    if (!proposing_) return;
    push(voter, now, out);
  }
  if (!proposing_ || proposing_->accepting) return;
  heirs_time_.asked(proposing_->instance, proposing_->ballot, now);
  const Prepare asked{proposing_->instance, proposing_->ballot, {}};
  const std::vector<NodeId> heirs = proposing_->heirs.ids, asked_already = voters();
  for (NodeId heir : heirs)
    if (!std::ranges::count(asked_already, heir)) deliver(heir, asked, now, out);
}

// Tells a voter where the round stands.
void Consensus::push(NodeId voter, Time now, Effects& out) {
  const Proposing& p = *proposing_;
  if (!p.accepting) {
    if (!p.promises.contains(voter)) deliver(voter, Prepare{p.instance, p.ballot, founders_key()}, now, out);
  } else if (!p.accepts.contains(voter)) {
    deliver(voter, Accept{p.instance, p.ballot, to_send(p.asked->proposal), founders_key()}, now, out);
  }
}

// ------------------------------------------------------------------------------------------------------ views as sent

// The view that came: whole, or as a change of ours. Null if we have not what it is a change of.
ViewRef Consensus::whole(const ViewRef& view, const ViewChangeRef& change) {
  if (!change) return view;
  if (step_.change == change && step_.base == installed_) return step_.next;
  ViewRef next = apply_change(installed_, *change);
  if (next) step_ = {installed_, next, change};
  return next;
}

// What the next view changes of ours; null where it has to travel whole.
ViewChangeRef Consensus::change_to(const ViewRef& next) {
  if (!installed_ || next->epoch != epoch().next() || HC_MUTANT(kVoteWithoutView)) return nullptr;
  if (step_.next != next || step_.base != installed_)
    step_ = {installed_, next, std::make_shared<const ViewChange>(difference(*installed_, *next))};
  return step_.change;
}

Proposal Consensus::to_send(const Proposal& proposal) {
  Proposal sent = proposal;
  sent.change = change_to(proposal.view);
  return sent;
}

std::optional<Accepted> Consensus::accepted_to_send() {
  if (!record_.accepted) return std::nullopt;
  return Accepted{record_.accepted->ballot, to_send(record_.accepted->proposal)};
}

// To another member over its session, to ourselves at once.
void Consensus::deliver(NodeId to, Message message, Time now, Effects& out) {
  if (to != config_.self.id) {
    peers_.send(to, std::move(message));
    return;
  }
  const Incarnation self{config_.self.id, config_.self.generation};
  if (auto* m = std::get_if<Prepare>(&message)) return handle(self, *m, now, out);
  if (auto* m = std::get_if<Promise>(&message)) return handle(self, *m, now, out);
  if (auto* m = std::get_if<Accept>(&message)) return handle(self, *m, now, out);
  if (auto* m = std::get_if<AcceptedIs>(&message)) return handle(self, *m, now, out);
  if (auto* m = std::get_if<Rejected>(&message)) return handle(self, *m, now);
}

// ----------------------------------------------------------------------------------------------------------- acceptor

// Lists have changed, and all else is as it was: for votes an earlier view on our disk is as good, and who restarts
// with that one learns the newest of the others, or of what it has accepted itself.
bool Consensus::may_be_written_late(const View& view) const {
  return config_.durable_votes && installed_ && !forced_ && !HC_BUGGIFY(kViewWrittenAtOnce) &&
         view.lineage == installed_->lineage && view.members == installed_->members &&
         view.voters == installed_->voters;
}

// One write at a time; what changes meanwhile goes into the next one, all together. Returns the write that covers the
// record as it is now.
std::uint64_t Consensus::persist(Time now, Effects& out) {
  if (!config_.durable_votes) {
    ++record_.writes;
    on_disk_ = record_.view ? record_.view->epoch : Epoch();
    return durable_ = next_store_++;
  }
  if (writing_) {
    unwritten_ = true;
    return next_store_;
  }
  return write(now, out);
}

std::uint64_t Consensus::write(Time now, Effects& out) {
  ++record_.writes;
  unwritten_ = false;
  write_by_.reset();
  being_written_ = record_.view ? record_.view->epoch : Epoch();
  writing_ = true;
  write_began_ = now;
  out.store_vote(next_store_, record_);
  return next_store_++;
}

void Consensus::answer_durably(NodeId to, Message message, Time now, Effects& out) {
  const std::uint64_t id = persist(now, out);
  answer_when_stored(HC_MUTANT(kPromiseNotDurable) ? 0 : id, to, std::move(message), now, out);
}

void Consensus::answer_when_stored(std::uint64_t id, NodeId to, Message message, Time now, Effects& out) {
  if (id <= durable_) return deliver(to, std::move(message), now, out);
  deferred_.push_back({id, to, std::move(message)});
}

void Consensus::stored(std::uint64_t id, Time now, Effects& out) {
  durable_ = std::max(durable_, id);
  writing_ = durable_ + 1 < next_store_;
  if (!writing_) on_disk_ = being_written_;
  if (!writing_) round_time_.sample(now - write_began_);
  if (!writing_ && unwritten_) write(now, out);
  if (founding_ && *founding_ <= durable_) {
    founding_.reset();
    installed_ = std::move(first_);
    news_ = true;
  }
  forced_is_durable(now, out);
  std::vector<Deferred> due;
  std::erase_if(deferred_, [&](Deferred& d) {
    if (d.id > durable_) return false;
    due.push_back(std::move(d));
    return true;
  });
  for (Deferred& d : due) deliver(d.to, std::move(d.message), now, out);
}

void Consensus::handle(Incarnation from, const Prepare& m, Time now, Effects& out) {
  highest_round_ = std::max(highest_round_, m.ballot.round);
  if (m.instance <= epoch()) return handle(from, ViewAsk{Epoch(m.instance.value - 1)});
  if (m.instance > epoch().next()) heard_epoch(from.member, Epoch(m.instance.value - 1), now);
  if (!may_vote(m.instance, m.founders)) return answer_as_heir(from.member, m, now, out);
  if (record_.instance != m.instance) {
    record_.instance = m.instance;
    record_.promised = {};
    record_.accepted.reset();
  }
  if (m.ballot < record_.promised)
    return deliver(from.member, Rejected{m.instance, m.ballot, record_.promised, {}}, now, out);
  record_.promised = m.ballot;
  Promise promise{m.instance, m.ballot, record_.storage, record_.writes + 1, accepted_to_send()};
  if (HC_BUGGIFY(kPromiseTwice)) answer_durably(from.member, promise, now, out);
  answer_durably(from.member, std::move(promise), now, out);
}

// What the holder of our promise was told last. Requires: the record is durable.
Message Consensus::answer_to_promised() {
  if (record_.accepted && record_.accepted->ballot == record_.promised)
    return AcceptedIs{record_.instance, record_.promised, record_.storage, record_.writes};
  return Promise{record_.instance, record_.promised, record_.storage, record_.writes, accepted_to_send()};
}

void Consensus::handle(Incarnation from, const Promise& m, Time now, Effects& out) {
  if (!heard_votes(from.member, m.storage, m.writes, m.instance, out)) return;
  if (installed_ && !entitled(from.member, m.storage)) return heir_answered(from.member, m, now);
  round_time_.answered(from.member, m.instance, m.ballot, now);
  if (!proposing_ || proposing_->accepting || proposing_->instance != m.instance || proposing_->ballot != m.ballot)
    return;
  std::optional<Accepted> accepted;
  if (m.accepted) {
    const Proposal& p = m.accepted->proposal;
    accepted = Accepted{m.accepted->ballot, {whole(p.view, p.change), p.evidence}};
    if (!accepted->proposal) return;  // what it accepted must be known: no promise without it
    if (accepted->proposal.view->slot_count() != config_.slots) return;
  }
  Proposing& p = *proposing_;
  p.promises.insert(from.member);
  p.answered[from.member] = m.storage;
  if (accepted && !HC_MUTANT(kTwoValuesPerEpoch) && (!p.adopted || p.adopted->ballot < accepted->ballot))
    p.adopted = std::move(accepted);
  if (p.adopted && p.promises.size() >= majority()) ask_to_accept(Proposal(p.adopted->proposal), now, out);
}

void Consensus::handle(Incarnation from, const Accept& m, Time now, Effects& out) {
  highest_round_ = std::max(highest_round_, m.ballot.round);
  if (m.instance <= epoch()) return handle(from, ViewAsk{Epoch(m.instance.value - 1)});
  if (m.instance > epoch().next()) heard_epoch(from.member, Epoch(m.instance.value - 1), now);
  if (!may_vote(m.instance, m.founders)) return;
  const Proposal proposal{whole(m.proposal.view, m.proposal.change), m.proposal.evidence};
  if (!proposal) return;
  if (record_.instance != m.instance) {
    record_.instance = m.instance;
    record_.promised = {};
    record_.accepted.reset();
  }
  if (m.ballot < record_.promised)
    return deliver(from.member, Rejected{m.instance, m.ballot, record_.promised, {}}, now, out);
  if (std::string reason = judge(proposal); !reason.empty()) {
    out.note("refused the proposal of " + name_of(from.member) + " for view " + std::to_string(m.instance.value) +
             ": " + reason);
    return deliver(from.member, Rejected{m.instance, m.ballot, record_.promised, reason}, now, out);
  }
  record_.promised = m.ballot;
  record_.accepted = Accepted{m.ballot, proposal};
  accepted_at_ = now;
  accepted_here_ = m.instance;
  const AcceptedIs accepted{m.instance, m.ballot, record_.storage, record_.writes + 1};
  if (HC_BUGGIFY(kAcceptedTwice)) answer_durably(from.member, accepted, now, out);
  answer_durably(from.member, accepted, now, out);
}

void Consensus::handle(Incarnation from, const AcceptedIs& m, Time now, Effects& out) {
  if (!heard_votes(from.member, m.storage, m.writes, m.instance, out)) return;
  round_time_.answered(from.member, m.instance, m.ballot, now);
  if (!proposing_ || !proposing_->asked || proposing_->instance != m.instance || proposing_->asked->ballot != m.ballot)
    return;
  if (HC_MUTANT(kLateAcceptanceIgnored) && !proposing_->accepting) return;
  if (installed_ && !entitled(from.member, m.storage)) return;
  Proposing& p = *proposing_;
  p.accepts.insert(from.member);
  const bool by_majority = installed_ || HC_MUTANT(kFoundingByMajority);
  if (p.accepts.size() < (by_majority ? majority() : voters().size())) return;  // 2g: founders found together, or not
  decided(Proposal(p.asked->proposal), now, out);
}

void Consensus::handle(Incarnation, const Rejected& m, Time now) {
  if (!proposing_ || proposing_->instance != m.instance || proposing_->ballot != m.ballot) return;
  highest_round_ = std::max(highest_round_, m.promised.round);
  if (!m.reason.empty() && !proposing_->adopted) return give_up();  // plan anew
  proposing_->retry_at = std::min(proposing_->retry_at, now + std::chrono::milliseconds(20 + random_.below(200)));
}

// ---------------------------------------------------------------------------------------------------------- decisions

void Consensus::decided(const Proposal& proposal, Time now, Effects& out) {
  std::set<NodeId> audience;
  if (installed_)
    for (const ViewMember& m : installed_->members) audience.insert(m.info.id);
  for (const ViewMember& m : proposal.view->members) {
    peers_.learn(m.info);
    audience.insert(m.info.id);
  }
  audience.erase(config_.self.id);
  const ViewRef view = proposal.view;
  if (HC_BUGGIFY(kDecisionKept)) audience.clear();
  const ViewChangeRef change = change_to(view);
  for (NodeId id : audience) peers_.send(id, ViewIs{view, installed_ && installed_->member(id) ? change : nullptr});
  install(view, now, out);
}

void Consensus::decree(ViewRef view, Time now, Effects& out) {
  give_up();
  record_.view = view;
  forced_ = Forced{installed_, std::move(view), 0};
  forced_->store = persist(now, out);
  forced_is_durable(now, out);
}

void Consensus::forced_is_durable(Time now, Effects& out) {
  if (!forced_ || forced_->store > durable_) return;
  const Forced forced = *std::exchange(forced_, std::nullopt);
  if (forced.base == installed_) decided({forced.view, {}}, now, out);  // else one came that it does not know
}

void Consensus::install(ViewRef view, Time now, Effects& out) {
  if (!view || view->epoch <= epoch()) return;
  if (record_.cluster && view->cluster != record_.cluster) return;
  HC_CHECK(view->slot_count() == config_.slots, "a view with another slot count");
  record_.cluster = view->cluster;
  record_.view = view;
  if (record_.instance <= view->epoch) {
    record_.instance = view->epoch.next();
    record_.promised = {};
    record_.accepted.reset();
  }
  if (proposing_ && proposing_->instance <= view->epoch) proposing_.reset();
  unheard_.clear();
  const bool voted = votes();
  if (voted && !view->votes(config_.self.id, record_.storage)) vote_ended_ = view->epoch;
  if (vote_ended_ && view->voters != installed_->voters) held_by_.clear();
  if (!installed_ || view->voters != installed_->voters) counts_asked_at_ = {};
  const bool late = may_be_written_late(*view);
  installed_ = std::move(view);
  news_ = true;
  const bool by_others = installed_->epoch != accepted_here_ && !HC_MUTANT(kOnlyVoterNeverCompares);
  if (std::exchange(only_voter_, false) && by_others) see_whom_to_ask(now);
  compare_with_members(now);
  if (!learn_counts()) return take_new_storage(now, out);
  if (!late)
    persist(now, out);
  else if (!write_by_)
    write_by_ = now + kWriteViewBy;  // along with our next promise, if that comes first
}

void Consensus::handle(Incarnation from, const ViewAsk& m) {
  if (!installed_) return;
  const bool has_base = m.have && step_.next == installed_ && step_.base->epoch == m.have;
  peers_.send(from.member, ViewIs{installed_, has_base ? step_.change : nullptr});
}

// A change of a view that is not ours says that there is a newer one.
void Consensus::handle(Incarnation from, const ViewIs& m, Time now, Effects& out) {
  if (m.change && m.change->head.epoch <= epoch()) return;
  ViewRef view = whole(m.view, m.change);
  if (view) return install(std::move(view), now, out);
  if (m.change) heard_epoch(from.member, m.change->head.epoch, now);
}

void Consensus::heard_epoch(NodeId from, Epoch heard, Time now) {
  if (heard <= epoch() || from == config_.self.id) return;
  if (now - view_asked_at_ < kAskAgain && view_asked_at_ != Time{}) return;
  if (peers_.send(from, ViewAsk{epoch()})) view_asked_at_ = now;
}

// --------------------------------------------------------------------------------------------------------------- time

void Consensus::session_opened(NodeId peer, Time now) {
  round_time_.session_opened(peer, now);
  heirs_time_.session_opened(peer, now);
  heir_may_hear(peer);
  if ((!counts_checked_ || !compared_) && std::ranges::count(asked_for_counts(), peer))
    peers_.send(peer, VoteCountAsk{record_.storage});
  if (const auto owed = counts_owed_.extract(peer)) tell_count(peer, owed.mapped());
  if (record_.instance == epoch().next() && record_.promised.proposer == peer && !writing_)
    peers_.send(peer, answer_to_promised());  // it may not have got it
  if (!proposing_ || !std::ranges::count(voters(), peer)) return;
  const Proposing& p = *proposing_;
  if (!p.accepting && !p.promises.contains(peer)) peers_.send(peer, Prepare{p.instance, p.ballot, founders_key()});
  if (p.accepting && !p.accepts.contains(peer))
    peers_.send(peer, Accept{p.instance, p.ballot, to_send(p.asked->proposal), founders_key()});
}

void Consensus::tick(Time now, Effects& out) {
  if (HC_BUGGIFY(kViewAskedForNothing) && installed_) peers_.send(installed_->voters.front().id, ViewAsk{epoch()});
  if (HC_BUGGIFY(kVotesAskedAgain) && voters().size() > 1) counts_checked_ = false, counts_from_.clear();
  ask_counts(now);
  if (write_by_ && now >= *write_by_) write_view(now, out);
  // Who still leaves asks again, just behind this; a view may have called it active since, then nobody does.
  if (held_asked_at_ && now - *held_asked_at_ >= kAskAgain) held_asked_at_.reset();
  if (proposing_ && now >= proposing_->hear_until) proposing_->heard_long_enough = true;
  if (!proposing_ || now < proposing_->retry_at || wants_proposal()) return;
  if (!proposing_->accepting && proposing_->promises.size() >= majority() && waits_for_heirs()) {
    proposing_->retry_at = proposing_->hear_until;
    return;
  }
  if (!deferred_.empty()) {  // our own disk is what keeps the round waiting: another one would only add to its work
    proposing_->retry_at = now + round_time_.limit();
    return;
  }
  if (HC_MUTANT(kAcceptedLeftLying)) return give_up();
  // After some tries it may be another's turn. What was accepted somewhere is taken up again by left_lying.
  if (proposing_->tries >= 3 && !proposing_->adopted) return give_up();
  begin_round(now, out);
}

std::optional<Time> Consensus::deadline() const {
  std::optional<Time> next;
  if (proposing_) {
    const bool waits = !proposing_->accepting && waits_for_heirs();
    next = waits ? std::min(proposing_->retry_at, proposing_->hear_until) : proposing_->retry_at;
  }
  if (!counts_checked_ || !compared_) next = std::min(next.value_or(Time::max()), counts_asked_at_);
  if (write_by_) next = std::min(next.value_or(Time::max()), *write_by_);
  if (held_asked_at_ && !handed_over()) next = std::min(next.value_or(Time::max()), *held_asked_at_ + kAskAgain);
  return next;
}

void Consensus::invariants() const {
  HC_CHECK(!record_.accepted || record_.accepted->ballot <= record_.promised, "accepted above what was promised");
  HC_CHECK(!installed_ || installed_->cluster == record_.cluster, "a view of another cluster");
  HC_CHECK(!proposing_ || proposing_->instance > epoch(), "proposes an epoch that is decided");
}

}  // namespace hc
