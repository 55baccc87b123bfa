// Arbitrary values of core's types for properties: ids, members, views, every message, gossip, vote records. Each draws
// from RapidCheck when called, so call them inside a property.
//
// Values are well formed, not sensible: a view keeps the rules of io/view_codec.h, an epoch may be anything.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/random.h"
#include "core/message/message.h"

namespace hc::any {

// Small, huge and in between, with the edges that encodings have.
inline std::uint64_t number() {
  using rc::gen::inRange;
  const auto bits = *inRange<unsigned>(0, 65);
  const std::uint64_t n = *rc::gen::arbitrary<std::uint64_t>() ^ (*inRange<std::uint64_t>(0, 1U << 31) << 33);
  return bits == 0 ? 0 : n >> (64 - bits);
}
inline std::uint32_t number32() { return static_cast<std::uint32_t>(number()); }
inline std::size_t size(std::size_t most) { return *rc::gen::inRange<std::size_t>(0, most + 1); }
inline bool flag() { return *rc::gen::arbitrary<bool>(); }
inline std::string text(std::size_t most = 20) {
  std::string s(size(most), '\0');
  for (char& c : s) c = *rc::gen::arbitrary<char>();
  return s;
}
template <class Make>
auto list(std::size_t most, Make&& make) {
  std::vector<decltype(make())> result;
  const std::size_t n = size(most);
  for (std::size_t i = 0; i < n; ++i) result.push_back(make());
  return result;
}

inline NodeId node() { return NodeId(number32()); }
inline Epoch epoch() { return Epoch(number()); }
inline Seq seq() { return Seq(number()); }
inline Slot slot() { return Slot{static_cast<std::uint16_t>(number())}; }
template <class Id>
Id id128() {
  Id id;
  id.hi = number();
  id.lo = number();
  return id;
}
inline Incarnation incarnation() {
  const NodeId member = node();
  return {member, id128<Generation>()};
}
inline Position position() {
  const Epoch slot_epoch = epoch();
  return {slot_epoch, seq()};
}
inline Duration span_of_time() { return Duration(static_cast<std::int64_t>(number() % 86'400'000'000'000ULL)); }
inline Time time() { return Time(Duration(static_cast<std::int64_t>(number() >> 2) * (flag() ? 1 : -1))); }

inline MemberInfo member() {
  MemberInfo m;
  m.id = node();
  m.host = text();
  m.gossip_port = static_cast<std::uint16_t>(number());
  m.resp_port = static_cast<std::uint16_t>(number());
  m.http_port = static_cast<std::uint16_t>(number());
  m.host_label = text();
  m.zone = text();
  m.generation = id128<Generation>();
  m.storage = id128<StorageId>();
  return m;
}

// Any set that a bitmap of up to 16384 slots can be: none, few, many, a stretch.
inline SlotSet slot_set() {
  const auto slots = *rc::gen::element<std::uint32_t>(0U, 1U, 16U, 100U, 256U, 16384U);
  SlotSet set(slots);
  if (slots == 0) return set;
  Random random(number());
  const std::uint64_t ppm = *rc::gen::element<std::uint64_t>(0U, 1000U, 500'000U, 999'000U, 1'000'000U);
  for (std::uint32_t s = 0; s < slots; ++s)
    if (random.ppm(ppm)) set.add(Slot{static_cast<std::uint16_t>(s)});
  return set;
}

// ---- views
inline std::vector<SlotConfig> slot_configs(std::uint32_t slots, Random random) {
  std::vector<Incarnation> who;
  for (std::uint64_t i = random.between(1, 9); i > 0; --i)
    who.push_back({NodeId(static_cast<std::uint32_t>(random.next() | 1) + static_cast<std::uint32_t>(i)),
                   random.draw128<GenerationTag>()});
  std::vector<SlotConfig> result(slots);
  const bool runs = random.percent(50);
  for (std::uint32_t s = 0; s < slots; ++s) {
    if (runs && s > 0 && random.percent(90)) {
      result[s] = result[s - 1];
      continue;
    }
    result[s].epoch = Epoch(random.between(1, 5));
    random.shuffle(who);
    const auto copies = random.between(1, std::min(who.size(), kListMax));
    for (std::size_t i = 0; i < copies; ++i)
      if (!result[s].list.names(who[i].member)) result[s].list.push_back(who[i]);
    if (copies < who.size() && random.percent(20) && !result[s].list.names(who[copies].member))
      result[s].passed_over = who[copies];
  }
  return result;
}

inline ViewRef view() {
  auto v = std::make_shared<View>();
  v->cluster = id128<ClusterId>();
  v->cluster_name = text();
  v->lineage = number32();
  v->epoch = Epoch(number() | 1);
  v->replication_factor = *rc::gen::inRange(1U, 4U);
  v->lease = span_of_time() + 1ns;
  v->drift_percent = *rc::gen::inRange(0U, 100U);
  v->slot_loss = flag() ? SlotLossPolicy::kWait : SlotLossPolicy::kReset;
  v->voters_max = number32();
  for (std::size_t n = size(7); n > 0; --n) {
    ViewMember m;
    m.info = member();
    if (!m.info.id) m.info.id = NodeId(1);
    m.state = *rc::gen::element(MemberState::kActive, MemberState::kLeaving, MemberState::kAbsent);
    v->members.push_back(m);
  }
  std::ranges::sort(v->members, {}, [](const ViewMember& m) { return m.info.id; });
  const auto twins = std::ranges::unique(v->members, {}, [](const ViewMember& m) { return m.info.id; });
  v->members.erase(twins.begin(), twins.end());
  for (std::uint32_t n = 1 + static_cast<std::uint32_t>(size(4)); n > 0; --n)
    v->voters.push_back({NodeId(n * 7), id128<StorageId>()});
  for (const Voter& voter : v->voters)
    if (flag()) v->counts.push_back({voter.storage, number()});
  const auto slots = *rc::gen::weightedElement<std::uint32_t>({{4, 1U}, {8, 16U}, {4, 100U}, {4, 256U}, {1, 16384U}});
  v->slots = slot_configs(slots, Random(number()));
  v->derive_ring();
  return v;
}

inline ViewChangeRef view_change() {
  auto change = std::make_shared<ViewChange>();
  change->base = Epoch(number() | 1);
  View head = *view();
  change->slots.clear();
  std::uint32_t s = 0;
  for (const SlotConfig& config : head.slots)
    if (const Slot slot{static_cast<std::uint16_t>(s++)}; flag()) change->slots.push_back({slot, config});
  head.slots.clear();
  head.ring = {};
  change->head = std::move(head);
  return change;
}

inline Ballot ballot() {
  const std::uint64_t round = number();
  const NodeId proposer = node();
  return {round, proposer, id128<Generation>()};
}
inline Report report() {
  Report r;
  r.kind = static_cast<ReportKind>(*rc::gen::inRange(1, 6));
  r.by = incarnation();
  r.about = incarnation();
  r.as_of = epoch();
  r.slots = slot_set();
  r.said = Time(span_of_time());
  r.age = span_of_time();
  return r;
}
inline Proposal proposal() {
  Proposal p;
  p.view = view();
  p.evidence = list(3, report);
  return p;
}
inline Accepted accepted() {
  Accepted a;
  a.ballot = ballot();
  a.proposal = proposal();
  return a;
}
inline VoteRecord vote_record() {
  VoteRecord r;
  r.storage = id128<StorageId>();
  r.cluster = id128<ClusterId>();
  r.writes = number();
  r.instance = epoch();
  r.promised = ballot();
  if (flag()) r.accepted = accepted();
  if (flag()) r.view = view();
  return r;
}

// ---- gossip
inline MemberRumor rumor() {
  MemberRumor r;
  r.info = member();
  r.incarnation = number();
  r.liveness = *rc::gen::element(Liveness::kAlive, Liveness::kSuspect, Liveness::kDead, Liveness::kLeft);
  r.accuser = node();
  return r;
}
inline GossipBody gossip_body() {
  switch (*rc::gen::inRange(0, 7)) {
    case 1: {
      Ping p;
      p.probe = number();
      p.target = node();
      p.origin = node();
      p.by_stream = flag();
      return p;
    }
    case 2: {
      PingRequest p;
      p.probe = number();
      p.target = node();
      return p;
    }
    case 3:
      return Ack{number()};
    case 4:
      return Nack{number()};
    case 5:
      return SyncRequest{};
    case 6:
      return SyncReply{};
    default:
      return std::monostate{};
  }
}
inline GossipPacket gossip_packet() {
  GossipPacket p;
  p.from = node();
  p.generation = id128<Generation>();
  p.cluster = id128<ClusterId>();
  p.newest_epoch = epoch();
  p.body = gossip_body();
  p.rumors = list(8, rumor);
  return p;
}

// ---- replication and routing
inline Entry entry() {
  Entry e;
  e.at = position();
  e.previous_epoch = epoch();
  e.boundary = flag();
  if (flag()) e.effects = Value::copy_of(text());
  return e;
}
// As they mostly are: one after the other in one slot epoch.
inline std::vector<Entry> entries() {
  std::vector<Entry> all = list(5, entry);
  if (flag()) return all;
  for (std::size_t i = 1; i < all.size(); ++i) {
    all[i].at = {all[i - 1].at.slot_epoch, all[i - 1].at.seq.next()};
    all[i].previous_epoch = all[i - 1].at.slot_epoch;
  }
  return all;
}
inline Reply reply(int depth = 0) {
  Reply r;
  r.kind = static_cast<Reply::Kind>(*rc::gen::inRange(0, 12));
  switch (r.kind) {
    case Reply::Kind::kInteger:
      r.integer = static_cast<std::int64_t>(number());
      break;
    case Reply::Kind::kArray:
    case Reply::Kind::kMap:
    case Reply::Kind::kSet:
      if (depth < 4) r.items = list(3, [&] { return reply(depth + 1); });
      if (r.kind == Reply::Kind::kMap && r.items.size() % 2 == 1) r.items.pop_back();
      break;
    case Reply::Kind::kNothing:
    case Reply::Kind::kNil:
    case Reply::Kind::kNilArray:
      break;
    default:
      r.text = Text::copy_of(text());
  }
  return r;
}

// ---- messages: make(M*) for each alternative of Message
inline Hello make(const Hello*) {
  Hello m;
  m.wire_min = number32();
  m.wire_max = number32();
  m.cluster_name = text();
  m.cluster = id128<ClusterId>();
  m.replication_factor = number32();
  m.slots = number32();
  m.self = member();
  m.to = node();
  m.nonce = number();
  return m;
}
inline Welcome make(const Welcome*) {
  Welcome m;
  m.self = member();
  m.nonce = number();
  m.echo = number();
  return m;
}
inline Refused make(const Refused*) {
  Refused m;
  m.reason = text();
  m.echo = number();
  return m;
}
inline ViewAsk make(const ViewAsk*) { return {epoch()}; }
inline ViewIs make(const ViewIs*) {
  if (flag()) return {view()};
  return {nullptr, view_change()};
}
inline Prepare make(const Prepare*) {
  Prepare m;
  m.instance = epoch();
  m.ballot = ballot();
  m.founders = text();
  return m;
}
inline Promise make(const Promise*) {
  Promise m;
  m.instance = epoch();
  m.ballot = ballot();
  m.storage = id128<StorageId>();
  m.writes = number();
  if (flag()) m.accepted = accepted();
  return m;
}
inline Accept make(const Accept*) {
  Accept m;
  m.instance = epoch();
  m.ballot = ballot();
  m.proposal = proposal();
  m.founders = text();
  return m;
}
inline AcceptedIs make(const AcceptedIs*) {
  AcceptedIs m;
  m.instance = epoch();
  m.ballot = ballot();
  m.storage = id128<StorageId>();
  m.writes = number();
  return m;
}
inline Rejected make(const Rejected*) {
  Rejected m;
  m.instance = epoch();
  m.ballot = ballot();
  m.promised = ballot();
  m.reason = text();
  return m;
}
inline VoteCountAsk make(const VoteCountAsk*) { return {id128<StorageId>()}; }
inline VoteCountIs make(const VoteCountIs*) {
  VoteCountIs m;
  m.storage = id128<StorageId>();
  m.writes = number();
  return m;
}
inline Reports make(const Reports*) { return {list(4, report)}; }
inline LeaseAsk make(const LeaseAsk*) { return {time()}; }
inline Grant make(const Grant*) {
  Grant m;
  m.sent = time();
  m.view = epoch();
  return m;
}
inline Append make(const Append*) {
  Append m;
  m.slot = slot();
  m.slot_epoch = epoch();
  m.commit = seq();
  m.entries = entries();
  if (flag())
    for (Entry& e : m.entries) e.at.slot_epoch = e.previous_epoch = m.slot_epoch;
  return m;
}
inline Appended make(const Appended*) {
  Appended m;
  m.slot = slot();
  m.slot_epoch = epoch();
  m.seq = seq();
  return m;
}
inline TailAsk make(const TailAsk*) {
  TailAsk m;
  m.slots = list(4, [] {
    TailAsk::One one;
    one.slot = slot();
    one.slot_epoch = epoch();
    one.mine = position();
    return one;
  });
  return m;
}
inline TailIs make(const TailIs*) {
  TailIs m;
  m.slots = list(4, [] {
    TailIs::One one;
    one.slot = slot();
    one.slot_epoch = epoch();
    one.at = position();
    one.known_commit = seq();
    one.entries = entries();
    return one;
  });
  return m;
}
inline FillChunk make(const FillChunk*) {
  FillChunk m;
  m.slot = slot();
  m.slot_epoch = epoch();
  m.fill = number();
  m.chunk = number();
  m.at = position();
  m.effects = text(100);
  m.last = flag();
  m.attempt = number();
  return m;
}
inline FillAck make(const FillAck*) {
  FillAck m;
  m.slot = slot();
  m.slot_epoch = epoch();
  m.fill = number();
  m.chunk = number();
  m.attempt = number();
  return m;
}
inline FillRemains make(const FillRemains*) { return {slot(), epoch(), number(), flag()}; }
inline FillSums make(const FillSums*) {
  FillSums m;
  m.slot = slot();
  m.slot_epoch = epoch();
  m.fill = number();
  m.chunk = number();
  m.at = position();
  m.attempt = number();
  m.begin = number();
  m.seed = number();
  m.parts = list(4, [] { return FillSums::Part{number(), number()}; });
  return m;
}
inline FillWant make(const FillWant*) {
  FillWant m;
  m.slot = slot();
  m.slot_epoch = epoch();
  m.fill = number();
  m.chunk = number();
  m.attempt = number();
  m.parts = list(4, number);
  return m;
}
inline DiscardAsk make(const DiscardAsk*) { return {slot_set()}; }
inline ViewHeldAsk make(const ViewHeldAsk*) { return {epoch()}; }
inline ViewHeld make(const ViewHeld*) { return {epoch()}; }
inline DiscardOk make(const DiscardOk*) {
  DiscardOk m;
  m.slots = slot_set();
  m.as_of = epoch();
  return m;
}
inline Forward make(const Forward*) {
  Forward m;
  m.request = RequestId(number());
  m.epoch = epoch();
  m.patience = span_of_time();
  m.slots = list(5, slot);
  m.args = list(5, [] { return text(); });
  return m;
}
inline Forwarded make(const Forwarded*) {
  Forwarded m;
  m.request = RequestId(number());
  m.outcome = static_cast<Outcome>(*rc::gen::inRange(0, 4));
  m.epoch = epoch();
  m.reply = reply();
  m.left = list(5, slot);
  return m;
}
inline GossipByStream make(const GossipByStream*) { return {gossip_packet()}; }
inline Pressure make(const Pressure*) { return {number()}; }
inline Interest make(const Interest*) {
  Interest m;
  m.number = number();
  m.whole = flag();
  m.notices = number32();
  m.changes = list(4, [] { return Interest::One{static_cast<Space>(number() % kSpaces), text(), number()}; });
  return m;
}
inline InterestKnown make(const InterestKnown*) { return {number()}; }
inline Publish make(const Publish*) { return {number(), flag(), text(), text()}; }
inline Published make(const Published*) { return {number(), number()}; }
inline Digests make(const Digests*) {
  return {list(4, [] { return Digests::One{slot(), epoch(), position(), number()}; })};
}

// A message of the kind that stands at `index` in Message.
template <std::size_t I = 0>
Message message_of(std::size_t index) {
  if constexpr (I + 1 < std::variant_size_v<Message>)
    if (index != I) return message_of<I + 1>(index);
  return make(static_cast<const std::variant_alternative_t<I, Message>*>(nullptr));
}
inline Message message() { return message_of(*rc::gen::inRange<std::size_t>(0, std::variant_size_v<Message>)); }

inline Frame frame_of(std::vector<Message> messages) {
  Frame f;
  f.from = node();
  f.from_generation = id128<Generation>();
  f.to_generation = id128<Generation>();
  f.session = number();
  f.number = number();
  f.installed = epoch();
  f.messages = std::move(messages);
  return f;
}

}  // namespace hc::any
