// The phases of a run, what is looked at between them, and the judgement at the end.

#include <algorithm>

#include "core/narrate.h"
#include "core/store/slot_table.h"
#include "sim/check/history_json.h"
#include "sim/check/linearizability.h"
#include "sim/film.h"
#include "sim/recording.h"
#include "sim/spoken.h"
#include "sim/streams.h"
#include "sim/world.h"

namespace hc::sim {
namespace {

constexpr Duration kFormWithin = 30s;
constexpr Duration kSettleWithin = 60s;
constexpr Duration kSettledFor = 3s;  // no view changes any more
constexpr Duration kLastWords = 1s;   // of members that are never healed: what is on its way when faults end
constexpr Duration kReadWithin = 30s;
constexpr Duration kExpiredWithin = 10s;  // more than any clock is off
constexpr std::size_t kStoryAround = 24;

}  // namespace

void World::look_at_phase() {
  const Instant now = schedule_.now();
  const Duration since = now - phase_since_;
  switch (phase_) {
    case Phase::kForming: {
      const bool formed = std::all_of(machines_.begin(), machines_.end(), [&](const auto& m) {
        return m->index() >= setting_.nodes || (m->up() && m->node().ready(m->now()));
      });
      if (formed || setting_.early)
        begin_load();
      else if (since > kFormWithin)
        fail(Verdict::kLiveness, "forming",
             "the cluster did not form: " + unsettled().value_or("not every node is ready"));
      break;
    }
    case Phase::kLoad:
      if (since >= setting_.load) begin_healing();
      break;
    case Phase::kHealing:
      look_at_healing();
      break;
    case Phase::kReading: {
      const auto slow = std::find_if(clients_.begin(), clients_.end(), [](const auto& c) { return !c->script_done(); });
      const auto owed = bus_.owed();
      if (slow == clients_.end() && listeners_->settled() && !owed) {
        if (const auto stale = long_expired()) fail(Verdict::kViolated, "expiry", *stale);
        phase_ = Phase::kOver;
        return;
      }
      if (since > kReadWithin && slow != clients_.end())
        fail(Verdict::kLiveness, "reading", "after healing a read is not answered: " + (*slow)->stuck_at());
      if (since > kReadWithin)
        fail(Verdict::kViolated, "events", "after healing " + owed.value_or("a listener or speaker gets no answer"));
      break;
    }
    case Phase::kOver:
      return;
  }
  schedule_.after(100ms, Kind::kPhase, 0);
}

void World::begin_trouble() {
  nemesis_->begin();
  if (seam::buggify) seam::buggify->on = true;
}

void World::film_phase(const char* name) {
  if (Film* film = options_.film) film->phase(schedule_.now(), name);
}

void World::begin_load() {
  film_phase("load");
  phase_ = Phase::kLoad;
  phase_since_ = schedule_.now();
  if (setting_.faults && !setting_.early) begin_trouble();
  load_began_ = schedule_.now();
  if (!setting_.faults) directed_script();
  if (setting_.scripted) hand_out_asks();
  for (const auto& c : clients_) c->start();
  if (!setting_.faults) bus_.calm(true);
  listeners_->start();
}

// What the plan has them ask, and nothing else.
void World::hand_out_asks() {
  const auto key_named = [this](const Subject& subject) {
    for (std::uint32_t key = 0; key < workload_->keys(); ++key)
      if (workload_->subject(key) == subject) return key;
    return workload_->add_key(subject);
  };
  for (const Ask& ask : setting_.plan.asks) {  // all of them before the first KEYS, which tells of each
    const Spoken spoken = *understand(ask.words, Duration{});
    for (const Subject& key : spoken.keys) key_named(key);
  }
  for (const Ask& ask : setting_.plan.asks) {
    Spoken spoken = *understand(ask.words, setting_.skew_between_clocks());
    Request r;
    r.args = ask.words;
    r.shape = spoken.shape;
    for (std::size_t i = 0; i < spoken.keys.size(); ++i)
      r.parts.push_back({key_named(spoken.keys[i]), std::move(spoken.operations[i])});
    for (std::uint32_t key = 0; r.shape == Request::Shape::kKeys && key < workload_->keys(); ++key) {
      if (!workload_->subject(key).item.empty()) continue;
      Operation o;
      o.kind = Operation::Kind::kExists;
      r.parts.push_back({key, std::move(o)});
    }
    r.at = ask.machine;
    r.due = load_began_ + (ask.at - Instant{});
    r.vanishes = ask.vanishes;
    clients_[ask.client]->script(std::move(r));
  }
  for (const auto& c : clients_) c->rest();
}

// The five cross-node reads of the original system's test.
void World::directed_script() {
  if (setting_.nodes < 3) return;
  std::uint32_t data[3];
  for (std::uint32_t i = 0; i < 3; ++i) {
    data[i] = workload_->add_key({"data" + std::to_string(i + 1), {}});
    Request r = workload_->set(data[i], "value" + std::to_string(i + 1), schedule_.now());
    r.at = i;
    r.must_succeed = true;
    clients_[0]->script(std::move(r));
  }
  static constexpr std::uint32_t kReads[][2] = {{1, 0}, {0, 1}, {0, 2}, {2, 0}, {1, 2}};
  for (const auto& [key, machine] : kReads) {
    Request r = workload_->get(data[key], schedule_.now());
    r.at = machine;
    r.must_succeed = true;
    clients_[0]->script(std::move(r));
  }
}

void World::begin_healing() {
  if (trace_.listening()) trace_.line(schedule_.now(), "world", "all faults end");
  film_phase("healing");
  phase_ = Phase::kHealing;
  phase_since_ = schedule_.now();
  nemesis_->heal();
  if (setting_.scripted) {  // chance is kept out of the end, too
    network_->weather().delay_least = setting_.weather.delay_least;
    network_->weather().delay_most = setting_.weather.delay_most;
  }
  if (seam::buggify) seam::buggify->on = false;
  for (const auto& c : clients_) c->think(500ms, 2s);
}

// A view that was forced where others had gone on (2h) may have members that left them: its operator sees those off
// once more.
void World::see_off_again() {
  const ViewRef newest = views_->newest();
  if (!newest || newest->lineage == 0) return;
  const auto asked = std::ranges::find_if(machines_, [&](const auto& m) {
    return m->up() && !nemesis_->lost(m->index()) && newest->names(m->incarnation());
  });
  if (asked == machines_.end()) return;
  for (const auto& m : machines_)
    if (nemesis_->gone(m->index()) && newest->member(m->id())) (*asked)->ask_to_leave(m->id());
}

void World::look_at_healing() {
  const Duration since = schedule_.now() - phase_since_;
  see_off_again();
  const auto hindered = unsettled();
  if (!hindered) {
    begin_reading();
  } else if (since > kSettleWithin) {
    fail(Verdict::kLiveness, "settling", "60 s after the last fault: " + *hindered);
  }
}

// It was to begin anew at a process that ended before it knew, or before its log said so for sure: what is there by
// that name is nothing, or a part of a fill.
bool World::begins_at_nobody(Slot s) const {
  const InSyncList& list = views_->newest()->config(s).list;
  const auto anew = anew_.find(s);
  if (list.size() != 1 || anew == anew_.end() || !ended_.contains(list.front())) return false;
  const Incarnation at = list.front();
  if (!knew_.contains(at) || knew_.at(at) < anew->second) return true;
  for (const ViewRef& view : views_->of(anew->second, knew_.at(at)))
    if (!(view->config(s).list == list)) return false;  // else alone since; later slot epochs may be of its learners
  return !machines_[at.member.value - 1]->log().complete(at.generation);
}

bool World::excused(Slot s) const {
  const SlotConfig& slot = views_->newest()->config(s);
  bool comes_back = true, on_disk = false, complete = false;
  for (const Incarnation& who : slot.list) {
    const Machine& m = *machines_[who.member.value - 1];
    const bool lost = nemesis_->lost(m.index());
    if (m.up() && m.incarnation() == who && !lost) return false;
    comes_back &= !lost;
    on_disk |= !lost && m.log().intact(who.generation) && !m.log().cut(who.generation);
    complete |= !lost && m.log().complete(who.generation);
  }
  if ((complete || (on_disk && comes_back)) && !begins_at_nobody(s)) return false;
  return !comes_back || setting_.node.slot_loss_wait;
}

// It leaves, and what is named for a lost slot, be it the process before: only an operator can let that slot go (7e).
bool World::waits_for_operator(NodeId id) const {
  const View& newest = *views_->newest();
  if (newest.member(id)->state != MemberState::kLeaving) return false;
  for (std::uint32_t s = 0; s < newest.slot_count(); ++s) {
    const Slot slot{static_cast<std::uint16_t>(s)};
    if (newest.config(slot).list.names(id) && excused(slot)) return true;
  }
  return false;
}

std::optional<std::string> World::unsettled() const {
  const ViewRef newest = views_->newest();
  if (!newest) return "there is no view";
  for (const auto& m : machines_) {
    if (nemesis_->lost(m->index())) continue;
    if (!m->up()) {
      if (nemesis_->gone(m->index())) {
        if (newest->member(m->id())) return m->name() + " has left and is still a member in the newest view";
      } else if (m->index() < setting_.nodes) {
        return m->name() + " is not up";
      }
      continue;
    }
    const ViewRef view = m->node().view();
    if (!view || view->epoch != newest->epoch)
      return m->name() + " has view " + std::to_string(view ? view->epoch.value : 0) + " of " +
             std::to_string(newest->epoch.value);
    if (!newest->names(m->incarnation())) return m->name() + " is not in the newest view";
    if (newest->member(m->id())->state != MemberState::kActive && !waits_for_operator(m->id()))
      return m->name() + " lives and is not active in the newest view";
    for (const auto& [id, peer] : m->node().membership().peers()) {
      const Machine& other = *machines_[id.value - 1];
      if (other.up() && !nemesis_->lost(other.index()) && peer.liveness >= Liveness::kDead)
        return m->name() + " holds " + other.name() + " for dead, which lives";
    }
    if (m->node().undecided()) return m->name() + " has accepted a view that nobody brought to a decision";
  }
  if (schedule_.now() - view_changed_ < kSettledFor || schedule_.now() - phase_since_ < kLastWords)
    return "views change, the last is " + std::to_string(newest->epoch.value);
  for (std::size_t i = 0; i < newest->slots.size(); ++i) {
    const Slot s{static_cast<std::uint16_t>(i)};
    if (excused(s)) continue;
    const bool served = std::any_of(machines_.begin(), machines_.end(), [&](const auto& m) {
      return m->up() && !nemesis_->lost(m->index()) && m->node().slot(s, m->now()).may_execute;
    });
    if (!served) return "slot " + std::to_string(i) + " is served by nobody; " + narrate(*newest, i + 1);
    for (const NodeId wanted : newest->ring.wanted(s))
      if (!newest->config(s).list.names(wanted))
        return "slot " + std::to_string(i) + " is not at " + hc::name_of(wanted) + ", where the ring wants it; " +
               narrate(*newest, i + 1);
    const auto wanted = newest->ring.wanted(s);
    if (wanted.empty()) return "no member is active; " + narrate(*newest, i + 1);
    if (newest->config(s).list.front().member != wanted.front())
      return "the primary of slot " + std::to_string(i) + " is not " + hc::name_of(wanted.front()) +
             ", as the ring wants it; " + narrate(*newest, i + 1);
  }
  return uncompared();
}

// 10: who follows a slot whose primary speaks of digests has compared some.
std::optional<std::string> World::uncompared() const {
  constexpr std::uint32_t kSince = 2;
  const auto speaks = [&](Incarnation who) {
    const Machine& m = *machines_[who.member.value - 1];
    return m.up() && m.incarnation() == who && !nemesis_->lost(m.index()) && m.node().wire_max() >= kSince;
  };
  for (const SlotConfig& slot : views_->newest()->slots) {
    if (!speaks(slot.list.front())) continue;
    for (std::size_t i = 1; i < slot.list.size(); ++i)
      if (speaks(slot.list[i]) && machines_[slot.list[i].member.value - 1]->node().counters().digests_compared == 0)
        return hc::name_of(slot.list[i].member) + " has never compared a digest of " +
               hc::name_of(slot.list.front().member);
  }
  return std::nullopt;
}

// Rule 8 has an end: what expired a while ago is gone, from every replica.
std::optional<std::string> World::long_expired() const {
  const ViewRef newest = views_->newest();
  std::optional<std::string> found;
  for (const auto& m : machines_) {
    if (!m->up() || nemesis_->lost(m->index())) continue;
    for (std::uint32_t i = 0; i < newest->slot_count(); ++i) {
      const Slot s{static_cast<std::uint16_t>(i)};
      if (!newest->config(s).list.names(m->incarnation()) || excused(s)) continue;
      std::uint64_t cursor = 0;
      do
        cursor = m->node().table(s).walk(cursor, [&](const SlotTable::Item& item) {
          if (item.expiry != kNoExpiry && item.expiry + kExpiredWithin < m->now().wall)
            found = m->name() + " still holds key " + std::string(item.key) + " of slot " + std::to_string(i) +
                    ", which expired more than 10 s ago";
        });
      while (cursor != 0);
    }
  }
  return found;
}

void World::begin_reading() {
  film_phase("reading");
  phase_ = Phase::kReading;
  phase_since_ = schedule_.now();
  sample();
  for (const auto& c : clients_) {
    c->rest();
    c->forget_timed();
  }
  std::size_t turn = 0;
  for (const auto& m : machines_) {
    if (!m->up() || nemesis_->lost(m->index())) continue;
    Client& reader = *clients_[turn++ % clients_.size()];
    for (std::uint32_t key = 0; key < workload_->keys(); ++key) {
      if (excused(slot_of(workload_->name(key), setting_.node.slots))) continue;
      Request r = workload_->get(key, schedule_.now());
      r.at = m->index();
      r.must_succeed = true;
      reader.script(std::move(r));
    }
  }
  for (const auto& c : clients_) c->run_script();
  std::vector<std::uint32_t> sound;
  for (const auto& m : machines_)
    if (m->up() && !nemesis_->lost(m->index())) sound.push_back(m->index());
  listeners_->settle(std::move(sound), setting_.faults,
                     [this](const std::string& key) { return excused(slot_of(key, setting_.node.slots)); });
}

void World::sample() {
  if (auto wrong = replicas_->look(views_->newest())) fail(Verdict::kViolated, "replicas", *wrong);
  const bool many = setting_.node.slots > 256;
  if (phase_ != Phase::kReading) schedule_.after(many ? 4s : 200ms, Kind::kSample, 0);
}

// ---- judgement

void World::judge_histories(Result& result) {
  evictions_.end();
  const Operation* first = nullptr;
  std::uint32_t first_key = 0;
  std::vector<KeyState> states;
  for (std::uint32_t key = 0; key < histories_.size(); ++key) {
    const History& h = histories_[key];
    Judgement j = judge(h);
    if (j.kind == Judgement::Kind::kUndecided) {
      ++result.undecided;  // reported, and its operations do not count as compared
      compared_ -= static_cast<std::uint64_t>(
          std::count_if(h.begin(), h.end(), [](const Operation& o) { return o.outcome == Operation::Outcome::kDone; }));
    }
    if (j.kind != Judgement::Kind::kViolated) continue;
    if (first && first->returned <= h[j.illegal].returned) continue;
    first = &h[j.illegal];
    first_key = key;
    states = std::move(j.states);
  }
  if (first) report_illegal(result, first_key, *first, states);
}

// The first completion, over all keys, that nothing explains, with the history before it.
void World::report_illegal(Result& result, std::uint32_t key, const Operation& illegal,
                           const std::vector<KeyState>& states) const {
  const std::string name = workload_->subject(key).title();
  const Slot slot = slot_of(workload_->name(key), setting_.node.slots);
  result.verdict = Verdict::kViolated;
  result.check = "linearizability";
  result.reason = "key " + name + " (slot " + std::to_string(slot.value) + "): no explanation for " + to_text(illegal);
  result.key = name;
  result.key_until = illegal.returned;
  if (Film* film = options_.film) {
    Film::Finding finding{name, to_text(illegal.observed), to_text(illegal), slot.value, {}};
    for (const KeyState& s : states) finding.could.push_back(to_text(s));
    film->finding(std::move(finding));
  }
  result.report += "Just before, the key may have been:";
  for (const KeyState& s : states) result.report += " " + to_text(s);
  result.report += "\nThe history around it, by time of call:\n";
  std::vector<const Operation*> around;
  for (const Operation& o : histories_[key])
    if (o.called <= illegal.returned && o.outcome != Operation::Outcome::kNotApplied) around.push_back(&o);
  std::sort(around.begin(), around.end(), [](const Operation* a, const Operation* b) {
    return a->called != b->called ? a->called < b->called : a < b;  // all in one vector
  });
  const std::size_t skipped = around.size() - std::min(around.size(), kStoryAround);
  for (std::size_t i = skipped; i < around.size(); ++i)
    result.report += (around[i] == &illegal ? "→ " : "  ") + to_text(*around[i]) + "\n";
}

// A run that broke off has operations without an end.
std::string World::whole_history() {
  evictions_.end();
  Histories all;
  for (std::uint32_t key = 0; key < histories_.size(); ++key)
    if (!histories_[key].empty()) all.keys.push_back({workload_->subject(key).title(), histories_[key]});
  return to_json_lines(all);
}

void World::film_operations(const Result& result) const {
  Film& film = *options_.film;
  film.over(schedule_.now());
  for (std::uint32_t key = 0; key < histories_.size(); ++key) {
    const std::string name = workload_->subject(key).title();
    for (const Operation& o : histories_[key])
      film.did(name, o, name == result.key && to_text(o) == film.finding().deed);
  }
}

// Counts only what the flags switched on.
void World::judge_vacuity(Result& result) const {
  if (result.verdict != Verdict::kPassed) return;
  const auto too_few = [&](const char* what, std::uint64_t has, std::uint64_t wanted) {
    if (has >= wanted || result.verdict == Verdict::kVoid) return;
    result.verdict = Verdict::kVoid;
    result.check = "vacuity";
    result.reason = "too little happened: " + std::to_string(has) + " " + what + ", wanted " + std::to_string(wanted);
  };
  const auto seconds = static_cast<std::uint64_t>(setting_.load / 1s);
  if (setting_.scripted) {
    too_few("operations compared", compared_, std::min<std::uint64_t>(1, setting_.plan.asks.size()));
    too_few("faults", nemesis_->fired(), std::min<std::uint64_t>(1, setting_.plan.faults.size()));
    return;
  }
  too_few("operations compared", compared_, seconds / 2);
  if (setting_.faults) {
    too_few("faults", nemesis_->fired(), std::min<std::uint64_t>(3, setting_.plan.faults.size()));
    too_few("views", views_->views(), 1);
  }
}

void World::fill_in_recording() const {
  Recording& r = *options_.recording;
  r.setting = setting_;
  r.load_began = load_began_;
  r.ended = schedule_.now();
  for (const auto& [index, at] : nemesis_->struck()) {
    Fault f = setting_.plan.faults[index];
    f.at = at;
    f.after_view = false;
    r.struck.push_back(f);
  }
}

void World::fill_in(Result& result) const {
  result.seed = setting_.seed;
  result.hash = trace_.hash();
  result.compared = compared_;
  result.unknown = unknown_;
  result.refused = refused_;
  result.views = views_->views();
  result.faults = nemesis_->fired();
  result.faults_skipped = nemesis_->skipped();
  result.losses = views_->losses();
  result.steps = steps_;
  result.simulated_ms = static_cast<std::uint64_t>(ns(schedule_.now()) / 1'000'000);
  for (std::size_t k = 0; k < kFaultKinds; ++k) result.faults_of[k] = nemesis_->fired(static_cast<FaultKind>(k));
  if (seam::buggify) result.struck = seam::buggify->struck;
  for (const auto& m : machines_) result.deaths += m->deaths().alone, result.power_losses += m->deaths().with_power;
  for (const auto& m : machines_)
    for (std::size_t k = 0; k < kMessageKinds; ++k) result.messages_of[k] += m->messages_received()[k];
  if (trace_.story().empty()) return;
  result.report += "The last lines of the trace:\n";
  for (const std::string& line : trace_.story()) result.report += line + "\n";
}

}  // namespace hc::sim
