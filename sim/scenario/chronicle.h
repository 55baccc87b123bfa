// What happened that a reader wants to know, as lines with the time since the story began: views decided and why, who
// takes over, serves, loses its lease, steps down, dies, and what clients were answered.
//
// Members are called node-1, in lists 1; a later process of the same member 1', 1''. Times are rounded to 10 ms.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/view/ballot.h"
#include "sim/replica_check.h"
#include "sim/scenario/callers.h"

namespace hc::sim::scenario {

class Chronicle {
 public:
  Chronicle(const Schedule& schedule, std::uint32_t slots) : schedule_(schedule), slots_(slots) {}

  // Times count from now on, and what happened before is left out.
  void begin();
  void say(const std::string& text);
  // What was said since the last time.
  std::string take() { return std::exchange(lines_, {}); }

  void born(Incarnation who, std::uint64_t process) { process_[who] = process; }
  void proposed(const Proposal& proposal);
  void installed(Incarnation who, const ViewRef& view);
  void look(const Machines& machines);
  void ended(const Call& call);  // unless somebody waits for it

  std::string name(Incarnation who) const;  // 2'
  std::string describe(const View& view) const;
  std::string list(const SlotConfig& slot) const;  // [2 1']

 private:
  enum class Part : std::uint8_t { kNone, kTakingOver, kServing, kWithoutLease };
  static Part part_of(const SlotStatus& status);
  std::string step(const View& before, const View& after) const;
  std::string member_steps(const View& before, const View& after) const;
  std::string slot_steps(const View& before, const View& after) const;
  std::string reasons(const View& before, const View& after) const;
  void part_changed(const Machine& m, std::map<std::string, std::string>& changes, Slot slot, Part now);

  struct Seen {
    ViewRef view;
    Instant at;
  };
  const Schedule& schedule_;
  std::uint32_t slots_;
  Instant zero_{};
  std::string lines_;
  std::map<Incarnation, std::uint64_t> process_;
  std::vector<Proposal> proposals_;
  std::map<std::pair<ClusterId, Epoch>, Seen> views_;
  std::map<std::pair<Incarnation, Slot>, Part> parts_;
};

// 3 ms, 250 ms, 1.25 s
std::string duration_text(Duration d);

}  // namespace hc::sim::scenario
