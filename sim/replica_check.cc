#include "sim/replica_check.h"

#include <algorithm>

#include "core/store/key_filter.h"
#include "core/store/slot_table.h"

namespace hc::sim {
namespace {

constexpr std::size_t kDigestsKept = 24;

bool holds_content(const SlotStatus& status) {
  return status.role == SlotStatus::Role::kReplica || status.role == SlotStatus::Role::kPrimary ||
         status.role == SlotStatus::Role::kTakingOver;
}

// The same content with other ends of life must have another digest.
bool digest_is_blind(const SlotTable& table) {
  if (table.expiring() == 0) return false;
  SlotTable other;
  std::uint64_t cursor = 0;
  do
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) {
      const WallTime expiry = item.expiry == kNoExpiry ? kNoExpiry : item.expiry + 1ms;
      if (item.object)
        other.put(item.key, hash_of(item.key), item.object->clone(), expiry);
      else
        other.put(item.key, item.value, expiry);
    });
  while (cursor != 0);
  return other.digest() == table.digest();
}

// Every key that is there may be there, as its filter has it.
std::optional<std::string> denied_key(const SlotTable& table) {
  std::optional<std::string> denied;
  if (table.filter_ppm() == 0) return denied;
  std::uint64_t cursor = 0;
  do
    cursor = table.walk(cursor, [&](const SlotTable::Item& item) {
      if (!table.filter_has(hash_of(item.key))) denied = std::string(item.key);
    });
  while (cursor != 0);
  return denied;
}

std::string text(Position p) {
  return "(" + std::to_string(p.slot_epoch.value) + "," + std::to_string(p.seq.value) + ")";
}

}  // namespace

std::optional<std::string> grant_to_stranger(const Machine& from, const Frame& frame) {
  const ViewRef& view = from.node().view();
  for (const Message& message : frame.messages) {
    const Grant* grant = std::get_if<Grant>(&message);
    if (!grant || grant->view != view->epoch) continue;
    if (std::ranges::none_of(view->members,
                             [&](const ViewMember& x) { return x.info.generation == frame.to_generation; }))
      return from.name() + " grants a lease to a process that its view does not name";
  }
  return std::nullopt;
}

std::optional<std::string> too_new(const Machine& from, const Machine& to, const Frame& frame) {
  if (!to.up() || to.incarnation().generation != frame.to_generation) return std::nullopt;
  for (const Message& message : frame.messages)
    if (wire_since(message) > to.node().wire_max())
      return from.name() + " sends " + std::string(name_of(message)) + ", of wire version " +
             std::to_string(wire_since(message)) + ", to " + to.name() + ", which speaks " +
             std::to_string(to.node().wire_max()) + " at most";
  return std::nullopt;
}

std::optional<std::string> ReplicaCheck::one_executor(const Machine& m) const {
  const Now now = m.now();
  for (std::size_t i = 0; i < of_slot_.size(); ++i) {
    const Slot s{static_cast<std::uint16_t>(i)};
    if (!m.node().may_execute(s, now)) continue;
    for (const auto& other : machines_)
      if (other.get() != &m && other->up() && other->node().may_execute(s, other->now()))
        return "slot " + std::to_string(i) + ": " + m.name() + " and " + other->name() + " may both execute";
  }
  return std::nullopt;
}

std::optional<std::string> ReplicaCheck::digest_of(const Machine& m, Slot s, const SlotStatus& status) {
  auto& digests = of_slot_[s.value].digests;
  const auto [known, fresh] = digests.try_emplace(status.at, status.digest);
  if (!fresh && known->second != status.digest)
    return "slot " + std::to_string(s.value) + ": " + m.name() + " at position " + text(status.at) +
           " has another digest than another replica had there";
  if (digests.size() > kDigestsKept) digests.erase(digests.begin());
  return std::nullopt;
}

std::optional<std::string> ReplicaCheck::look(const ViewRef& newest) {
  const Slot probed{static_cast<std::uint16_t>(++looks_ % of_slot_.size())};
  for (const auto& m : machines_)
    if (m->up() && digest_is_blind(m->node().table(probed)))
      return "slot " + std::to_string(probed.value) + ": the digest does not tell one end of life from another";
  for (const auto& m : machines_)
    if (const auto denied = m->up() ? denied_key(m->node().table(probed)) : std::nullopt)
      return "slot " + std::to_string(probed.value) + ": the filter of " + m->name() + " denies key " + *denied;
  std::vector<Now> nows;
  for (const auto& m : machines_) nows.push_back(m->now());
  std::vector<SlotStatus> statuses(machines_.size());  // of the slot that is looked at
  for (std::size_t i = 0; i < of_slot_.size(); ++i) {
    const Slot s{static_cast<std::uint16_t>(i)};
    OfSlot& known = of_slot_[i];
    for (const auto& m : machines_) {
      if (!m->up()) continue;
      const SlotStatus status = statuses[m->index()] = m->node().slot(s, nows[m->index()]);
      if (!m->node().view()) continue;
      if (holds_content(status))
        if (auto wrong = digest_of(*m, s, status)) return wrong;
      if (status.may_execute && status.slot_epoch >= known.since)
        known.committed = std::max(known.committed, status.commit);
    }
    if (!newest) continue;
    for (const Incarnation& who : newest->config(s).list) {
      const auto& m = machines_[who.member.value - 1];
      if (!m->up() || m->incarnation() != who) continue;
      const SlotStatus& status = statuses[m->index()];
      if (status.at.seq < known.committed)
        return "slot " + std::to_string(i) + ": " + m->name() + " is in sync by view " +
               std::to_string(newest->epoch.value) + ", but ends at " + text(status.at) + "; committed was " +
               std::to_string(known.committed.value);
    }
  }
  return std::nullopt;
}

}  // namespace hc::sim
