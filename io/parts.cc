#include "io/parts.h"

#include "io/peer.pb.h"

namespace hc {
namespace {

constexpr std::uint32_t kPortMax = 65535;

bool get_port(std::uint32_t from, std::uint16_t& port) {
  port = static_cast<std::uint16_t>(from);
  return from <= kPortMax;
}

}  // namespace

void put_member(const MemberInfo& info, wire::Member& to) {
  to.set_id(info.id.value);
  to.set_host(info.host);
  to.set_gossip_port(info.gossip_port);
  to.set_resp_port(info.resp_port);
  to.set_http_port(info.http_port);
  to.set_host_label(info.host_label);
  to.set_zone(info.zone);
  put_id(info.generation, *to.mutable_generation());
  put_id(info.storage, *to.mutable_storage());
  to.set_keeps_log(info.keeps_log);
}

bool get_member(const wire::Member& from, MemberInfo& info) {
  info.id = NodeId(from.id());
  info.host = from.host();
  info.host_label = from.host_label();
  info.zone = from.zone();
  info.generation = get_id<GenerationTag>(from.generation());
  info.storage = get_id<StorageTag>(from.storage());
  info.keeps_log = from.keeps_log();
  return get_port(from.gossip_port(), info.gossip_port) && get_port(from.resp_port(), info.resp_port) &&
         get_port(from.http_port(), info.http_port);
}

void put_incarnation(const Incarnation& who, wire::Incarnation& to) {
  to.set_member(who.member.value);
  to.set_generation_hi(who.generation.hi);
  to.set_generation_lo(who.generation.lo);
}
Incarnation get_incarnation(const wire::Incarnation& from) {
  return {NodeId(from.member()), {from.generation_hi(), from.generation_lo()}};
}

void put_position(const Position& at, wire::Position& to) {
  to.set_slot_epoch(at.slot_epoch.value);
  to.set_seq(at.seq.value);
}
Position get_position(const wire::Position& from) { return {Epoch(from.slot_epoch()), Seq(from.seq())}; }

void put_ballot(const Ballot& ballot, wire::Ballot& to) {
  to.set_round(ballot.round);
  to.set_proposer(ballot.proposer.value);
  put_id(ballot.process, *to.mutable_process());
}
Ballot get_ballot(const wire::Ballot& from) {
  return {from.round(), NodeId(from.proposer()), get_id<GenerationTag>(from.process())};
}

bool get_slot_set(Bytes bytes, SlotSet& slots, Decoding& decoding) {
  auto set = read_slot_set(bytes, decoding.budget);
  if (!set) return decoding.fail(std::move(set.error()));
  slots = std::move(*set);
  return true;
}

bool get_view(Bytes bytes, ViewRef& view, Decoding& decoding) {
  auto decoded = decoding.views.decode(bytes, decoding.budget);
  if (!decoded) return decoding.fail(std::move(decoded.error()));
  view = std::move(*decoded);
  return true;
}

bool get_view_or_change(Bytes whole, Bytes changed, ViewRef& view, ViewChangeRef& change, Decoding& decoding) {
  if (changed.empty()) return get_view(whole, view, decoding);
  auto decoded = decoding.views.decode_change(changed, decoding.budget);
  if (!decoded) return decoding.fail(std::move(decoded.error()));
  change = std::move(*decoded);
  return true;
}

namespace {

void write_offers(const std::vector<DiskOffer>& offers, WireWriter& out) {
  for (const DiskOffer& o : offers) {
    out.byte(static_cast<std::uint8_t>((o.held ? 1U : 0U) | (o.complete ? 2U : 0U)));
    if (o.held) out.position(o.at);
  }
}

// One for each slot of the report.
bool read_offers(Bytes bytes, const SlotSet& slots, std::vector<DiskOffer>& offers, Decoding& decoding) {
  if (!decoding.budget.take(slots.count() * sizeof(DiskOffer))) return decoding.fail("too much for one frame: offers");
  WireReader in(bytes);
  slots.for_each([&](Slot s) {
    const std::uint8_t flags = in.byte();
    if (flags > 3) in.turn_bad();
    DiskOffer& o = offers.emplace_back(DiskOffer{s, (flags & 1) != 0, (flags & 2) != 0, {}});
    if (o.held) o.at = in.position();
  });
  return in.ended() || decoding.fail("a report whose offers are malformed");
}

}  // namespace

void put_report(const Report& report, wire::Report& to) {
  to.set_kind(static_cast<std::uint32_t>(report.kind));
  put_incarnation(report.by, *to.mutable_by());
  put_incarnation(report.about, *to.mutable_about());
  to.set_as_of(report.as_of.value);
  WireWriter slots(*to.mutable_slots());
  write_slot_set(report.slots, slots);
  to.set_said_ns(report.said.time_since_epoch().count());
  to.set_age_ns(report.age.count());
  if (report.kind != ReportKind::kOffer) return;
  WireWriter offers(*to.mutable_offers());
  write_offers(report.offers, offers);
}

bool get_report(const wire::Report& from, Report& report, Decoding& decoding) {
  if (from.kind() < static_cast<std::uint32_t>(ReportKind::kComplaint) ||
      from.kind() > static_cast<std::uint32_t>(ReportKind::kAcceptLoss))
    return decoding.fail("a report of an unknown kind");
  report.kind = static_cast<ReportKind>(from.kind());
  report.by = get_incarnation(from.by());
  report.about = get_incarnation(from.about());
  report.as_of = Epoch(from.as_of());
  report.said = Time(Duration(from.said_ns()));
  report.age = Duration(from.age_ns());
  if (report.age < Duration::zero()) return decoding.fail("a report from the future");
  if (!get_slot_set(from.slots(), report.slots, decoding)) return false;
  return report.kind != ReportKind::kOffer || read_offers(from.offers(), report.slots, report.offers, decoding);
}

void put_proposal(const Proposal& proposal, wire::Proposal& to, ViewMemo& views) {
  if (proposal.change)
    to.set_change(views.encode(proposal.change));
  else
    to.set_view(views.encode(proposal.view));
  for (const Report& report : proposal.evidence) put_report(report, *to.add_evidence());
}

bool get_proposal(const wire::Proposal& from, Proposal& proposal, Decoding& decoding) {
  if (!get_view_or_change(from.view(), from.change(), proposal.view, proposal.change, decoding)) return false;
  if (!decoding.budget.take(static_cast<std::size_t>(from.evidence_size()) * sizeof(Report)))
    return decoding.fail("too much for one frame: evidence");
  for (const wire::Report& report : from.evidence())
    if (!get_report(report, proposal.evidence.emplace_back(), decoding)) return false;
  return true;
}

void put_accepted(const Accepted& accepted, wire::Accepted& to, ViewMemo& views) {
  put_ballot(accepted.ballot, *to.mutable_ballot());
  put_proposal(accepted.proposal, *to.mutable_proposal(), views);
}

bool get_accepted(const wire::Accepted& from, Accepted& accepted, Decoding& decoding) {
  accepted.ballot = get_ballot(from.ballot());
  return get_proposal(from.proposal(), accepted.proposal, decoding);
}

}  // namespace hc
