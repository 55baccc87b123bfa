#include "sim/machine.h"

#include "core/base/check.h"
#include "core/base/seam.h"
#include "core/narrate.h"
#include "io/log_codec.h"
#include "io/vote_file.h"
#include "sim/film.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

// Kinds in the trace hash: events as they stand in the variant, effects behind them.
constexpr std::uint32_t kEffectKinds = 32;

template <class T>
constexpr std::uint32_t event_kind() {
  return static_cast<std::uint32_t>(Event(T{}).index());
}

// A timer of the real host is no finer than this.
constexpr Duration kTick = 100us;

// For one and the same deadline.
constexpr std::uint64_t kWokenInVainMost = 1000;
constexpr std::uint64_t kSparedTried = 64;  // one in so many

constexpr std::size_t kUsualFrame = 160;  // bytes
constexpr std::uint32_t kOwnCodecs = 25;  // per cent of all processes

}  // namespace

NodeConfig at_machine(NodeConfig common, std::uint32_t machine, std::uint32_t nodes) {
  const Address address = Network::gossip_address(machine);
  common.self.id = NodeId(machine + 1);
  common.self.host = address.host;
  common.self.gossip_port = address.port;
  common.self.resp_port = 6379;
  common.self.http_port = 8080;
  for (std::uint32_t i = 0; i < nodes; ++i)
    if (i != machine) common.join.push_back(Network::gossip_address(i));
  return common;
}

Machine::Machine(Around around, std::uint32_t index, std::uint32_t machines, NodeClock clock, Random disk, Random log,
                 Random processes)
    : around_(around),
      index_(index),
      machines_(machines),
      clock_(clock),
      disk_(disk),
      log_(log),
      processes_(processes) {}

// ---- its life

void Machine::start(NodeConfig config) {
  HC_CHECK(!up(), name() + " runs already");
  ++process_;
  generation_ = processes_.draw128<GenerationTag>();
  const StorageId fresh = processes_.draw128<StorageTag>();
  const std::uint64_t seed = processes_.next();
  config.self.generation = generation_;
  config.fresh_storage = fresh;
  config.seed = seed;
  votes_ = {};
  own_codecs_ = processes_.percent(kOwnCodecs) ? std::make_unique<Codecs>() : nullptr;
  seal_ = &codecs().seals.try_emplace(config.cluster_name, config.cluster_name).first->second;
  powered_ = true;
  stopping_ = left_ = false;
  paused_until_ = {};
  up_since_ = around_.schedule.now();
  dies_after_.reset();
  memory_ = config.memory;
  squeezed_ = false;
  armed_ = kForever;
  woken_for_.reset();
  woken_in_vain_ = 0;
  began_ = false;
  if (config.append_only) log_.open(generation_, config.append_fsync == Fsync::kAlways);
  node_ = std::make_unique<Node>(std::move(config));
  if (Film* film = around_.trace.film()) film->life(up_since_, index_, "a process starts", true);
  deliver({.kind = Inbound::Kind::kStarted});
}

void Machine::die(bool orderly) {
  if (!up()) return;
  ++(orderly ? deaths_.alone : deaths_.with_power);
  end(orderly);
}

void Machine::end(bool orderly) {
  around_.trace.record(around_.schedule.now(), index_, 100, orderly);
  if (around_.trace.listening()) around_.trace.line(around_.schedule.now(), name(), "dies");
  around_.overseer.ended(*this);
  if (Film* film = around_.trace.film()) {
    film->life(around_.schedule.now(), index_, orderly ? "its process ends" : "the machine dies", false);
    film->roles(around_.schedule.now(), index_, nullptr, {});
  }
  node_.reset();
  powered_ = orderly;
  inbox_.clear();
  turn_scheduled_ = false;
  assemblers_.clear();
  clients_.clear();
  disk_.crash();
  log_.crash(!orderly);
  around_.network.process_died(index_, orderly);
}

void Machine::lose_power() {
  if (up()) return end(false);
  if (!std::exchange(powered_, false)) return;
  log_.crash(true);
}

