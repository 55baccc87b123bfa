#include "runtime/host.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/narrate.h"
#include "runtime/clock.h"

namespace hc {
namespace {

bool worth_a_line(const Event& event) {
  return !std::holds_alternative<Woke>(event) && !std::holds_alternative<TurnEnded>(event);
}
bool worth_a_line(const Effect&) { return true; }

// All that happens and follows, for those who look for a fault.
template <class What>
void trace(const What& what) {
  if (spdlog::should_log(spdlog::level::trace) && worth_a_line(what)) spdlog::trace("{}", narrate(what));
}

}  // namespace

Host::Host(Loop& loop, NodeConfig config, Outside& outside, Recorder* recorder)
    : loop_(loop), outside_(outside), node_(std::move(config)), recorder_(recorder) {
  if (recorder_) recorder_->configured(node_.config());
  uv_timer_init(loop.uv(), &timer_);
  timer_.data = this;
  uv_prepare_init(loop.uv(), &turn_end_);
  turn_end_.data = this;
}

Host::~Host() = default;

void Host::open() {
  processor_ = processor_time();
  uv_prepare_start(&turn_end_, on_turn_end);
}

void Host::start(std::optional<VoteRecord> vote, std::uint64_t segment) {
  open();
  happened(Started{std::move(vote), segment});
}

void Host::close() {
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&turn_end_), nullptr);
}

Now Host::clocks() {
  Now now;
  if (read_first_) {
    now.mono = read_monotonic();
    now.wall = read_first_->wall + std::chrono::duration_cast<std::chrono::milliseconds>(now.mono - read_first_->mono);
  } else {
    read_first_ = now = read_clocks();
  }
  commands_.clocks_read(now.mono);
  return now;
}

void Host::happened(Event event) {
  if (draining_) {
    later_.push_back(std::move(event));
    return;
  }
  step(std::move(event), clocks());
  hear_later();
}

ClientId Host::enter(Asker& asker) {
  const ClientId client(++last_client_);
  askers_.emplace(client.value, &asker);
  return client;
}

void Host::leave(ClientId client) {
  if (askers_.erase(client.value) == 0) return;
  if (asking_ == client) asking_asker_ = nullptr;
  for (auto* senders : {&senders_, &senders_now_})
    for (Sender& sender : *senders)
      if (sender.client == client) sender.asker = nullptr;
  happened(ClientGone{client});
}

void Host::ask(ClientId client, RequestId request, std::span<const Bytes> args, Now now) {
  if (asking_ != client || asking_asker_ == nullptr) {
    const auto found = askers_.find(client.value);
    HC_CHECK(found != askers_.end(), "a client that has left asks");
    asking_ = client;
    asking_asker_ = found->second;
  }
  step(Asked{client, request, args}, now);
  if (!later_.empty()) hear_later();
}

void Host::step(Event&& event, Now now) {
  HC_CHECK(!draining_, "the node is stepped while its effects are carried out");
  if (recorder_) recorder_->happened(event, now);
  trace(event);
  node_.step(std::move(event), now, effects_);
  if (recorder_) recorder_->wanted(effects_.list());
  for (const Effect& effect : effects_.list()) trace(effect);
  if (!std::exchange(stepped_, true)) turn_began_ = now.mono;
  if (!effects_.empty()) drain();
}

void Host::hear_later() {
  while (!later_.empty()) {
    Event event = std::move(later_.front());
    later_.pop_front();
    step(std::move(event), clocks());
  }
}

void Host::answer(const Answer& answer) {
  if (answer.client == asking_ && asking_asker_ != nullptr) {
    asking_asker_->answered(answer.request, answer.reply);
    return;
  }
  const auto found = askers_.find(answer.client.value);
  if (found != askers_.end()) found->second->answered(answer.request, answer.reply);
}

void Host::push(const Push& push) {
  for (const ClientId client : push.to)
    if (const auto found = askers_.find(client.value); found != askers_.end()) found->second->pushed(push.message);
}

struct Host::Drain {
  Host& host;
  void operator()(Answer& effect) const { host.answer(effect); }
  void operator()(Push& effect) const { host.push(effect); }
  template <class Effect>
  void operator()(Effect& effect) const {
    host.outside_.carry_out(std::move(effect));
  }
};

void Host::drain() {
  draining_ = true;
  for (Effect& effect : effects_.list()) std::visit(Drain{*this}, effect);
  effects_.clear();
  draining_ = false;
}

void Host::on_turn_end(uv_prepare_t* prepare) { static_cast<Host*>(prepare->data)->end_turn(); }

// Called before the loop waits: everything that was ready has been read, and every timer that was due has run.
void Host::end_turn() {
  if (!stepped_) {
    if (commands_.unsettled()) clocks();  // answered by a connection itself: the node was not stepped
    read_first_.reset();
    return;
  }
  const Now now = clocks();
  if (node_.turn_pending(now)) step(TurnEnded{}, now);
  while (!later_.empty()) {  // what was done at once may let more leave in this turn
    hear_later();
    if (const Now later = clocks(); node_.turn_pending(later)) step(TurnEnded{}, later);
  }
  stepped_ = false;
  turns_.lasted.add(read_monotonic() - turn_began_);  // with what the log took
  const Duration processor = processor_time();
  turns_.processor.add(processor - std::exchange(processor_, processor));
  outside_.turn_ended();
  // Sending may close a client, which is an event: senders that it adds are told in the next round.
  while (!senders_.empty()) {
    senders_now_.swap(senders_);
    for (const Sender& sender : senders_now_)
      if (sender.asker != nullptr) sender.asker->send_gathered();
    senders_now_.clear();
  }
  rearm(now);
  read_first_.reset();
}

void Host::rearm(Now now) {
  const std::optional<Time> due = stepped_ ? std::optional(now.mono) : node_.deadline();
  if (due == armed_) return;
  armed_ = due;
  if (!due) {
    uv_timer_stop(&timer_);
    return;
  }
  // The loop's own notion of time is as old as its last wait: without this the timer could fire early, for nothing.
  uv_update_time(loop_.uv());
  const auto wait = std::max(*due - now.mono, Duration::zero());
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait);
  uv_timer_start(&timer_, on_timer, static_cast<std::uint64_t>(ms.count()), 0);
}

// The timer counts whole milliseconds of the loop's own time, so it may be a little early; and what was read before may
// have moved the deadline away. The turn's end then arms it anew, unless nothing was read.
void Host::on_timer(uv_timer_t* timer) {
  auto* self = static_cast<Host*>(timer->data);
  self->armed_.reset();
  const Now now = self->clocks();
  const std::optional<Time> due = self->node_.deadline();
  if (!due || *due > now.mono) {
    if (!self->stepped_) self->rearm(now);
    return;
  }
  self->happened(Woke{});
}

}  // namespace hc
