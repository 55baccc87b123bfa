#include "sim/client.h"

#include <algorithm>
#include <utility>

#include "sim/film.h"
#include "sim/streams.h"

namespace hc::sim {

Client::Client(Schedule& schedule, Network& network, Trace& trace, Ledger& ledger, Workload& workload,
               std::uint32_t index, std::uint32_t machines, Knobs knobs, Random random)
    : schedule_(schedule),
      network_(network),
      trace_(trace),
      ledger_(ledger),
      workload_(workload),
      index_(index),
      machines_(machines),
      knobs_(knobs),
      random_(random) {}

// One turn is ahead at a time: a newer one takes the place of the older.
void Client::wake_after(Duration d) { schedule_.after(d, Kind::kClient, index_, ++turns_); }

void Client::turn(std::uint64_t number) {
  if (number != turns_) return;
  const bool silent = state_ == State::kDialling || !waiting_.empty();
  if (silent && now() - busy_since_ >= knobs_.patience) {
    leave("no answer in " + seconds_text(knobs_.patience) + " s");
    wake_after(draw(random_, 1ms, 50ms));
    return;
  }
  ask_what_is_due();
  arm();
}

void Client::arm() {
  Instant next = kForever;
  if (state_ == State::kDialling || !waiting_.empty()) next = busy_since_ + knobs_.patience;
  if (!script_.empty() && script_.front().due > now()) next = std::min(next, script_.front().due);
  if (next != kForever) wake_after(next - now());
}

void Client::forget_timed() {
  std::erase_if(script_, [](const Request& r) { return r.due > Instant{}; });
}

void Client::ask_from_script() {
  while (!script_.empty()) {
    const Request& front = script_.front();
    if (front.due > now()) return;
    const bool timed = front.due > Instant{};
    if (timed && now() - front.due > knobs_.patience) {
      script_.pop_front();
      continue;
    }
    const std::uint32_t at = front.at.value_or(machine_);
    if (!waiting_.empty() && (!timed || machine_ != at)) return;
    if (state_ == State::kAway || machine_ != at) {
      connect(at);
      return;
    }
    Request next = std::move(script_.front());
    script_.pop_front();
    ask(std::move(next));
    if (!timed) return;
  }
}

void Client::ask_what_is_due() {
  if (state_ == State::kDialling) return;
  if (!script_.empty()) {
    ask_from_script();
    return;
  }
  if (resting_) return;
  if (state_ == State::kAway) {
    connect(static_cast<std::uint32_t>(random_.below(machines_)));
    return;
  }
  while (state_ == State::kConnected && waiting_.size() < knobs_.pipeline) {
    const bool same = !waiting_.empty() && random_.percent(50) && waiting_.back().request.parts.size() == 1;
    ask(same ? workload_.draw_for(waiting_.back().request.parts.front().key, now()) : workload_.draw(now()));
  }
  if (state_ == State::kAway) wake_after(draw(random_, knobs_.think_least, knobs_.think_most));  // it has vanished
}

void Client::ask(Request request) {
  ++asked_;
  std::vector<Bytes> args(request.args.begin(), request.args.end());
  for (Request::Part& p : request.parts) {
    const Duration later = now() - p.operation.called;
    p.operation.called = now();
    p.operation.connection = request.shape == Request::Shape::kKeys ? 0 : links_;
    p.operation.place = asked_;
    if (p.operation.ends != kForever) p.operation.ends += later;
  }
  std::string bytes;
  write_command(args, bytes);
  if (trace_.listening()) {
    std::string words = "asks node-" + std::to_string(machine_ + 1) + ":";
    for (const std::string& a : request.args) words += " " + a;
    trace_.line(now(), "client " + std::to_string(index_), words);
  }
  const bool vanishes = (!request.must_succeed && random_.percent(knobs_.vanishes_percent)) || request.vanishes;
  ledger_.asked(request, index_, machine_, std::exchange(fresh_, false) ? dialled_ : now(), vanishes);
  if (waiting_.empty()) busy_since_ = now();
  waiting_.push_back({std::move(request), now()});
  if (Film* film = trace_.film()) film->asks(now(), endpoint(), machine_, bytes);
  network_.send(endpoint(), link_, std::move(bytes));
  if (vanishes) leave("it went away");
}

void Client::connect(std::uint32_t machine) {
  leave("it went to another machine");
  machine_ = machine;
  link_ = LinkId(2 * ++links_ + 1);
  state_ = State::kDialling;
  busy_since_ = dialled_ = now();
  fresh_ = true;
  parser_ = {};
  buffer_.clear();
  if (Film* film = trace_.film()) film->dials(endpoint());
  network_.dial(endpoint(), link_, machine);
}

void Client::leave(const std::string& why) {
  if (state_ != State::kAway) network_.close(endpoint(), link_);
  state_ = State::kAway;
  while (!waiting_.empty()) {
    Request r = std::move(waiting_.front().request);
    waiting_.pop_front();
    Workload::give_up(r, why);
    ledger_.concluded(r, index_, machine_);
    if (r.must_succeed) script_.push_front(std::move(r));
  }
}

void Client::end() { leave("the run ended"); }

void Client::link_opened(LinkId link) {
  if (link != link_ || state_ != State::kDialling) return;
  state_ = State::kConnected;
  wake_after(0ms);
}

void Client::link_closed(LinkId link) {
  if (link != link_ || state_ == State::kAway) return;
  leave("connection lost");
  wake_after(draw(random_, 5ms, 300ms));
}

void Client::bytes(LinkId link, const std::string& bytes) {
  if (link != link_ || state_ != State::kConnected) return;
  buffer_ += bytes;
  while (true) {
    Reply reply;
    std::size_t consumed = 0;
    const auto outcome = parser_.next(buffer_, consumed, reply);
    if (Film* film = trace_.film()) film->told(now(), endpoint(), machine_, Bytes(buffer_).substr(0, consumed));
    buffer_.erase(0, consumed);
    if (outcome == RespReplyParser::Outcome::kNeedMore) return;
    if (outcome == RespReplyParser::Outcome::kError || waiting_.empty()) {
      ledger_.complain("client " + std::to_string(index_) +
                       " got bytes that are no reply to anything: " + parser_.error());
      return;
    }
    conclude(reply);
  }
}

void Client::conclude(const Reply& reply) {
  Request r = std::move(waiting_.front().request);
  const Instant sent = waiting_.front().at;
  waiting_.pop_front();
  busy_since_ = now();
  if (const auto complaint = workload_.conclude(r, reply, now())) ledger_.complain(*complaint);
  if (reply.is_error() && reply.text.view.starts_with("CLUSTERDOWN") && now() - sent < knobs_.deadline)
    ledger_.complain("refused before its time: " + std::string(reply.text.view));
  ledger_.concluded(r, index_, machine_);
  const bool refused = Workload::outcome_of(reply) != Operation::Outcome::kDone;
  const bool again = r.must_succeed && refused;
  if (again) script_.push_front(std::move(r));
  if (script_.empty() && waiting_.empty() && random_.percent(knobs_.moves_percent)) leave("");
  wake_after(script_.empty() ? draw(random_, knobs_.think_least, knobs_.think_most) : again ? 100ms : 0ms);
}

std::string Client::stuck_at() const {
  const Request* r = !waiting_.empty() ? &waiting_.front().request : !script_.empty() ? &script_.front() : nullptr;
  if (!r) return "nothing";
  std::string out;
  for (const std::string& a : r->args) out += (out.empty() ? "" : " ") + a;
  if (r->at) out += " at node-" + std::to_string(*r->at + 1);
  if (!r->parts.empty() && !r->parts.front().operation.error.empty())
    out += " (last: " + r->parts.front().operation.error + ")";
  return out;
}

}  // namespace hc::sim
