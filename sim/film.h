// What happened when to whom, as values: for the page that is made of a run (sim/page.h). Beside the trace: the trace
// is a hash and a text of everything, a film knows senders, receivers and times, and keeps what it was asked for.
//
// Filming changes no hash. Steps and messages are kept within a window of time only; faults, views, roles, processes
// and operations of the whole run. A lane is an endpoint of the network: machines first, then clients.
//
// What is received is matched with what was sent by its bytes. So a frame that comes twice has two arrows, and one that
// was damaged on its way has an arrow that arrives nowhere.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/node.h"
#include "sim/check/history.h"
#include "sim/network.h"
#include "sim/plan.h"

namespace hc::sim {

class Film {
 public:
  using Number = std::uint32_t;
  static constexpr Number kNone = 0xffffffff;

  struct Step {
    Instant at{};
    Endpoint lane = 0;
    std::string text;                  // of the event
    std::vector<std::string> effects;  // in order
    std::vector<Number> kinds;         // of the messages that it received or sent
  };
  struct Arrow {
    Endpoint from = 0, to = 0;
    Instant sent{}, arrived = kForever;
    std::vector<Number> kinds;
    Number leaves = kNone, enters = kNone;  // steps
  };
  struct Life {
    Instant at{};
    Endpoint lane = 0;
    std::string what;
    bool up = false;
  };
  struct Trouble {
    Instant at{}, until = kForever;
    std::uint32_t index = 0;  // in the plan
    std::string kind, text;
    std::vector<Endpoint> lanes;  // none: it is the whole network's
  };
  struct Installed {
    Instant at{};
    Endpoint lane = 0;
    Epoch epoch;
  };
  struct Role {
    Instant at{};
    Endpoint lane = 0;
    std::uint32_t slot = 0;
    std::string_view name;
  };
  struct Deed {
    std::string key;
    Operation operation;
    bool illegal = false;
  };
  struct Finding {  // of a key whose history nothing explains
    std::string key, read, deed;
    std::uint32_t slot = 0;
    std::vector<std::string> could;  // what the key may have been just before
  };

  Film(Instant from, Instant until) : from_(from), until_(until) {}

  // ---- who is there: before anything else
  void cast(std::uint32_t machines, std::uint32_t clients, std::uint32_t slots);

  // ---- what a process does
  void event(Instant at, Endpoint lane, const std::string& text);
  void hears(Bytes packet);                    // the event is this datagram,
  void receives(const Frame&, Bytes payload);  // this frame,
  void asked(Endpoint client, Bytes command);  // this command
  void effect(std::string text);
  void gossips(Endpoint to, Bytes packet);
  void sends(Endpoint to, const Frame& frame, Bytes payload);
  void step_ended();  // one that nobody would miss is dropped
  void replies(Instant at, Endpoint machine, Endpoint client, Bytes reply);
  void life(Instant at, Endpoint lane, std::string what, bool up);
  void installed(Instant at, Endpoint lane, const ViewRef& view);
  void roles(Instant at, Endpoint lane, const Node* node, Now now);  // nullptr: it is down

  // ---- what a client does
  void dials(Endpoint client);
  void asks(Instant at, Endpoint client, Endpoint machine, Bytes command);
  void told(Instant at, Endpoint client, Endpoint machine, Bytes reply);

  // ---- what befalls all of them
  void begins(Instant at, std::uint32_t index, const Fault& fault);
  void ends(Instant at, std::uint32_t index);
  void phase(Instant at, std::string name);
  void did(std::string key, const Operation& operation, bool illegal);
  void finding(Finding f) { finding_ = std::move(f); }
  void over(Instant at) { over_ = at; }

  // ---- the film
  std::uint32_t machines() const { return machines_; }
  std::uint32_t lanes() const { return lanes_; }
  std::uint32_t slots() const { return slots_; }
  Instant from() const { return from_; }
  Instant until() const { return until_; }
  Instant over() const { return over_; }
  const std::vector<std::string>& kinds() const { return kinds_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Arrow>& arrows() const { return arrows_; }
  const std::vector<Life>& lives() const { return lives_; }
  const std::vector<Trouble>& troubles() const { return troubles_; }
  const std::vector<Installed>& installs() const { return installed_; }
  const std::map<Epoch, ViewRef>& views() const { return views_; }
  const std::vector<Role>& roles() const { return roles_; }
  const std::vector<std::pair<Instant, std::string>>& phases() const { return phases_; }
  const std::vector<Deed>& deeds() const { return deeds_; }
  const Finding& finding() const { return finding_; }

 private:
  struct Way {  // of bytes between a client and a machine
    Endpoint from, to;
    std::uint64_t bytes;
    auto operator<=>(const Way&) const = default;
  };
  bool within(Instant at) const { return at >= from_ && at <= until_; }
  Number kind(std::string_view name);
  void add_kind(Number kind);
  Number leave(Instant at, Endpoint from, Endpoint to, std::vector<Number> kinds);
  void arrive(std::uint64_t bytes);
  void set_off(Instant at, Endpoint from, Endpoint to, std::string_view name, Bytes bytes, Number step);
  Number come_in(Instant at, Endpoint from, Endpoint to, Bytes bytes);

  Instant from_, until_, over_{};
  std::uint32_t machines_ = 0, lanes_ = 0, slots_ = 0;
  std::vector<std::string> kinds_;
  std::map<std::string, Number, std::less<>> kind_of_;
  std::vector<Step> steps_;
  std::vector<Arrow> arrows_;
  std::vector<Life> lives_;
  std::vector<Trouble> troubles_;
  std::vector<Installed> installed_;
  std::map<Epoch, ViewRef> views_;
  std::vector<Role> roles_;
  std::vector<std::pair<Instant, std::string>> phases_;
  std::vector<Deed> deeds_;
  Finding finding_;

  bool open_ = false;                                // the last step is being taken
  std::map<std::uint64_t, Number> on_the_way_;       // between machines: arrows by the hash of their bytes
  std::map<Way, std::deque<Number>> conversations_;  // clients': in order
  std::vector<SlotStatus::Role> role_of_;            // per machine and slot
  std::vector<bool> executes_;
};

}  // namespace hc::sim
