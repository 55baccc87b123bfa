// A whole cluster with its clients, network, disks and clocks, run from one seed in one thread, and watched.
//
// The run: the cluster forms; load under faults; everything is healed (but for what stays dead); within a bound the
// views stop changing and every slot is served; every key is read from every living node; every key's history is
// judged. Nothing here decides what is right: that is for the checkers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/bus_check.h"
#include "sim/check/key_model.h"
#include "sim/check/views.h"
#include "sim/client.h"
#include "sim/evictions.h"
#include "sim/listeners.h"
#include "sim/nemesis.h"
#include "sim/replica_check.h"
#include "sim/result.h"
#include "sim/setting.h"

namespace hc::sim {

class World : private Doorstep, private Overseer, private Ledger {
 public:
  World(const Options& options, Setting setting);
  ~World() override;

  Result run();
  const Trace& trace() const { return trace_; }

 private:
  enum class Phase : std::uint8_t { kForming, kLoad, kHealing, kReading, kOver };

  // What ends a run at once.
  struct Failure {
    Verdict verdict;
    std::string check, reason;
  };
  [[noreturn]] static void fail(Verdict verdict, std::string check, std::string reason);
  [[noreturn]] static void hear(const std::string& what);  // what no listener may

  // Doorstep
  bool process_up(Endpoint e) const override { return e >= setting_.machines() || machines_[e]->up(); }
  bool machine_up(Endpoint e) const override { return e >= setting_.machines() || machines_[e]->powered(); }
  std::uint64_t process_of(Endpoint e) const override { return e >= setting_.machines() ? 1 : machines_[e]->process(); }
  void datagram_came(Endpoint at, Endpoint from, std::string bytes) override;
  LinkId accept(Endpoint at, Endpoint from) override;
  void link_opened(Endpoint at, LinkId link) override;
  void link_closed(Endpoint at, LinkId link, bool refused) override;
  void bytes_came(Endpoint at, LinkId link, std::string bytes) override;
  // Overseer
  void started(Machine& m) override;
  void stepped(Machine& m) override;
  void stored(Machine& m, const VoteRecord& record) override;
  void sent(Machine& m, const Frame& frame) override;
  void ended(Machine& m) override;
  void died(Machine& m) override;
  // Ledger
  void asked(const Request& request, std::uint32_t client, std::uint32_t machine, Instant since,
             bool vanishes) override;
  void concluded(const Request& request, std::uint32_t client, std::uint32_t machine) override;
  void complain(const std::string& what) override;

  void build();
  std::vector<ViewRef> views_at_stake() const;
  bool may_get_a_vote(std::uint32_t machine) const;
  NodeConfig config_of(std::uint32_t machine) const;
  void start(std::uint32_t machine);
  void dispatch(const Happening& h);
  void strike(std::uint32_t fault, bool woken);
  void live();

  // The phases (sim/phases.cc)
  void look_at_phase();
  void begin_load();
  void begin_trouble();
  void begin_healing();
  void look_at_healing();
  void begin_reading();
  std::optional<std::string> uncompared() const;
  std::optional<std::string> unsettled() const;  // what still hinders; nullopt: the cluster has settled
  std::optional<std::string> long_expired() const;
  bool waits_for_operator(NodeId id) const;
  void see_off_again();
  bool excused(Slot s) const;  // nobody can serve it any more, within the promise
  bool begins_at_nobody(Slot s) const;
  void directed_script();
  void hand_out_asks();
  void sample();
  void note_losses();
  void note_eviction(const std::string& key, Operation eviction);
  void judge_histories(Result& result);
  void report_illegal(Result& result, std::uint32_t key, const Operation& illegal,
                      const std::vector<KeyState>& states) const;
  std::string whole_history();
  void film_phase(const char* name);
  void film_operations(const Result& result) const;
  void judge_vacuity(Result& result) const;
  void fill_in(Result& result) const;
  void fill_in_recording() const;

  const Options options_;
  const Setting setting_;
  Schedule schedule_;
  Trace trace_;
  Codecs codecs_;
  Machines machines_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<Workload> workload_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<ViewCheck> views_;
  std::unique_ptr<ReplicaCheck> replicas_;
  std::unique_ptr<Nemesis> nemesis_;
  BusCheck bus_;
  std::unique_ptr<Listeners> listeners_;

  Phase phase_ = Phase::kForming;
  Instant phase_since_{}, view_changed_{}, load_began_{};
  std::uint64_t steps_ = 0;
  std::vector<const View*> view_seen_;  // per machine, to notice a change cheaply
  std::vector<Epoch> heir_of_;          // per machine: for this view it has said that it may be given a vote
  std::vector<std::uint64_t> executed_seen_;
  std::map<Incarnation, Instant> ended_;
  std::map<Incarnation, Epoch> knew_;  // when it ended: the view that it had installed
  std::map<Slot, Epoch> anew_;         // the last slot epoch in which it began anew
  std::vector<History> histories_;     // per key
  Evictions evictions_{[this](const std::string& key, Operation o) { note_eviction(key, std::move(o)); }};
  std::uint64_t compared_ = 0, unknown_ = 0, refused_ = 0;
};

// Draws the setting, runs it under its mutants, tells how it ended. A failed HC_CHECK is a verdict, not a crash.
Result run_seed(const Options& options);
Result run_setting(const Options& options, Setting setting);  // which is not that of the seed

}  // namespace hc::sim
