// Commands on their way: run here, forward, scatter and gather; and those that other members forwarded to us (rule 4).
//
// The view only says where to try; the executor decides. A part is sent again only after "not executed"; with its
// answer lost, a write's outcome is unknown, and a read is asked again. Every command ends by its deadline with a reply
// that says whether it may have been applied (4c).
//
// Commands of one client whose keys share a slot take effect in the order in which they came (4d). They form a line:
// they are on their way together only to one executor in one session, which keeps their order; one that was refused is
// asked again when no later one is on its way, and not at all if a later one was executed.
//
// Requests that take long are noted with a name that is the same at all members that they pass (slow_requests.cc).
//
// Where we have no session to a primary that lives, another member is asked to ask it (4e, relay.cc).
//
// An operation is what a client asked; it consists of parts, each for one slot, or for many slots of one executor
// (commands that cover all slots). A guest is a part that another member forwarded to us.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/config.h"
#include "core/base/random.h"
#include "core/command/command.h"
#include "core/command/executor.h"
#include "core/command/gather.h"
#include "core/effect.h"
#include "core/peer/peers.h"
#include "core/routing/line_table.h"
#include "core/routing/request_name.h"
#include "core/routing/token_map.h"

namespace hc {

// What is answered to another member is no longer, so that it fits into a frame with what else is in it (io/framing.h).
inline constexpr std::size_t kGuestReplyBytesMax = std::size_t{1} << 30;

class Coordinator {
 public:
  Coordinator(const NodeConfig& config, Peers& peers, Executor& executor, Random random);

  // `spec`: of args[0]; nullptr: there is no such command.
  void ask(ClientId client, RequestId request, const CommandSpec* spec, Args args, Now now, Effects& out);
  void client_gone(ClientId client);
  void install(const ViewRef& view, Now now, Effects& out);

  // The executor's answer to a part that waited.
  void done(std::uint64_t token, Outcome outcome, Reply reply, Now now, Effects& out);
  void handle(Incarnation from, Forward&& m, Now now, Effects& out);
  void handle(Incarnation from, Forwarded&& m, Now now, Effects& out);
  void session_opened(NodeId peer, Now now, Effects& out);
  void session_lost(NodeId peer, Now now, Effects& out);
  void doubt(NodeId peer, bool whether);  // membership's word: it does not seem to live, so nobody is asked to reach it
  void tick(Now now, Effects& out);
  std::optional<Time> deadline() const;
  bool idle() const { return ops_.empty() && guests() == 0; }

  struct Counters {
    std::uint64_t commands = 0, forwards_sent = 0, forwards_served = 0, not_mine = 0, unknown = 0, refused = 0;
  };
  const Counters& counters() const { return counters_; }

 private:
  struct Scan {
    std::uint32_t slot = 0;   // the window's first
    std::uint64_t inner = 0;  // where to go on in it
    std::uint32_t window = 1;
    std::uint32_t visited = 0;
    std::size_t count = 10;
    std::vector<std::string> options;
    std::vector<Reply> replies;  // of the window, by slot
    std::vector<Reply> found;    // keys so far
  };
  struct Op {
    ClientId client;  // none: it has gone
    RequestId request;
    const CommandSpec* spec = nullptr;
    Time deadline;
    std::size_t missing = 0;  // parts without an end
    std::size_t parts = 0, applied = 0, unknown = 0, refused = 0;
    Reply error;  // the first
    std::unique_ptr<Gather> gather;
    std::unique_ptr<Scan> scan;
    Reply merged;  // every slot: merged so far; a scan: its reply
  };
  enum class State : std::uint8_t { kParked, kLocal, kSent };
  struct Every {  // what runs once in each of these slots
    explicit Every(std::vector<Slot> all) : slots(std::move(all)) {}
    std::vector<Slot> slots, left;
    std::size_t pending = 0;              // of `slots`, running
    std::size_t applied = 0, unsure = 0;  // of `slots`
    Reply merged;
  };
  struct Part {
    std::uint64_t op = 0;  // 0: a guest
    Incarnation guest;
    RequestId guest_request;
    Epoch guest_epoch;
    Time came{};  // of a guest
    const CommandSpec* spec = nullptr;
    Words args;
    ClientId line;  // with `slot`, the line in which it is; none: in no line
    Slot slot;
    std::size_t index = 0;  // in the gather, or in the scan's window
    std::unique_ptr<Every> every;
    State state = State::kParked;
    NodeId peer;
    std::uint64_t session = 0;
    bool relayed = false;  // `peer` was asked to ask the primary
    Time retry_at{}, give_up{};
    std::uint32_t tries = 0;   // ended without an answer
    std::uint32_t pauses = 0;  // since the last view
  };

