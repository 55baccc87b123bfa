// Machines, network and callers of one scenario, moved by hand: fair, fixed weather, exact clocks, and every checker
// that the seeded world has. Nothing befalls anybody but what the script says.
//
// A checker that has something to say throws Objection.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/check/views.h"
#include "sim/evictions.h"
#include "sim/replica_check.h"
#include "sim/scenario/callers.h"
#include "sim/scenario/chronicle.h"

namespace hc::sim::scenario {

struct Objection {
  std::string check, reason;
};

struct Setup {
  enum class Founding : std::uint8_t { kTogether, kFirst };
  std::uint32_t nodes = 3;
  std::uint32_t spares = 0;  // machines that are not started with the others
  std::uint64_t seed = 1;    // of what the nodes draw
  Founding founding = Founding::kTogether;
  NodeConfig node;  // what all have in common
  Duration delay = 1ms, disk = 1ms;
  Duration skew = 0ms;     // wall clocks are off true time by at most this
  bool trace = false;      // narrate every event and effect to standard output
  bool strangers = false;  // more than one cluster: what holds within one is not checked
  std::uint32_t machines() const { return nodes + spares; }
};

class Stage : private Doorstep, private Overseer {
 public:
  explicit Stage(Setup setup);

  // How a process is started by hand: it founds, or joins whom it is told.
  struct Start {
    bool founds = false;
    std::vector<std::uint32_t> joins;
  };
  void start(std::uint32_t machine, const std::optional<Start>& how);
  // From its next start on it speaks this wire version at most (4b).
  void speaks(std::uint32_t machine, std::uint32_t version) { speaks_[machine] = version; }
  // The key's value becomes another one there and nowhere else; from then on it is not checked that replicas are the
  // same. False: it has no such key.
  bool diverge(std::uint32_t machine, const std::string& key);

  // Goes on for so long, or until `done`; true if it was done.
  bool run(Duration most, const std::function<bool()>& done);
  bool formed() const;
  std::optional<std::string> unsettled() const;  // what still hinders
  bool served() const;
  ViewRef newest() const;

  // Everything from `from` to `to` waits, from the next message of that kind on.
  void hold(std::uint32_t from, std::uint32_t to, const std::string& kind) { holds_.push_back({from, to, kind}); }
  bool holding() const { return !holds_.empty(); }  // some hold has not met its message yet
  void let_go(std::uint32_t from, std::uint32_t to);

  // The end of the story: judges what the callers saw.
  void judge();

  const Setup& setup() const { return setup_; }
  Machine& machine(std::uint32_t m) { return *machines_[m]; }
  const Machines& machines() const { return machines_; }
  Schedule& schedule() { return schedule_; }
  Network& network() { return *network_; }
  Callers& callers() { return *callers_; }
  Chronicle& chronicle() { return chronicle_; }

 private:
  struct Hold {
    std::uint32_t from, to;
    std::string kind;
  };

  // Doorstep
  bool is_machine(Endpoint e) const { return e < setup_.machines(); }
  bool process_up(Endpoint e) const override { return !is_machine(e) || machines_[e]->up(); }
  bool machine_up(Endpoint e) const override { return !is_machine(e) || machines_[e]->powered(); }
  std::uint64_t process_of(Endpoint e) const override { return is_machine(e) ? machines_[e]->process() : 1; }
  void datagram_came(Endpoint at, Endpoint from, std::string bytes) override;
  LinkId accept(Endpoint at, Endpoint from) override { return machines_[at]->accept(from); }
  void link_opened(Endpoint at, LinkId link) override;
  void link_closed(Endpoint at, LinkId link, bool refused) override;
  void bytes_came(Endpoint at, LinkId link, std::string bytes) override;
  // Overseer
  void started(Machine&) override {}
  void stepped(Machine& m) override;
  void stored(Machine& m, const VoteRecord& record) override;
  void sent(Machine& m, const Frame& frame) override;
  void noted(Machine& m, const std::string& text) override;
  void ended(Machine& m) override;
  void died(Machine&) override {}

  NodeConfig config_of(std::uint32_t machine) const;
  void dispatch(const Happening& h);
  void look_around();
  ViewCheck& views(ClusterId cluster);

  const Setup setup_;
  Schedule schedule_;
  Trace trace_;
  Codecs codecs_;
  Machines machines_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Callers> callers_;
  std::map<ClusterId, ViewCheck> views_;
  ReplicaCheck replicas_;
  Chronicle chronicle_;
  std::vector<const View*> view_seen_;  // per machine
  Instant view_changed_{};
  std::map<Incarnation, Instant> ended_;
  Evictions evictions_{[this](const std::string& key, Operation o) { callers_->evicted(key, std::move(o)); }};
  std::vector<Hold> holds_;
  std::uint64_t marks_ = 0;
  std::map<std::uint32_t, std::uint32_t> speaks_;
  bool diverged_ = false;
};

}  // namespace hc::sim::scenario
