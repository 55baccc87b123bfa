#include "sim/world.h"

#include <algorithm>

#include "core/base/check.h"
#include "sim/film.h"
#include "sim/internal_check.h"
#include "sim/recording.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

constexpr std::uint64_t kStepsMost = 5'000'000;  // a run that needs more is caught in a loop
constexpr std::uint64_t kInvariantsEvery = 64;
constexpr std::uint64_t kExecutorEvery = 16;
constexpr std::uint64_t kOfManySlotsEvery = 2048;  // either check, where it walks over thousands of slots

}  // namespace

World::World(const Options& options, Setting setting) : options_(options), setting_(std::move(setting)) {
  trace_.listen(options_.trace ? stdout : nullptr, options_.story, options_.story_until, options_.story_key);
  trace_.show(options_.film);
  if (options_.film)
    options_.film->cast(setting_.machines(), setting_.clients + setting_.people(), setting_.node.slots);
  build();
}

World::~World() = default;

void World::fail(Verdict verdict, std::string check, std::string reason) {
  throw Failure{verdict, std::move(check), std::move(reason)};
}

void World::hear(const std::string& what) { fail(Verdict::kViolated, "events", what); }

void World::build() {
  const std::uint64_t seed = setting_.seed;
  const std::uint32_t machines = setting_.machines();
  Doorstep& doorstep = *this;
  Ledger& ledger = *this;
  network_ = std::make_unique<Network>(schedule_, doorstep, machines, machines + setting_.clients + setting_.people(),
                                       stream(seed, "network"));
  network_->weather() = setting_.weather;
  for (std::uint32_t i = 0; i < machines; ++i) {
    const MachineClock& c = setting_.clocks[i];
    machines_.push_back(
        std::make_unique<Machine>(Machine::Around{schedule_, *network_, trace_, *this, codecs_}, i, machines,
                                  NodeClock(c.rate_ppm, Time{c.base}, c.wall_skew, setting_.clock_tick),
                                  stream(seed, "disks", i), stream(seed, "logs", i), stream(seed, "processes", i)));
    machines_.back()->set_turn_delay(setting_.turn_delay);
  }
  workload_ = std::make_unique<Workload>(setting_.workload, setting_.skew_between_clocks(), stream(seed, "workload"));
  for (std::uint32_t c = 0; c < setting_.clients; ++c)
    clients_.push_back(std::make_unique<Client>(schedule_, *network_, trace_, ledger, *workload_, c, machines,
                                                setting_.client, stream(seed, "clients", c)));
  listeners_ = std::make_unique<Listeners>(
      Listeners::Around{schedule_, *network_, trace_, bus_, [](const std::string& what) { hear(what); }},
      machines + setting_.clients, setting_.listeners, machines, setting_.client.patience, stream(seed, "listeners"));
  views_ = std::make_unique<ViewCheck>([this](Incarnation who) -> std::optional<Instant> {
    const auto end = ended_.find(who);
    return end == ended_.end() ? std::nullopt : std::optional(end->second);
  });
  replicas_ = std::make_unique<ReplicaCheck>(machines_, setting_.node.slots);
  nemesis_ = std::make_unique<Nemesis>(
      Nemesis::Around{schedule_, *network_, machines_, setting_, [this] { return views_at_stake(); },
                      [this](std::uint32_t machine) { return may_get_a_vote(machine); },
                      [this](std::uint32_t machine) { start(machine); }},
      stream(seed, "nemesis"));
  view_seen_.assign(machines, nullptr);
  heir_of_.assign(machines, Epoch());
  executed_seen_.assign(machines, 0);
}

// Until a majority of the new voters has the newest view on disk, those of the view before it are needed, too: they may
// be the only ones who know that it was decided. Who leaves waits for that (2f); who crashes and loses its disk cannot.
std::vector<ViewRef> World::views_at_stake() const {
  std::vector<ViewRef> views = views_->in_force();
  const ViewRef before = views_->before_newest();
  if (!before) return views;
  const ViewRef& newest = views_->newest();
  const auto knows = [&](const Voter& v) {
    return machines_[v.id.value - 1]->disk().acknowledged_view() >= newest->epoch;
  };
  if (static_cast<std::size_t>(std::ranges::count_if(newest->voters, knows)) < newest->majority())
    views.push_back(before);
  return views;
}

// 2f: whoever proposes the next view may have its answer, and then give it the only vote, or leave it the only one.
bool World::may_get_a_vote(std::uint32_t machine) const {
  return views_->newest() && heir_of_[machine] == views_->newest()->epoch.next();
}

