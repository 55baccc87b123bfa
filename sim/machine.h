// One machine: its clock, its disk, and the process that runs a core::Node on it. The host's loop of core/node.h, with
// everything that can befall a process: it dies between two events or two effects, stops, is paused while its clock
// goes on, is slow, and comes back as a new process.
//
// All bytes pass through io/: peer frames, sealed gossip, RESP, the vote file.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/node.h"
#include "io/framing.h"
#include "io/gossip_codec.h"
#include "io/peer_codec.h"
#include "io/resp.h"
#include "io/vote_file.h"
#include "sim/clock.h"
#include "sim/log_disk.h"
#include "sim/network.h"
#include "sim/trace.h"
#include "sim/vote_disk.h"

namespace hc::sim {

class Machine;

// What gives things bytes, for all machines of a world: results do not depend on what it remembers. What writes and
// what reads are apart, so that nothing is taken for read that was only written.
struct Codecs {
  static constexpr std::size_t kViewsKept = 32;  // machines differ in what is new to them
  PeerCodec writes{kViewsKept}, reads{kViewsKept};
  std::map<std::string, GossipSeal> seals;  // by the cluster's name
};

// What all have in common, as this machine has it: its name and addresses, and the others of the first `nodes` to join.
// Every member is named to every other, so that one that comes back without its disk founds nothing.
NodeConfig at_machine(NodeConfig common, std::uint32_t machine, std::uint32_t nodes);

// Who is told of what processes do: the world and its checkers.
class Overseer {
 public:
  virtual ~Overseer() = default;
  virtual void started(Machine& m) = 0;                           // the step that took Started is over
  virtual void stepped(Machine& m) = 0;                           // after every step, before its effects
  virtual void stored(Machine& m, const VoteRecord& record) = 0;  // the node wants it stored
  virtual void sent(Machine& m, const Frame& frame) = 0;
  virtual void noted(Machine&, const std::string&) {}  // for its log
  virtual void ended(Machine& m) = 0;                  // any end of a process, just before it
  virtual void died(Machine& m) = 0;                   // by a fault that was armed, or of a full stop
};

class Machine {
 public:
  struct Around {
    Schedule& schedule;
    Network& network;
    Trace& trace;
    Overseer& overseer;
    Codecs& codecs;
  };
  Machine(Around around, std::uint32_t index, std::uint32_t machines, NodeClock clock, Random disk, Random log,
          Random processes);

  std::uint32_t index() const { return index_; }
  NodeId id() const { return NodeId(index_ + 1); }
  std::string name() const { return name_of(id()); }

  // ---- its life
  // The config's generation, storage identity, seed are drawn here.
  void start(NodeConfig config);
  // Ends the process. `orderly`: the machine lives on and its kernel ends the connections; else the machine is silent.
  void die(bool orderly);
  void die_after(std::uint64_t effects, bool orderly) {
    dies_after_ = effects;
    dies_orderly_ = orderly;
  }
  void survive() { dies_after_.reset(); }
  // With all others: silently, and also where no process runs, so that what ended ones left to the kernel is lost.
  void lose_power();
  void stop();  // SIGTERM
  void ask_to_leave(NodeId member);
  void force(const Decree& decree);
  void accept_loss(const SlotSet& slots);
  void pause(Instant until);
  void resume();
  // Its memory limit becomes another; nullopt: that of its configuration again.
  void squeeze(std::optional<std::size_t> bytes);
  void set_slow(Duration per_event) { slow_ = per_event; }
  void set_turn_delay(Duration most) { turn_delay_ = most; }

  // ---- what comes to it
  void datagram(Endpoint from, std::string bytes);
  LinkId accept(Endpoint from);
  void link_opened(LinkId link);
  void link_closed(LinkId link, bool refused);
  void bytes(LinkId link, std::string bytes);
  void synced(std::uint64_t process);
  void logged(std::uint64_t process);
  void wake_due(std::uint64_t process);
  void turn_due(std::uint64_t process);

