#include "sim/listeners.h"

#include <algorithm>
#include <numeric>

#include "sim/film.h"
#include "sim/streams.h"

namespace hc::sim {
namespace {

// After faults: what is broken is seen by silence, and dialled anew.
constexpr Duration kUntilWhole = 5s;
constexpr std::uint32_t kRounds = 5;
constexpr std::uint32_t kChannels = 3;

std::string channel(std::uint64_t n) { return "news" + std::to_string(n); }

}  // namespace

Listeners::Listeners(Around around, Endpoint first, std::uint32_t listeners, std::uint32_t machines, Duration patience,
                     Random random)
    : around_(std::move(around)),
      first_(first),
      patience_(patience),
      random_(random),
      listeners_(listeners),
      machines_(machines) {
  std::iota(machines_.begin(), machines_.end(), 0U);
  if (listeners == 0) return;
  for (std::uint32_t i = 0; i < listeners; ++i) all_.push_back({.index = i});
  for (std::uint32_t i = 0; i < kSpeakers; ++i) all_.push_back({.index = i, .speaks = true});
}

std::uint32_t Listeners::place(const Person& p) const { return p.index + (p.speaks ? listeners_ : 0); }
Endpoint Listeners::endpoint(const Person& p) const { return first_ + place(p); }

void Listeners::wake(Person& p, Duration d) { around_.schedule.after(d, Kind::kListener, place(p), ++p.turns); }

void Listeners::start() {
  for (Person& p : all_) wake(p, draw(random_, 0ms, 200ms));
}

void Listeners::settle(std::vector<std::uint32_t> machines, bool after_faults, Lost lost) {
  lost_ = std::move(lost);
  settling_ = true;
  calm_at_ = around_.schedule.now() + (after_faults ? kUntilWhole : 0ms);
  calm_ = !after_faults;
  machines_ = std::move(machines);
  for (Person& p : all_) {
    p.rounds = 0;
    if (std::ranges::find(machines_, p.machine) == machines_.end()) leave(p);
    wake(p, 0ms);
  }
}

bool Listeners::settled() const {
  return std::ranges::all_of(all_, [](const Person& p) { return p.rounds >= kRounds && p.asked.empty(); });
}

void Listeners::connect(Person& p) {
  p.machine = machines_[random_.below(machines_.size())];
  ++p.links;
  p.dialling = true;
  p.since = around_.schedule.now();
  p.parser = {};
  p.buffer.clear();
  if (Film* film = around_.trace.film()) film->dials(endpoint(p));
  around_.network.dial(endpoint(p), LinkId(2 * p.links + 1), p.machine);
}

void Listeners::leave(Person& p) {
  if (p.dialling || p.open) around_.network.close(endpoint(p), LinkId(2 * p.links + 1));
  if (!p.speaks) around_.check.gone(ear(p));
  p.dialling = p.open = false;
  p.asked.clear();
}

void Listeners::turn(std::uint32_t who, std::uint64_t number) {
  Person& p = all_[who];
  if (number != p.turns) return;
  if (settling_ && !calm_ && around_.schedule.now() >= calm_at_) {
    calm_ = true;
    around_.check.calm(true);
  }
  const bool waits = p.dialling || !p.asked.empty();
  if (waits && around_.schedule.now() - p.since >= patience_) leave(p);
  if (!p.dialling && !p.open) connect(p);
  if (p.open && p.asked.empty() && settling_ == calm_) act(p);
  wake(p, draw(random_, 50ms, settling_ ? 200ms : 1s));
}

// A listener that has nothing to do goes elsewhere now and then; when all settles it subscribes to more, so that there
// is something to be said just then.
void Listeners::act(Person& p) {
  if (settling_ && p.rounds >= kRounds) return;
  if (!p.speaks) {
    if (settling_ && p.rounds < kRounds)
      listen(p, {"more" + std::to_string(p.index) + "-" + std::to_string(p.rounds++)}, false);
    else if (!settling_ && random_.percent(4))
      leave(p);
    return;
  }
  ++p.rounds;
  // At the end no more than one SET, for a slot that nobody can serve any more has it wait as long as a node may.
  const bool sets = settling_ ? p.rounds == 1 && random_.percent(60) : random_.percent(30);
  const std::string key = "spoken" + std::to_string(p.index);
  if (sets && !(lost_ && lost_(key)))
    ask(p, {"SET", key, std::to_string(p.turns)});
  else
    speak(p, channel(random_.below(kChannels)));
}

void Listeners::listen(Person& p, const std::vector<std::string>& names, bool patterns) {
  std::vector<std::string> words{patterns ? "PSUBSCRIBE" : "SUBSCRIBE"};
  words.insert(words.end(), names.begin(), names.end());
  ask(p, std::move(words));
}

void Listeners::speak(Person& p, const std::string& on) {
  ask(p, {"PUBLISH", on, around_.check.says({p.index, p.links}, on, around_.schedule.now())});
}

void Listeners::ask(Person& p, std::vector<std::string> words) {
  std::string bytes;
  write_command(std::vector<Bytes>(words.begin(), words.end()), bytes);
  if (around_.trace.listening()) {
    std::string text = "asks node-" + std::to_string(p.machine + 1) + ":";
    for (const std::string& word : words) text += " " + word;
    around_.trace.line(around_.schedule.now(), (p.speaks ? "speaker " : "listener ") + std::to_string(p.index), text);
  }
  p.since = around_.schedule.now();
  p.asked.push_back(std::move(words));
  if (Film* film = around_.trace.film()) film->asks(around_.schedule.now(), endpoint(p), p.machine, bytes);
  around_.network.send(endpoint(p), LinkId(2 * p.links + 1), std::move(bytes));
}

void Listeners::link_opened(Endpoint e, LinkId link) {
  Person& p = all_[e - first_];
  if (!p.dialling || link.value != 2 * p.links + 1) return;
  p.dialling = false;
  p.open = true;
  if (p.speaks) return;
  // The first listens to all, the second to keys alone, the others to this and that.
  if (p.index == 0) listen(p, {"*"}, true);
  if (p.index == 1) listen(p, {"__key*__:*"}, true);
  if (p.index >= 2) {
    listen(p, {channel(p.index % kChannels), channel((p.index + 1) % kChannels)}, false);
    listen(p, {"n?ws" + std::to_string(p.index % kChannels)}, true);
  }
}

void Listeners::link_closed(Endpoint e, LinkId link) {
  Person& p = all_[e - first_];
  if (!(p.dialling || p.open) || link.value != 2 * p.links + 1) return;
  leave(p);
  wake(p, draw(random_, 5ms, 300ms));
}

void Listeners::bytes(Endpoint e, LinkId link, const std::string& bytes) {
  Person& p = all_[e - first_];
  if (!p.open || link.value != 2 * p.links + 1) return;
  p.buffer += bytes;
  const std::uint64_t links = p.links;
  while (p.open && p.links == links) {
    Reply reply;
    std::size_t consumed = 0;
    const auto outcome = p.parser.next(p.buffer, consumed, reply);
    if (Film* film = around_.trace.film())
      film->told(around_.schedule.now(), e, p.machine, Bytes(p.buffer).substr(0, consumed));
    p.buffer.erase(0, consumed);
    if (outcome == RespReplyParser::Outcome::kNeedMore) return;
    if (outcome == RespReplyParser::Outcome::kError) return around_.complain("a listener got " + p.parser.error());
    answered(p, reply);
  }
}

void Listeners::answered(Person& p, const Reply& reply) {
  const auto item = [&](std::size_t i) { return std::string(reply.items[i].text.view); };
  const bool array = reply.kind == Reply::Kind::kArray;
  std::optional<std::string> wrong;
  if (array && reply.items.size() == 3 && item(0) == "message") {
    wrong = around_.check.heard(ear(p), item(1), item(1), item(2));
  } else if (array && reply.items.size() == 4 && item(0) == "pmessage") {
    wrong = around_.check.heard(ear(p), item(1), item(2), item(3));
  } else if (p.asked.empty()) {
    wrong = "an answer that nobody asked for";
  } else if (array && reply.items.size() == 3 && item(0).ends_with("subscribe")) {
    std::vector<std::string>& words = p.asked.front();
    wrong = words[1] == item(1) ? std::nullopt : std::optional("a subscription to " + item(1) + " is confirmed");
    words.erase(words.begin() + 1);
    if (words.size() == 1) p.asked.pop_front();
    confirmed(p, item(1), item(0).starts_with('p'));
  } else {
    const std::vector<std::string> words = p.asked.front();
    p.asked.pop_front();
    if (words[0] == "PUBLISH" && reply.kind == Reply::Kind::kInteger)
      wrong = around_.check.counted(words[2], reply.integer, around_.schedule.now());
    else if (words[0] != "SET" && !(reply.is_error() && reply.text.view.starts_with("LOADING")))
      wrong = "no answer to " + words[0];
  }
  if (wrong) around_.complain(*wrong);
}

// What is said from now on is for this one, too; at the end somebody says something at once.
void Listeners::confirmed(Person& p, const std::string& name, bool pattern) {
  around_.check.listens(ear(p), name, pattern);
  if (!calm_ || pattern) return;
  for (Person& other : all_)
    if (other.speaks && other.open) speak(other, name);
}

}  // namespace hc::sim
