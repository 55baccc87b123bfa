#include "sim/scenario/stage.h"

#include <algorithm>

#include "core/replication/memory.h"
#include "core/store/slot_table.h"
#include "sim/streams.h"

namespace hc::sim::scenario {
namespace {

constexpr Duration kSample = 10ms;
constexpr Duration kSettledFor = 1s;  // no view changes any more

std::string number(std::uint64_t n) { return std::to_string(n); }

}  // namespace

Stage::Stage(Setup setup)
    : setup_(std::move(setup)),
      replicas_(machines_, setup_.node.slots),
      chronicle_(schedule_, setup_.node.slots),
      view_seen_(setup_.machines()) {
  trace_.listen(setup_.trace ? stdout : nullptr, 0, kForever, {});
  const std::uint32_t count = setup_.machines();
  Doorstep& doorstep = *this;
  network_ = std::make_unique<Network>(schedule_, doorstep, count, count + kCallers, stream(setup_.seed, "network"));
  network_->weather().delay_least = network_->weather().delay_most = setup_.delay;
  for (std::uint32_t i = 0; i < count; ++i) {
    machines_.push_back(std::make_unique<Machine>(
        Machine::Around{schedule_, *network_, trace_, *this, codecs_}, i, count, NodeClock(1'000'000, Time{100h}, 0ns),
        stream(setup_.seed, "disks", i), stream(setup_.seed, "logs", i), stream(setup_.seed, "processes", i)));
    machines_.back()->disk().set_exactly(setup_.disk);
    machines_.back()->log().set_exactly(setup_.disk);
  }
  callers_ = std::make_unique<Callers>(
      schedule_, *network_, count, 2 * setup_.skew + 3ms, [this](const Call& call) { chronicle_.ended(call); },
      [this](const std::string& caller, const std::string& message) {
        chronicle_.say((caller.empty() ? "somebody" : caller) + " hears " + message);
      });
  schedule_.after(kSample, Kind::kSample, 0);
}

NodeConfig Stage::config_of(std::uint32_t machine) const {
  NodeConfig c = at_machine(setup_.node, machine, setup_.nodes);
  if (const auto spoken = speaks_.find(machine); spoken != speaks_.end()) c.wire_version_max = spoken->second;
  if (machine >= setup_.nodes) return c;
  if (setup_.founding == Setup::Founding::kTogether && setup_.nodes > 1) {
    for (std::uint32_t i = 0; i < setup_.nodes; ++i) c.founders.push_back({NodeId(i + 1), Network::gossip_address(i)});
  } else {
    c.found = machine == 0 && machines_[machine]->process() == 0;  // the operator says so at the first start only
  }
  return c;
}

void Stage::start(std::uint32_t machine, const std::optional<Start>& how) {
  Machine& m = *machines_[machine];
  NodeConfig config = config_of(machine);
  if (how) {
    config.founders.clear();
    config.join.clear();
    config.found = how->founds;
    for (const std::uint32_t other : how->joins) config.join.push_back(Network::gossip_address(other));
  }
  view_seen_[machine] = nullptr;
  for (auto& [cluster, check] : views_) check.restarted(m.id(), m.disk().acknowledged_view());
  m.start(std::move(config));
}

// ---- what the network brings

void Stage::datagram_came(Endpoint at, Endpoint from, std::string bytes) {
  if (is_machine(at)) machines_[at]->datagram(from, std::move(bytes));
}
void Stage::link_opened(Endpoint at, LinkId link) {
  if (is_machine(at))
    machines_[at]->link_opened(link);
  else
    callers_->link_opened(at, link);
}
void Stage::link_closed(Endpoint at, LinkId link, bool refused) {
  if (is_machine(at))
    machines_[at]->link_closed(link, refused);
  else
    callers_->link_closed(at, link);
}
void Stage::bytes_came(Endpoint at, LinkId link, std::string bytes) {
  if (is_machine(at))
    machines_[at]->bytes(link, std::move(bytes));
  else
    callers_->bytes(at, link, bytes);
}

// ---- what processes do, watched

ViewCheck& Stage::views(ClusterId cluster) {
  const auto end_of = [this](Incarnation who) -> std::optional<Instant> {
    const auto end = ended_.find(who);
    return end == ended_.end() ? std::nullopt : std::optional(end->second);
  };
  return views_.try_emplace(setup_.strangers ? cluster : ClusterId{}, end_of).first->second;
}

ViewRef Stage::newest() const { return views_.empty() ? nullptr : views_.begin()->second.newest(); }

void Stage::stepped(Machine& m) {
  const Node& node = m.node();
  if (m.process() != 0 && view_seen_[m.index()] == nullptr) chronicle_.born(m.incarnation(), m.process());
  if (const ViewRef view = node.view(); view && view.get() != view_seen_[m.index()]) {
    view_seen_[m.index()] = view.get();
    view_changed_ = schedule_.now();
    chronicle_.installed(m.incarnation(), view);
    ViewCheck& check = views(view->cluster);
    if (auto wrong = check.installed(m.id(), view)) throw Objection{"views", *wrong};
    for (const ViewCheck::Loss& loss : check.take_losses()) {
      replicas_.forget(loss.slot, loss.anew);
      callers_->lost(loss.slot, setup_.node.slots, loss.at);
    }
  }
  for (const Evicted& e : node.evicted())
    chronicle_.say("node-" + chronicle_.name(m.incarnation()) + " evicts " + e.key);
  evictions_.stepped(m, schedule_.now());
  if (node.view() && !setup_.strangers)
    if (auto wrong = replicas_.one_executor(m)) throw Objection{"one primary", *wrong};
  node.invariants(m.now());
}

void Stage::stored(Machine&, const VoteRecord& record) {
  if (!record.accepted) return;
  chronicle_.proposed(record.accepted->proposal);
  views(record.accepted->proposal.view->cluster).proposed(record.accepted->proposal);
}

void Stage::sent(Machine& m, const Frame& frame) {
  if (auto wrong = grant_to_stranger(m, frame)) throw Objection{"grants", *wrong};
  for (const auto& to : machines_)
    if (auto wrong = too_new(m, *to, frame)) throw Objection{"wire versions", *wrong};
  const auto to = std::ranges::find(machines_, frame.to_generation,
                                    [](const auto& other) { return other->incarnation().generation; });
  if (to == machines_.end()) return;
  for (const Message& message : frame.messages) {
    const auto hold = std::ranges::find_if(holds_, [&](const Hold& h) {
      return h.from == m.index() && h.to == (*to)->index() && h.kind == name_of(message);
    });
    if (hold == holds_.end()) continue;
    chronicle_.say("held back: " + hold->kind + " of node-" + number(hold->from + 1) + " to node-" +
                   number(hold->to + 1));
    network_->clog(hold->from, hold->to, kForever);
    holds_.erase(hold);
  }
}

void Stage::noted(Machine& m, const std::string& text) {
  chronicle_.say("node-" + chronicle_.name(m.incarnation()) + " notes: " + text);
}

void Stage::ended(Machine& m) {
  ended_[m.incarnation()] = schedule_.now();
  evictions_.ended(m.index());
  chronicle_.say("node-" + chronicle_.name(m.incarnation()) + " ends");
}

void Stage::let_go(std::uint32_t from, std::uint32_t to) {
  std::erase_if(holds_, [&](const Hold& h) { return h.from == from && h.to == to; });
  network_->unclog(from, to);
}

bool Stage::diverge(std::uint32_t machine, const std::string& key) {
  const Node& node = machines_[machine]->node();
  auto& table = const_cast<SlotTable&>(node.table(slot_of(key, setup_.node.slots)));
  const auto item = table.find(key);
  if (!item || item->object || item->value.empty()) return false;
  const char other = static_cast<char>(item->value.front() ^ 1);
  diverged_ = true;
  return table.splice(key, 0, Bytes(&other, 1));
}

// ---- time

void Stage::dispatch(const Happening& h) {
  switch (h.kind) {
    case Kind::kDatagram:
      return network_->parcel_due(h.what);
    case Kind::kStream:
      return network_->stream_due(h.who, h.what);
    case Kind::kHandshake:
      return network_->handshake_due(h.who);
    case Kind::kWake:
      return machines_[h.who]->wake_due(h.what);
    case Kind::kTurn:
      return machines_[h.who]->turn_due(h.what);
    case Kind::kSynced:
      return machines_[h.who]->synced(h.what);
    case Kind::kLogged:
      return machines_[h.who]->logged(h.what);
    case Kind::kSample:
      return look_around();
    default:
      return;
  }
}

void Stage::look_around() {
  schedule_.after(kSample, Kind::kSample, 0);
  if (setup_.strangers || diverged_) return;
  if (auto wrong = replicas_.look(newest())) throw Objection{"replicas", *wrong};
}

bool Stage::run(Duration most, const std::function<bool()>& done) {
  const std::uint64_t mark = ++marks_;
  schedule_.at(schedule_.now() + most, Kind::kPhase, 0, mark);
  while (!done()) {
    const Happening h = schedule_.pop();
    if (h.kind == Kind::kPhase && h.what == mark) return false;
    dispatch(h);
    chronicle_.look(machines_);
  }
  return true;
}

bool Stage::served() const {
  for (std::uint32_t i = 0; i < setup_.node.slots; ++i)
    if (std::ranges::none_of(machines_, [&](const auto& m) {
          return m->up() && m->node().slot(Slot{static_cast<std::uint16_t>(i)}, m->now()).may_execute;
        }))
      return false;
  return true;
}

bool Stage::formed() const {
  const ViewRef view = newest();
  if (!view || !served()) return false;
  for (const auto& m : machines_)
    if (m->index() < setup_.nodes && !(m->up() && view->names(m->incarnation()) && m->node().ready(m->now())))
      return false;
  for (std::uint32_t i = 0; i < view->slot_count(); ++i) {
    const Slot s{static_cast<std::uint16_t>(i)};
    if (!std::ranges::equal(view->config(s).list, view->ring.wanted(s), {}, &Incarnation::member)) return false;
  }
  return true;
}

std::optional<std::string> Stage::unsettled() const {
  const ViewRef view = newest();
  if (!view) return "there is no view";
  for (const auto& m : machines_) {
    if (!m->up()) continue;
    const ViewRef has = m->node().view();
    if (!has || has->epoch != view->epoch)
      return m->name() + (has ? " has view " + number(has->epoch.value) : " has no view");
    if (!view->names(m->incarnation())) return m->name() + " is not in the view";
    if (m->node().undecided()) return m->name() + " has accepted a view that nobody brought to a decision";
  }
  if (schedule_.now() - view_changed_ < kSettledFor) return "views change";
  for (std::uint32_t i = 0; i < view->slot_count(); ++i) {
    const Slot s{static_cast<std::uint16_t>(i)};
    if (!std::ranges::equal(view->config(s).list, view->ring.wanted(s), {}, &Incarnation::member))
      return "slot " + number(i) + " is not where the ring wants it";
  }
  return served() ? std::nullopt : std::optional<std::string>("not every slot is served");
}

void Stage::judge() {
  callers_->end();
  evictions_.end();
  if (auto wrong = callers_->judge_all()) throw Objection{"linearizability", *wrong};
}

}  // namespace hc::sim::scenario
