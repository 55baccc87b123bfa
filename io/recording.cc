#include "io/recording.h"

#include <algorithm>
#include <utility>

#include "core/store/cuckoo_filter.h"
#include "io/gossip_codec.h"
#include "io/log_codec.h"
#include "io/parts.h"
#include "io/peer.pb.h"
#include "io/records.h"
#include "io/resp.h"
#include "io/vote_file.h"
#include "io/wire.h"

namespace hc {
namespace {

template <class... Ts>
struct Overload : Ts... {
  using Ts::operator()...;
};

void write_address(const Address& a, WireWriter& out) {
  out.bytes(a.host);
  out.fixed16(a.port);
}
Address read_address(WireReader& in) {
  Address a;
  a.host = std::string(in.bytes());
  a.port = in.fixed16();
  return a;
}

// Every field of NodeConfig, in its order: written and read by the same list.
template <class Field>
void fields(MemoryLimits& m, Field&& field) {
  field(m.bytes);
  auto policy = static_cast<std::uint32_t>(m.policy);
  field(policy);
  m.policy = static_cast<EvictionPolicy>(std::min<std::uint32_t>(policy, 7));
  field(m.samples);
  field(m.lfu_log_factor);
  field(m.lfu_decay_minutes);
}
template <class Field>
void fields(NodeConfig& c, Field&& field) {
  field(c.seed);
  field(c.slots);
  field(c.found);
  field(c.durable_votes);
  field(c.replication_factor);
  field(c.lease);
  field(c.drift_percent);
  field(c.slot_loss_wait);
  field(c.voters_max);
  field(c.min_in_sync);
  field(c.deadline);
  field(c.patience);
  field(c.patience_refused);
  field(c.fill_chunk_bytes);
  field(c.fill_window_bytes);
  field(c.backlog_bytes);
  field(c.backlog_bytes_all);
  field(c.append_only);
  field(c.append_fsync);
  field(c.segment_bytes);
  field(c.snapshot_bytes);
  field(c.snapshot_percent);
  field(c.snapshot_every);
  field(c.log_bytes_waiting);
  field(c.notices);
  fields(c.memory, field);
  field(c.key_filter_ppm);
  field(c.slow_request);
  field(c.snapshot_packed);
}

struct Put {
  WireWriter& out;
  template <class Integer>
  void operator()(Integer n) const {
    out.number(static_cast<std::uint64_t>(n));
  }
  void operator()(Duration d) const { out.zigzag(d.count()); }
};
struct Get {
  WireReader& in;
  template <class Integer>
  void operator()(Integer& n) const {
    n = in.at_most<Integer>();
  }
  void operator()(bool& b) const { b = in.number() != 0; }
  void operator()(Fsync& f) const { f = static_cast<Fsync>(in.number() % 3); }
  void operator()(Duration& d) const { d = Duration(in.zigzag()); }
};

}  // namespace

// ------------------------------------------------------------------------------------------------------ configuration

std::string RecordingCodec::configuration(const NodeConfig& config) {
  NodeConfig c = config;
  std::string text = "C";
  WireWriter out(text);
  wire::Member self;
  put_member(c.self, self);
  out.bytes(self.SerializeAsString());
  out.random(c.fresh_storage);
  out.bytes(c.cluster_name);
  fields(c, Put{out});
  out.number(c.join.size());
  for (const Address& a : c.join) write_address(a, out);
  out.number(c.founders.size());
  for (const Founder& f : c.founders) {
    out.number(f.id);
    write_address(f.gossip, out);
  }
  return text;
}

std::expected<NodeConfig, std::string> RecordingCodec::read_configuration(Bytes payload) {
  WireReader in(payload);
  NodeConfig c;
  if (in.byte() != 'C') return std::unexpected("it does not begin with a configuration");
  wire::Member self;
  const Bytes member = in.bytes();
  if (!self.ParseFromArray(member.data(), static_cast<int>(member.size())) || !get_member(self, c.self))
    return std::unexpected("its member is malformed");
  c.fresh_storage = in.random<StorageTag>();
  c.cluster_name = std::string(in.bytes());
  fields(c, Get{in});
  for (std::size_t n = in.count(3); n > 0; --n) c.join.push_back(read_address(in));
  for (std::size_t n = in.count(4); n > 0; --n) {
    const NodeId id = in.node();
    c.founders.push_back({id, read_address(in)});
  }
  if (!in.ended() || c.slots == 0) return std::unexpected("its configuration is malformed, or of another version");
  return c;
}

// -------------------------------------------------------------------------------------------------------------- events

std::string RecordingCodec::event(const Event& event, Now now) {
  std::string text = "E";
  WireWriter out(text);
  out.zigzag(now.mono.time_since_epoch().count());
  out.zigzag(now.wall.time_since_epoch().count());
  out.byte(static_cast<std::uint8_t>(event.index()));
  std::visit(Overload{
                 [&](const Started& e) {
                   out.bytes(e.vote ? encode_vote(*e.vote) : std::string());
                   out.number(e.segment);
                 },
                 [&](const Asked& e) {
                   out.number(e.client.value);
                   out.number(e.request);
                   out.number(e.args.size());
                   for (const Bytes arg : e.args) out.bytes(arg);
                 },
                 [&](const ClientGone& e) { out.number(e.client.value); },
                 [&](const LinkOpened& e) { out.number(e.link.value); },
                 [&](const LinkClosed& e) {
                   out.number(e.link.value);
                   out.byte(e.refused);
                 },
                 [&](const Received& e) {
                   out.number(e.link.value);
                   codec_.encode(e.frame, text);
                 },
                 [&](const Heard& e) {
                   write_address(e.from, out);
                   out.bytes(encode_packet(e.packet));
                 },
                 [&](const VoteStored& e) { out.number(e.id); },
                 [](const Woke&) {},
                 [](const TurnEnded&) {},
                 [](const StopAsked&) {},
                 [&](const LeaveAsked& e) { out.number(std::uint64_t{e.member.value}); },
                 [&](const LogRead& e) { write_log_records(e.records, out); },
                 [&](const LogAppended& e) { out.number(e.id); },
                 [&](const LogSynced& e) { out.number(e.id); },
                 [&](const LogKept& e) { out.number(e.id); },
                 [&](const GrowthSet& e) {
                   out.number(std::uint64_t{e.bytes});
                   out.number(std::uint64_t{e.percent});
                 },
                 [&](const LogRefused& e) {
                   out.number(e.id);
                   out.bytes(e.why);
                   write_log_records(e.records, out);
                 },
                 [&](const FsyncSet& e) { out.byte(static_cast<std::uint8_t>(e.policy)); },
                 [](const SnapshotAsked&) {},
                 [&](const MemoryLimited& e) {
                   MemoryLimits limits = e.limits;
                   fields(limits, Put{out});
                 },
                 [&](const KeysFiltered& e) { out.number(e.rate_ppm); },
                 [&](const MemoryMeasured& e) {
                   out.number(e.beyond_bytes);
                   out.number(e.hollow_bytes);
                 },
                 [&](const ClientReset& e) { out.number(e.client.value); },
                 [&](const NoticesSet& e) { out.number(std::uint64_t{e.notices}); },
                 [&](const ForceAsked& e) {
                   out.number(e.decree.members.size());
                   for (const NodeId id : e.decree.members) out.number(std::uint64_t{id.value});
                   out.byte(e.decree.accept_data_loss ? 1 : 0);
                 },
                 [&](const LossAccepted& e) {
                   std::string slots;
                   WireWriter set(slots);
                   write_slot_set(e.slots, set);
                   out.bytes(slots);
                 },
             },
             event);
  return text;
}

std::string RecordingCodec::read_event(Bytes payload, EventRead& read) {
  WireReader in(payload);
  if (in.byte() != 'E') return "an event should be here";
  read.now.mono = Time(Duration(in.zigzag()));
  read.now.wall = WallTime(WallTime::duration(in.zigzag()));
  read.words.clear();
  read.args.clear();
  switch (in.byte()) {
    case 0: {
      Started e;
      if (const Bytes vote = in.bytes(); !vote.empty()) {
        auto record = decode_vote(vote);
        if (!record) return record.error();
        e.vote = std::move(*record);
      }
      e.segment = in.number();
      read.event = std::move(e);
      break;
    }
    case 1: {
      Asked e;
      e.client = ClientId(in.number());
      e.request = in.request();
      for (std::size_t n = in.count(); n > 0; --n) read.words.emplace_back(in.bytes());
      read.args.assign(read.words.begin(), read.words.end());
      if (read.args.empty()) return "a command without words";
      e.args = read.args;
      read.event = e;
      break;
    }
    case 2:
      read.event = ClientGone{ClientId(in.number())};
      break;
    case 3:
      read.event = LinkOpened{LinkId(in.number())};
      break;
    case 4: {
      const LinkId link(in.number());
      read.event = LinkClosed{link, in.byte() != 0};
      break;
    }
    case 5: {
      const LinkId link(in.number());
      auto frame = codec_.decode(in.raw(in.left()));
      if (!frame) return frame.error();
      read.event = Received{link, std::move(*frame)};
      break;
    }
    case 6: {
      Address from = read_address(in);
      auto packet = decode_packet(in.bytes());
      if (!packet) return packet.error();
      read.event = Heard{std::move(from), std::move(*packet)};
      break;
    }
    case 7:
      read.event = VoteStored{in.number()};
      break;
    case 8:
      read.event = Woke{};
      break;
    case 9:
      read.event = TurnEnded{};
      break;
    case 10:
      read.event = StopAsked{};
      break;
    case 11:
      read.event = LogRead{read_log_records(in)};
      break;
    case 12:
      read.event = LogAppended{in.number()};
      break;
    case 13:
      read.event = LogSynced{in.number()};
      break;
    case 14:
      read.event = LogKept{in.number()};
      break;
    case 15:
      read.event = FsyncSet{static_cast<Fsync>(in.byte() % 3)};
      break;
    case 16:
      read.event = SnapshotAsked{};
      break;
    case 17:
      read.event = LeaveAsked{NodeId(in.at_most<std::uint32_t>())};
      break;
    case 18: {
      MemoryLimited e;
      fields(e.limits, Get{in});
      read.event = e;
      break;
    }
    case 19: {
      MemoryMeasured e;
      e.beyond_bytes = in.at_most<std::size_t>();
      e.hollow_bytes = in.at_most<std::size_t>();
      read.event = e;
      break;
    }
    case 20:
      read.event = KeysFiltered{std::min<std::uint32_t>(in.at_most<std::uint32_t>(), CuckooFilter::kRateMax)};
      break;
    case 21:
      read.event = ClientReset{ClientId(in.number())};
      break;
    case 22:
      read.event = NoticesSet{in.at_most<std::uint32_t>()};
      break;
    case 23: {
      LogRefused e;
      e.id = in.number();
      e.why = std::string(in.bytes());
      e.records = read_log_records(in);
      read.event = std::move(e);
      break;
    }
    case 24: {
      GrowthSet e;
      e.bytes = in.at_most<std::size_t>();
      e.percent = in.at_most<std::uint32_t>();
      read.event = e;
      break;
    }
    case 25: {
      ForceAsked e;
      for (std::size_t left = in.count(); left > 0; --left) e.decree.members.emplace_back(in.at_most<std::uint32_t>());
      e.decree.accept_data_loss = in.byte() != 0;
      read.event = std::move(e);
      break;
    }
    case 26: {
      DecodeBudget budget(kDecodeBytesFixed);
      auto slots = read_slot_set(in.bytes(), budget);
      if (!slots) return std::move(slots.error());
      read.event = LossAccepted{std::move(*slots)};
      break;
    }
    default:
      return "an unknown kind of event";
  }
  return in.ended() ? "" : "a malformed event";
}

// ------------------------------------------------------------------------------------------------------------- effects

EffectSeen RecordingCodec::seen(const Effect& effect) {
  EffectSeen s;
  s.kind = static_cast<std::uint32_t>(effect.index());
  WireWriter out(s.bytes);
  std::visit(Overload{
                 [&](const Answer& e) {
                   s.number = e.request.value;
                   out.number(e.client.value);
                   write_reply_record(e.reply, out);
                 },
                 [&](const Dial& e) {
                   s.number = e.link.value;
                   write_address(e.to, out);
                 },
                 [&](const Close& e) { s.number = e.link.value; },
                 [&](const Send& e) {
                   s.number = e.link.value;
                   codec_.encode(e.frame, s.bytes);
                 },
                 [&](const Gossip& e) {
                   write_address(e.to, out);
                   out.bytes(encode_packet(e.packet));
                 },
                 [&](const StoreVote& e) {
                   s.number = e.id;
                   s.bytes = encode_vote(e.record);
                 },
                 [](const BecameReady&) {},
                 [](const Stopped&) {},
                 [&](const Note& e) { s.bytes = e.text; },
                 [&](const AppendLog& e) {
                   s.number = e.id;
                   out.number(e.segment);
                   out.byte(static_cast<std::uint8_t>((e.sync ? 1 : 0) | (e.packed ? 2 : 0)));
                   write_log_records(e.records, out);
                 },
                 [&](const SyncLog& e) { s.number = e.id; },
                 [&](const KeepLog& e) {
                   s.number = e.id;
                   out.number(e.segment);
                 },
                 [&](const Push& e) {
                   out.number(e.to.size());
                   for (const ClientId client : e.to) out.number(client.value);
                   write_reply(e.message, 3, s.bytes);
                 },
                 [&](const Announce& e) {
                   out.bytes(e.type);
                   out.bytes(e.json);
                 },
             },
             effect);
  return s;
}

std::vector<EffectSeen> RecordingCodec::seen(const std::vector<Effect>& effects) {
  std::vector<EffectSeen> all;
  all.reserve(effects.size());
  for (const Effect& effect : effects) all.push_back(seen(effect));
  return all;
}

std::string RecordingCodec::effects(const std::vector<Effect>& effects) {
  std::string text = "F";
  WireWriter out(text);
  out.number(effects.size());
  for (const Effect& effect : effects) {
    const EffectSeen s = seen(effect);
    out.number(std::uint64_t{s.kind});
    out.number(s.number);
    out.bytes(s.bytes);
  }
  return text;
}

std::expected<std::vector<EffectSeen>, std::string> RecordingCodec::read_effects(Bytes payload) {
  WireReader in(payload);
  if (in.byte() != 'F') return std::unexpected("effects should be here");
  std::vector<EffectSeen> all(in.count(3));
  for (EffectSeen& s : all) {
    s.kind = in.at_most<std::uint32_t>();
    s.number = in.number();
    s.bytes = std::string(in.bytes());
  }
  if (!in.ended()) return std::unexpected("malformed effects");
  return all;
}

}  // namespace hc