NodeConfig World::config_of(std::uint32_t machine) const {
  // One that founded alone is told of those who came to it, lest it found once more with an empty disk; and when some
  // have left, or are put out by a forced view, all who may be there are named.
  const bool comes_anew = nemesis_->comes_anew(machine);
  const bool named_later = (setting_.nodes == 1 || nemesis_->some_left() || comes_anew) && views_->newest();
  NodeConfig c = at_machine(setting_.node, machine, named_later ? setting_.machines() : setting_.nodes);
  c.self.host_label = setting_.host_labels[machine];
  c.wire_version_max = nemesis_->wire_max(machine);
  if (setting_.changes_fsync)
    c.append_fsync =
        static_cast<Fsync>(stream(setting_.seed, "fsync", machines_[machine]->process() * 64 + machine).below(3));
  if (machine >= setting_.nodes || comes_anew) return c;
  if (setting_.founding == Setting::Founding::kFounders) {
    for (std::uint32_t i = 0; i < setting_.nodes; ++i)
      c.founders.push_back({NodeId(i + 1), Network::gossip_address(i)});
  } else {
    // The operator says so until it has founded: its process may end before.
    c.found = machine == 0 && !views_->newest() && machines_[machine]->disk().acknowledged_view() == Epoch();
  }
  return c;
}

void World::start(std::uint32_t machine) {
  Machine& m = *machines_[machine];
  view_seen_[machine] = nullptr;
  executed_seen_[machine] = 0;
  views_->restarted(m.id(), m.disk().acknowledged_view());
  m.start(config_of(machine));
}

// ---- what the network brings

void World::datagram_came(Endpoint at, Endpoint from, std::string bytes) {
  if (at < setting_.machines()) machines_[at]->datagram(from, std::move(bytes));
}
LinkId World::accept(Endpoint at, Endpoint from) { return machines_[at]->accept(from); }
void World::link_opened(Endpoint at, LinkId link) {
  if (at < setting_.machines())
    machines_[at]->link_opened(link);
  else if (listeners_->has(at))
    listeners_->link_opened(at, link);
  else
    clients_[at - setting_.machines()]->link_opened(link);
}
void World::link_closed(Endpoint at, LinkId link, bool refused) {
  if (at < setting_.machines())
    machines_[at]->link_closed(link, refused);
  else if (listeners_->has(at))
    listeners_->link_closed(at, link);
  else
    clients_[at - setting_.machines()]->link_closed(link);
}
void World::bytes_came(Endpoint at, LinkId link, std::string bytes) {
  if (at < setting_.machines())
    machines_[at]->bytes(link, std::move(bytes));
  else if (listeners_->has(at))
    listeners_->bytes(at, link, bytes);
  else
    clients_[at - setting_.machines()]->bytes(link, bytes);
}

// ---- what processes do

void World::started(Machine& m) {
  const Epoch kept = m.disk().acknowledged_view();
  const ViewRef view = m.node().view();
  if (kept && (!view || view->epoch < kept))
    fail(Verdict::kViolated, "views",
         m.name() + " restarts below view " + std::to_string(kept.value) + ", which its disk holds");
}

void World::stepped(Machine& m) {
  if (const std::uint64_t most = options_.steps_most.value_or(kStepsMost); ++steps_ > most)
    fail(Verdict::kInternal, "steps", "more than " + std::to_string(most) + " steps: a loop");
  const Node& node = m.node();
  const ViewRef& view = node.view();
  bool look = steps_ % kExecutorEvery == 0;
  if (view && view.get() != view_seen_[m.index()]) {
    view_seen_[m.index()] = view.get();
    view_changed_ = schedule_.now();
    if (Film* film = options_.film) film->installed(view_changed_, m.index(), view);
    if (auto wrong = views_->installed(m.id(), view)) fail(Verdict::kViolated, "views", *wrong);
    note_losses();
    nemesis_->view_installed();
    look = true;
  }
  evictions_.stepped(m, schedule_.now());
  if (!node.told().empty())
    if (auto wrong = bus_.told(m)) fail(Verdict::kViolated, "events", *wrong);
  if (node.digest_mismatches() > 0)
    fail(Verdict::kViolated, "digests", m.name() + " says that its content differs from a primary's");
  const std::uint64_t executed = node.executed_and_takeovers();
  look |= executed != executed_seen_[m.index()];
  executed_seen_[m.index()] = executed;
  const bool many = setting_.node.slots > 256;
  if (many) look = steps_ % kOfManySlotsEvery == 0;
  if (look && view)
    if (auto wrong = replicas_->one_executor(m)) fail(Verdict::kViolated, "one-primary", *wrong);
  if (steps_ % (many ? kOfManySlotsEvery : kInvariantsEvery) == 0) node.invariants(m.now());
}

