#include "core/narrate.h"

#include "core/routing/request_name.h"
#include "core/store/effects.h"

namespace hc {
namespace {

template <class... F>
struct Overload : F... {
  using F::operator()...;
};

std::string text(std::uint64_t n) { return std::to_string(n); }
std::string text(Epoch e) { return std::to_string(e.value); }
std::string text(Position p) { return "(" + text(p.slot_epoch) + "," + text(p.seq.value) + ")"; }
std::string text(Ballot b) { return text(b.round) + "/" + text(std::uint64_t{b.proposer.value}); }
std::string text(LinkId l) { return "link " + text(l.value); }
std::string slot(Slot s) { return "slot " + text(std::uint64_t{s.value}); }
// The first hex digits of a process' name are enough to tell it apart.
std::string text(Generation g) {
  if (!g) return "-";
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (int shift = 60; shift >= 48; shift -= 4) hex += kDigits[(g.hi >> shift) & 15];
  return hex;
}
std::string text(Incarnation who) { return name_of(who.member) + "." + text(who.generation); }

std::string quoted(Bytes bytes) {
  std::string out = "\"";
  for (const char c : bytes.substr(0, 40)) out += c >= ' ' && c <= '~' ? c : '?';
  if (bytes.size() > 40) out += "…";
  return out + "\"";
}

// As its name in the logs, and which try it is.
std::string request(RequestId id) {
  return "request " + text(id.value / kTries) + ", try " + text(id.value % kTries + 1);
}

std::string slots(const SlotSet& set) {
  if (set.empty()) return "no slot";
  std::string out;
  std::size_t shown = 0;
  set.for_each([&](Slot s) {
    if (++shown <= 6) out += (out.empty() ? "slots " : " ") + text(std::uint64_t{s.value});
  });
  if (shown > 6) out += " … (" + text(shown) + ")";
  return out;
}

std::string effects(const Value& encoded) {
  std::string out;
  if (!for_each_effect(encoded.bytes(), [&](const StoreEffect& e) { out += (out.empty() ? "" : "; ") + describe(e); }))
    out += " (malformed)";
  return out;
}

std::string entries(const std::vector<Entry>& list) {
  std::string out;
  for (const Entry& e : list) {
    if (!out.empty()) out += ", ";
    out += text(e.at) + " after epoch " + text(e.previous_epoch) + " ";
    out += e.boundary ? "boundary" : effects(e.effects);
    if (out.size() > 400) return out + " …";
  }
  return out.empty() ? "nothing" : out;
}

std::string command(std::span<const Bytes> args) {
  std::string out;
  for (const Bytes a : args) out += (out.empty() ? "" : " ") + std::string(a.substr(0, 40));
  return out;
}

std::string report(const Report& r) {
  static constexpr const char* kVerbs[] = {"?",
                                           "complains of",
                                           "counts",
                                           "can drop",
                                           "holds for dead",
                                           "stops",
                                           "sees no progress of",
                                           "offers the disk of",
                                           "was told to see off",
                                           "has a full disk:",
                                           "was told that lost slots go on, by word at"};
  const auto kind = static_cast<std::size_t>(r.kind);
  return text(r.by) + " " + (kind < std::size(kVerbs) ? kVerbs[kind] : "?") + " " + text(r.about) + " as of " +
         text(r.as_of) + " in " + slots(r.slots);
}
std::string reports(const std::vector<Report>& list) {
  std::string out;
  for (const Report& r : list) out += (out.empty() ? "" : "; ") + report(r);
  return out;
}

std::string_view outcome(Outcome o) {
  switch (o) {
    case Outcome::kDone:
      return "done";
    case Outcome::kNotMine:
      return "not mine";
    case Outcome::kNotExecuted:
      return "not executed";
    case Outcome::kUnknown:
      return "unknown";
  }
  return "?";
}

std::string view_or_change(const ViewRef& view, const ViewChangeRef& change) {
  if (view) return narrate(*view);
  if (!change) return "none";
  return narrate(change->head) + ", " + text(std::uint64_t{change->slots.size()}) + " slots other than in view " +
         text(change->base);
}

std::string proposal(const Proposal& p) {
  return view_or_change(p.view, p.change) + " resting on [" + reports(p.evidence) + "]";
}

std::string record(const LogRecord& r) {
  static constexpr const char* kPolicies[] = {"no", "everysec", "always"};
  const auto policy = [](Fsync p) { return kPolicies[static_cast<std::size_t>(p)]; };
  return std::visit(
      Overload{[&](const RunBegan& m) { return "run of " + text(m.generation) + ", " + policy(m.policy); },
               [](const RunEnded&) { return std::string("clean end"); },
               [&](const PastRun& m) { return "past run of " + text(m.generation) + ", " + policy(m.policy); },
               [](const Applied& m) { return slot(m.slot) + " " + entries({m.entry}); },
               [](const Emptied& m) { return slot(m.slot) + " empty at " + text(m.at); },
               [](const Filled& m) { return slot(m.slot) + " chunk" + (m.last ? " (last)" : ""); },
               [](const Kept& m) { return slot(m.slot) + " kept at " + text(m.at); },
               [](const SnapshotBegan&) { return std::string("snapshot begins"); },
               [](const SnapshotEnded&) { return std::string("snapshot ends"); }},
      r);
}
std::string records(const std::vector<LogRecord>& list) {
  std::string out;
  for (const LogRecord& r : list) {
    out += (out.empty() ? "" : "; ") + record(r);
    if (out.size() > 400) return out + " …";
  }
  return out.empty() ? "nothing" : out;
}

std::string body(const GossipBody& b) {
  return std::visit(
      Overload{
          [](const std::monostate&) { return std::string("rumors"); },
          [](const Ping& m) {
            return "Ping " + text(m.probe) + " of " + name_of(m.target) + (m.origin ? " for " + name_of(m.origin) : "");
          },
          [](const PingRequest& m) { return "PingRequest " + text(m.probe) + " of " + name_of(m.target); },
          [](const Ack& m) { return "Ack " + text(m.probe); }, [](const Nack& m) { return "Nack " + text(m.probe); },
          [](const SyncRequest&) { return std::string("SyncRequest"); },
          [](const SyncReply&) { return std::string("SyncReply"); }},
      b);
}

std::string interest(const Interest& m) {
  static constexpr const char* kSpaceNames[] = {"", "pattern ", "sharded "};
  std::string out = text(m.number) + (m.whole ? ", whole" : "");
  for (const Interest::One& one : m.changes) {
    out += ", " + std::string(kSpaceNames[static_cast<std::size_t>(one.space)]) + one.name.substr(0, 60) + " " +
           text(one.clients);
    if (out.size() > 400) return out + " …";
  }
  return out;
}

template <class M>
std::string about_fill(const M& m) {
  return slot(m.slot) + " epoch " + text(m.slot_epoch) + " fill " + text(m.fill);
}
template <class M>
std::string about_parts(const M& m) {
  return about_fill(m) + " before chunk " + text(m.chunk) + ": " + text(std::uint64_t{m.parts.size()}) + " parts";
}

std::string details(const Message& message) {
  return std::visit(
      Overload{[](const Hello& m) {
                 return "from " + text(Incarnation{m.self.id, m.self.generation}) + " nonce " + text(m.nonce);
               },
               [](const Welcome& m) { return "from " + text(Incarnation{m.self.id, m.self.generation}); },
               [](const Refused& m) { return m.reason; },
               [](const ViewAsk& m) { return "has " + text(m.have); },
               [](const ViewIs& m) { return view_or_change(m.view, m.change); },
               [](const Prepare& m) { return "instance " + text(m.instance) + " ballot " + text(m.ballot); },
               [](const Promise& m) {
                 return "instance " + text(m.instance) + " ballot " + text(m.ballot) +
                        (m.accepted ? ", accepted at " + text(m.accepted->ballot) : "");
               },
               [](const Accept& m) {
                 return "instance " + text(m.instance) + " ballot " + text(m.ballot) + ": " + proposal(m.proposal);
               },
               [](const AcceptedIs& m) { return "instance " + text(m.instance) + " ballot " + text(m.ballot); },
               [](const Rejected& m) {
                 return "instance " + text(m.instance) + " ballot " + text(m.ballot) + ", promised " +
                        text(m.promised) + " " + m.reason;
               },
               [](const VoteCountAsk&) { return std::string(); },
               [](const VoteCountIs& m) { return text(m.writes); },
               [](const Reports& m) { return reports(m.reports); },
               [](const LeaseAsk&) { return std::string(); },
               [](const Grant& m) { return "of view " + text(m.view); },
               [](const Append& m) {
                 return slot(m.slot) + " epoch " + text(m.slot_epoch) + " commit " + text(m.commit.value) + ": " +
                        entries(m.entries);
               },
               [](const Appended& m) {
                 return slot(m.slot) + " epoch " + text(m.slot_epoch) + " up to " + text(m.seq.value);
               },
               [](const TailAsk& m) {
                 std::string out;
                 for (const auto& one : m.slots)
                   if (out.size() < 200)
                     out += slot(one.slot) + " epoch " + text(one.slot_epoch) + " mine " + text(one.mine) + "; ";
                 return out;
               },
               [](const TailIs& m) {
                 std::string out;
                 for (const auto& one : m.slots)
                   if (out.size() < 400)
                     out += slot(one.slot) + " epoch " + text(one.slot_epoch) + " at " + text(one.at) + " + " +
                            entries(one.entries) + "; ";
                 return out;
               },
               [](const FillChunk& m) {
                 return slot(m.slot) + " epoch " + text(m.slot_epoch) + " fill " + text(m.fill) + " chunk " +
                        text(m.chunk) + " at " + text(m.at) + (m.last ? " (last)" : "");
               },
               [](const FillAck& m) {
                 return slot(m.slot) + " epoch " + text(m.slot_epoch) + " fill " + text(m.fill) + " chunk " +
                        text(m.chunk);
               },
               [](const DiscardAsk& m) { return slots(m.slots); },
               [](const DiscardOk& m) { return slots(m.slots) + " as of " + text(m.as_of); },
               [](const Forward& m) {
                 const std::string relay = m.relay ? " by relay" : "";
                 return request(m.request) + " epoch " + text(m.epoch) + relay + ": " + command(m.args.views());
               },
               [](const Forwarded& m) {
                 return request(m.request) + " " + std::string(outcome(m.outcome)) + " epoch " + text(m.epoch) + ": " +
                        narrate(m.reply);
               },
               [](const GossipByStream& m) { return narrate(m.packet); },
               [](const ViewHeldAsk& m) { return "view " + text(m.epoch); },
               [](const ViewHeld& m) { return "view " + text(m.epoch); },
               [](const Pressure& m) { return text(m.bytes_over) + " bytes over its limit"; },
               [](const Interest& m) { return interest(m); },
               [](const InterestKnown& m) { return text(m.number); },
               [](const Publish& m) {
                 return text(m.number) + (m.shard ? " sharded" : "") + " on " + m.channel.substr(0, 60) + ": " +
                        m.payload.substr(0, 40);
               },
               [](const Published& m) { return text(m.number) + " to " + text(m.clients) + " clients"; },
               [](const Digests& m) {
                 std::string out;
                 for (const Digests::One& one : m.slots)
                   if (out.size() < 200)
                     out += (out.empty() ? "" : "; ") + slot(one.slot) + " epoch " + text(one.slot_epoch) + " at " +
                            text(one.at);
                 return out;
               },
               [](const FillRemains& m) { return about_fill(m) + (m.some ? ": some" : ": none"); },
               [](const FillSums& m) { return about_parts(m); },
               [](const FillWant& m) { return about_parts(m); }},
      message);
}

}  // namespace

std::string narrate(const Reply& r) {
  switch (r.kind) {
    case Reply::Kind::kNothing:
      return "nothing";
    case Reply::Kind::kError:
      return "-" + std::string(r.text.view);
    case Reply::Kind::kInteger:
      return std::to_string(r.integer);
    case Reply::Kind::kNil:
    case Reply::Kind::kNilArray:
      return "nil";
    case Reply::Kind::kSimple:
      return "+" + std::string(r.text.view);
    case Reply::Kind::kBulk:
    case Reply::Kind::kDouble:
    case Reply::Kind::kVerbatim:
    case Reply::Kind::kEncoded:
      return quoted(r.text.view);
    case Reply::Kind::kArray:
    case Reply::Kind::kMap:
    case Reply::Kind::kSet:
    case Reply::Kind::kPush:
    case Reply::Kind::kSeries: {
      std::string out = "[";
      for (const Reply& item : r.items) {
        if (out.size() > 120) return out + " …]";
        out += (out.size() > 1 ? ", " : "") + narrate(item);
      }
      return out + "]";
    }
  }
  return "?";
}

std::string narrate(const View& view, std::size_t slots_most) {
  std::string out = "view " + text(view.epoch) + ", voters";
  for (const Voter& v : view.voters) out += " " + text(std::uint64_t{v.id.value});
  out += ", members";
  for (const ViewMember& m : view.members) {
    out += " " + text(std::uint64_t{m.info.id.value}) + "." + text(m.info.generation);
    if (m.state == MemberState::kLeaving) out += "(leaving)";
    if (m.state == MemberState::kAbsent) out += "(absent)";
  }
  for (std::size_t s = 0; s < view.slots.size() && s < slots_most; ++s) {
    out += "; slot " + text(s) + " epoch " + text(view.slots[s].epoch) + ":";
    for (const Incarnation& who : view.slots[s].list)
      out += " " + text(std::uint64_t{who.member.value}) + "." + text(who.generation);
    if (const Incarnation who = view.slots[s].passed_over)
      out += " (passed over: " + text(std::uint64_t{who.member.value}) + "." + text(who.generation) + ")";
  }
  return out;
}

std::string narrate(const GossipPacket& packet) {
  std::string out = body(packet.body) + " of " + text(Incarnation{packet.from, packet.generation});
  out += ", epoch " + text(packet.newest_epoch);
  for (const MemberRumor& r : packet.rumors)
    out += ", " + name_of(r.info.id) + " " + std::string(to_text(r.liveness)) + " " + text(r.incarnation);
  return out;
}

std::string narrate(const Message& message) {
  const std::string more = details(message);
  return std::string(name_of(message)) + (more.empty() ? "" : " ") + more;
}

std::string narrate(const Frame& frame) {
  std::string out = text(Incarnation{frame.from, frame.from_generation}) + " #" + text(frame.number) + " installed " +
                    text(frame.installed) + ":";
  for (const Message& m : frame.messages) out += " {" + narrate(m) + "}";
  return out;
}

std::string narrate(const Event& event) {
  return std::visit(
      Overload{
          [](const Started& e) {
            return e.vote ? "starts with a vote file" + (e.vote->view ? ", " + narrate(*e.vote->view) : std::string())
                          : std::string("starts with nothing on disk");
          },
          [](const Asked& e) {
            return "client " + text(e.client.value) + " asked " + text(e.request.value) + ": " + command(e.args);
          },
          [](const ClientGone& e) { return "client " + text(e.client.value) + " is gone"; },
          [](const LinkOpened& e) { return text(e.link) + " opened"; },
          [](const LinkClosed& e) { return text(e.link) + (e.refused ? " was refused" : " closed"); },
          [](const Received& e) { return "received on " + text(e.link) + " " + narrate(e.frame); },
          [](const Heard& e) { return "heard from " + to_string(e.from) + " " + narrate(e.packet); },
          [](const VoteStored& e) { return "vote " + text(e.id) + " is stored"; },
          [](const Woke&) { return std::string("woke"); },
          [](const TurnEnded&) { return std::string("turn ended"); },
          [](const StopAsked&) { return std::string("is asked to stop"); },
          [](const LeaveAsked& e) { return "is told that " + name_of(e.member) + " shall leave"; },
          [](const LogRead& e) { return "read from its log: " + records(e.records); },
          [](const LogAppended& e) { return "append " + text(e.id) + " stands in the log"; },
          [](const LogSynced& e) { return "sync " + text(e.id) + " of the log is done"; },
          [](const GrowthSet& e) {
            return "a snapshot when the log has grown by " + text(e.bytes) + " bytes and " + text(e.percent) + "%";
          },
          [](const LogRefused& e) { return "no room for " + text(e.id) + " in the log: " + e.why; },
          [](const LogKept& e) { return "the older segments are gone, " + text(e.id); },
          [](const FsyncSet&) { return std::string("is told another fsync policy"); },
          [](const SnapshotAsked&) { return std::string("is asked for a snapshot"); },
          [](const MemoryLimited& e) { return "may take " + text(e.limits.bytes) + " bytes of memory"; },
          [](const MemoryMeasured& e) {
            return "takes " + text(e.beyond_bytes) + " bytes beyond what it counts, and " + text(e.hollow_bytes) +
                   " are hollow";
          },
          [](const KeysFiltered& e) {
            return e.rate_ppm == 0 ? "keeps no filters over keys"
                                   : "keeps filters over keys that err in " + text(e.rate_ppm) + " of a million";
          },
          [](const ClientReset& e) { return "client " + text(e.client.value) + " listens to nothing any more"; },
          [](const NoticesSet& e) { return "is told another choice of notices: " + text(std::uint64_t{e.notices}); },
          [](const ForceAsked& e) {
            std::string out = "is told that these are left:";
            for (const NodeId id : e.decree.members) out += " " + name_of(id);
            return out + (e.decree.accept_data_loss ? ", data loss accepted" : "");
          },
          [](const LossAccepted& e) { return "is told that what is lost is to be done without in " + slots(e.slots); }},
      event);
}

std::string narrate(const Effect& effect) {
  return std::visit(
      Overload{[](const Answer& e) {
                 return "answer client " + text(e.client.value) + " request " + text(e.request.value) + ": " +
                        narrate(e.reply);
               },
               [](const Dial& e) { return "dial " + to_string(e.to) + " as " + text(e.link); },
               [](const Close& e) { return "close " + text(e.link); },
               [](const Send& e) { return "send on " + text(e.link) + " " + narrate(e.frame); },
               [](const Gossip& e) { return "gossip to " + to_string(e.to) + " " + narrate(e.packet); },
               [](const StoreVote& e) {
                 return "store vote " + text(e.id) + ": instance " + text(e.record.instance) + " promised " +
                        text(e.record.promised) +
                        (e.record.accepted ? " accepted at " + text(e.record.accepted->ballot) : "") +
                        (e.record.view ? ", view " + text(e.record.view->epoch) : "");
               },
               [](const BecameReady&) { return std::string("became ready"); },
               [](const Stopped&) { return std::string("stopped"); }, [](const Note& e) { return "note: " + e.text; },
               [](const AppendLog& e) {
                 return "append " + text(e.id) + " to segment " + text(e.segment) + (e.packed ? ", packed" : "") +
                        (e.sync ? ", durably: " : ": ") + records(e.records);
               },
               [](const SyncLog& e) { return "sync the log, " + text(e.id); },
               [](const KeepLog& e) { return "keep the log from segment " + text(e.segment) + ", " + text(e.id); },
               [](const Push& e) {
                 return "push to " + text(std::uint64_t{e.to.size()}) + " clients: " + narrate(e.message);
               },
               [](const Announce& e) { return "announce " + e.type + " " + e.json; }},
      effect);
}

}  // namespace hc
