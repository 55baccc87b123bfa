// Every slot's replica at this member: executing as primary under leases, replicating, taking over, filling learners
// (rules 3, 5, 6, 7; PacificA: Lin et al. 2008, Vertical Paxos: Lamport, Malkhi, Zhou 2009).
//
// Told by Node: the installed view, messages, time. It answers by messages to peers, by Done for commands that waited,
// and by the reports that rest on what it sees. It decides no view.
//
// By file: install.cc (a new view), execute.cc (commands), stream.cc (entries and commits), takeover.cc, fill.cc,
// remains.cc (what a learner need not be sent), memory.cc (limits and evictions), watch.cc (complaints and reports,
// statuses), durable.cc (what the log says, and what waits for it), digests.cc (are replicas the same), owed.cc (who
// lacks what, for watchers).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/random.h"
#include "core/base/small_map.h"
#include "core/command/command.h"
#include "core/command/executor.h"
#include "core/durability/log.h"
#include "core/effect.h"
#include "core/peer/peers.h"
#include "core/replication/leases.h"
#include "core/replication/memory.h"
#include "core/replication/owed.h"
#include "core/replication/pace.h"
#include "core/replication/replica.h"

namespace hc {

// A command's end, for whoever gave the token.
struct Done {
  std::uint64_t token = 0;
  Outcome outcome = Outcome::kDone;
  Reply reply;  // owned
};

// Two replicas of a slot that have other content at the same position (10).
struct Difference {
  Slot slot;
  Incarnation primary;  // the other one is this process
  Position at;
  std::uint64_t theirs = 0, ours = 0;
};

class Replication : public Executor {
 public:
  Replication(const NodeConfig& config, Peers& peers, Log& log, Random random);

  // ---- the log (9)
  void restore(const LogRecord& record, Time now);  // before start(): what the log says, in order
  // The append of this number stands: these slots may be acknowledged up to there.
  void appended(std::uint64_t id, const Log::Durable& durable, Now now);
  std::size_t snapshot_slots() const { return snapshot_.slot; }  // that are written
  void write_snapshot(Time now);                                 // a little more of it, if one is being written (9c)

  void start(Time now) { started_at_ = now; }
  void install(const ViewRef& view, Time now);

  // ---- commands
  Result run(Slot slot, const CommandSpec& spec, Args args, std::uint64_t token, Epoch sender, Time give_up,
             Now now) override;
  bool has_done() const { return !done_.empty(); }
  // Until the next call.
  std::vector<Done>& take_done() {
    done_taken_.clear();
    done_taken_.swap(done_);
    return done_taken_;
  }

  // ---- what may be told of keys (11c)
  void want_notices(std::uint32_t wanted) { notices_ = NoticeWriter(notices_wanted_ = wanted); }
  bool has_tellings() const { return !tellings_.empty(); }
  std::vector<Telling> take_tellings() { return std::exchange(tellings_, {}); }  // of what is committed

  // ---- messages
  void handle(Incarnation from, const LeaseAsk& m, Time now);
  void handle(Incarnation from, const Grant& m, Now now);
  void handle(Incarnation from, Append&& m, Now now);
  void handle(Incarnation from, const Appended& m, Now now);
  void handle(Incarnation from, const TailAsk& m, Now now);
  void handle(Incarnation from, TailIs&& m, Now now);
  void handle(Incarnation from, FillChunk&& m, Now now);
  void handle(Incarnation from, const FillAck& m, Now now);
  void handle(Incarnation from, const FillRemains& m, Now now);
  void handle(Incarnation from, const FillSums& m, Now now);
  void handle(Incarnation from, const FillWant& m, Now now);
  void handle(Incarnation from, const DiscardAsk& m);
  void handle(Incarnation from, const DiscardOk& m);
  void handle(Incarnation from, const Pressure& m, Now now);
  void handle(Incarnation from, const Digests& m);