void World::stored(Machine& m, const VoteRecord& record) {
  if (record.accepted) views_->proposed(record.accepted->proposal, m.id());
  if (!record.view) return;
  if (auto wrong = views_->stored(m.id(), record.view->epoch)) fail(Verdict::kViolated, "views", *wrong);
}

void World::sent(Machine& m, const Frame& frame) {
  if (auto wrong = grant_to_stranger(m, frame)) fail(Verdict::kViolated, "grants", *wrong);
  for (const Message& message : frame.messages)
    if (const auto* p = std::get_if<Promise>(&message);
        p && m.node().view() && (nemesis_->some_leave() || !m.node().view()->votes(m.id(), p->storage)))
      heir_of_[m.index()] = std::max(heir_of_[m.index()], p->instance);
  for (const auto& to : machines_)
    if (auto wrong = too_new(m, *to, frame)) fail(Verdict::kViolated, "wire versions", *wrong);
}

void World::ended(Machine& m) {
  ended_[m.incarnation()] = schedule_.now();
  if (const ViewRef known = m.node().view()) knew_[m.incarnation()] = known->epoch;
  evictions_.ended(m.index());
  const ViewRef newest = views_->newest();
  if (!m.left() || !newest) return;  // else 2f, 7d: nothing of it is needed
  const auto names_it = [&](const SlotConfig& slot) { return slot.list.names(m.incarnation()); };
  const bool listed = std::ranges::any_of(newest->slots, names_it);
  if (listed || newest->votes(m.id(), m.node().storage()))
    fail(Verdict::kViolated, "leave", m.name() + " has left, and " + (listed ? "a list names it" : "it votes"));
}

void World::died(Machine& m) { nemesis_->died(m.index()); }

void World::note_losses() {
  for (const ViewCheck::Loss& loss : views_->take_losses()) {
    replicas_->forget(loss.slot, loss.anew);
    anew_[loss.slot] = loss.anew;
    Operation lost;
    lost.kind = Operation::Kind::kLost;
    lost.outcome = Operation::Outcome::kDone;
    lost.called = loss.at;
    lost.returned = loss.at + setting_.node.lease;  // who was put out of the list before may still read by its leases
    for (std::uint32_t k = 0; k < workload_->keys(); ++k) {
      if (slot_of(workload_->name(k), setting_.node.slots) != loss.slot) continue;
      if (histories_.size() <= k) histories_.resize(k + 1);
      histories_[k].push_back(lost);
    }
  }
}

void World::note_eviction(const std::string& key, Operation eviction) {
  for (std::uint32_t k = 0; k < workload_->keys(); ++k) {
    if (workload_->name(k) != key) continue;
    if (histories_.size() <= k) histories_.resize(k + 1);
    if (trace_.listening()) trace_.line(schedule_.now(), "key " + workload_->subject(k).title(), to_text(eviction));
    histories_[k].push_back(eviction);
  }
}

// ---- what clients saw

void World::asked(const Request& request, std::uint32_t client, std::uint32_t machine, Instant since, bool vanishes) {
  if (!options_.recording || phase_ == Phase::kReading) return;
  options_.recording->asks.push_back({since, client, machine, vanishes, request.args});
}

void World::concluded(const Request& request, std::uint32_t client, std::uint32_t machine) {
  for (const Request::Part& p : request.parts) {
    if (histories_.size() <= p.key) histories_.resize(p.key + 1);
    Operation o = p.operation;
    o.client = client;
    o.node = machine + 1;
    switch (o.outcome) {
      case Operation::Outcome::kDone:
        ++compared_;
        break;
      case Operation::Outcome::kUnknown:
        ++unknown_;
        break;
      case Operation::Outcome::kNotApplied:
        ++refused_;
        break;
    }
    if (trace_.listening()) trace_.line(schedule_.now(), "key " + workload_->subject(p.key).title(), to_text(o));
    histories_[p.key].push_back(std::move(o));
  }
}

void World::complain(const std::string& what) { fail(Verdict::kViolated, "answers", what); }

// ---- the run

