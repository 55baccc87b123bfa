// One RESP client: commands from its bytes to the node, replies back in the order of the commands.
//
// A reply that comes while the command is being put, with none waiting before it, is written straight from the effect
// into the output; that is the whole path of a local hit, without an allocation. Otherwise the replies queue up behind
// the oldest one that waits; later commands run nevertheless.
//
// Bounds: a client that does not read its replies is not read either beyond kOutputPauseBytes, nor one with kWaitingMax
// commands under way, or kWaitingBytesMax of their arguments and of replies behind one that waits; less where there is
// a bound for all clients together (LiveSettings::pause_at), and then no command may be larger than that;
// client-output-buffer-limit closes it: of class normal if the operator says so, of class pubsub, while it listens to
// something, when it does not keep up.
//
// What it listens to stands among its replies: behind those that were asked for before.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "io/resp.h"
#include "runtime/asker.h"
#include "runtime/client_record.h"
#include "runtime/desk.h"
#include "runtime/host.h"
#include "runtime/stream.h"

namespace hc {

class RespConnection final : public Stream, public Asker, public ClientRecord {
 public:
  RespConnection(Host& host, Office& office);

  // What these connections sent is served next: the keys are looked up beforehand.
  static void foresee_all(const Host& host, std::span<const std::string_view> sent);

  // Once accepted: reads from now on.
  void open();
  // A last word to a client that is not let in.
  void turn_away(std::string_view error);

  void answered(RequestId request, const Reply& reply) override;
  void send_gathered() override;
  void pushed(const Reply& message) override;
  Buffers buffers() const override;
  std::size_t held() const override;
  void give_back() override { trim(); }
  void kill() override;
  void end_when_answered() override;

 protected:
  std::size_t consume(std::string_view bytes) override;
  bool may_wait() const override { return true; }
  std::size_t wanted() const override { return parser_.wanted(); }
  void wrote() override { ++office_.statistics.writes_processed; }
  void drained() override;
  void input_ended() override;
  void ended(int status) override;

 private:
  struct Waiting {
    RequestId request;
    const CommandSpec* spec = nullptr;
    Time asked{};
    int protocol = 2;
    bool silent = false;  // CLIENT REPLY OFF or SKIP: its answer is not sent
    bool answered = false;
    std::string bytes;
    std::size_t asked_bytes = 0;  // of its arguments
  };

  bool serve_all(std::string_view bytes, Now& now);
  void serve(std::span<const Bytes> args, Now& now);
  void put(const CommandSpec* spec, std::span<const Bytes> args, Now now);
  void ask_node(const CommandSpec* spec, std::span<const Bytes> args, bool silent, Now now);
  void serve_here(const CommandSpec& spec, std::span<const Bytes> args, Now now);
  void hang_up();
  void wait_for(RequestId request, const CommandSpec* spec, bool silent, std::span<const Bytes> args);
  void will_send();
  void keep_answer(RequestId request, const Reply& reply);
  void reply_here(const Reply& reply, bool silent);
  bool take_skip();
  std::size_t foresee(std::string_view bytes) const;
  bool answered_as_listener(const CommandSpec& spec, std::span<const Bytes> args);
  void note_subscriptions();
  bool must_pause() const;
  void refuse_what_is_too_large();
  void go_on();
  void after_input();
  const OutputLimit& limit() const;
  bool over_limit();
  void overflow();

  Host& host_;
  Office& office_;
  RespParser parser_;
  std::deque<Waiting> waiting_;    // oldest first; of those before, every reply is in out()
  std::size_t waiting_bytes_ = 0;  // of waiting_: arguments of commands under way, and replies
  RequestId direct_;               // the command being put, while none waits: its reply goes straight to out()
  bool direct_silent_ = false;
  const CommandSpec* direct_spec_ = nullptr;
  bool consuming_ = false;
  bool will_send_ = false;    // at the turn's end
  std::size_t unparsed_ = 0;  // of the bytes that consume() was given, with the command being put
  bool input_over_ = false;   // closes when nothing waits
  std::optional<Time> over_soft_limit_since_;
};

}  // namespace hc