void Machine::stop() { deliver({.kind = Inbound::Kind::kStop}); }

void Machine::ask_to_leave(NodeId member) { deliver({.kind = Inbound::Kind::kLeave, .id = member.value}); }
void Machine::force(const Decree& decree) {
  deliver({.kind = Inbound::Kind::kForce, .rare = rare({.decree = decree})});
}
void Machine::accept_loss(const SlotSet& slots) {
  deliver({.kind = Inbound::Kind::kAcceptLoss, .rare = rare({.slots = slots})});
}
void Machine::squeeze(std::optional<std::size_t> bytes) {
  if (!up() || (!bytes && !squeezed_)) return;
  squeezed_ = bytes.has_value();
  deliver({.kind = Inbound::Kind::kMemory, .id = bytes.value_or(memory_.bytes)});
}

void Machine::pause(Instant until) {
  if (!up()) return;
  paused_until_ = std::max(paused_until_, until);
}

void Machine::resume() {
  if (!paused()) return;
  paused_until_ = around_.schedule.now();
  turn_scheduled_ = false;  // the turn that waits for the end of the pause finds nothing to do then
  if (!inbox_.empty()) schedule_turn(paused_until_);
}

// ---- what comes to it

void Machine::datagram(Endpoint from, std::string bytes) {
  deliver({.kind = Inbound::Kind::kDatagram, .from = from, .bytes = std::move(bytes)});
}

LinkId Machine::accept(Endpoint from) {
  const LinkId link(next_link_);
  next_link_ += 2;
  if (from < machines_)
    assemblers_.try_emplace(link);
  else
    clients_.try_emplace(link, ClientLine{.from = from});
  return link;
}

void Machine::link_opened(LinkId link) {
  assemblers_.try_emplace(link);  // Welcome and Refused come back on it
  deliver({.kind = Inbound::Kind::kOpened, .link = link});
}
void Machine::link_closed(LinkId link, bool refused) {
  deliver({.kind = Inbound::Kind::kClosed, .link = link, .refused = refused});
}
void Machine::bytes(LinkId link, std::string bytes) {
  deliver({.kind = Inbound::Kind::kBytes, .link = link, .bytes = std::move(bytes)});
}

void Machine::synced(std::uint64_t process) {
  const auto done = disk_.synced(process);
  if (!done || !up() || process != process_) return;
  if (!done->failed) {
    deliver({.kind = Inbound::Kind::kVoteStored, .id = done->id});
    return;
  }
  if (around_.trace.listening()) around_.trace.line(around_.schedule.now(), name(), "fsync failed: it stops");
  die(true);
  around_.overseer.died(*this);
}

void Machine::logged(std::uint64_t process) {
  auto done = log_.due(process);
  if (!done || !up() || process != process_) return;
  if (done->refused)
    return deliver(
        {.kind = Inbound::Kind::kLogRefused, .id = done->id, .rare = rare({.records = std::move(done->records)})});
  if (done->low) deliver({.kind = Inbound::Kind::kLogRefused, .rare = rare({})});
  if (!up() || process != process_) return;
  if (!done->failed || HC_MUTANT(kFsyncFailureIgnored)) {
    static constexpr Inbound::Kind kAnswers[] = {Inbound::Kind::kLogAppended, Inbound::Kind::kLogSynced,
                                                 Inbound::Kind::kLogKept};
    deliver({.kind = kAnswers[static_cast<std::size_t>(done->what)], .id = done->id});
    return;
  }
  if (around_.trace.listening())
    around_.trace.line(around_.schedule.now(), name(), "fsync of its log failed: it stops");
  die(true);
  around_.overseer.died(*this);
}

void Machine::wake_due(std::uint64_t process) {
  if (!up() || process != process_ || around_.schedule.now() < armed_) return;
  armed_ = kForever;
  const auto deadline = node_->deadline();
  if (deadline && *deadline <= now().mono) {
    woken_in_vain_ = deadline == woken_for_ ? woken_in_vain_ + 1 : 0;
    woken_for_ = deadline;
    HC_CHECK(woken_in_vain_ < kWokenInVainMost, name() + " wants to be woken again and again, and does nothing");
    deliver({.kind = Inbound::Kind::kWoke});
  } else {
    arm();
  }
}