  void paused(Duration lost);  // this process did not run for that long (core/base/pause.h)
  void room_again() { parked_look_ = true; }
  bool know_full(std::set<Incarnation> full);        // whose disk has no room (9e). True: others than before
  bool know_out_of_time(std::set<Incarnation> who);  // who is being stopped, and ends now (7d). Likewise
  void seems_dead(NodeId peer, bool dead);           // membership's word: moves us to complain (2b)
  void session_opened(NodeId peer, Now now);         // say again what is outstanding
  // It installed a newer view: say again what it could not take in the one before, and former primaries may be
  // released.
  void advanced(NodeId peer, Epoch before, Now now);
  void flush(Now now);  // the turn ends: stream what was gathered
  // True if it is time to make reports, too. `beside`: membership has woken the node, which it does about as often, so
  // a tick goes along with it, and wakes it less often for itself.
  bool tick(Now now, bool beside = false);
  void run_parked(Now now);  // if something changed that they wait for
  std::optional<Time> deadline() const;
  bool has_unsent(Time now) const;  // flush() would do something

  // ---- digests (10)
  bool has_differences() const { return !differences_.empty(); }
  std::vector<Difference> take_differences() { return std::exchange(differences_, {}); }
  std::size_t differing() const { return differing_.count(); }  // slots, when they were compared last

  // ---- memory
  void limit_memory(const MemoryLimits& limits);
  void filter_keys(std::uint32_t rate_ppm);               // see KeysFiltered
  void measured(std::size_t beyond, std::size_t hollow);  // see MemoryMeasured
  const Memory& memory() const { return memory_; }
  std::uint32_t key_filter_ppm() const { return key_filter_ppm_; }
  const AccessClock& clock() const { return clock_; }
  void forget_evicted() { memory_.evicted.clear(); }

  // ---- what we see, as evidence
  std::vector<Report> reports(Time now);
  bool take_urgent(Time now);  // a report should not wait for the next tick

  // ---- watching
  const Replica& replica(Slot s) const { return replicas_[s.value]; }
  bool may_execute(Slot s, Time now) const;
  void prefetch(std::span<const Bytes> keys) const;        // see Node
  void foresee(std::span<const Message> messages) const;   // the same, before they are handled
  void foresee(std::span<const LogRecord> records) const;  // before they are restored
  std::map<NodeId, Owed> owed() const;                     // to members that lack something
  bool all_served() const;  // every slot that we lead is served, and none waits for our disk (9a)
  void invariants() const;
  struct Counters {
    std::uint64_t executed = 0, parked = 0, entries = 0, takeovers = 0, fills = 0, expired = 0, complaints = 0,
                  evicted = 0, out_of_memory = 0, fill_bytes = 0, hits = 0, misses = 0, digests_compared = 0,
                  digest_mismatches = 0;
    std::uint64_t fill_bytes_kept = 0;  // as learner: that were there, and so were not sent
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Parked {
    Slot slot;
    const CommandSpec* spec;
    Words args;
    std::uint64_t token;
    Epoch sender;
    Time give_up;
  };
  struct HeldAck {  // of a chunk: waits for the append of this number
    std::uint64_t append;
    Incarnation to;
    FillAck ack;
  };
  struct Lane {  // of fills to one member
    explicit Lane(Pace p) : pace(p) {}
    std::deque<Slot> waiting;
    SlotSet queued;               // what is in `waiting`
    std::size_t outstanding = 0;  // bytes on their way
    Pace pace;
    Time progress{};            // when a chunk was acknowledged last
    std::uint64_t arrived = 0;  // ever: bytes of slots, as their memory is counted
    std::uint64_t filled = 0;   // ever: slots

    void arrived_or_lost(std::size_t bytes) { outstanding -= std::min(outstanding, bytes); }
  };

