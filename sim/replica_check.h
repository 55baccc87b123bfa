// What the copies of a slot must satisfy together, seen from outside at one instant of true time:
//
//   at most one process executes per slot;
//   replicas at the same position have the same digest, whenever each of them was there; and the digest would tell;
//   every living member of the newest list holds everything that was ever committed (and so, acknowledged).
//
// A slot that was lost begins anew: forget().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/machine.h"

namespace hc::sim {

// 2d: a grant goes to a process that the view in which it is given names. A sentence if this one does not.
std::optional<std::string> grant_to_stranger(const Machine& from, const Frame& frame);

// 4b: nothing goes to a process that it does not know how to read. A sentence if something of this does.
std::optional<std::string> too_new(const Machine& from, const Machine& to, const Frame& frame);

using Machines = std::vector<std::unique_ptr<Machine>>;

class ReplicaCheck {
 public:
  ReplicaCheck(const Machines& machines, std::uint32_t slots) : machines_(machines), of_slot_(slots) {}

  // Is anybody else executing where `m` executes? A sentence if so.
  std::optional<std::string> one_executor(const Machine& m) const;
  // Everything else, over all machines.
  std::optional<std::string> look(const ViewRef& newest);
  // The slot was lost, and begins anew in this slot epoch. A former primary may still hold its leases, and read.
  void forget(Slot s, Epoch anew) { of_slot_[s.value] = {anew, {}, {}}; }

 private:
  struct OfSlot {
    Epoch since;  // of this slot epoch on
    Seq committed;
    std::map<Position, std::uint64_t> digests;
  };
  std::optional<std::string> digest_of(const Machine& m, Slot s, const SlotStatus& status);

  const Machines& machines_;
  std::vector<OfSlot> of_slot_;
  std::size_t looks_ = 0;
};

}  // namespace hc::sim