void Machine::deliver(Inbound in) {
  if (!up()) return;
  const Instant now = around_.schedule.now();
  if (paused_until_ > now || turn_scheduled_ || slow_ > 0ns || turn_delay_ > 0ns) {
    // After a pause timers and sockets are both ready; which the loop looks at first is open.
    if (in.kind == Inbound::Kind::kWoke && !inbox_.empty() && processes_.percent(50))
      inbox_.push_front(std::move(in));
    else
      inbox_.push_back(std::move(in));
    schedule_turn(now + draw(processes_, 0ns, std::max(slow_, turn_delay_)));
    return;
  }
  handle(in);
  if (up()) end_turn();
}

void Machine::schedule_turn(Instant at) {
  if (turn_scheduled_) return;
  turn_scheduled_ = true;
  around_.schedule.at(std::max(at, paused_until_), Kind::kTurn, index_, process_);
}

void Machine::turn_due(std::uint64_t process) {
  if (!up() || process != process_) return;
  turn_scheduled_ = false;
  const Instant now = around_.schedule.now();
  if (paused_until_ > now) {
    schedule_turn(paused_until_);
    return;
  }
  while (!inbox_.empty()) {
    Inbound in = std::move(inbox_.front());
    inbox_.pop_front();
    handle(in);
    if (!up()) return;
    if (slow_ > 0ns && !inbox_.empty()) {
      schedule_turn(now + slow_);
      return;
    }
  }
  end_turn();
}

void Machine::end_turn() {
  if (node_->turn_pending(now())) {
    step(TurnEnded{}, event_kind<TurnEnded>(), 0, {});
  } else if (++turns_spared_ % kSparedTried == 0 && !(seam::buggify && seam::buggify->on)) {
    node_->step(TurnEnded{}, now(), effects_);
    HC_CHECK(effects_.list().empty(), name() + " says that it left nothing for the end of its turn, and it did");
  }
  if (up()) arm();
}

void Machine::arm() {
  const auto deadline = node_->deadline();
  if (!deadline) return;
  const Instant now = around_.schedule.now();
  const Instant when = std::max(clock_.when(*deadline), now + kTick);
  if (when == kForever || when >= armed_) return;
  armed_ = when;
  around_.schedule.at(when, Kind::kWake, index_, process_);
}

// ---- events