  // Whoever may change a slot wakes it; only watching does not.
  Replica& at(Slot s) {
    awake_.add(s);
    left_over_.remove(s);
    return replicas_[s.value];
  }
  Incarnation self() const { return {config_.self.id, config_.self.generation}; }
  Epoch epoch() const { return view_ ? view_->epoch : Epoch(); }
  static Slot slot_number(std::size_t i) { return Slot{static_cast<std::uint16_t>(i)}; }

  // Slots that have to do with one other member.
  struct Common {
    SlotSet slots;
    std::size_t count = 0;
    bool operator==(const Common&) const = default;
  };
  // Those that have such a target since a later view than `before`, and perhaps others.
  template <class Visit>
  void for_each_awake_with(NodeId target, Epoch before, Visit&& visit) {
    const auto with = targeted_.find(target);
    if (with == targeted_.end()) return;
    if (before < forgotten_up_to_) return with->second.slots.for_each_also_in(awake_, visit);
    SlotSet since(config_.slots);
    for (auto it = new_targets_.rbegin(); it != new_targets_.rend() && it->first > before; ++it) since.add(it->second);
    since.for_each_also_in(awake_, [&](Slot s) {
      if (with->second.slots.has(s)) visit(s);
    });
  }

  // install.cc
  void install_learners(Time now);
  void install_learners_of(Slot s, Time now);
  void tally(Slot s, bool in);
  void note_who_is_behind(const View* old, Time now);
  void install_slot(Slot s, const View* old, Time now);
  void note_target(Slot s);
  void note_former(Replica& r, Slot s, const View& old, Time now);
  void step_down(Slot s, Time now);
  void begin_lead(Slot s, const View* old, Time now);
  bool goes_on_by_itself(Slot s, const View* old) const;
  void refresh_learners(Slot s, Time now);
  void empty_slot(Slot s, Position at, bool whole);
  bool recovers(Slot s, const View* old) const;

  // execute.cc
  // Somebody is to be told of an effect: a target, or the log.
  struct Foreseen {
    const Replica* replica;
    std::uint64_t hash;  // of the key, if there is one
    bool keyed;
    bool entry;  // of its primary
  };
  void fetch(std::span<const Foreseen> all) const;
  void prefetch_next(Slot s) const;
  bool must_tell(const Replica& r) const { return !r.lead->targets.empty() || log_.on(); }
  bool leased(const Replica& r, Time now) const;
  std::optional<Reply> too_few_in_sync(Slot s, const CommandSpec& spec) const;
  bool cannot_write(const CommandSpec& spec) const { return spec.writes() && log_.refuses(); }
  std::optional<Reply> disk_refuses(const Replica& r, const CommandSpec& spec, Time now) const;
  Execution execution(Replica& r, Now now, EffectWriter* effects);
  void count_lookups(const CommandSpec& spec, const Execution& x);
  void keep_notices(Slot s, Seq seq);
  Result execute_now(Slot s, const CommandSpec& spec, Args args, std::uint64_t token, Now now);
  Seq must_wait_for(const Replica& r, const CommandSpec& spec, Args args) const;
  bool backlog_full(const Replica& r) const;
  void expire(Now now);

  // stream.cc
  void append_entry(Slot s, Entry entry);
  void write_down(Slot s, EffectWriter& effects);
  static void note_boundary(Replica& r, Position at);
  void forget_entries(Replica& r, Position upto);
  void queue(Slot s);
  void stream(Slot s, Target& t, Time now);
  void acknowledge(Slot s);
  bool take_entries(Slot s, std::vector<Entry>& entries);
  bool take_entry(Slot s, Entry& entry);
  void advance_commit(Slot s, Now now);
  void tell_commit(Slot s, Time now);
  void know_commit(Slot s, Seq commit);
  void trim(Replica& r);
  // How much of it this member may acknowledge.
  Seq durable(const Replica& r) const { return log_.on() ? r.durable : r.at.seq; }
  void release(Replica& r);
  void decide_limbo(Replica& r);
  bool on_history(const Replica& r, Position p) const;

