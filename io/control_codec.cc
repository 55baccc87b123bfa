#include "io/control_codec.h"

#include "io/gossip_codec.h"
#include "io/peer.pb.h"
#include "io/records.h"

namespace hc {
namespace {

constexpr std::uint32_t kSlotNumberMax = 65535;

bool get_slot(std::uint32_t from, Slot& slot, Decoding& decoding) {
  if (from > kSlotNumberMax) return decoding.fail("a slot above 65535");
  slot = Slot{static_cast<std::uint16_t>(from)};
  return true;
}

}  // namespace

// ---- the session
void put_control(const Hello& m, wire::Control& to, ViewMemo&) {
  wire::Hello& w = *to.mutable_hello();
  w.set_wire_version(m.wire_min);
  w.set_wire_version_max(m.wire_max);
  w.set_cluster_name(m.cluster_name);
  put_id(m.cluster, *w.mutable_cluster());
  w.set_replication_factor(m.replication_factor);
  w.set_slots(m.slots);
  put_member(m.self, *w.mutable_self());
  w.set_to(m.to.value);
  w.set_nonce(m.nonce);
}
static bool get(const wire::Hello& w, Hello& m, Decoding& decoding) {
  m.wire_min = w.wire_version();
  m.wire_max = w.wire_version_max();
  m.cluster_name = w.cluster_name();
  m.cluster = get_id<ClusterTag>(w.cluster());
  m.replication_factor = w.replication_factor();
  m.slots = w.slots();
  m.to = NodeId(w.to());
  m.nonce = w.nonce();
  return get_member(w.self(), m.self) || decoding.fail("a Hello with a port above 65535");
}

void put_control(const Welcome& m, wire::Control& to, ViewMemo&) {
  wire::Welcome& w = *to.mutable_welcome();
  put_member(m.self, *w.mutable_self());
  w.set_nonce(m.nonce);
  w.set_echo(m.echo);
  w.set_wire_version(m.wire);
}
static bool get(const wire::Welcome& w, Welcome& m, Decoding& decoding) {
  m.nonce = w.nonce();
  m.echo = w.echo();
  m.wire = w.wire_version();
  return get_member(w.self(), m.self) || decoding.fail("a Welcome with a port above 65535");
}

void put_control(const Refused& m, wire::Control& to, ViewMemo&) {
  wire::Refused& w = *to.mutable_refused();
  w.set_reason(m.reason);
  w.set_echo(m.echo);
}
static bool get(const wire::Refused& w, Refused& m, Decoding&) {
  m.reason = w.reason();
  m.echo = w.echo();
  return true;
}

// ---- views
void put_control(const ViewAsk& m, wire::Control& to, ViewMemo&) { to.mutable_view_ask()->set_have(m.have.value); }
static bool get(const wire::ViewAsk& w, ViewAsk& m, Decoding&) {
  m.have = Epoch(w.have());
  return true;
}

void put_control(const ViewIs& m, wire::Control& to, ViewMemo& views) {
  wire::ViewIs& w = *to.mutable_view_is();
  if (m.change)
    w.set_change(views.encode(m.change));
  else
    w.set_view(views.encode(m.view));
}
static bool get(const wire::ViewIs& w, ViewIs& m, Decoding& decoding) {
  return get_view_or_change(w.view(), w.change(), m.view, m.change, decoding);
}

void put_control(const Prepare& m, wire::Control& to, ViewMemo&) {
  wire::Prepare& w = *to.mutable_prepare();
  w.set_instance(m.instance.value);
  put_ballot(m.ballot, *w.mutable_ballot());
  w.set_founders(m.founders);
}
static bool get(const wire::Prepare& w, Prepare& m, Decoding&) {
  m.instance = Epoch(w.instance());
  m.ballot = get_ballot(w.ballot());
  m.founders = w.founders();
  return true;
}

void put_control(const Promise& m, wire::Control& to, ViewMemo& views) {
  wire::Promise& w = *to.mutable_promise();
  w.set_instance(m.instance.value);
  put_ballot(m.ballot, *w.mutable_ballot());
  put_id(m.storage, *w.mutable_storage());
  w.set_writes(m.writes);
  if (m.accepted) put_accepted(*m.accepted, *w.mutable_accepted(), views);
}
static bool get(const wire::Promise& w, Promise& m, Decoding& decoding) {
  m.instance = Epoch(w.instance());
  m.ballot = get_ballot(w.ballot());
  m.storage = get_id<StorageTag>(w.storage());
  m.writes = w.writes();
  return !w.has_accepted() || get_accepted(w.accepted(), m.accepted.emplace(), decoding);
}

void put_control(const Accept& m, wire::Control& to, ViewMemo& views) {
  wire::Accept& w = *to.mutable_accept();
  w.set_instance(m.instance.value);
  put_ballot(m.ballot, *w.mutable_ballot());
  put_proposal(m.proposal, *w.mutable_proposal(), views);
  w.set_founders(m.founders);
}
static bool get(const wire::Accept& w, Accept& m, Decoding& decoding) {
  m.instance = Epoch(w.instance());
  m.ballot = get_ballot(w.ballot());
  m.founders = w.founders();
  return get_proposal(w.proposal(), m.proposal, decoding);
}

void put_control(const AcceptedIs& m, wire::Control& to, ViewMemo&) {
  wire::AcceptedIs& w = *to.mutable_accepted_is();
  w.set_instance(m.instance.value);
  put_ballot(m.ballot, *w.mutable_ballot());
  put_id(m.storage, *w.mutable_storage());
  w.set_writes(m.writes);
}
static bool get(const wire::AcceptedIs& w, AcceptedIs& m, Decoding&) {
  m.instance = Epoch(w.instance());
  m.ballot = get_ballot(w.ballot());
  m.storage = get_id<StorageTag>(w.storage());
  m.writes = w.writes();
  return true;
}

void put_control(const Rejected& m, wire::Control& to, ViewMemo&) {
  wire::Rejected& w = *to.mutable_rejected();
  w.set_instance(m.instance.value);
  put_ballot(m.ballot, *w.mutable_ballot());
  put_ballot(m.promised, *w.mutable_promised());
  w.set_reason(m.reason);
}
static bool get(const wire::Rejected& w, Rejected& m, Decoding&) {
  m.instance = Epoch(w.instance());
  m.ballot = get_ballot(w.ballot());
  m.promised = get_ballot(w.promised());
  m.reason = w.reason();
  return true;
}

void put_control(const VoteCountAsk& m, wire::Control& to, ViewMemo&) {
  put_id(m.storage, *to.mutable_vote_count_ask()->mutable_storage());
}
static bool get(const wire::VoteCountAsk& w, VoteCountAsk& m, Decoding&) {
  m.storage = get_id<StorageTag>(w.storage());
  return true;
}

void put_control(const VoteCountIs& m, wire::Control& to, ViewMemo&) {
  wire::VoteCountIs& w = *to.mutable_vote_count_is();
  put_id(m.storage, *w.mutable_storage());
  w.set_writes(m.writes);
}
static bool get(const wire::VoteCountIs& w, VoteCountIs& m, Decoding&) {
  m.storage = get_id<StorageTag>(w.storage());
  m.writes = w.writes();
  return true;
}

void put_control(const ViewHeldAsk& m, wire::Control& to, ViewMemo&) {
  to.mutable_view_held_ask()->set_epoch(m.epoch.value);
}
static bool get(const wire::ViewHeldAsk& w, ViewHeldAsk& m, Decoding&) {
  m.epoch = Epoch(w.epoch());
  return true;
}

void put_control(const ViewHeld& m, wire::Control& to, ViewMemo&) { to.mutable_view_held()->set_epoch(m.epoch.value); }
static bool get(const wire::ViewHeld& w, ViewHeld& m, Decoding&) {
  m.epoch = Epoch(w.epoch());
  return true;
}

void put_control(const Reports& m, wire::Control& to, ViewMemo&) {
  wire::Reports& w = *to.mutable_reports();
  for (const Report& report : m.reports) put_report(report, *w.add_reports());
}
static bool get(const wire::Reports& w, Reports& m, Decoding& decoding) {
  if (!decoding.budget.take(static_cast<std::size_t>(w.reports_size()) * sizeof(Report)))
    return decoding.fail("too much for one frame: reports");
  for (const wire::Report& report : w.reports())
    if (!get_report(report, m.reports.emplace_back(), decoding)) return false;
  return true;
}

// ---- takeover, discarding, gossip
void put_control(const TailAsk& m, wire::Control& to, ViewMemo&) {
  wire::TailAsk& w = *to.mutable_tail_ask();
  for (const TailAsk::One& one : m.slots) {
    wire::TailAsk::One& o = *w.add_slots();
    o.set_slot(one.slot.value);
    o.set_slot_epoch(one.slot_epoch.value);
    put_position(one.mine, *o.mutable_mine());
  }
}
static bool get(const wire::TailAsk& w, TailAsk& m, Decoding& decoding) {
  if (!decoding.budget.take(static_cast<std::size_t>(w.slots_size()) * sizeof(TailAsk::One)))
    return decoding.fail("too much for one frame: slots");
  for (const wire::TailAsk::One& o : w.slots()) {
    TailAsk::One& one = m.slots.emplace_back();
    if (!get_slot(o.slot(), one.slot, decoding)) return false;
    one.slot_epoch = Epoch(o.slot_epoch());
    one.mine = get_position(o.mine());
  }
  return true;
}

void put_control(const TailIs& m, wire::Control& to, ViewMemo&) {
  wire::TailIs& w = *to.mutable_tail_is();
  for (const TailIs::One& one : m.slots) {
    wire::TailIs::One& o = *w.add_slots();
    o.set_slot(one.slot.value);
    o.set_slot_epoch(one.slot_epoch.value);
    put_position(one.at, *o.mutable_at());
    o.set_known_commit(one.known_commit.value);
    WireWriter entries(*o.mutable_entries());
    if (!one.entries.empty()) write_entries(one.entries, one.at.slot_epoch, entries);
    o.set_unsynced(one.unsynced);
  }
}
static bool get(const wire::TailIs& w, TailIs& m, Decoding& decoding) {
  if (!decoding.budget.take(static_cast<std::size_t>(w.slots_size()) * sizeof(TailIs::One)))
    return decoding.fail("too much for one frame: slots");
  for (const wire::TailIs::One& o : w.slots()) {
    TailIs::One& one = m.slots.emplace_back();
    if (!get_slot(o.slot(), one.slot, decoding)) return false;
    one.slot_epoch = Epoch(o.slot_epoch());
    one.at = get_position(o.at());
    one.known_commit = Seq(o.known_commit());
    one.unsynced = o.unsynced();
    if (o.entries().empty()) continue;
    WireReader entries(o.entries());
    read_entries(one.at.slot_epoch, entries, decoding.budget, one.entries);
    if (!entries.ended()) return decoding.fail("a tail whose entries are malformed");
  }
  return true;
}

void put_control(const DiscardAsk& m, wire::Control& to, ViewMemo&) {
  WireWriter slots(*to.mutable_discard_ask()->mutable_slots());
  write_slot_set(m.slots, slots);
}
static bool get(const wire::DiscardAsk& w, DiscardAsk& m, Decoding& decoding) {
  return get_slot_set(w.slots(), m.slots, decoding);
}

void put_control(const DiscardOk& m, wire::Control& to, ViewMemo&) {
  wire::DiscardOk& w = *to.mutable_discard_ok();
  WireWriter slots(*w.mutable_slots());
  write_slot_set(m.slots, slots);
  w.set_as_of(m.as_of.value);
}
static bool get(const wire::DiscardOk& w, DiscardOk& m, Decoding& decoding) {
  m.as_of = Epoch(w.as_of());
  return get_slot_set(w.slots(), m.slots, decoding);
}

void put_control(const GossipByStream& m, wire::Control& to, ViewMemo&) {
  to.mutable_gossip()->set_packet(encode_packet(m.packet));
}
static bool get(const wire::GossipByStream& w, GossipByStream& m, Decoding& decoding) {
  auto packet = decode_packet(w.packet());
  if (!packet) return decoding.fail(std::move(packet.error()));
  m.packet = std::move(*packet);
  return true;
}

bool get_control(const wire::Control& from, Message& message, Decoding& decoding) {
  using Case = wire::Control;
  switch (from.message_case()) {
    case Case::kHello:
      return get(from.hello(), message.emplace<Hello>(), decoding);
    case Case::kWelcome:
      return get(from.welcome(), message.emplace<Welcome>(), decoding);
    case Case::kRefused:
      return get(from.refused(), message.emplace<Refused>(), decoding);
    case Case::kViewAsk:
      return get(from.view_ask(), message.emplace<ViewAsk>(), decoding);
    case Case::kViewIs:
      return get(from.view_is(), message.emplace<ViewIs>(), decoding);
    case Case::kPrepare:
      return get(from.prepare(), message.emplace<Prepare>(), decoding);
    case Case::kPromise:
      return get(from.promise(), message.emplace<Promise>(), decoding);
    case Case::kAccept:
      return get(from.accept(), message.emplace<Accept>(), decoding);
    case Case::kAcceptedIs:
      return get(from.accepted_is(), message.emplace<AcceptedIs>(), decoding);
    case Case::kRejected:
      return get(from.rejected(), message.emplace<Rejected>(), decoding);
    case Case::kVoteCountAsk:
      return get(from.vote_count_ask(), message.emplace<VoteCountAsk>(), decoding);
    case Case::kVoteCountIs:
      return get(from.vote_count_is(), message.emplace<VoteCountIs>(), decoding);
    case Case::kViewHeldAsk:
      return get(from.view_held_ask(), message.emplace<ViewHeldAsk>(), decoding);
    case Case::kViewHeld:
      return get(from.view_held(), message.emplace<ViewHeld>(), decoding);
    case Case::kReports:
      return get(from.reports(), message.emplace<Reports>(), decoding);
    case Case::kTailAsk:
      return get(from.tail_ask(), message.emplace<TailAsk>(), decoding);
    case Case::kTailIs:
      return get(from.tail_is(), message.emplace<TailIs>(), decoding);
    case Case::kDiscardAsk:
      return get(from.discard_ask(), message.emplace<DiscardAsk>(), decoding);
    case Case::kDiscardOk:
      return get(from.discard_ok(), message.emplace<DiscardOk>(), decoding);
    case Case::kGossip:
      return get(from.gossip(), message.emplace<GossipByStream>(), decoding);
    case Case::MESSAGE_NOT_SET:
      break;
  }
  return decoding.fail("a control message of an unknown kind");
}

}  // namespace hc
