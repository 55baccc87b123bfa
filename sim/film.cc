#include "sim/film.h"

#include <algorithm>

#include "core/narrate.h"
#include "core/store/hash.h"

namespace hc::sim {
namespace {

constexpr std::uint32_t kSlotsFilmed = 256;  // with more of them nobody's roles are
constexpr std::size_t kTextMost = 1200;

std::uint64_t hash_of(Bytes bytes) { return hash_bytes(bytes, 7); }

std::string shortened(std::string text) {
  if (text.size() <= kTextMost) return text;
  text.resize(kTextMost);
  return text + " …";
}

std::string_view role_name(SlotStatus::Role role, bool executes) {
  switch (role) {
    case SlotStatus::Role::kNone:
      return "none";
    case SlotStatus::Role::kLearner:
      return "learner";
    case SlotStatus::Role::kReplica:
      return "replica";
    case SlotStatus::Role::kTakingOver:
      return "taking over";
    case SlotStatus::Role::kPrimary:
      return executes ? "executes" : "primary";
  }
  return "?";
}

// Whom a fault befalls, as far as its numbers tell (sim/plan.h).
std::vector<Endpoint> lanes_of(const Fault& f, std::uint32_t lanes) {
  std::uint64_t mask = 0;
  const auto bit = [](std::uint64_t lane) { return lane < 64 ? std::uint64_t{1} << lane : 0; };
  switch (names_of(f.kind)) {
    case Named::kNothing:
      break;
    case Named::kOne:
      mask = bit(f.a);
      break;
    case Named::kTwo:
      mask = bit(f.a) | bit(f.b);
      break;
    case Named::kMask:
      mask = f.a;
      break;
    case Named::kMasks:
      mask = f.a | f.b;
      break;
  }
  std::vector<Endpoint> out;
  for (Endpoint lane = 0; lane < lanes; ++lane)
    if (mask & bit(lane)) out.push_back(lane);
  return out;
}

}  // namespace

void Film::cast(std::uint32_t machines, std::uint32_t clients, std::uint32_t slots) {
  machines_ = machines;
  lanes_ = machines + clients;
  slots_ = slots;
  if (slots > kSlotsFilmed) return;
  role_of_.assign(std::size_t{machines} * slots, SlotStatus::Role::kNone);
  executes_.assign(role_of_.size(), false);
}

Film::Number Film::kind(std::string_view name) {
  const auto found = kind_of_.find(name);
  if (found != kind_of_.end()) return found->second;
  const auto number = static_cast<Number>(kinds_.size());
  kinds_.emplace_back(name);
  kind_of_.emplace(name, number);
  return number;
}

// ---- steps

void Film::event(Instant at, Endpoint lane, const std::string& text) {
  open_ = within(at);
  if (open_) steps_.push_back({at, lane, shortened(text), {}, {}});
}

void Film::effect(std::string text) {
  if (open_) steps_.back().effects.push_back(shortened(std::move(text)));
}

void Film::step_ended() {
  const bool idle = open_ && steps_.back().effects.empty() && steps_.back().kinds.empty();
  if (idle && (steps_.back().text == "turn ended" || steps_.back().text == "woke")) steps_.pop_back();
  open_ = false;
}

void Film::add_kind(Number kind) {
  auto& kinds = steps_.back().kinds;
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
}

// ---- messages between machines

Film::Number Film::leave(Instant at, Endpoint from, Endpoint to, std::vector<Number> kinds) {
  for (const Number k : kinds) add_kind(k);
  arrows_.push_back({from, to, at, kForever, std::move(kinds), static_cast<Number>(steps_.size() - 1), kNone});
  return static_cast<Number>(arrows_.size() - 1);
}

// The open step is what arrives.
void Film::arrive(std::uint64_t bytes) {
  const auto found = on_the_way_.find(bytes);
  if (found == on_the_way_.end()) return;
  const Step& here = steps_.back();
  Number number = found->second;
  if (arrows_[number].arrived != kForever) {  // once more
    arrows_.push_back(arrows_[number]);
    number = static_cast<Number>(arrows_.size() - 1);
  }
  Arrow& arrow = arrows_[number];
  arrow.arrived = here.at;
  arrow.to = here.lane;
  arrow.enters = static_cast<Number>(steps_.size() - 1);
}

void Film::gossips(Endpoint to, Bytes packet) {
  if (!open_ || to >= machines_) return;
  on_the_way_[hash_of(packet)] = leave(steps_.back().at, steps_.back().lane, to, {kind("gossip")});
}

void Film::hears(Bytes packet) {
  if (!open_) return;
  add_kind(kind("gossip"));
  arrive(hash_of(packet));
}

void Film::sends(Endpoint to, const Frame& frame, Bytes payload) {
  if (!open_ || to >= lanes_) return;
  std::vector<Number> kinds;
  for (const Message& m : frame.messages) {
    const Number k = kind(hc::name_of(m));
    if (std::find(kinds.begin(), kinds.end(), k) == kinds.end()) kinds.push_back(k);
  }
  on_the_way_[hash_of(payload)] = leave(steps_.back().at, steps_.back().lane, to, std::move(kinds));
}

void Film::receives(const Frame& frame, Bytes payload) {
  if (!open_) return;
  for (const Message& m : frame.messages) add_kind(kind(hc::name_of(m)));
  arrive(hash_of(payload));
}

// ---- clients' conversations

void Film::set_off(Instant at, Endpoint from, Endpoint to, std::string_view name, Bytes bytes, Number step) {
  arrows_.push_back({from, to, at, kForever, {kind(name)}, step, kNone});
  conversations_[{from, to, hash_of(bytes)}].push_back(static_cast<Number>(arrows_.size() - 1));
}

Film::Number Film::come_in(Instant at, Endpoint from, Endpoint to, Bytes bytes) {
  const auto found = conversations_.find({from, to, hash_of(bytes)});
  if (found == conversations_.end() || found->second.empty()) return kNone;
  const Number number = found->second.front();
  found->second.pop_front();
  arrows_[number].arrived = at;
  return number;
}

// What was on its way on the old connection is not looked for on the new one.
void Film::dials(Endpoint client) {
  std::erase_if(conversations_, [&](const auto& c) { return c.first.from == client || c.first.to == client; });
}

void Film::asks(Instant at, Endpoint client, Endpoint machine, Bytes command) {
  if (within(at)) set_off(at, client, machine, "request", command, kNone);
}

void Film::asked(Endpoint client, Bytes command) {
  if (!open_) return;
  add_kind(kind("request"));
  const Number number = come_in(steps_.back().at, client, steps_.back().lane, command);
  if (number != kNone) arrows_[number].enters = static_cast<Number>(steps_.size() - 1);
}

void Film::replies(Instant at, Endpoint machine, Endpoint client, Bytes reply) {
  if (!within(at)) return;
  if (open_) add_kind(kind("reply"));
  set_off(at, machine, client, "reply", reply, open_ ? static_cast<Number>(steps_.size() - 1) : kNone);
}

void Film::told(Instant at, Endpoint client, Endpoint machine, Bytes reply) { come_in(at, machine, client, reply); }

// ---- the rest

void Film::life(Instant at, Endpoint lane, std::string what, bool up) {
  lives_.push_back({at, lane, std::move(what), up});
}

void Film::installed(Instant at, Endpoint lane, const ViewRef& view) {
  installed_.push_back({at, lane, view->epoch});
  views_.emplace(view->epoch, view);
}

void Film::roles(Instant at, Endpoint lane, const Node* node, Now now) {
  if (role_of_.empty()) return;
  for (std::uint32_t s = 0; s < slots_; ++s) {
    SlotStatus::Role role = SlotStatus::Role::kNone;
    bool executes = false;
    if (node && node->view()) {
      const SlotStatus status = node->slot(Slot{static_cast<std::uint16_t>(s)}, now);
      role = status.role;
      executes = status.may_execute;
    }
    const std::size_t i = std::size_t{lane} * slots_ + s;
    if (role_of_[i] == role && executes_[i] == executes) continue;
    role_of_[i] = role;
    executes_[i] = executes;
    roles_.push_back({at, lane, s, role_name(role, executes)});
  }
}

void Film::begins(Instant at, std::uint32_t index, const Fault& fault) {
  const std::string text = to_text(fault);
  troubles_.push_back({at, at + fault.lasts, index, std::string(sim::name_of(fault.kind)),
                       text.substr(text.find(' ') + 1), lanes_of(fault, lanes_)});
}

void Film::ends(Instant at, std::uint32_t index) {
  for (Trouble& t : troubles_)
    if (t.index == index && t.at <= at) t.until = at;
}

void Film::phase(Instant at, std::string name) {
  if (name == "healing")
    for (Trouble& t : troubles_) t.until = std::min(t.until, at);
  phases_.emplace_back(at, std::move(name));
}

void Film::did(std::string key, const Operation& operation, bool illegal) {
  deeds_.push_back({std::move(key), operation, illegal});
}

}  // namespace hc::sim