  // takeover.cc
  void ask_tails(std::optional<NodeId> only, Epoch before);
  void tail_heard(Slot s, Target& t, TailIs::One& one, Now now);
  void step_takeover(Slot s, Now now);
  bool formers_gone(Replica& r, Time now) const;
  void close_takeover(Slot s, Now now);
  void served(Slot s, Now now);
  void step_waiting(Now now);

  // fill.cc
  Lane& lane(NodeId to);
  void queue_fill(Slot s, Target& t);
  bool in_no_hurry(Slot s) const;
  void hurry_fills();
  void begin_fills(Time now);
  void forget_sent(Target& t);
  void fill_anew(Target& t);
  void pump(NodeId to, Time now);
  bool send_chunk(Slot s, Target& t, Lane& lane, Time now);
  void restart_fills(NodeId to, Epoch before, Time now);
  void try_count(Slot s, Target& t, Time now);

  // remains.cc
  bool may_remain(const Target& t) const;
  void keep_remains(Replica& r);
  void send_sums(Slot s, Target& t, Lane& lane, Time now);
  static void visit_wanted(const Replica& r, Fill& fill, const std::function<void(const SlotTable::Item&)>& each);
  void drop_remains(Replica& r);

  // memory.cc
  void account(Replica& r);
  void fit_filter(Replica& r);
  void fit_filters(Time now);
  std::optional<Reply> make_room(Slot s, const CommandSpec& spec, Now now);
  bool relieve(NodeId whom, std::size_t& left, Now now);
  void evict_some(Now now);
  bool may_evict(Slot s, NodeId whom, Time now) const;
  std::optional<Slot> draw_slot(NodeId whom, Time now);
  bool sample(NodeId whom, Time now);
  bool evict_one(NodeId whom, Now now);
  void evict(Slot s, Bytes key, Now now);
  void relocate_some(std::size_t places, Time now);
  void report_pressure(bool tick);

  // digests.cc
  bool digests_due(Time now) const { return view_ && view_->members.size() > 1 && now >= digests_at_; }
  void tell_digests(Time now);

  // watch.cc
  using Said = std::map<std::pair<ReportKind, Incarnation>, SlotSet>;
  void report_for_nothing(Said& said);
  bool offer_disk(std::vector<Report>& reports, Time now) const;
  bool on_offer(Slot s) const;
  void ask_leases(Time now);
  void ask_lease(NodeId member, Time now);
  void ask_discards(Time now);
  bool waits_for(const Replica& r, const Target& t, Time now) const;
  bool stuck(const Replica& r, const Target& t, Time now) const;
  void watch_targets(Slot s, Time now, Said& said);
  bool may_leave(Slot s, Incarnation who) const;
  // What is known of a primary while many slots that follow it are looked at.
  struct PrimarySeen {
    Time last{};
    Duration patience{};
    Epoch installed;
    Time behind_since{};  // at the latest, if it has not installed our view
  };
  void watch_primary(Slot s, const PrimarySeen& primary, Time now, Said& said);
  using PrimariesSeen = SmallMap<Incarnation, PrimarySeen>;
  PrimariesSeen watch_late_primaries(Time now, Said& said);
  void watch_awake(Time now, const PrimariesSeen& primaries, Said& said);
  bool at_rest(Slot s, Time now, const Said& said) const;
  void wake_where_grants_end(Time now);
  PrimarySeen seen_of(Incarnation primary, Time now) const;
  static bool silent(const Replica& r, const PrimarySeen& primary, Time now);
  bool late(const PrimarySeen& primary, Time now) const;
  bool full(Incarnation who) const;
  void tell_of_room(std::vector<Report>& reports, Time now) const;
  Duration patience(Incarnation about, Time now) const;
  bool ended(Incarnation who) const;
  void say_again(NodeId peer, Epoch before, Now now);
  void repeat(Now now);