  struct Line {
    std::vector<std::uint64_t>
        parts;  // in order; with those before it, each is on its way to the same place, or parked
    std::size_t parked = 0;
    std::uint64_t done = 0;  // a part of a number below this was executed, or is followed by one that was
    bool going = false;

    void clear() {
      parts.clear();
      parked = done = 0;
      going = false;
    }
  };
  using LineKey = LineTable<Line>::Key;

  std::size_t guests() const;
  std::uint64_t new_token() { return next_token_++; }
  std::uint64_t begin_op(ClientId client, RequestId request, const CommandSpec& spec, Now now);
  void ask_one(std::uint64_t op, Slot slot, Words args, std::size_t index, Now now, Effects& out);
  void ask_every(std::uint64_t op, Now now, Effects& out, const Words& args);
  void scatter(std::uint64_t op, const Words& args, const std::vector<Slot>& slots, std::uint32_t pauses, Now now,
               Effects& out);
  void scan_window(std::uint64_t op, Now now, Effects& out);
  void scan_collect(std::uint64_t op, Now now, Effects& out);

  Incarnation owner(Slot slot) const;
  void route(std::uint64_t token, Now now, Effects& out);
  bool send(std::uint64_t token, Part& part, NodeId to, bool relay, Now now);
  NodeId relay_for(const Part& part, NodeId primary) const;
  bool passes_on(const Forward& m, Slot slot) const;
  void pass_on(std::uint64_t token, Now now, Effects& out);
  void split(std::uint64_t token, Now now, Effects& out);
  void run_here(std::uint64_t token, Now now, Effects& out);
  void run_every_here(std::uint64_t token, Now now, Effects& out);
  void slot_done(std::uint64_t token, Slot slot, Outcome outcome, Reply reply, Now now, Effects& out);
  void every_done(std::uint64_t token, Now now, Effects& out);
  void park(Part& part, Now now);
  static bool waits(const Part& part);
  static Time due_at(const Part& part);
  void look_by(Time at);

  static RequestId request_of(std::uint64_t token, const Part& part);
  void set_state(Part& part, State state);

  Line* line_of(const Part& part);
  bool may_follow(const Line& line, Slot slot) const;
  bool enter_line(std::uint64_t token, Part& part);
  void leave_line(std::uint64_t token, const Part& part, bool executed, Now now, Effects& out);
  void go_on(LineKey key, Now now, Effects& out);
  void retry(std::uint64_t token, Now now, Effects& out);

  void part_done(std::uint64_t token, Outcome outcome, Reply reply, Now now, Effects& out);
  void guest_done(std::uint64_t token, Part& part, Outcome outcome, Reply reply, Now now, Effects& out);
  void tell_if_slow(std::uint64_t token, const Part& part, Outcome outcome, const Reply& reply, Now now, Effects& out);
  void finish(std::uint64_t op, Now now, Effects& out);
  Reply partial(const Op& op) const;
  Reply expired(const Part& part) const;
  void answer_guest(Incarnation to, Forwarded answer, Now now);
  void note_joins(const ViewRef& view);

  const NodeConfig& config_;
  Peers& peers_;
  Executor& executor_;
  Random random_;
  ViewRef view_;
  std::uint64_t next_token_ = 1;
  TokenMap<Op> ops_;
  TokenMap<Part> parts_;
  LineTable<Line> lines_;
  std::map<std::uint64_t, std::pair<std::uint64_t, Slot>> slot_runs_;  // token of one slot of an `every` part
  struct Held {
    Incarnation to;
    Time until;
    Forwarded answer;
  };
  std::set<NodeId> doubted_;
  std::vector<Held> held_;  // answers to guests whose member has no session with us yet
  struct {
    Time until{};  // the second that it counts
    std::uint64_t told = 0, untold = 0;
  } slow_;
  Time look_at_ = kNever;  // the first time at which a part or an answer held back may be due
  Ring heard_joins_ring_;  // only under the mutant one-in-five
  std::vector<RingMember> heard_joins_;
  Counters counters_;
};

}  // namespace hc
