#include "sim/exhaustive/still.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/narrate.h"
#include "core/store/hash.h"
#include "core/store/slot_table.h"
#include "sim/check/linearizability.h"
#include "sim/machine.h"
#include "sim/network.h"
#include "sim/spoken.h"
#include "sim/streams.h"

namespace hc::sim::exhaustive {
namespace {

constexpr Slot kSlot{0};
constexpr Duration kFormWithin = 60s;
const std::vector<std::string> kFirst = {"SET", "k", "a"}, kWords[] = {{"APPEND", "k", "b"}, {"GET", "k"}};
constexpr std::uint64_t kFirstRequest = 100;

bool has_both(const SlotTable& table) {
  const auto item = table.find("k");
  return item && item->value == "ab";
}

}  // namespace

std::string_view name_of(Scene scene) {
  static constexpr std::string_view kNames[] = {"steady", "handover", "takeover"};
  return kNames[static_cast<std::size_t>(scene)];
}

Still::Still(const Course& course)
    : course_(course),
      nodes_(kMachines),
      fed_(kMachines, 0),
      next_accepted_(kMachines, 2),
      workload_({.keys = 0}, 0ns, Random(1)) {
  workload_.add_key({"k", {}});
  for (std::uint32_t m = 0; m < kMachines; ++m) {
    Random random = stream(1, "exhaustive", m);
    NodeConfig config;
    config.slots = 1;
    config = at_machine(std::move(config), m, kMachines);
    config.self.generation = random.draw128<GenerationTag>();
    config.fresh_storage = random.draw128<StorageTag>();
    config.seed = random.next();
    if (course_.scene == Scene::kTakeover) config.lease = 2s, config.patience = 500ms;  // it ends before the lease does
    configs_.push_back(std::move(config));
  }
  // In the scene of the handover the member that joins last becomes primary.
  const bool joins_later = course_.scene == Scene::kHandover;
  const std::uint32_t last = 1;
  for (std::uint32_t m = 0; m < kMachines; ++m)
    if (!joins_later || m != last) begin(m, m == 0);
  live([&] { return settled(); });
  for (std::uint32_t i = 0; i < 2; ++i) {
    Operated o;
    o.request.args = kWords[i];
    const Spoken spoken = *understand(o.request.args, 0ns);
    o.request.shape = spoken.shape;
    o.request.parts.push_back({0, spoken.operations.front()});
    o.machine = course_.asked[i];
    Operation& operation = o.request.parts.front().operation;
    if (course_.pipelined) operation.client = 1, operation.connection = 1, operation.place = i + 1;
    operations_.push_back(std::move(o));
  }
  const std::vector<Bytes> args(kFirst.begin(), kFirst.end());
  turn(0, Asked{ClientId(kFirstRequest), RequestId(kFirstRequest), args}, 0);
  live([&] { return written_ && settled(); });
  if (joins_later) {
    begin(last, false);
    live([&] { return led_by_another_than(NodeId(1)) && led_by_another_than(NodeId(3)); });
  }
  if (course_.scene == Scene::kTakeover) {
    const NodeId former = newest()->config(kSlot).list.front().member;
    isolate(former.value - 1);
    live([&] { return led_by_another_than(former); });
  }
  frozen_ = true;
  gossip_.clear();
  std::ranges::fill(fed_, 0);
}

// ---- an ordinary life

void Still::begin(std::uint32_t machine, bool founds) {
  NodeConfig config = configs_[machine];
  config.found = founds;
  nodes_[machine].emplace(std::move(config));
  turn(machine, Started{}, 0);
}

template <class Enough>
void Still::live(Enough enough) {
  const Time until = time_ + kFormWithin;
  while (!enough()) {
    if (flow()) continue;
    Time next = kNever;
    for (const auto& node : nodes_)
      if (node && node->deadline()) next = std::min(next, *node->deadline());
    HC_CHECK(next < until, "the cluster of the scene does not form");
    time_ = std::max(time_ + 1us, next);
    for (std::uint32_t m = 0; m < kMachines; ++m)
      if (up(m) && nodes_[m]->deadline() && *nodes_[m]->deadline() <= time_) turn(m, Woke{}, 0);
  }
}

// One thing that is on its way arrives. False: nothing is.
bool Still::flow() {
  for (Connection& c : connections_)
    for (const bool forth : {true, false})
      if (!(forth ? c.forth : c.back).empty()) return deliver(c, forth), true;
  if (gossip_.empty()) return false;
  Gossiped g = std::move(gossip_.front());
  gossip_.pop_front();
  if (isolated_ && (g.to == *isolated_ || g.from == Network::gossip_address(*isolated_))) return true;
  if (up(g.to)) turn(g.to, Heard{std::move(g.from), std::move(g.packet)}, 0);
  return true;
}

bool Still::settled() const {
  const ViewRef view = newest();
  if (!view) return false;
  std::size_t members = 0;
  for (const auto& node : nodes_) {
    if (!node) continue;
    ++members;
    if (!node->ready(now()) || node->view()->epoch != view->epoch) return false;
  }
  if (view->members.size() != members) return false;
  return std::ranges::all_of(view->ring.wanted(kSlot),
                             [&](NodeId id) { return view->config(kSlot).list.names(view->incarnation_of(id)); }) &&
         view->config(kSlot).list.size() == view->ring.wanted(kSlot).size();
}

bool Still::led_by_another_than(NodeId member) const {
  const ViewRef view = newest();
  return view && view->config(kSlot).list.front().member != member;
}

// ---- stepping

void Still::step(std::uint32_t machine, Event event, std::uint64_t hashed) {
  fed_[machine] = hash_mix(fed_[machine] * 0x9e3779b97f4a7c15ULL + event.index(), hashed);
  nodes_[machine]->step(std::move(event), now(), effects_);
  perform(machine);
}

void Still::turn(std::uint32_t machine, Event event, std::uint64_t hashed) {
  step(machine, std::move(event), hashed);
  if (up(machine)) step(machine, TurnEnded{}, 0);
}

void Still::perform(std::uint32_t machine) {
  std::vector<Effect> list = std::exchange(effects_.list(), {});
  for (Effect& effect : list) {
    if (auto* s = std::get_if<Send>(&effect)) {
      send(machine, *s);
    } else if (auto* d = std::get_if<Dial>(&effect)) {
      dial(machine, *d);
    } else if (auto* c = std::get_if<Close>(&effect)) {
      close(machine, c->link);
    } else if (auto* a = std::get_if<Answer>(&effect)) {
      answer(*a);
    } else if (auto* g = std::get_if<Gossip>(&effect); g && !frozen_) {
      for (std::uint32_t m = 0; m < kMachines; ++m)
        if (g->to == Network::gossip_address(m))
          gossip_.push_back({m, Network::gossip_address(machine), std::move(g->packet)});
    }
  }
}

void Still::dial(std::uint32_t machine, const Dial& d) {
  if (frozen_) return;
  for (std::uint32_t m = 0; m < kMachines; ++m) {
    if (!(d.to == Network::gossip_address(m))) continue;
    if (isolated_ && (machine == *isolated_ || m == *isolated_)) return;  // nobody answers
    if (!up(m)) return turn(machine, LinkClosed{d.link, true}, 0);
    Connection c;
    c.from = machine, c.to = m;
    c.at_from = d.link;
    c.at_to = LinkId(next_accepted_[m]);
    next_accepted_[m] += 2;
    connections_.push_back(std::move(c));
    return turn(machine, LinkOpened{d.link}, 0);
  }
}

void Still::send(std::uint32_t machine, Send& s) {
  for (Connection& c : connections_) {
    if (!c.open) continue;
    const bool forth = c.from == machine && c.at_from == s.link, back = c.to == machine && c.at_to == s.link;
    if (!forth && !back) continue;
    std::string bytes;
    codec_.encode(s.frame, bytes);
    (forth ? c.forth : c.back).push_back(std::move(bytes));
    return;
  }
}

void Still::close(std::uint32_t machine, LinkId link) {
  for (Connection& c : connections_)
    if (c.open && ((c.from == machine && c.at_from == link) || (c.to == machine && c.at_to == link))) {
      c.open = false;
      c.forth.clear(), c.back.clear();
      const bool ours = c.from == machine;
      const std::uint32_t other = ours ? c.to : c.from;
      if (up(other)) turn(other, LinkClosed{ours ? c.at_to : c.at_from, false}, link.value);
      return;
    }
}

void Still::deliver(Connection& c, bool forth) {
  std::deque<std::string>& way = forth ? c.forth : c.back;
  const std::string bytes = std::move(way.front());
  way.pop_front();
  auto frame = codec_.decode(bytes);
  HC_CHECK(frame.has_value(), "a frame of our own cannot be read");
  const LinkId link = forth ? c.at_to : c.at_from;
  const std::uint32_t to = forth ? c.to : c.from;
  if (frozen_ && course_.fault) (forth ? c.last_forth : c.last_back) = bytes;
  if (up(to)) turn(to, Received{link, std::move(*frame)}, hash_bytes(bytes, link.value));
}

void Still::replay(const Connection& c, bool forth) {
  const std::string bytes = forth ? c.last_forth : c.last_back;
  const LinkId link = forth ? c.at_to : c.at_from;
  const std::uint32_t to = forth ? c.to : c.from;
  if (up(to)) turn(to, Received{link, *codec_.decode(bytes)}, hash_bytes(bytes, link.value));
}

void Still::cut(Connection& c) {
  c.open = false;
  c.forth.clear(), c.back.clear();
  const std::uint32_t from = c.from, to = c.to;
  const LinkId at_from = c.at_from, at_to = c.at_to;
  if (up(from)) turn(from, LinkClosed{at_from, false}, at_from.value);
  if (up(to)) turn(to, LinkClosed{at_to, false}, at_to.value);
}

// From now on nothing comes to it or from it.
void Still::isolate(std::uint32_t machine) {
  isolated_ = machine;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& c = connections_[i];
    if (c.open && (c.from == machine || c.to == machine)) cut(c);
  }
}