void Machine::handle(Inbound& in) {
  switch (in.kind) {
    case Inbound::Kind::kStarted: {
      Started started;
      if (disk_.file()) {
        auto record = decode_vote(*disk_.file());
        HC_CHECK(record.has_value() != disk_.rotten(),
                 name() + (record ? ": the damage of its vote file goes unnoticed" : ": " + record.error()));
        if (record) started.vote = std::move(*record);
        if (disk_.rotten()) disk_.wipe();  // as the error tells the operator to do
      }
      if (node_->config().append_only) {
        read_log();
        started.segment = log_.next_segment();
      }
      step(std::move(started), event_kind<Started>(), process_, disk_.file() ? Bytes(*disk_.file()) : Bytes());
      if (up() && !node_->config().append_only) begin();
      return;
    }
    case Inbound::Kind::kLogAppended:
      step(LogAppended{in.id}, event_kind<LogAppended>(), in.id, {});
      if (up() && !began_) begin();
      return;
    case Inbound::Kind::kLogSynced:
      step(LogSynced{in.id}, event_kind<LogSynced>(), in.id, {});
      return;
    case Inbound::Kind::kLogKept:
      step(LogKept{in.id}, event_kind<LogKept>(), in.id, {});
      return;
    case Inbound::Kind::kLogRefused:
      step(LogRefused{in.id, std::move(in.rare->records), "No space left on device"}, event_kind<LogRefused>(), in.id,
           {});
      return;
    case Inbound::Kind::kDatagram: {
      auto packet = seal_->open(in.bytes);
      if (!packet) return;
      step(Heard{Network::gossip_address(in.from), std::move(*packet)}, event_kind<Heard>(), in.from, in.bytes);
      return;
    }
    case Inbound::Kind::kOpened:
      step(LinkOpened{in.link}, event_kind<LinkOpened>(), in.link.value, {});
      return;
    case Inbound::Kind::kClosed:
      if (clients_.erase(in.link)) {
        step(ClientGone{ClientId(in.link.value)}, event_kind<ClientGone>(), in.link.value, {});
      } else if (assemblers_.erase(in.link) || in.refused || in.link.value % 2 == 1) {
        step(LinkClosed{in.link, in.refused}, event_kind<LinkClosed>(), in.link.value, {});
      }
      return;
    case Inbound::Kind::kBytes:
      if (clients_.contains(in.link))
        client_bytes(in.link, in.bytes);
      else
        peer_bytes(in.link, in.bytes);
      return;
    case Inbound::Kind::kVoteStored:
      step(VoteStored{in.id}, event_kind<VoteStored>(), in.id, {});
      return;
    case Inbound::Kind::kWoke:
      step(Woke{}, event_kind<Woke>(), 0, {});
      return;
    case Inbound::Kind::kStop:
      stopping_ = true;
      step(StopAsked{}, event_kind<StopAsked>(), 0, {});
      return;
    case Inbound::Kind::kLeave:
      step(LeaveAsked{NodeId(static_cast<std::uint32_t>(in.id))}, event_kind<LeaveAsked>(), in.id, {});
      return;
    case Inbound::Kind::kForce:
      step(ForceAsked{in.rare->decree}, event_kind<ForceAsked>(), in.rare->decree.members.size(), {});
      return;
    case Inbound::Kind::kAcceptLoss:
      step(LossAccepted{in.rare->slots}, event_kind<LossAccepted>(), in.rare->slots.count(), {});
      return;
    case Inbound::Kind::kMemory: {
      MemoryLimits limits = memory_;
      limits.bytes = in.id;
      step(MemoryLimited{limits}, event_kind<MemoryLimited>(), in.id, {});
      return;
    }
  }
}

void Machine::begin() {
  began_ = true;
  around_.overseer.started(*this);
}

void Machine::read_log() {
  auto frames = log_.read();
  HC_CHECK(!frames || !log_.rotten(), name() + ": the damage of its log goes unnoticed");
  if (!frames) {
    HC_CHECK(log_.rotten(), name() + ": " + frames.error());
    log_.wipe();  // as the error tells the operator to do
    return;
  }
  for (auto& records : *frames) {
    std::string bytes;
    WireWriter out(bytes);
    write_log_records(records, out);
    step(LogRead{std::move(records)}, event_kind<LogRead>(), 0, bytes);
  }
}

void Machine::peer_bytes(LinkId link, const std::string& bytes) {
  const auto at = assemblers_.find(link);
  if (at == assemblers_.end()) return;
  at->second.feed(bytes);
  const std::uint64_t process = process_;
  while (true) {
    const auto again = assemblers_.find(link);  // a step may have closed the link
    if (again == assemblers_.end()) return;
    auto payload = again->second.next();
    if (!payload) break;
    if (!*payload) return;
    auto frame = codecs().reads.decode(**payload);
    if (!frame) break;
    for (const Message& m : frame->messages) ++messages_received_[m.index()];
    step(Received{link, std::move(*frame)}, event_kind<Received>(), link.value, **payload);
    if (!up() || process_ != process) return;
  }
  // Bytes that are no frames: the host ends the link and says so.
  around_.network.close(index_, link);
  assemblers_.erase(link);
  step(LinkClosed{link, false}, event_kind<LinkClosed>(), link.value, {});
}

