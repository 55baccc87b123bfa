// What becomes of votes: whether an older disk was put back (rule 2e), who may be given one, and handing ours over
// (2f).
#include <algorithm>
#include <utility>

#include "core/agreement/consensus.h"
#include "core/base/seam.h"

namespace hc {
namespace {

constexpr Duration kCountsAgain = 200ms, kListensAgain = 50ms;

}  // namespace

// ------------------------------------------------------------------------------------------------------ counted votes

// False: the vote comes from an older disk, which has forgotten others. It is nobody's, whatever it writes from now on;
// its owner is told. A vote on what is decided by now may be an earlier one, which has come late.
bool Consensus::heard_votes(NodeId from, StorageId storage, std::uint64_t writes, Epoch instance, Effects& out) {
  auto& known = counts_heard_[storage];
  if (instance <= epoch()) {
    known = std::max(known, writes);
    return !older_disks_.contains(storage);
  }
  if (HC_MUTANT(kOlderVoteCounted)) return known = std::max(known, writes), true;
  if (writes < known && older_disks_.insert(storage).second) {
    out.note("the vote of " + name_of(from) + " does not count: its data folder was restored to an earlier state",
             Note::Level::kWarning);
    tell_count(from, storage);
  }
  if (older_disks_.contains(storage)) return false;
  known = std::max(known, writes);
  return true;
}

void Consensus::handle(Incarnation from, const VoteCountAsk& m) {
  askers_[from.member] = {from.generation, m.storage};
  tell_count(from.member, m.storage);
}

StorageId Consensus::compares(Incarnation who) const {
  const auto it = askers_.find(who.member);
  return it != askers_.end() && it->second.process == who.generation ? it->second.storage : StorageId();
}

// What comes with the installed view. False: more is known of our own vote file than there is in it, so that is of an
// older disk. Whoever votes on what follows a view has it, so it has made those votes before.
bool Consensus::learn_counts() {
  for (const VoteCount& count : installed_->counts) {
    auto& known = counts_heard_[count.storage];
    known = std::max(known, count.writes);
  }
  return installed_->count_of(record_.storage) <= record_.writes || HC_MUTANT(kAmnesiacVoter);
}

std::uint64_t Consensus::writes_of(StorageId storage) const {
  const auto it = counts_heard_.find(storage);
  return it == counts_heard_.end() ? 0 : it->second;
}

// What was proposed and is not decided says it as well.
void Consensus::tell_count(NodeId to, StorageId storage) {
  const std::uint64_t accepted = record_.accepted ? record_.accepted->proposal.view->count_of(storage) : 0;
  if (!peers_.send(to, VoteCountIs{storage, std::max(writes_of(storage), accepted)})) counts_owed_[to] = storage;
}

void Consensus::handle(Incarnation from, const VoteCountIs& m, Time now, Effects& out) {
  if (m.storage != record_.storage) return;
  if (m.writes > record_.writes && !HC_MUTANT(kAmnesiacVoter)) return take_new_storage(now, out);
  if (only_voter_ && peers_.installed(from) > epoch()) return;  // that view comes first
  counts_from_.insert(from.member);
  see_whether_compared(now);
}

std::vector<NodeId> Consensus::other_voters() const {
  std::vector<NodeId> ids = voters();
  std::erase(ids, config_.self.id);
  return ids;
}

std::vector<NodeId> Consensus::other_members() const {
  std::vector<NodeId> ids;
  for (std::size_t i = 0; installed_ && i < installed_->members.size(); ++i)
    if (const NodeId id = installed_->members[i].info.id; id != config_.self.id) ids.push_back(id);
  return ids;
}

// The other voters. All members where we are the only voter, for they know whether there is a later view, or do not
// vote, for somebody may know of our votes who was a voter once.
std::vector<NodeId> Consensus::asked_for_counts() const {
  std::vector<NodeId> ids = other_voters();
  if (HC_MUTANT(kOnlyVoterAsks) || !installed_) return ids;
  if (ids.empty() ? HC_MUTANT(kOnlyVoterAsksNobody) : votes() || HC_MUTANT(kCandidateAsksVotersAlone)) return ids;
  for (const NodeId id : other_members())
    if (!std::ranges::count(ids, id)) ids.push_back(id);
  return ids;
}

bool Consensus::votes() const { return installed_ && installed_->votes(config_.self.id, record_.storage); }

// Together with us a majority of the voters; a majority of the others, or all, where the view has our vote with another
// folder.
std::size_t Consensus::counts_wanted() const {
  const std::vector<NodeId> all = voters();
  const auto others = all.size() - static_cast<std::size_t>(std::ranges::count(all, config_.self.id));
  const std::size_t wanted = std::min(others, majority() - (votes() ? 1 : 0));
  return HC_MUTANT(kOnlyVoterAsks) ? std::max<std::size_t>(1, wanted) : wanted;
}

// 2e: whether the others know a later state of our disk. Who is the only voter by it asks once more when it installs a
// view that it has not accepted: so others have gone on without it.
void Consensus::see_whom_to_ask(Time now) {
  counts_from_.clear();
  only_voter_ = counts_wanted() == 0;
  counts_checked_ = compared_ = HC_MUTANT(kAmnesiacVoter);
  if (only_voter_) see_whether_compared(now);
}

void Consensus::see_whether_compared(Time now) {
  const std::vector<NodeId> asked = other_voters();
  const auto from = std::ranges::count_if(counts_from_, [&](NodeId id) { return std::ranges::count(asked, id) > 0; });
  const std::size_t wanted = counts_wanted();
  const auto all = [&] { return now >= listens_until_ || heard_all_members(asked_for_counts(), now); };
  if (!counts_checked_ && (wanted > 0 ? static_cast<std::size_t>(from) >= wanted : all())) {
    counts_checked_ = true;
    if (!votes()) listens_until_ = now + kListens;  // nobody waits for our vote
  }
  compared_ |= counts_checked_ && (votes() || all() || HC_MUTANT(kCandidateAsksVotersAlone));
}

// A view has come by which we do not vote, and its members may be others than those who were asked. A process that is
// named keeps its storage identity.
void Consensus::compare_with_members(Time now) {
  if (votes() || now >= listens_until_ || HC_MUTANT(kCandidateAsksVotersAlone) || HC_MUTANT(kAmnesiacVoter)) return;
  if (installed_->names({config_.self.id, config_.self.generation})) return;
  compared_ = false;
  counts_asked_at_ = {};
  see_whether_compared(now);
}

// Nobody of them is left who might say that there is a later view. Who is alone by its disk, and was told at its start
// of others, cannot know that.
bool Consensus::heard_all_members(const std::vector<NodeId>& asked, Time now) const {
  const auto other = [&](const Founder& f) { return f.id != config_.self.id; };
  const bool told = !config_.join.empty() || std::ranges::any_of(config_.founders, other);
  if (asked.empty()) return !told || HC_MUTANT(kOnlyVoterAsksNobody);
  return std::ranges::all_of(asked, [&](NodeId id) {
    const auto refused = peers_.refused_since(id);
    return counts_from_.contains(id) || (refused && now - *refused >= config_.patience_refused);
  });
}

// Whoever is given a vote must keep its storage identity. One that was a voter already keeps the vote meanwhile: the
// view names the storage identity that an earlier process of it announced.
StorageId Consensus::eligible() const {
  return compared_ || HC_MUTANT(kCandidateBeforeCompared) ? record_.storage : StorageId{};
}

// An older disk was put back: what it promised since is forgotten, so its vote is gone.
void Consensus::take_new_storage(Time now, Effects& out) {
  out.note("the others know a later state of this data folder: it was restored, so it loses its vote",
           Note::Level::kWarning);
  record_.storage = random_.draw128<StorageTag>();
  record_.writes = 0;
  record_.promised = {};
  record_.accepted.reset();
  counts_from_.clear();
  listens_until_ = {};
  deferred_.clear();
  counts_checked_ = compared_ = true;
  persist(now, out);
}

void Consensus::ask_counts(Time now) {
  if ((counts_checked_ && compared_) || now < counts_asked_at_) return;
  see_whether_compared(now);  // the voters may be others by now
  if (counts_checked_ && compared_) return;
  counts_asked_at_ = now + (now < listens_until_ ? kListensAgain : kCountsAgain);
  for (const NodeId id : asked_for_counts())
    if (!counts_from_.contains(id)) peers_.send(id, VoteCountAsk{record_.storage});
}

// ------------------------------------------------------------------------------------------------------ giving a vote

void Consensus::write_view(Time now, Effects& out) {
  if (std::exchange(write_by_, std::nullopt)) persist(now, out);
}

// The write that covers what is installed. From now on somebody waits for it.
std::uint64_t Consensus::covering(Time now, Effects& out) {
  if (!HC_MUTANT(kHeldBeforeWritten)) write_view(now, out);
  return writing_ && unwritten_ ? next_store_ : next_store_ - 1;
}

// We do not vote on this, and whoever asks may be about to give us a vote: we are there, and have its view on our disk.
// That promises nothing.
void Consensus::answer_as_heir(NodeId to, const Prepare& m, Time now, Effects& out) {
  if (!installed_ || m.instance != epoch().next() || !eligible() || entitled(config_.self.id, record_.storage)) return;
  const std::uint64_t write = covering(now, out);
  const std::uint64_t writes = record_.writes + (writing_ && unwritten_ ? 1 : 0);
  answer_when_stored(write, to, Promise{m.instance, m.ballot, eligible(), writes, {}}, now, out);
}

void Consensus::heir_answered(NodeId from, const Promise& m, Time now) {
  heirs_time_.answered(from, m.instance, m.ballot, now);
  if (m.instance != epoch().next()) return;
  const bool hears = proposing_ && !proposing_->accepting;
  if (hears && proposing_->ballot != m.ballot) return;  // to an earlier round; its answer to this one comes
  if (hears) proposing_->answered[from] = m.storage;
  if (unheard_.erase(from) > 0 && !hears) heard_late_ = true;
}

// A session has opened, or it has installed a newer view: it may not have heard us, or not understood.
void Consensus::heir_may_hear(NodeId heir) {
  if (!unheard_.contains(heir) || peers_.installed({heir, peers_.generation(heir)}) < epoch()) return;
  if (proposing_ && !proposing_->accepting)
    peers_.send(heir, Prepare{proposing_->instance, proposing_->ballot, {}});
  else
    heard_late_ = true;
}

void Consensus::advanced(NodeId peer) { heir_may_hear(peer); }

bool Consensus::answered(NodeId member, StorageId storage) const {
  if (!proposing_) return false;
  const auto it = proposing_->answered.find(member);
  return it != proposing_->answered.end() && it->second == storage;
}

// As many have not answered as are wanted; those without a session cannot.
bool Consensus::waits_for_heirs() const {
  const Proposing& p = *proposing_;
  if (p.heard_long_enough) return false;
  std::size_t heard = 0, others = 0;
  for (const NodeId id : p.heirs.ids) {
    if (p.answered.contains(id))
      ++heard;
    else
      others += id == config_.self.id || peers_.open(id) ? 1 : 0;
  }
  return heard < p.heirs.wanted && others > 0;
}

// ----------------------------------------------------------------------------------------------------- ending for good

void Consensus::hand_over(Time now) {
  if (!vote_ended_ || handed_over() || (held_asked_at_ && now - *held_asked_at_ < kAskAgain)) return;
  held_asked_at_ = now;
  for (NodeId voter : voters())
    if (!held_by_.contains(voter)) peers_.send(voter, ViewHeldAsk{*vote_ended_});
}

bool Consensus::handed_over() const {
  if (HC_MUTANT(kLeaveBeforeNewVotersKnow)) return true;
  if (!installed_ || installed_->votes(config_.self.id, record_.storage)) return !installed_;
  return !vote_ended_ || held_by_.size() >= majority();
}

void Consensus::handle(Incarnation from, const ViewHeldAsk& m, Time now, Effects& out) {
  if (epoch() < m.epoch) return heard_epoch(from.member, m.epoch, now);
  answer_when_stored(covering(now, out), from.member, ViewHeld{epoch()}, now, out);
}

void Consensus::handle(Incarnation from, const ViewHeld& m) {
  if (vote_ended_ && m.epoch >= *vote_ended_ && installed_->votes(from.member)) held_by_.insert(from.member);
}

}  // namespace hc
