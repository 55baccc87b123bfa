// The node's real world, in ten lines: step, drain, re-arm to deadline(). It owns the node, lends it the clocks and
// carries its effects to the parts that know how; it decides nothing.
//
// A *turn* is one round of the loop: all that was ready has been read. At its end, if anything was stepped, the node
// hears TurnEnded, and every client and link that has something to send sends it. A part that has news while effects
// are being drained (a dial that fails at once) is heard after them.
#pragma once

#include <uv.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/node.h"
#include "runtime/asker.h"
#include "runtime/command_stats.h"
#include "runtime/loop.h"
#include "runtime/recorder.h"
#include "runtime/turns.h"

namespace hc {

// What carries out the effects that are not answers to clients. Set once, before start().
class Outside {
 public:
  virtual void carry_out(Dial&& dial) = 0;
  virtual void carry_out(Close&& close) = 0;
  virtual void carry_out(Send&& send) = 0;
  virtual void carry_out(Gossip&& gossip) = 0;
  virtual void carry_out(StoreVote&& store) = 0;
  virtual void carry_out(BecameReady&& ready) = 0;
  virtual void carry_out(Stopped&& stopped) = 0;
  virtual void carry_out(Note&& note) = 0;
  virtual void carry_out(AppendLog&& append) = 0;
  virtual void carry_out(SyncLog&& sync) = 0;
  virtual void carry_out(KeepLog&& keep) = 0;
  virtual void carry_out(Announce&& announce) = 0;
  virtual void turn_ended() = 0;  // send what the links gathered

 protected:
  ~Outside() = default;
};

class Host {
 public:
  // `recorder`: writes down all that passes here; nullptr: nobody does.
  Host(Loop& loop, NodeConfig config, Outside& outside, Recorder* recorder = nullptr);
  ~Host();  // Requires: close() was called, and the loop has run since
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  void open();  // turns may end, though the node has not started: clients hear that it is loading
  void start(std::optional<VoteRecord> vote, std::uint64_t segment = 0);
  void close();  // no more turns; the loop may end

  // Reads the clocks; the wall clock once in a turn, in which it goes with the other one. All of the process that steps
  // the node reads them here, so that what was answered since the last reading is known to have taken until now.
  Now clocks();

  // Something happened, just now. May be called at any time, by effects too.
  void happened(Event event);

  // ---- clients
  ClientId enter(Asker& asker);  // a new client
  void leave(ClientId client);   // it is gone: no more calls to it
  RequestId next_request() { return RequestId(++last_request_); }
  // Puts a command. `now` was read after the command's bytes were. The answer may come before this returns.
  void ask(ClientId client, RequestId request, std::span<const Bytes> args, Now now);
  // Will be told send_gathered() at the turn's end.
  void will_send(ClientId client, Asker& asker) { senders_.push_back({client, &asker}); }
  std::size_t clients() const { return askers_.size(); }

  const Node& node() const { return node_; }
  Loop& loop() { return loop_; }
  CommandStats& commands() { return commands_; }
  const Turns& turns() const { return turns_; }

 private:
  struct Drain;
  void step(Event&& event, Now now);
  void drain();
  void answer(const Answer& answer);
  void push(const Push& push);
  void hear_later();
  void end_turn();
  void rearm(Now now);
  static void on_timer(uv_timer_t* timer);
  static void on_turn_end(uv_prepare_t* prepare);

  Loop& loop_;
  Outside& outside_;
  Node node_;
  Recorder* recorder_;
  Effects effects_;
  std::deque<Event> later_;  // happened while effects were drained
  bool draining_ = false;
  bool stepped_ = false;           // in this turn
  Time turn_began_{};              // with its first step
  std::optional<Now> read_first_;  // in this turn
  std::optional<Time> armed_;
  uv_timer_t timer_{};
  uv_prepare_t turn_end_{};

  std::unordered_map<std::uint64_t, Asker*> askers_;
  struct Sender {
    ClientId client;
    Asker* asker;  // none: it has left
  };
  std::vector<Sender> senders_;
  std::vector<Sender> senders_now_;  // reused
  ClientId asking_;                  // whose command is being stepped …
  Asker* asking_asker_ = nullptr;    // … so that its answer needs no look-up
  std::uint64_t last_client_ = 0;
  std::uint64_t last_request_ = 0;
  CommandStats commands_;
  Turns turns_;
  Duration processor_{};  // at the end of the last turn
};

}  // namespace hc