void Machine::client_bytes(LinkId link, const std::string& bytes) {
  clients_.at(link).buffer += bytes;
  const std::uint64_t process = process_;
  while (true) {
    const auto at = clients_.find(link);
    if (at == clients_.end()) return;
    ClientLine& line = at->second;
    std::size_t consumed = 0;
    const auto outcome = line.parser.next(line.buffer, consumed);
    if (outcome == RespParser::Outcome::kNeedMore) {
      line.buffer.erase(0, consumed);
      return;
    }
    HC_CHECK(outcome == RespParser::Outcome::kCommand, "a client's bytes: " + line.parser.error());
    const RequestId request(next_request_++);
    line.waiting.push_back({request});
    // The buffer must stay until the step is over.
    const std::string taken = line.buffer.substr(0, consumed);
    step(Asked{ClientId(link.value), request, line.parser.args()}, event_kind<Asked>(), request.value, taken);
    if (!up() || process_ != process) return;
    if (const auto still = clients_.find(link); still != clients_.end()) still->second.buffer.erase(0, consumed);
  }
}

void Machine::step(Event event, std::uint32_t what, std::uint64_t number, Bytes hashed) {
  const Instant t = around_.schedule.now();
  around_.trace.record(t, index_, what, number, hashed);
  if (around_.trace.listening() && !std::holds_alternative<TurnEnded>(event))
    around_.trace.line(t, name(), narrate(event));
  Film* film = around_.trace.film();
  if (film) film_event(event, hashed);
  ++steps_;
  node_->step(std::move(event), clock_.read(t), effects_);
  if (film) film->roles(t, index_, node_.get(), clock_.read(t));
  around_.overseer.stepped(*this);
  drain();
  if (film) film->step_ended();
}

void Machine::film_event(const Event& event, Bytes bytes) {
  Film& film = *around_.trace.film();
  film.event(around_.schedule.now(), index_, narrate(event));
  if (const auto* received = std::get_if<Received>(&event)) {
    film.receives(received->frame, bytes);
  } else if (std::holds_alternative<Heard>(event)) {
    film.hears(bytes);
  } else if (const auto* asked = std::get_if<Asked>(&event)) {
    if (const auto line = clients_.find(LinkId(asked->client.value)); line != clients_.end())
      film.asked(line->second.from, bytes);
  }
}

// ---- effects

void Machine::drain() {
  const std::uint64_t process = process_;
  for (Effect& effect : effects_.list()) {
    if (std::holds_alternative<Announce>(effect)) continue;  // nobody watches
    if (dies_after_) {
      if (*dies_after_ == 0) {
        dies_after_.reset();
        die(dies_orderly_);
        around_.overseer.died(*this);
        break;
      }
      --*dies_after_;
    }
    perform(effect);
    if (!up() || process_ != process) break;
  }
  effects_.clear();
}

