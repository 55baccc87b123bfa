// Who seems alive: SWIM (Das, Gupta, Motivala 2002) with Lifeguard (Dadgar, Phillips, Currey 2018), as a pure state
// machine. Rule 1 of docs/PROTOCOL.md: membership suggests. It decides nothing and routes nothing.
//
// What it knows: a table of every member ever heard of, {info, incarnation, liveness}, ordered by the lattice
// (incarnation, liveness); only a member itself raises its incarnation, to refute. Each probe interval one member is
// pinged, in a shuffled round robin (SWIM 4.3); without an answer others ping it and the peer link is tried; still
// without one it is suspected, and dead when the suspicion ends unrefuted (SWIM 4.2, Lifeguard's dogpile). Lifeguard's
// local health multiplier slows a prober that seems to be the slow one itself. Dead members stay in the table and are
// probed at a slow rate, so that a partition of any length heals by itself.
//
// Generations: a process that returns after a crash begins at incarnation 0 in a new generation. Whoever hears a
// process speak under a member's name that the table knows otherwise (other generation, suspect, dead) tells it so,
// and it raises its incarnation above that. Between two generations at one incarnation nobody chooses: the living one
// raises itself.
//
// Left to others: encoding and sealing (io/), addresses (the host resolves), what a change of liveness means (view/).
// Time comes in by argument. Every function is total; packets are validated here. No function keeps a reference to its
// arguments.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/base/ids.h"
#include "core/base/member.h"
#include "core/base/random.h"
#include "core/base/time.h"
#include "core/membership/packet.h"
#include "core/membership/rumor_queue.h"
#include "core/membership/suspicion.h"

namespace hc {

struct SwimConfig {
  // Probing (SWIM 4.1). Interval and timeout are multiplied by 1 + local health (Lifeguard IV-A).
  Duration probe_interval = 200ms;        // from one direct ping to the next; without an answer by then: suspicion
  Duration probe_timeout = 100ms;         // then k others are asked, and the peer link is tried
  int indirect_probes = 3;                // k
  Duration nack_after = 80ms;             // a relay that hears nothing says so
  std::uint64_t health_max = 7;           // local health is 0 (well) … this
  Duration dead_probe_interval = 1500ms;  // one of the dead or left
  Duration forget_after = 60s;            // of those, who is no member by the view
  std::size_t forgotten_max = 1024;       // of whom it is known still how they ended

  // Suspicion lasts max(floor, multiplier × log10(n) × probe interval), up to `longest` times as long while nobody
  // confirms it. The floor outlives a freeze of 2 s: at least one probe interval passes before suspicion begins.
  Duration suspicion_floor = 1900ms;
  int suspicion_multiplier = 5;
  int suspicion_longest = 4;
  int suspicion_confirmations = 2;     // ≤ Suspicion::kConfirmationsMax, fewer in a small cluster
  Duration suspicion_refused = 300ms;  // where the member's port refuses connections
  Duration refused_again = 5s;         // one that refuted such a suspicion is given the long time for so long

  // Dissemination: each rumor on λ × ⌈log2(n + 1)⌉ packets of this member.
  Duration gossip_interval = 100ms;  // while there is something to tell
  int gossip_fanout = 3;
  int gossip_lambda = 3;
  std::size_t rumors_max = 12;  // in one packet, besides the bound in bytes (kPacketBytesMax)

  // Push-pull of whole tables, with one member or seed at a time. The interval grows with n, so that the volume does
  // not.
  Duration sync_first = 1s;      // then twice that, and so on, up to:
  Duration sync_interval = 10s;  // for up to 10 members, n / 10 times that for more

  // First contact: seeds and known members, until somebody answers.
  Duration contact_first = 50ms;
  Duration contact_longest = 2s;
  int contacts_at_once = 5;

  Duration tell_interval = 100ms;     // how often one process is told what the table says of it, outside answers
  Duration refute_first = 200ms;      // between two refutations of *another* generation's rumors, doubling …
  Duration refute_longest = 10s;      // … to this: two processes under one name must not chase each other
  Duration cluster_remembered = 10s;  // a process without a cluster listens to the first one it hears, for so long
  std::size_t members_max = 4096;     // rumors of further ones are refused
};

// What is wanted. Appended to; drained and cleared by the caller, in order.
struct SwimOutput {
  struct Datagram {
    Address to;
    NodeId peer;  // none if unknown: a seed's address
    GossipPacket packet;
    bool by_stream = false;  // over the peer link, if there is one; else drop it
  };
  // The table's belief of `id` changed: its liveness or what is known of it (its process, storage, addresses, labels).
  struct Change {
    NodeId id;
    Liveness now;
    bool operator==(const Change&) const = default;
  };
  std::vector<Datagram> datagrams;
  std::vector<Change> changes;
};

class Swim {
 public:
  struct Peer {
    MemberInfo info;
    std::uint64_t incarnation = 0;
    Liveness liveness = Liveness::kAlive;
    NodeId accuser;        // of a suspect or dead one: who said so first
    Time since{};          // when liveness or generation last changed
    bool learned = false;  // known from a view only: no rumor yet, so "alive" is a guess (see learn())
  };
  // For messages to people and metrics; none of it is used for a decision.
  struct Counters {
    std::uint64_t foreign_packets = 0;  // refused: another cluster
    Address foreign_address;            // the last of them came from here
    ClusterId foreign_cluster;
    std::uint64_t twin_packets = 0;  // refused: another process under this member's id
    Address twin_address;
    std::uint64_t malformed = 0;  // packets or rumors that no member can have meant
    std::uint64_t probes = 0, probes_failed = 0, suspicions = 0, deaths = 0, refutations = 0, pauses = 0;
  };

