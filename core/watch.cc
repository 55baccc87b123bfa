// What a node knows, read from outside.
#include "core/node.h"
#include "core/rooms.h"

namespace hc {

void Node::invariants(Now) const {
  rooms_->swim.invariants();
  rooms_->agreement.consensus().invariants();
  rooms_->replication.invariants();
}

const NodeConfig& Node::config() const { return rooms_->config; }
const MemberInfo& Node::self() const { return rooms_->self; }
StorageId Node::storage() const { return rooms_->agreement.consensus().storage(); }
const ViewRef& Node::view() const { return rooms_->view(); }
const Swim& Node::membership() const { return rooms_->swim; }
const SlotTable& Node::table(Slot s) const { return rooms_->replication.replica(s).table; }
std::string Node::why_not_force(const Decree& decree) const {
  const auto view = rooms_->agreement.forced(decree, rooms_->self, rooms_->swim);
  return view ? std::string() : view.error();
}
std::size_t Node::differing_slots() const { return rooms_->replication.differing(); }
std::uint32_t Node::wire_max() const { return rooms_->peers.wire_max(); }
std::uint32_t Node::wire(NodeId to) const { return rooms_->peers.wire(to); }
std::expected<SlotSet, std::string> Node::lost(std::span<const Slot> slots) const {
  return rooms_->agreement.lost(slots, rooms_->self, rooms_->swim);
}
bool Node::undecided() const { return rooms_->agreement.consensus().undecided(); }
bool Node::left() const { return rooms_->left; }
bool Node::snapshot_pending() const { return rooms_->log.snapshot_pending(); }
LogStatus Node::log() const { return rooms_->log.status(rooms_->replication.snapshot_slots()); }
std::uint32_t Node::key_filter_ppm() const { return rooms_->replication.key_filter_ppm(); }
const Memory& Node::memory() const { return rooms_->replication.memory(); }
const AccessClock& Node::access_clock() const { return rooms_->replication.clock(); }
std::map<NodeId, Owed> Node::owed() const { return rooms_->replication.owed(); }
const Bus& Node::bus() const { return rooms_->bus; }
std::span<const Evicted> Node::evicted() const { return rooms_->replication.memory().evicted; }
std::span<const Telling> Node::told() const { return rooms_->told; }
bool Node::ready(Now) const { return rooms_->ready(); }

SlotStatus Node::slot(Slot s, Now now) const {
  const Replica& r = rooms_->replication.replica(s);
  SlotStatus status;
  using Role = SlotStatus::Role;
  if (r.lead) {
    status.role = r.lead->stage == Stage::kServing ? Role::kPrimary : Role::kTakingOver;
    status.may_execute = rooms_->replication.may_execute(s, now.mono);
  } else {
    status.role = r.listed ? Role::kReplica : r.learner ? Role::kLearner : Role::kNone;
  }
  status.slot_epoch = r.epoch;
  status.at = r.at;
  status.commit = r.commit;
  status.digest = r.table.digest();
  status.keys = r.table.size();
  status.tail = r.tail.size();
  return status;
}

bool Node::may_execute(Slot s, Now now) const { return rooms_->replication.may_execute(s, now.mono); }

std::uint64_t Node::executed_and_takeovers() const {
  const auto& counters = rooms_->replication.counters();
  return counters.executed + counters.takeovers;
}

std::uint64_t Node::digest_mismatches() const { return rooms_->replication.counters().digest_mismatches; }

const Node::Counters& Node::counters() const {
  Counters& c = rooms_->counters;
  const auto& routing = rooms_->coordinator.counters();
  const auto& replication = rooms_->replication.counters();
  c.commands = routing.commands;
  c.forwards_sent = routing.forwards_sent;
  c.forwards_served = routing.forwards_served;
  c.not_mine = routing.not_mine;
  c.unknown = routing.unknown;
  c.refused = routing.refused;
  c.executed = replication.executed;
  c.parked = replication.parked;
  c.entries_replicated = replication.entries;
  c.takeovers = replication.takeovers;
  c.fills_completed = replication.fills;
  c.expired = replication.expired;
  c.evicted = replication.evicted;
  c.out_of_memory = replication.out_of_memory;
  c.fill_bytes = replication.fill_bytes;
  c.fill_bytes_kept = replication.fill_bytes_kept;
  c.hits = replication.hits;
  c.misses = replication.misses;
  c.digests_compared = replication.digests_compared;
  c.digest_mismatches = replication.digest_mismatches;
  c.log_records = rooms_->log.counters().records;
  c.log_appends = rooms_->log.counters().appends;
  c.log_syncs = rooms_->log.counters().syncs;
  c.log_snapshots = rooms_->log.counters().snapshots;
  c.complaints = replication.complaints;
  c.proposals = rooms_->agreement.proposals();
  c.frames_dropped = rooms_->peers.frames_dropped();
  return c;
}

}  // namespace hc