  const NodeConfig& config_;
  Peers& peers_;
  Log& log_;
  Random random_;
  Leases leases_;
  ViewRef view_;
  std::vector<Replica> replicas_;
  SlotSet asking_;  // all slots in Stage::kAsking, and some that were
  // Time alone changes nothing in a slot at rest: nobody lacks anything, and nobody waits but for a view (standing_).
  // Only the others are looked at on every tick; of thousands of slots those are few. A slot that grants end for, or
  // whose primary falls silent, is found by its member.
  SlotSet awake_, rested_;           // rested: it was at rest when reports were made last, at watched_at_
  SlotSet left_over_;                // awake, but only to be discarded some time
  SlotSet unserved_;                 // that we lead, and do not serve yet
  Said standing_;                    // what reports go on to say of slots at rest
  std::set<Incarnation> ungranted_;  // targets whose grant we lacked then
  // Primaries of slots that name us, and members that are targets of slots that we lead, with these slots.
  std::map<Incarnation, Common> followed_;
  std::map<NodeId, Common> targeted_;
  std::deque<std::pair<Epoch, Slot>> new_targets_;  // in which view a slot got one, the last of them
  Epoch forgotten_up_to_;                           // of later views all are there
  SmallMap<Incarnation, Time> behind_since_;        // primaries of followed_
  std::vector<Slot> queued_, queued_before_;
  std::vector<Slot> waiting_;  // slots in Stage::kWaiting
  std::deque<Parked> parked_;
  bool parked_look_ = false;  // something changed: parked commands may run
  std::vector<Done> done_, done_taken_;
  EffectWriter effects_;  // of what runs just now; kept for its memory
  std::uint32_t notices_wanted_ = 0;
  NoticeWriter notices_{0};  // of what runs just now
  std::vector<Telling> tellings_;
  std::vector<HeldAck> held_acks_;
  ViewRef nothing_on_offer_;  // in this view no list names an earlier process of ours
  std::map<NodeId, Lane> lanes_;
  Memory memory_;
  AccessClock clock_;
  std::optional<Time> evict_at_;  // there is more to evict
  std::uint32_t key_filter_ppm_ = 0;
  std::size_t filter_slot_ = 0;  // which slot's keys are looked at next, and when
  std::optional<Time> filter_at_;
  std::size_t backlog_ = 0;              // bytes kept of all slots that we lead
  SmallMap<NodeId, Time> ask_lease_at_;  // members whose grants some slot of ours needs: when they are asked next
  std::set<NodeId> seem_dead_;
  std::set<Incarnation> full_;         // whose disk has no room
  std::set<Incarnation> out_of_time_;  // being stopped, and ending now
  std::optional<Time> next_release_;   // the first time at which a slot of waiting_ may go on
  Time started_at_{}, tick_at_{}, watched_at_{}, discards_at_{}, previous_now_{};
  Slot expire_from_{};
  std::uint64_t next_fill_ = 1;
  struct {  // fills: each slot once or more often
    std::deque<Slot> hurried, unhurried;
    Time next{};
    bool empty() const { return hurried.empty() && unhurried.empty(); }
  } to_begin_;
  struct {  // since the view that is installed, or one before, they have other learners; what follows from that waits
    SlotSet slots;
    std::optional<Time> next;
  } others_learn_;
  Time digests_at_{};
  std::size_t digest_from_ = 0;
  SlotSet differing_;  // from what its primary has, when they were compared last in the present slot epoch
  std::vector<Difference> differences_;
  bool urgent_ = false;
  std::optional<Time> report_at_;     // an urgent report that waits for others
  std::map<Slot, SlotTable> strays_;  // only under the mutant one-in-five
  struct {
    std::size_t slot = 0;
    std::uint64_t cursor = 0;  // 0: the slot is not begun
    std::uint64_t served = 0;  // entries and commands, when the last chunk was written
  } snapshot_;
  Counters counters_;
};

}  // namespace hc