void World::dispatch(const Happening& h) {
  switch (h.kind) {
    case Kind::kDatagram:
      network_->parcel_due(h.what);
      return;
    case Kind::kStream:
      network_->stream_due(h.who, h.what);
      return;
    case Kind::kHandshake:
      network_->handshake_due(h.who);
      return;
    case Kind::kWake:
      machines_[h.who]->wake_due(h.what);
      return;
    case Kind::kTurn:
      machines_[h.who]->turn_due(h.what);
      return;
    case Kind::kSynced:
      machines_[h.who]->synced(h.what);
      return;
    case Kind::kLogged:
      machines_[h.who]->logged(h.what);
      return;
    case Kind::kStart:
      nemesis_->restart_due(h.who);
      return;
    case Kind::kClient:
      clients_[h.who]->turn(h.what);
      return;
    case Kind::kListener:
      listeners_->turn(h.who, h.what);
      return;
    case Kind::kFault:
      if (trace_.listening()) trace_.line(schedule_.now(), "nemesis", to_text(setting_.plan.faults[h.who]));
      trace_.record(schedule_.now(), h.who, 200, 1);
      strike(h.who, h.what != 0);
      return;
    case Kind::kFaultEnds:
      if (trace_.listening()) trace_.line(schedule_.now(), "nemesis", "over: " + to_text(setting_.plan.faults[h.who]));
      trace_.record(schedule_.now(), h.who, 201, 1);
      nemesis_->fault_ends(h.who);
      if (Film* film = options_.film) film->ends(schedule_.now(), h.who);
      return;
    case Kind::kSample:
      sample();
      return;
    case Kind::kPhase:
      look_at_phase();
      return;
  }
}

void World::strike(std::uint32_t fault, bool woken) {
  const std::uint64_t before = nemesis_->fired();
  const Instant now = schedule_.now();
  nemesis_->fault_due(fault, woken);
  Film* film = options_.film;
  if (film && nemesis_->fired() != before) film->begins(now, fault, setting_.plan.faults[fault]);
}

void World::live() {
  Random nodes = stream(setting_.seed, "nodes");
  for (std::uint32_t i = 0; i < setting_.nodes; ++i) {
    const Duration delay = draw(nodes, 0ms, 300ms);
    schedule_.after(delay, Kind::kStart, i);
  }
  schedule_.after(100ms, Kind::kPhase, 0);
  schedule_.after(100ms, Kind::kSample, 0);
  if (setting_.early) begin_trouble();
  while (phase_ != Phase::kOver) {
    HC_CHECK(!schedule_.empty(), "nothing will ever happen again");
    dispatch(schedule_.pop());
  }
}

Result World::run() {
  Result result;
  const ChecksThrow guard;
  try {
    live();
    for (const auto& m : machines_)
      if (m->up()) m->node().invariants(m->now());
    judge_histories(result);
    judge_vacuity(result);
  } catch (const Failure& f) {
    result.verdict = f.verdict;
    result.check = f.check;
    result.reason = "at " + seconds_text(schedule_.now()) + ": " + f.reason;
  } catch (const InternalCheck& c) {
    result.verdict = Verdict::kInternal;
    result.check = "internal";
    result.reason = "at " + seconds_text(schedule_.now()) + ": " + c.where + ": " + c.what;
  }
  result.ended = schedule_.now();
  for (const auto& c : clients_) c->end();  // whoever looks at the run then, or does not
  if (options_.history) result.history = whole_history();
  if (options_.film) film_operations(result);
  fill_in(result);
  if (options_.recording) fill_in_recording();
  return result;
}

// Every point with probability one quarter (swarm), each with a stream of its own.
seam::Buggify draw_buggify(std::uint64_t seed) {
  seam::Buggify b;
  for (std::size_t i = 0; i < seam::kPoints; ++i) {
    b.chance.push_back(stream(seed, seam::kPointInfo[i].name));
    b.drawn[i] = b.chance.back().percent(25);
  }
  return b;
}

Result run_seed(const Options& options) {
  seam::active = options.mutants;  // some break what is drawn
  return run_setting(options, draw_setting(options));
}

Result run_setting(const Options& options, Setting setting) {
  seam::active = options.mutants;
  Result result;
  {
    if (setting.buggify) seam::buggify = draw_buggify(setting.seed);
    World world(options, std::move(setting));
    result = world.run();
  }
  result.reached = std::exchange(seam::reached, {});
  seam::active.reset();
  seam::buggify.reset();
  return result;
}

}  // namespace hc::sim