  // Requires: self.id and self.generation are not none, self.host is not empty.
  Swim(SwimConfig config, MemberInfo self, std::vector<Address> seeds, Random random);

  // First contact with the seeds (and members learned): repeated with backoff until somebody answered.
  void start(Time now, SwimOutput& out);
  // Any packet from anybody in any state. `from` is where it came from: answers go there.
  void hear(const Address& from, const GossipPacket& packet, Time now, SwimOutput& out);
  // Call when deadline() has passed; harmless at any time.
  void wake(Time now, SwimOutput& out);
  std::optional<Time> deadline() const;

  // This process did not run for that long (core/base/pause.h): answers and refutations may lie unread in the socket.
  void paused(Duration lost);
  // A connection to this member was refused: suspicion starts at once, and is short.
  void refused(NodeId peer, Time now, SwimOutput& out);
  // Tells everybody that this process stops on purpose. From now on it probes and refutes no more.
  void leave(SwimOutput& out);

  // Stamped on packets.
  void set_cluster(ClusterId cluster);
  void set_epoch(Epoch newest_epoch);
  // E.g. a new storage identity: raises the incarnation. Requires: same id and generation.
  void update_self(const MemberInfo& self);
  // A member known from a view (address book): probed as if alive, but any rumor knows better. Others are not told of
  // it.
  void learn(const MemberInfo& info, Time now);

  // Who is a member by the installed view, ascending: of these nobody is forgotten. Before the first view nobody is.
  void set_members(std::vector<NodeId> members) { members_ = std::move(members); }

  // Everybody else ever heard of, the dead too, but for those who are no members and have been gone for long.
  const std::map<NodeId, Peer>& peers() const { return peers_; }
  const MemberInfo& self() const { return self_; }
  std::uint64_t incarnation() const { return incarnation_; }
  // The newest epoch in any packet of this cluster; 0 = none.
  Epoch newest_epoch_heard() const { return newest_epoch_heard_; }
  NodeId newest_epoch_from() const { return newest_epoch_from_; }  // who said so first
  // Lifeguard's local health multiplier: 0 = well; intervals and timeouts are (1 + this) times as long.
  std::uint64_t health() const { return health_; }
  const Counters& counters() const { return counters_; }
  void invariants() const;  // HC_CHECKs

 private:
  // One probe at a time, from its direct ping to its verdict (swim_probe.cc).
  struct Probe {
    NodeId target;
    Generation generation;  // with `incarnation`: whom a silence would accuse
    std::uint64_t incarnation = 0;
    std::uint64_t number = 0;
    Time indirect_at, ends_at;
    std::set<NodeId> relays;  // asked to ping for us
    std::set<NodeId> nacks;   // of these, who could not reach the target but lives
    bool asked_others = false;
    bool answered = false;
  };
  // A ping sent for somebody else.
  struct Relay {
    NodeId target;
    NodeId origin;
    Address origin_address;
    std::uint64_t origin_probe = 0;
    Time nack_at;
  };
  static constexpr std::size_t kRelaysMax = 64;
  static constexpr std::uint64_t kIncarnationMax = std::uint64_t{1} << 62;  // no honest member gets there

  // swim.cc: packets in, timers.
  bool admissible(const Address& from, const GossipPacket& packet, Time now);
  void hear_body(const Address& from, const GossipPacket& packet, Time now, SwimOutput& out);
  void greet(const Address& from, const GossipPacket& packet, bool was_gone, bool answered, Time now, SwimOutput& out);
  void forget_everybody();