void Machine::perform(Effect& effect) {
  const Instant t = around_.schedule.now();
  const std::uint32_t what = kEffectKinds + static_cast<std::uint32_t>(effect.index());
  if (around_.trace.listening()) around_.trace.line(t, name(), "  " + narrate(effect));
  Film* film = around_.trace.film();
  if (film) film->effect(narrate(effect));
  if (auto* a = std::get_if<Answer>(&effect)) {
    answer(*a);
  } else if (auto* d = std::get_if<Dial>(&effect)) {
    around_.trace.record(t, index_, what, d->link.value, d->to.host);
    around_.network.dial(index_, d->link, around_.network.machine_at(d->to));
  } else if (auto* c = std::get_if<Close>(&effect)) {
    around_.trace.record(t, index_, what, c->link.value);
    end_link(c->link);
  } else if (auto* s = std::get_if<Send>(&effect)) {
    around_.overseer.sent(*this, s->frame);
    std::string bytes;
    bytes.reserve(kUsualFrame);
    const std::size_t begun = begin_frame(bytes);
    codecs().writes.encode(s->frame, bytes);
    end_frame(bytes, begun);
    around_.trace.record(t, index_, what, s->link.value, bytes);
    if (film) {
      const Endpoint to = around_.network.other_end(index_, s->link).value_or(index_);
      film->sends(to, s->frame, Bytes(bytes).substr(kFrameHeaderBytes));
    }
    around_.network.send(index_, s->link, std::move(bytes));
  } else if (auto* g = std::get_if<Gossip>(&effect)) {
    std::string bytes = seal_->seal(g->packet, nonce_of(generation_, ++packets_));
    around_.trace.record(t, index_, what, packets_, bytes);
    if (film) film->gossips(around_.network.machine_at(g->to), bytes);
    around_.network.datagram(index_, g->to, std::move(bytes));
  } else if (auto* v = std::get_if<StoreVote>(&effect)) {
    std::string bytes = votes_.encode(v->record);
    around_.trace.record(t, index_, what, v->id, bytes);
    around_.overseer.stored(*this, v->record);
    disk_.write(around_.schedule, index_, process_, v->id, std::move(bytes),
                v->record.view ? v->record.view->epoch : Epoch(0));
  } else if (auto* l = std::get_if<AppendLog>(&effect)) {
    std::string bytes;
    WireWriter out(bytes);
    write_log_records(l->records, out);
    around_.trace.record(t, index_, what, l->id, bytes);
    log_.append(around_.schedule, index_, process_, *l);
  } else if (auto* y = std::get_if<SyncLog>(&effect)) {
    around_.trace.record(t, index_, what, y->id);
    log_.sync(around_.schedule, index_, process_, y->id);
  } else if (auto* k = std::get_if<KeepLog>(&effect)) {
    around_.trace.record(t, index_, what, k->id);
    log_.keep(around_.schedule, index_, process_, *k);
  } else if (auto* p = std::get_if<Push>(&effect)) {
    push(*p);
  } else if (std::holds_alternative<Stopped>(effect)) {
    around_.trace.record(t, index_, what, 0);
    left_ = node_->left();
    end(true);
    around_.overseer.died(*this);
  } else {
    around_.trace.record(t, index_, what, 0);  // BecameReady, Note
    if (auto* n = std::get_if<Note>(&effect)) around_.overseer.noted(*this, n->text);
  }
}

void Machine::answer(Answer& a) {
  const LinkId link(a.client.value);
  scratch_.clear();
  write_reply(a.reply, 2, scratch_);
  around_.trace.record(around_.schedule.now(), index_, kEffectKinds, a.request.value, scratch_);
  const auto at = clients_.find(link);
  if (at == clients_.end()) return;
  ClientLine& line = at->second;
  for (Waiting& w : line.waiting) {
    if (w.request != a.request) continue;
    HC_CHECK(!w.answered, name() + " answers request " + std::to_string(a.request.value) + " twice");
    w.answered = true;
    w.reply = scratch_;
    flush(link, line);
    return;
  }
  HC_CHECK(false, name() + " answers request " + std::to_string(a.request.value) + ", which nobody asked");
}

// What somebody listens to stands among its replies.
void Machine::push(const Push& p) {
  scratch_.clear();
  write_reply(p.message, 2, scratch_);
  around_.trace.record(around_.schedule.now(), index_, kEffectKinds + 1, p.to.size(), scratch_);
  for (const ClientId client : p.to) {
    const LinkId link(client.value);
    const auto at = clients_.find(link);
    if (at == clients_.end()) continue;
    at->second.waiting.push_back({RequestId{}, true, scratch_});
    flush(link, at->second);
  }
}

// Replies leave in the order of the requests.
void Machine::flush(LinkId link, ClientLine& line) {
  std::string out;
  while (!line.waiting.empty() && line.waiting.front().answered) {
    const std::string& reply = line.waiting.front().reply;
    if (Film* film = around_.trace.film()) film->replies(around_.schedule.now(), index_, line.from, reply);
    out += reply;
    line.waiting.pop_front();
  }
  if (!out.empty()) around_.network.send(index_, link, std::move(out));
}

void Machine::end_link(LinkId link) {
  around_.network.close(index_, link);
  assemblers_.erase(link);
  clients_.erase(link);
}

}  // namespace hc::sim