void Still::crash(std::uint32_t machine) {
  nodes_[machine].reset();
  fed_[machine] = ~std::uint64_t{0};
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    Connection& c = connections_[i];
    if (c.open && (c.from == machine || c.to == machine)) cut(c);
  }
}

// ---- clients

void Still::ask(std::uint32_t operation) {
  Operated& o = operations_[operation];
  o.asked = true;
  o.later = operations_[1 - operation].answered;
  o.request.parts.front().operation.called = instant(steps_);
  const std::vector<Bytes> args(o.request.args.begin(), o.request.args.end());
  turn(o.machine, Asked{ClientId(course_.pipelined ? 1 : 1 + operation), RequestId(operation), args}, operation);
}

void Still::answer(const Answer& a) {
  if (a.request.value == kFirstRequest) return void(written_ = true);
  Operated& o = operations_.at(a.request.value);
  if (o.answered) {
    wrong_ = "an operation is answered twice";
    return;
  }
  o.answered = true;
  if (auto wrong = workload_.conclude(o.request, a.reply, instant(steps_))) wrong_ = wrong;
  const Observed& seen = o.request.parts.front().operation.observed;
  shown_ |= o.request.parts.front().operation.definite() && (seen.text == "ab" || seen.number == 2);
}

// ---- choices