  // swim_table.cc: rumors into beliefs.
  bool well_formed(const MemberRumor& rumor) const;
  void believe(MemberRumor rumor, bool by_sync, Time now, SwimOutput& out);
  void accept(const MemberRumor& rumor, Time now, SwimOutput& out);
  bool meet(const MemberInfo& info, Time now);
  void count(const Peer& peer, int by, Time now);
  void suspect(NodeId id, Time now, SwimOutput& out);
  Suspicion new_suspicion(NodeId accuser, Time now) const;
  void bury_unrefuted(Time now, SwimOutput& out);
  bool forgettable(const Peer& peer, Time now) const;
  void forget(NodeId id, Time now);
  void recall(NodeId id, Time now);
  void hear_of_self(const MemberRumor& rumor, Time now);
  void refute(bool rival, Time now);
  MemberRumor rumor_of(const Peer& peer) const;
  MemberRumor rumor_of_self() const;

  // swim_probe.cc: probes, relays, the dead.
  void step_probe(Time now, SwimOutput& out);
  void begin_probe(Time now, SwimOutput& out);
  void ask_others(NodeId target, std::uint64_t number, std::set<NodeId>* relays, SwimOutput& out);
  void conclude_probe(Time now, SwimOutput& out);
  NodeId next_in_round();
  void probe_one_dead(Time now, SwimOutput& out);
  void hear_ping(const Address& from, NodeId sender, Generation generation, const Ping& ping, SwimOutput& out);
  void hear_ping_request(const Address& from, NodeId sender, Generation generation, const PingRequest& request,
                         Time now, SwimOutput& out);
  void hear_ack(NodeId sender, const Ack& ack, SwimOutput& out);
  void hear_nack(NodeId sender, const Nack& nack);
  void nack_overdue(Time now, SwimOutput& out);
  Duration scaled(Duration duration) const { return duration * static_cast<Duration::rep>(1 + health_); }
  void set_health(std::int64_t by);

  // swim_gossip.cc: packets out.
  GossipPacket packet_with(GossipBody body) const;
  void send(const Address& to, NodeId peer, std::optional<Generation> seen, GossipBody body, bool by_stream,
            SwimOutput& out);
  void send_first(const MemberRumor& first, const Address& to, NodeId peer, GossipBody body, SwimOutput& out);
  void send_table(const Address& to, NodeId peer, bool wants_answer, SwimOutput& out);
  bool needs_word(NodeId peer, std::optional<Generation> seen) const;
  bool may_tell(NodeId peer, Time now);
  void gossip(Time now, SwimOutput& out);
  void sync(Time now, SwimOutput& out);
  void contact(Time now, SwimOutput& out);
  std::vector<Address> some_seeds(std::size_t count_max);
  std::vector<NodeId> some_live(std::size_t count_max, NodeId except, bool suspects_too);
  std::uint32_t times_max() const;
  bool gone(NodeId id) const;

  SwimConfig config_;
  MemberInfo self_;
  std::vector<Address> seeds_;
  Random random_;
  bool started_ = false;
  bool leaving_ = false;
  Counters counters_;

  // Beliefs.
  std::map<NodeId, Peer> peers_;
  std::map<NodeId, Suspicion> suspicions_;  // exactly of the suspects
  std::size_t live_ = 0, gone_ = 0;         // of peers_: alive or suspect; dead or left
  std::vector<NodeId> members_;
  std::map<NodeId, Peer> forgotten_;      // not probed, nobody is told of them; but what is older is not believed
  std::map<NodeId, Time> refused_until_;  // refuted a refusal lately: the next one is no short cut

  // Ourselves.
  std::uint64_t incarnation_ = 0;
  std::uint64_t challenged_ = 0;   // the highest incarnation that a rumor to be refuted had
  std::optional<Time> refute_at_;  // a refutation that waits its turn
  Time refute_allowed_{};          // before that, no further one against a rival generation
  Duration refute_pause_{};
  bool refuted_ = false;  // while hearing one packet
  std::uint64_t health_ = 0;

  // Probing.
  std::optional<Probe> probe_;
  Time next_probe_at_{};
  Time dead_probe_at_{};
  NodeId dead_probed_;
  std::vector<NodeId> round_;  // shuffled
  std::size_t round_next_ = 0;
  std::map<std::uint64_t, Relay> relays_;
  std::uint64_t next_number_;  // begins at random: an answer to an earlier process fits no probe of this one

  // Telling.
  ClusterId cluster_, cluster_heard_;
  Time cluster_heard_at_{};
  Epoch epoch_, newest_epoch_heard_;
  NodeId newest_epoch_from_;
  RumorQueue rumors_;
  Time gossip_at_{};
  Time sync_at_{};
  Duration sync_pause_{};
  bool sync_seed_next_ = false;
  NodeId sync_with_;
  std::optional<Time> contact_at_;  // engaged until somebody answered
  Duration contact_pause_{};
  std::size_t seed_next_ = 0;
  std::map<NodeId, Time> told_;
};

}  // namespace hc
