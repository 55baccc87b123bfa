// Of /metrics: what this node sees of the cluster, and what it owes the others.
#include "core/replication/owed.h"
#include "runtime/figures.h"
#include "runtime/metrics.h"

namespace hc {
namespace {

using Type = Exposition::Type;

double real(std::uint64_t n) { return static_cast<double>(n); }

void put_members(Exposition& out, const Office& office) {
  constexpr Liveness kStates[] = {Liveness::kAlive, Liveness::kSuspect, Liveness::kDead, Liveness::kLeft};
  std::map<Liveness, std::size_t> counts;
  const ViewRef& view = office.figures.view();
  if (view)
    for (const ViewMember& member : view->members) ++counts[liveness_of(office.node, member.info.id)];
  out.family("hypercache_cluster_members", Type::kGauge, "Members of the view, by how they seem to this node.");
  for (const Liveness state : kStates) out.sample(real(counts[state]), {{"status", to_text(state)}});
  out.gauge("hypercache_cluster_members_active", "Members that the view names as active.",
            real(office.figures.active()));
  out.family("hypercache_member_up", Type::kGauge, "1 for each member of the view that seems alive or only suspect.");
  if (!view) return;
  for (const ViewMember& member : view->members)
    out.sample(liveness_of(office.node, member.info.id) <= Liveness::kSuspect, {{"member", name_of(member.info.id)}});
}

void put_slots(Exposition& out, const Office& office) {
  const ViewFigures::Member own = office.figures.of(office.node.self().id);
  out.family("hypercache_slots", Type::kGauge, "Slots of this node by the view: led, followed in sync, on their way.");
  out.sample(real(own.primaries), {{"role", "primary"}});
  out.sample(real(own.replicas), {{"role", "replica"}});
  out.sample(real(own.learning), {{"role", "learner"}});
  out.gauge("hypercache_slots_wanted", "Slots that the ring gives this node.", real(own.wanted));
  out.gauge("hypercache_cluster_slots_short", "Slots of the cluster with fewer copies in sync than there should be.",
            real(office.figures.slots_short()));
  out.gauge("hypercache_cluster_slots_moving", "Slots of the cluster that are not held by just those who should.",
            real(office.figures.slots_moving()));
}

}  // namespace

void cluster_metrics(Exposition& out, Office& office, Now) {
  const Node& node = office.node;
  const Node::Counters& n = node.counters();
  const Swim::Counters& m = node.membership().counters();
  put_members(out, office);
  put_slots(out, office);
  out.gauge("hypercache_view_epoch", "The number of the view that this node has installed.",
            office.figures.view() ? real(office.figures.view()->epoch.value) : 0);
  out.counter("hypercache_views_installed", "Views that this node has installed.", real(n.views_installed));
  out.counter("hypercache_proposals", "Rounds of agreement that this node began.", real(n.proposals));
  out.counter("hypercache_complaints", "Times that this node reported another as too slow.", real(n.complaints));
  out.counter("hypercache_probes", "Pings of the failure detector.", real(m.probes));
  out.counter("hypercache_probes_failed", "Pings that nobody answered, by any way.", real(m.probes_failed));
  out.counter("hypercache_suspicions", "Members that this node began to suspect.", real(m.suspicions));
  out.counter("hypercache_deaths", "Members that this node took for dead.", real(m.deaths));
  out.counter("hypercache_refutations", "Times that this node had to say that it lives.", real(m.refutations));
  out.gauge("hypercache_membership_slowness", "Lifeguard's local health: 0 is well, intervals are 1 + this as long.",
            real(node.membership().health()));
  out.gauge("hypercache_wire_version_max", "The highest version of the members' protocol that this node speaks.",
            real(node.wire_max()));
  out.family("hypercache_wire_version", Type::kGauge,
             "What this node's session to a member speaks of it: the highest that both do.");
  for (const auto& [id, peer] : node.membership().peers())
    if (const std::uint32_t wire = node.wire(id); wire != 0) out.sample(real(wire), {{"member", name_of(id)}});
  out.counter("hypercache_peer_frames_dropped", "Frames of members that did not belong to their session.",
              real(n.frames_dropped));
}

void replication_metrics(Exposition& out, const Office& office) {
  const Node::Counters& n = office.node.counters();
  const auto owed = office.node.owed();
  const auto each = [&](auto&& value) {
    for (const auto& [id, of] : owed) out.sample(value(of), {{"member", name_of(id)}});
  };
  out.counter("hypercache_replication_entries", "Entries that this node put into histories as primary.",
              real(n.entries_replicated));
  out.family("hypercache_replication_lag_entries", Type::kGauge, "Entries that a replica has not acknowledged.");
  each([](const Owed& of) { return real(of.entries); });
  out.family("hypercache_replication_lag_bytes", Type::kGauge, "Bytes of entries that a replica has not acknowledged.");
  each([](const Owed& of) { return real(of.bytes); });
  out.family("hypercache_transfer_slots", Type::kGauge, "Slots on their way from this node to a member.");
  each([](const Owed& of) { return real(of.slots_to_fill); });
  out.family("hypercache_transfer_slots_arrived", Type::kGauge, "How much of these has arrived, in parts of slots.");
  each([](const Owed& of) { return of.slots_filled; });
  out.family("hypercache_transfer_left_bytes", Type::kGauge,
             "Bytes of slots, as their memory is counted, that are still to arrive at a member.");
  each([](const Owed& of) { return real(of.fill_bytes_left); });
  out.family("hypercache_transfer_arrived_bytes", Type::kCounter,
             "Bytes of slots, as their memory is counted, that arrived at a member.");
  each([](const Owed& of) { return real(of.fill_bytes_arrived); });
  out.counter("hypercache_transfer_sent_bytes", "Bytes of slots that this node sent to fill others.",
              real(n.fill_bytes));
  out.counter("hypercache_transfers_completed", "Slots that arrived whole at another member.", real(n.fills_completed));
  out.counter("hypercache_takeovers", "Slots that this node became primary of.", real(n.takeovers));
  out.counter("hypercache_replica_digests_compared",
              "Digests of slots that this node compared with those of their primary, at the same position.",
              real(n.digests_compared));
  out.counter("hypercache_replica_digest_mismatches", "How many of these were not the same.",
              real(n.digest_mismatches));
  out.gauge("hypercache_replica_slots_differing",
            "Slots whose content differed from their primary's when last compared.",
            real(office.node.differing_slots()));
  out.counter("hypercache_slot_resets", "Slots that began anew because every copy was lost.", real(n.resets));
}

}  // namespace hc