std::vector<Choice> Still::choices() const {
  std::vector<Choice> all;
  using Kind = Choice::Kind;
  for (std::uint32_t i = 0; i < operations_.size(); ++i)
    if (!operations_[i].asked && up(operations_[i].machine) &&
        (!course_.pipelined || i == 0 || operations_[i - 1].asked))
      all.push_back({Kind::kAsk, i, 0});
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i].forth.empty()) all.push_back({Kind::kDeliver, i, 1});
    if (!connections_[i].back.empty()) all.push_back({Kind::kDeliver, i, 0});
  }
  if (fault_ || !course_.fault) return all;
  for (std::uint32_t i = 0; i < connections_.size(); ++i)
    if (connections_[i].open) all.push_back({Kind::kCut, i, 0});
  for (std::uint32_t m = 0; m < kMachines; ++m)
    if (up(m)) all.push_back({Kind::kCrash, m, 0});
  for (std::uint32_t i = 0; i < connections_.size(); ++i) {
    if (!connections_[i].open) continue;
    if (!connections_[i].last_forth.empty()) all.push_back({Kind::kReplay, i, 1});
    if (!connections_[i].last_back.empty()) all.push_back({Kind::kReplay, i, 0});
  }
  return all;
}

std::optional<std::string> Still::take(const Choice& choice) {
  ++steps_;
  switch (choice.kind) {
    case Choice::Kind::kAsk:
      ask(choice.a);
      break;
    case Choice::Kind::kDeliver:
      deliver(connections_[choice.a], choice.b == 1);
      break;
    case Choice::Kind::kCut:
      fault_ = true;
      cut(connections_[choice.a]);
      break;
    case Choice::Kind::kCrash:
      fault_ = true;
      crash(choice.a);
      break;
    case Choice::Kind::kReplay:
      fault_ = true;
      replay(connections_[choice.a], choice.b == 1);
      break;
  }
  return check();
}

