#include "runtime/resp_connection.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/check.h"
#include "core/command/command.h"
#include "core/command/text.h"
#include "core/events/bus.h"
#include "runtime/clock.h"
#include "runtime/socket_names.h"

namespace hc {

namespace {

constexpr std::size_t kOutputPauseBytes = std::size_t{256} * 1024 * 1024;
constexpr std::size_t kWaitingMax = 16 * 1024;
constexpr std::size_t kWaitingBytesMax = std::size_t{64} * 1024 * 1024;

constexpr std::size_t kForeseen = 16;

// "client|id", where the command is one of several under one name.
std::string full_name(const CommandSpec& spec, std::span<const Bytes> args) {
  constexpr std::string_view kContainers[] = {"client", "cluster", "command", "config",
                                              "memory", "object",  "pubsub",  "slowlog"};
  const bool has_more = args.size() > 1 && std::ranges::find(kContainers, spec.name) != std::end(kContainers);
  return std::string(spec.name) + (has_more ? "|" + command::lower_case(args[1]) : "");
}

// How an HTTP request reads as inline commands; Redis looks for the same two.
bool is_http(Bytes name) { return command::same_word(name, "post") || command::same_word(name, "host:"); }

}  // namespace

RespConnection::RespConnection(Host& host, Office& office) : Stream(host.loop()), host_(host), office_(office) {}

void RespConnection::open() {
  id = host_.enter(*this);
  address = peer_name(tcp());
  local_address = local_name(tcp());
  descriptor = descriptor_of(tcp());
  connected = last_command_at = read_clocks().mono;
  office_.clients.emplace(id, this);
  ++office_.statistics.connections_received;
  probe_when_idle(office_.settings.live().keepalive_seconds);
  start_reading();
}

void RespConnection::turn_away(std::string_view error) {
  out().append("-").append(error).append("\r\n");
  close_when_flushed();
  flush();
}

std::size_t RespConnection::consume(std::string_view bytes) {
  Now now = host_.clocks();  // rule 3e: after the bytes were read
  consuming_ = true;
  unparsed_ = bytes.size();
  last_command_at = now.mono;
  ++office_.statistics.reads_processed;
  // Once more, if what was in the way went away by sending.
  do {
    if (!serve_all(bytes, now)) break;
    after_input();
  } while (!must_pause());
  after_input();
  consuming_ = false;
  return bytes.size() - unparsed_;
}

// Puts the commands that are there. True if it stopped for another reason than that there are no more.
bool RespConnection::serve_all(std::string_view bytes, Now& now) {
  std::size_t foreseen = 1;
  while (!must_pause()) {
    if (foreseen-- == 0) foreseen = foresee(bytes.substr(bytes.size() - unparsed_));
    std::size_t consumed = 0;
    const RespParser::Outcome outcome = parser_.next(bytes.substr(bytes.size() - unparsed_), consumed);
    if (outcome == RespParser::Outcome::kCommand) {
      serve(parser_.args(), now);
      unparsed_ -= consumed;
      continue;
    }
    unparsed_ -= consumed;
    if (outcome == RespParser::Outcome::kError) {
      reply_here(Reply::error_literal(parser_.error()), replies != Replies::kOn);
      close_after_reply = true;
    }
    return false;
  }
  return true;
}

// Of many commands that came together the keys are looked up faster when they are known beforehand. Returns for how
// many commands no more is to be foreseen.
std::size_t RespConnection::foresee(std::string_view bytes) const {
  std::array<Bytes, kForeseen> keys;
  const std::size_t found = foresee_keys(bytes, keys);
  if (found > 1) host_.node().prefetch(std::span(keys).first(found));
  return std::max<std::size_t>(found, 1) - 1;
}

// One of each; of more commands each connection sees to itself.
void RespConnection::foresee_all(const Host& host, std::span<const std::string_view> sent) {
  std::array<Bytes, Loop::kBatch> keys;
  std::size_t found = 0;
  for (const std::string_view bytes : sent) found += foresee_keys(bytes, std::span(keys).subspan(found, 1));
  host.node().prefetch(std::span(keys).first(found));
}

bool RespConnection::must_pause() const {
  if (close_after_reply || closing()) return true;
  if (waiting_.empty() && unsent() == 0) return false;
  if (waiting_.size() >= kWaitingMax) return true;
  const LiveSettings& live = office_.settings.live();
  return waiting_bytes_ >= live.pause_at(kWaitingBytesMax) || unsent() >= live.pause_at(kOutputPauseBytes);
}

// After a batch of commands: send what is there, stop or go on reading.
void RespConnection::after_input() {
  if (closing()) return;
  refuse_what_is_too_large();
  if ((close_after_reply || input_over_) && waiting_.empty()) close_when_flushed();
  flush();
  if (closing() || over_limit()) return;
  if (must_pause()) pause_reading();
}

void RespConnection::serve(std::span<const Bytes> args, Now& now) {
  ++office_.statistics.commands_processed;
  const CommandSpec* spec = find_command(args[0]);
  if (spec != nullptr)
    last_command = spec->name;
  else if (is_http(args[0]))
    return hang_up();
  if (spec != nullptr && listens() && protocol == 2 && answered_as_listener(*spec, args)) return;
  const SlowLimits& slow = office_.settings.live().slow_log;
  if (spec == nullptr || !SlowLog::watches(*spec, args, slow)) return put(spec, args, now);
  const Now before = host_.clocks();
  last_command_at = before.mono;
  put(spec, args, before);
  now = host_.clocks();
  last_command_at = now.mono;
  office_.slow_log.note(args, now.mono - before.mono, now.wall, address, name, slow);
}

void RespConnection::put(const CommandSpec* spec, std::span<const Bytes> args, Now now) {
  if (spec != nullptr && spec->route == Route::kConnection) return serve_here(*spec, args, now);
  const bool silent = replies != Replies::kOn && (take_skip() || replies == Replies::kOff);
  if (spec != nullptr && spec->route == Route::kBus) {
    ask_node(spec, args, silent, now);
    if (!closing()) note_subscriptions();
    return;
  }
  if (knows_map && spec != nullptr) {
    if (const auto elsewhere = moved(*spec, args, Desk{office_, *this, now})) {
      office_.commands.answered(spec, *elsewhere, last_command_at);
      return reply_here(*elsewhere, silent);
    }
  }
  ask_node(spec, args, silent, now);
}

void RespConnection::ask_node(const CommandSpec* spec, std::span<const Bytes> args, bool silent, Now now) {
  const RequestId request = host_.next_request();
  if (waiting_.empty()) {
    direct_ = request;
    direct_silent_ = silent;
    direct_spec_ = spec;
    host_.ask(id, request, args, now);
    if (!direct_) return;
    direct_ = {};
    return wait_for(request, spec, silent, args);
  }
  wait_for(request, spec, silent, args);
  host_.ask(id, request, args, now);
}

void RespConnection::wait_for(RequestId request, const CommandSpec* spec, bool silent, std::span<const Bytes> args) {
  std::size_t asked = 0;
  for (const Bytes arg : args) asked += arg.size();
  waiting_bytes_ += asked;
  waiting_.push_back({request, spec, last_command_at, protocol, silent, false, {}, asked});
}

// A browser was made to send us somebody's commands in a form or a script: nothing behind its headers may run.
void RespConnection::hang_up() {
  spdlog::debug("{} spoke HTTP to the RESP port, as a forged request of a browser would: closed", address);
  close();
}

void RespConnection::serve_here(const CommandSpec& spec, std::span<const Bytes> args, Now now) {
  if (replies == Replies::kSkipNext) replies = Replies::kSkipThis;
  Desk desk{office_, *this, now};
  const auto refused = refuse(&spec, args);
  const Reply reply = refused ? *refused : run_connection_command(spec, args, desk);
  office_.commands.answered(&spec, reply, last_command_at);
  reply_here(reply, replies == Replies::kOff || replies == Replies::kSkipThis);
  if (replies == Replies::kSkipThis) replies = Replies::kOn;
}

// A client of RESP 2 that listens cannot tell a reply from a message: few commands are left to it. True: that was all.
bool RespConnection::answered_as_listener(const CommandSpec& spec, std::span<const Bytes> args) {
  const std::string_view command_name = spec.name;
  if (command_name.ends_with("subscribe") || command_name == "quit" || command_name == "reset" || refuse(&spec, args))
    return false;
  Reply reply;
  if (command_name == "ping") {
    if (args.size() > 2) return false;
    std::vector<Reply> pong;
    pong.push_back(Reply::bulk(Text::borrow("pong")));
    pong.push_back(Reply::bulk(Text::borrow(args.size() == 2 ? args[1] : Bytes())));
    reply = Reply::array(std::move(pong));
  } else {
    reply = Reply::error("ERR Can't execute '" + full_name(spec, args) +
                         "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
  }
  reply_here(reply, replies != Replies::kOn && (take_skip() || replies == Replies::kOff));
  return true;
}

void RespConnection::note_subscriptions() {
  const Bus::Subscriptions now = host_.node().bus().of(id);
  channels = now.channels;
  patterns = now.patterns;
  shard_channels = now.shards;
}

// CLIENT REPLY SKIP silences the command after it.
bool RespConnection::take_skip() {
  if (replies != Replies::kSkipNext) return false;
  replies = Replies::kOn;
  return true;
}

void RespConnection::reply_here(const Reply& reply, bool silent) {
  if (reply.is_error()) ++office_.statistics.error_replies;
  if (waiting_.empty()) {
    if (!silent) write_reply(reply, protocol, out());
    return;
  }
  Waiting& last =
      waiting_.emplace_back(Waiting{host_.next_request(), nullptr, last_command_at, protocol, silent, true, {}, 0});
  if (!silent) write_reply(reply, protocol, last.bytes);
  waiting_bytes_ += last.bytes.size();
}

void RespConnection::answered(RequestId request, const Reply& reply) {
  if (reply.is_error()) ++office_.statistics.error_replies;
  const bool pushes = reply.kind == Reply::Kind::kSeries;  // of a subscription: CLIENT REPLY does not silence these
  if (direct_ && request == direct_) {
    direct_ = {};
    office_.commands.answered(direct_spec_, reply, last_command_at);
    if (!direct_silent_ || pushes) write_reply(reply, protocol, out());
    return;
  }
  if (waiting_.empty() || waiting_.front().request != request) return keep_answer(request, reply);
  Waiting& first = waiting_.front();
  office_.commands.answered(first.spec, reply, first.asked);
  waiting_bytes_ -= first.asked_bytes;
  if (!first.silent || pushes) write_reply(reply, first.protocol, out());
  waiting_.pop_front();
  while (!waiting_.empty() && waiting_.front().answered) {
    waiting_bytes_ -= waiting_.front().bytes.size();
    out().append(waiting_.front().bytes);
    waiting_.pop_front();
  }
  will_send();
}

// Until those before it are answered.
void RespConnection::keep_answer(RequestId request, const Reply& reply) {
  const auto found = std::lower_bound(waiting_.begin(), waiting_.end(), request,
                                      [](const Waiting& w, RequestId wanted) { return w.request < wanted; });
  HC_CHECK(found != waiting_.end() && found->request == request && !found->answered,
           "an answer that nobody waits for: client " + std::to_string(id.value) + ", request " +
               std::to_string(request.value));
  found->answered = true;
  office_.commands.answered(found->spec, reply, found->asked);
  waiting_bytes_ -= found->asked_bytes;
  if (!found->silent || reply.kind == Reply::Kind::kSeries) write_reply(reply, found->protocol, found->bytes);
  waiting_bytes_ += found->bytes.size();
}

// Behind what was asked for before, and not silenced by CLIENT REPLY.
void RespConnection::pushed(const Reply& message) {
  if (closing() || closing_when_flushed()) return;
  if (waiting_.empty()) {
    write_reply(message, protocol, out());
  } else {
    Waiting& last =
        waiting_.emplace_back(Waiting{host_.next_request(), nullptr, last_command_at, protocol, false, true, {}, 0});
    write_reply(message, protocol, last.bytes);
    waiting_bytes_ += last.bytes.size();
  }
  if (const std::uint64_t most = limit().hard_bytes; most > 0 && unsent() + waiting_bytes_ >= most) return overflow();
  will_send();
}

void RespConnection::will_send() {
  if (!consuming_ && !std::exchange(will_send_, true)) host_.will_send(id, *this);
}

// At the turn's end, for replies that came outside of consume().
void RespConnection::send_gathered() {
  will_send_ = false;
  if (closing()) return;
  if ((close_after_reply || input_over_) && waiting_.empty()) close_when_flushed();
  flush();
  if (!closing() && !over_limit()) go_on();
}

void RespConnection::drained() {
  over_soft_limit_since_.reset();
  if (!consuming_) go_on();
}

// Reads again, once what had stopped it is over; first what had arrived before.
void RespConnection::go_on() {
  if (reading() || must_pause() || input_over_ || closing_when_flushed()) return;
  if (kept() > 0) consume_kept();
  if (!must_pause() && !closing()) start_reading();
}

// A half-closed client still gets its replies.
void RespConnection::input_ended() { end_when_answered(); }

void RespConnection::end_when_answered() {
  input_over_ = true;
  pause_reading();
  if (!waiting_.empty()) return;
  close_when_flushed();
  flush();
}

const OutputLimit& RespConnection::limit() const {
  const LiveSettings& live = office_.settings.live();
  return listens() ? live.output_of_listeners : live.output;
}

bool RespConnection::over_limit() {
  const OutputLimit& most = limit();
  const std::size_t output = unsent();
  bool over = most.hard_bytes > 0 && output >= most.hard_bytes;
  if (most.soft_bytes > 0 && output >= most.soft_bytes) {
    const Time now = read_clocks().mono;
    if (!over_soft_limit_since_) over_soft_limit_since_ = now;
    over = over || now - *over_soft_limit_since_ > std::chrono::seconds(most.soft_seconds);
  } else {
    over_soft_limit_since_.reset();
  }
  if (over) return overflow(), true;
  if (kept() <= office_.settings.live().query_bytes_max) return false;
  ++office_.statistics.clients_over_limit;
  close();
  return true;
}

void RespConnection::overflow() {
  spdlog::warn("client {} at {} is closed: {} bytes of output wait for it, beyond client-output-buffer-limit ({})",
               id.value, address, unsent() + waiting_bytes_, listens() ? "pubsub" : "normal");
  ++office_.statistics.clients_over_limit;
  close();
}

ClientRecord::Buffers RespConnection::buffers() const {
  const std::size_t query = consuming_ ? unparsed_ : kept();
  return {query,      kept_capacity() - std::min(kept_capacity(), query), unsent(), 0, waiting_.size(), bytes_in(),
          bytes_out()};
}

std::size_t RespConnection::held() const {
  return buffered() + parser_.held() + waiting_bytes_ + waiting_.size() * sizeof(Waiting);
}

// A command that is not whole yet; its buffer may have room for as much again. Whoever sends it hears why before it
// goes.
void RespConnection::refuse_what_is_too_large() {
  const std::uint64_t most = office_.settings.live().clients_bytes_max;
  const std::size_t asked = 2 * (consuming_ ? unparsed_ : kept()) + parser_.held();
  if (most == 0 || asked <= most || must_pause()) return;
  spdlog::warn(
      "client {} at {} is closed: its command takes {} bytes so far, and all clients may take {} "
      "(maxmemory-clients)",
      id.value, address, asked, most);
  ++office_.statistics.clients_over_limit;
  reply_here(Reply::error_literal("OOM the command takes more memory than all clients may (maxmemory-clients)"),
             replies != Replies::kOn);
  close_after_reply = true;
}

void RespConnection::kill() { close(); }

void RespConnection::ended(int) {
  office_.statistics.bytes_in += bytes_in();
  office_.statistics.bytes_out += bytes_out();
  office_.clients.erase(id);
  if (id) host_.leave(id);
}

}  // namespace hc