  // ---- watching
  bool up() const { return node_ != nullptr; }
  bool powered() const { return powered_; }
  bool paused() const { return up() && paused_until_ > around_.schedule.now(); }
  bool stopping() const { return stopping_; }
  bool left() const { return left_; }  // the last process ended because it was told to leave, and might
  std::uint64_t process() const { return process_; }
  Incarnation incarnation() const { return {id(), generation_}; }  // of the last process
  const Node& node() const { return *node_; }
  Now now() const { return clock_.read(around_.schedule.now()); }
  NodeClock& clock() { return clock_; }
  VoteDisk& disk() { return disk_; }
  const VoteDisk& disk() const { return disk_; }
  LogDisk& log() { return log_; }
  const LogDisk& log() const { return log_; }
  Instant up_since() const { return up_since_; }
  std::uint64_t steps() const { return steps_; }
  struct Deaths {
    std::uint64_t alone = 0;       // of a process; what it wrote is with the kernel
    std::uint64_t with_power = 0;  // of this machine, and not of all
  };
  const Deaths& deaths() const { return deaths_; }
  using MessageCounts = std::array<std::uint64_t, std::variant_size_v<Message>>;
  const MessageCounts& messages_received() const { return messages_received_; }  // by kind

 private:
  struct Inbound {
    enum class Kind : std::uint8_t {
      kStarted,
      kDatagram,
      kOpened,
      kClosed,
      kBytes,
      kVoteStored,
      kWoke,
      kStop,
      kLogAppended,
      kLogSynced,
      kLogKept,
      kLogRefused,
      kLeave,
      kForce,
      kAcceptLoss,
      kMemory
    };
    Kind kind{};
    LinkId link{};
    Endpoint from = 0;
    bool refused = false;
    std::uint64_t id = 0;
    std::string bytes{};
    struct Rare {
      Decree decree{};
      SlotSet slots{};
      std::vector<LogRecord> records{};
    };
    std::unique_ptr<Rare> rare{};
  };
  static std::unique_ptr<Inbound::Rare> rare(Inbound::Rare what) {
    return std::make_unique<Inbound::Rare>(std::move(what));
  }
  struct Waiting {
    RequestId request;
    bool answered = false;
    std::string reply{};
  };
  struct ClientLine {
    Endpoint from = 0;
    RespParser parser{};
    std::string buffer{};
    std::deque<Waiting> waiting{};
    bool broken = false;
  };

  void end(bool orderly);
  void deliver(Inbound in);
  void schedule_turn(Instant at);
  void handle(Inbound& in);
  void end_turn();
  void arm();
  void peer_bytes(LinkId link, const std::string& bytes);
  void client_bytes(LinkId link, const std::string& bytes);
  void step(Event event, std::uint32_t what, std::uint64_t number, Bytes hashed);
  void begin();
  void read_log();
  void film_event(const Event& event, Bytes bytes);
  void drain();
  void perform(Effect& effect);
  void answer(Answer& a);
  void push(const Push& p);
  void flush(LinkId link, ClientLine& line);
  void end_link(LinkId link);

  Around around_;
  std::uint32_t index_, machines_;
  NodeClock clock_;
  VoteDisk disk_;
  VoteEncoder votes_;  // of this process
  LogDisk log_;
  Random processes_;

  std::unique_ptr<Node> node_;
  std::uint64_t process_ = 0;
  Generation generation_;
  bool powered_ = true, stopping_ = false, left_ = false;
  Instant paused_until_{}, up_since_{};
  Duration slow_{}, turn_delay_{};
  std::optional<std::uint64_t> dies_after_;
  bool dies_orderly_ = true;
  MemoryLimits memory_;  // of its configuration
  bool squeezed_ = false;

  std::deque<Inbound> inbox_;
  bool turn_scheduled_ = false;
  bool began_ = false;  // the node takes part
  Instant armed_ = kForever;
  std::optional<Time> woken_for_;    // the deadline of the last time
  std::uint64_t woken_in_vain_ = 0;  // since then, for the same one
  std::uint64_t turns_spared_ = 0;
  Effects effects_;

  std::uint64_t next_link_ = 2, next_request_ = 1, packets_ = 0, steps_ = 0;
  std::map<LinkId, FrameAssembler> assemblers_;
  std::map<LinkId, ClientLine> clients_;
  std::unique_ptr<Codecs> own_codecs_;  // of some processes: like a real one's, they know nothing at first
  Codecs& codecs() { return own_codecs_ ? *own_codecs_ : around_.codecs; }
  GossipSeal* seal_ = nullptr;  // of its cluster
  std::string scratch_;
  Deaths deaths_;
  MessageCounts messages_received_{};
};

}  // namespace hc::sim