std::string Still::narrate(const Choice& choice) const {
  const auto machine = [](std::uint32_t m) { return name_of(NodeId(m + 1)); };
  switch (choice.kind) {
    case Choice::Kind::kAsk: {
      std::string words;
      for (const std::string& w : operations_[choice.a].request.args) words += w + " ";
      return words + "is asked of " + machine(operations_[choice.a].machine);
    }
    case Choice::Kind::kDeliver: {
      const Connection& c = connections_[choice.a];
      const bool forth = choice.b == 1;
      const auto frame = decode_frame((forth ? c.forth : c.back).front());
      return machine(forth ? c.to : c.from) + " hears from " + machine(forth ? c.from : c.to) + ": " +
             hc::narrate(Received{LinkId(0), *frame});
    }
    case Choice::Kind::kCut:
      return "the connection of " + machine(connections_[choice.a].from) + " to " + machine(connections_[choice.a].to) +
             " breaks";
    case Choice::Kind::kCrash:
      return machine(choice.a) + " crashes";
    case Choice::Kind::kReplay: {
      const Connection& c = connections_[choice.a];
      const bool forth = choice.b == 1;
      const auto frame = decode_frame(forth ? c.last_forth : c.last_back);
      return machine(forth ? c.to : c.from) + " hears once more from " + machine(forth ? c.from : c.to) + ": " +
             hc::narrate(Received{LinkId(0), *frame});
    }
  }
  return {};
}

std::uint64_t Still::key() const {
  std::uint64_t key = fault_;
  for (const std::uint64_t fed : fed_) key = hash_mix(key * 0x9e3779b97f4a7c15ULL + 1, fed);
  // Which came after the other decides what it may see.
  for (const Operated& o : operations_) key = hash_mix(key, o.later * 4U + o.asked * 2U + o.answered);
  return key;
}

// ---- checks

ViewRef Still::newest() const {
  ViewRef newest;
  for (const auto& node : nodes_)
    if (node && node->view() && (!newest || newest->epoch < node->view()->epoch)) newest = node->view();
  return newest;
}

std::optional<std::string> Still::check() const {
  if (wrong_) return wrong_;
  const ViewRef view = newest();
  std::size_t executors = 0;
  for (std::uint32_t m = 0; m < kMachines; ++m) {
    if (!up(m) || !nodes_[m]->view()) continue;
    nodes_[m]->invariants(now());
    const SlotStatus status = nodes_[m]->slot(kSlot, now());
    executors += status.may_execute;
    const bool in_sync = view->config(kSlot).list.names({NodeId(m + 1), configs_[m].self.generation});
    if (shown_ && in_sync && !has_both(nodes_[m]->table(kSlot)))
      return "replicas: " + name_of(NodeId(m + 1)) + " is in sync, but lacks what an answer has told of";
  }
  if (executors > 1) return "one primary: two may execute";
  History history;
  for (const Operated& o : operations_)
    if (o.asked) history.push_back(o.request.parts.front().operation);
  const Judgement j = judge(history, kStepBudget, KeyState::present("a", kForever));
  if (j.kind == Judgement::Kind::kViolated) return "linearizability: no explanation for " + to_text(history[j.illegal]);
  return std::nullopt;
}

}  // namespace hc::sim::exhaustive
