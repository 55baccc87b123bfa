// Peer frames, gossip, the vote file and their parts by example: known sums, sizes, what damage is called, and what
// hostile bytes may cost.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "io/crc32c.h"
#include "io/framing.h"
#include "io/gossip_codec.h"
#include "io/peer.pb.h"
#include "io/peer_codec.h"
#include "io/records.h"
#include "io/view_codec.h"
#include "io/vote_file.h"

namespace hc {
namespace {

// ---- CRC32C: RFC 3720, B.4
TEST(Crc32c, KnownSumsBothWays) {
  std::string ascending(32, '\0'), descending(32, '\0');
  for (std::size_t i = 0; i < 32; ++i) {
    ascending[i] = static_cast<char>(i);
    descending[i] = static_cast<char>(31 - i);
  }
  const std::pair<std::string, std::uint32_t> known[] = {
      {"", 0},
      {"123456789", 0xe3069283},
      {std::string(32, '\0'), 0x8a9136aa},
      {std::string(32, '\xff'), 0x62a8ab43},
      {ascending, 0x46dd794e},
      {descending, 0x113fdb5c},
  };
  for (const auto& [bytes, sum] : known) {
    EXPECT_EQ(crc32c(bytes), sum);
    EXPECT_EQ(crc32c_by_table(bytes, 0), sum);
    if (has_crc32c_instruction()) {
      EXPECT_EQ(crc32c_by_instruction(bytes, 0), sum);
    }
  }
}

TEST(Crc32c, BothWaysAgreeOnAnyCut) {
  Random random(1);
  std::string bytes(1000, '\0');
  for (char& c : bytes) c = static_cast<char>(random.next());
  for (std::size_t at = 0; at <= bytes.size(); at += 7) {
    const Bytes head = Bytes(bytes).substr(0, at), tail = Bytes(bytes).substr(at);
    EXPECT_EQ(crc32c(tail, crc32c(head)), crc32c(bytes));
    EXPECT_EQ(crc32c_by_table(tail, 5), crc32c(tail, 5));
  }
}

// ---- framing
TEST(Framing, SaysWhatIsWrong) {
  std::string stream;
  append_frame(stream, "hello");
  stream.back() = 'x';
  FrameAssembler damaged;
  damaged.feed(stream);
  EXPECT_EQ(damaged.next().error(), "a frame of 5 bytes arrived damaged (its CRC32C does not match)");
  damaged.feed("more");
  EXPECT_FALSE(damaged.next().has_value()) << "an error stays";

  FrameAssembler stranger(kFirstFrameBytesMax);
  stranger.feed("GET / HTTP/1.1\r\n");
  EXPECT_EQ(stranger.next().error(),
            "a frame claims 542393671 bytes, more than 65536: not a peer link, or out of step");
}

// CRC32C is zero after four bytes of ones, and zeros behind them leave it so.
TEST(Framing, AShortenedPayloadIsNoticed) {
  std::string stream;
  append_frame(stream, Bytes("\xff\xff\xff\xff\0", 5));
  stream[0] = 4;
  FrameAssembler assembler;
  assembler.feed(stream);
  EXPECT_FALSE(assembler.next().has_value());
}

TEST(Framing, AClaimedLengthReservesNothing) {
  FrameAssembler assembler;
  assembler.feed(Bytes("\xff\xff\xff\x3f\0\0\0\0", 8));
  ASSERT_TRUE(assembler.next().has_value());
  EXPECT_LE(assembler.prepare().size(), std::size_t{4} << 20);
}

// ---- views
std::shared_ptr<View> view_of(std::uint32_t members, std::uint32_t slots) {
  auto v = std::make_shared<View>();
  Random random(3);
  v->cluster = random.draw128<ClusterTag>();
  v->cluster_name = "hypercache";
  v->epoch = Epoch(7);
  for (std::uint32_t i = 1; i <= members; ++i) {
    ViewMember m;
    m.info.id = NodeId(i);
    m.info.host = "10.0.0." + std::to_string(i);
    m.info.gossip_port = 7946;
    m.info.generation = random.draw128<GenerationTag>();
    m.info.storage = random.draw128<StorageTag>();
    v->members.push_back(m);
    if (i <= 3) v->voters.push_back({NodeId(i), m.info.storage}), v->counts.push_back({m.info.storage, i * 1000});
  }
  v->slots.resize(slots);
  v->derive_ring();
  for (std::uint32_t s = 0; s < slots; ++s) {
    v->slots[s].epoch = Epoch(5);
    for (const NodeId id : v->ring.wanted(Slot{static_cast<std::uint16_t>(s)}))
      v->slots[s].list.push_back(v->incarnation_of(id));
  }
  return v;
}

TEST(ViewCodec, AViewAsTheRingWantsItIsAFewKilobytes) {
  DecodeBudget budget(1 << 30);
  for (const std::uint32_t members : {1U, 3U, 6U, 30U}) {
    const auto v = view_of(members, 16384);
    const std::string bytes = encode_view(*v);
    const auto back = decode_view(bytes, budget);
    ASSERT_TRUE(back.has_value()) << back.error();
    EXPECT_TRUE((*back)->same_decision(*v));
    EXPECT_EQ((*back)->counts, v->counts);
    EXPECT_TRUE(std::ranges::equal((*back)->ring.wanted(Slot{77}), v->ring.wanted(Slot{77})));
    RecordProperty("bytes_" + std::to_string(members), static_cast<int>(bytes.size()));
    std::printf("%u members: %zu bytes\n", members, bytes.size());
    EXPECT_LT(bytes.size(), members <= 3 ? 8U * 1024 : 36U * 1024);
  }
}

TEST(ViewCodec, ShuffledListsAreAtMostTwoBytesASlot) {
  auto v = view_of(6, 16384);
  Random random(9);
  for (SlotConfig& slot : v->slots) {
    std::vector<Incarnation> who;
    for (const ViewMember& m : v->members) who.push_back({m.info.id, m.info.generation});
    random.shuffle(who);
    slot.list.clear();
    slot.list.push_back(who[0]);
    slot.list.push_back(who[1]);
  }
  const std::string bytes = encode_view(*v);
  std::printf("shuffled: %zu bytes\n", bytes.size());
  EXPECT_LT(bytes.size(), 33U * 1024);
}

TEST(ViewCodec, TheFormOfAViewIsChecked) {
  DecodeBudget budget(1 << 30);
  const auto refused = [&](auto&& change) {
    auto v = view_of(3, 16);
    change(*v);
    const auto back = decode_view(encode_view(*v), budget);
    return back ? std::string("taken") : back.error();
  };
  EXPECT_EQ(refused([](View&) {}), "taken");
  EXPECT_EQ(refused([](View& v) { v.voters.clear(); }), "a view without voters");
  EXPECT_EQ(refused([](View& v) { v.voters.push_back(v.voters[0]); }), "a view whose voters are not distinct members");
  EXPECT_EQ(refused([](View& v) { std::swap(v.members[0], v.members[1]); }),
            "a view whose members are not in the order of their ids");
  EXPECT_EQ(refused([](View& v) { v.epoch = Epoch(0); }), "a view without an epoch");
  EXPECT_EQ(refused([](View& v) { v.lease = 0ns; }), "a view whose lease has no length, or far too much");
  EXPECT_EQ(refused([](View& v) { v.drift_percent = 100; }), "a view whose drift bound is 100 % or more");
  EXPECT_EQ(refused([](View& v) { v.replication_factor = 7; }), "a view whose replication factor is out of range");
  EXPECT_EQ(refused([](View& v) { v.slots.clear(); }), "0 slots in a view");
  EXPECT_EQ(refused([](View& v) { v.slots[3].list.push_back(v.slots[3].list[0]); }),
            "the slots of a view are malformed or too many for one frame");
}

// 192 slots are ranked among the first 256: ranks of slots that are not there are never in the set.
TEST(SlotSetCodec, ACountThatIsNoPowerOfTwo) {
  const std::uint32_t count = 192;
  SlotSet all(count), odd(count), few(count);
  for (std::uint32_t s = 0; s < count; ++s) {
    all.add(Slot{static_cast<std::uint16_t>(s)});
    if (s % 2) odd.add(Slot{static_cast<std::uint16_t>(s)});
  }
  for (const int s : {0, 1, 127, 128, 191}) few.add(Slot{static_cast<std::uint16_t>(s)});
  for (const SlotSet& set : {SlotSet(count), all, odd, few}) {
    std::string bytes;
    WireWriter out(bytes);
    write_slot_set(set, out);
    DecodeBudget budget(1 << 20);
    const auto back = read_slot_set(bytes, budget);
    ASSERT_TRUE(back) << back.error();
    EXPECT_EQ(*back, set);
  }
}

TEST(SlotSetCodec, RunsThatLeaveTheSlotsAreRefused) {
  const auto read = [](std::uint64_t words, std::initializer_list<std::uint64_t> runs) {
    std::string bytes;
    WireWriter out(bytes);
    out.number(words);
    out.byte(1);  // runs
    for (const std::uint64_t length : runs) out.number(length);
    DecodeBudget budget(1 << 20);
    const auto set = read_slot_set(bytes, budget);
    return set ? std::string("taken") : set.error();
  };
  const std::string refused = "a set of slots whose runs do not fit";
  EXPECT_EQ(read(3, {}), "taken");
  EXPECT_EQ(read(3, {0, 256}), refused) << "ranks 0 to 255 include slots above 191";
  EXPECT_EQ(read(4, {0, 256}), "taken");
  EXPECT_EQ(read(4, {0, 257}), refused);
  EXPECT_EQ(read(4, {200, 100}), refused);
  EXPECT_EQ(read(4, {0, ~std::uint64_t{0}}), refused);
  EXPECT_EQ(read(0, {0, 1}), refused);
}

TEST(PeerCodec, TheSameViewIsEncodedAndDecodedOnce) {
  PeerCodec sender, receiver;
  const ViewRef v = view_of(3, 16384);
  Frame frame;
  frame.messages = {ViewIs{v}, ViewIs{v}};
  std::string one, two;
  sender.encode(frame, one);
  sender.encode(frame, two);
  EXPECT_EQ(one, two);
  const auto a = receiver.decode(one), b = receiver.decode(two);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(std::get<ViewIs>(a->messages[0]).view, std::get<ViewIs>(a->messages[1]).view);
  EXPECT_EQ(std::get<ViewIs>(a->messages[0]).view, std::get<ViewIs>(b->messages[0]).view);
}

// What is written by hand is what protobuf writes, and what protobuf may write otherwise is read all the same.
TEST(PeerCodec, EnvelopesAreThoseOfProtobuf) {
  Random random(7);
  for (std::uint64_t i = 0; i < 200; ++i) {
    Frame frame;
    const auto some = [&] { return random.percent(20) ? 0 : random.next() >> random.below(64); };
    frame.from = NodeId(static_cast<std::uint32_t>(some()));
    frame.from_generation = {some(), some()};
    frame.to_generation = {some(), some()};
    frame.session = some();
    frame.number = some();
    frame.installed = Epoch(some());
    for (std::uint64_t n = random.below(4); n > 0; --n)
      if (random.percent(50))
        frame.messages.emplace_back(Grant{Time(1s), Epoch(n)});
      else
        frame.messages.emplace_back(ViewAsk{Epoch(some())});
    const std::string bytes = encode_frame(frame);
    wire::Envelope envelope;
    ASSERT_TRUE(envelope.ParseFromString(bytes));
    std::string again;
    ASSERT_TRUE(envelope.AppendToString(&again));
    EXPECT_EQ(bytes, again);
    // A field of a later version, before all others, and once behind them.
    const std::string later("\xf8\x06\x05", 3);
    for (const std::string& other : {bytes, later + bytes, bytes + later}) {
      const auto back = decode_frame(other);
      ASSERT_TRUE(back) << back.error();
      EXPECT_EQ(encode_frame(*back), bytes);
      EXPECT_EQ(back->number, frame.number);
      EXPECT_EQ(back->from_generation, frame.from_generation);
    }
    if (!bytes.empty()) {
      EXPECT_FALSE(decode_frame(Bytes(bytes).substr(0, bytes.size() - 1)));
    }
  }
}

// Twenty bytes can stand for a view of 2.6 MB; a frame of such bytes must not take gigabytes.
TEST(PeerCodec, SmallFramesCannotTakeMuchMemory) {
  Frame frame;
  for (std::uint32_t i = 0; i < 100; ++i) {
    auto v = view_of(1, 16384);
    v->lineage = i;
    frame.messages.emplace_back(ViewIs{v});
  }
  const auto back = decode_frame(encode_frame(frame));
  ASSERT_FALSE(back.has_value());
  EXPECT_TRUE(back.error().ends_with("malformed or too many for one frame")) << back.error();
}

TEST(PeerCodec, TimesFromOutsideStayWithinBounds) {
  Forward forward;
  forward.patience = Duration::max();
  Frame frame;
  frame.messages = {forward};
  EXPECT_EQ(std::get<Forward>(decode_frame(encode_frame(frame))->messages[0]).patience, kDurationMax);
  frame.messages = {LeaseAsk{kNever}};
  EXPECT_FALSE(decode_frame(encode_frame(frame)).has_value());
}

// ---- gossip
TEST(GossipCodec, EightRumorsFitADatagram) {
  GossipPacket packet;
  Random random(5);
  packet.from = NodeId(1);
  packet.generation = random.draw128<GenerationTag>();
  packet.cluster = random.draw128<ClusterTag>();
  packet.newest_epoch = Epoch(123456);
  packet.body = Ping{99, NodeId(2), {}, false};
  for (std::uint32_t i = 1; i <= 8; ++i) {
    MemberRumor r;
    r.info.id = NodeId(i);
    r.info.host = "192.168.100.100";
    r.info.host_label = "rack-12-host-3";
    r.info.zone = "eu-central-1a";
    r.info.generation = random.draw128<GenerationTag>();
    r.info.storage = random.draw128<StorageTag>();
    r.incarnation = 1000;
    packet.rumors.push_back(r);
  }
  const std::string sealed = GossipSeal("hypercache").seal(packet, nonce_of(packet.generation, 1));
  std::printf("8 rumors: %zu bytes\n", sealed.size());
  EXPECT_LT(sealed.size(), 1200U);
}

TEST(GossipCodec, OtherClustersAndDamageAreNamed) {
  GossipSeal east("east"), west("west");
  std::string sealed = east.seal(GossipPacket{}, GossipNonce{});
  EXPECT_EQ(west.open(sealed).error(), "other cluster name or corrupted");
  EXPECT_TRUE(east.open(sealed).has_value()) << "an error leaves the seal as it was";
  sealed[20] = static_cast<char>(sealed[20] ^ 1);
  EXPECT_EQ(east.open(sealed).error(), "other cluster name or corrupted");
  EXPECT_EQ(east.open("hello").error(), "not a gossip datagram: 5 bytes");
  EXPECT_EQ(east.seal(GossipPacket{}, GossipNonce{}), east.seal(GossipPacket{}, GossipNonce{}));
  EXPECT_NE(nonce_of({1, 2}, 1), nonce_of({1, 2}, 2));
}

// ---- the vote file
TEST(VoteFile, DamageIsNamedWithItsPlace) {
  VoteRecord record;
  record.storage = {1, 2};
  record.writes = 5;
  record.view = view_of(3, 16);
  const std::string file = encode_vote(record);
  ASSERT_TRUE(decode_vote(file).has_value());
  const auto error_at = [&](std::size_t at) {
    std::string damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    return decode_vote(damaged, "votes").error();
  };
  EXPECT_TRUE(error_at(0).starts_with("votes is damaged at offset 0: it does not begin as a vote file. "))
      << error_at(0);
  EXPECT_TRUE(error_at(9).starts_with("votes is damaged at offset 24: the header's checksum does not match. "));
  EXPECT_TRUE(error_at(40).starts_with("votes is damaged at offset 28: the checksum over "));
  EXPECT_TRUE(error_at(40).contains("move vote and vote.copy away"));
  EXPECT_TRUE(decode_vote(file.substr(0, 10)).error().contains("offset 10: it ends within its header"));
  EXPECT_TRUE(decode_vote(file.substr(0, 50)).error().contains("offset 12: its payload should have "));
  EXPECT_TRUE(decode_vote(file + "of a longer one before").has_value());
  EXPECT_TRUE(decode_vote("").error().contains("offset 0"));
}

// As a voter writes them: a view is accepted, and then installed. Now and then one follows that changes much, is of
// another lineage, or was accepted by nobody here.
TEST(VoteFile, WhatFollowsIsWrittenAsChanges) {
  Random random(7);
  VoteEncoder encoder;
  VoteRecord record;
  record.view = view_of(5, 1024);
  std::size_t as_changes = 0, longest = 0;
  for (int n = 0; n < 400; ++n) {
    auto next = std::make_shared<View>(*record.view);
    next->epoch = record.view->epoch.next();
    if (random.percent(3)) ++next->lineage;
    const std::uint64_t changed = random.percent(3) ? 1000 : random.below(8);
    for (std::uint64_t i = 0; i < changed; ++i) next->slots[random.below(1024)].epoch = next->epoch;
    if (random.percent(90)) record.accepted = Accepted{{}, {next, {}}};
    for (int step = 0; step < 2; ++step) {
      ++record.writes;
      const std::string file = encoder.encode(record);
      const auto back = decode_vote(file);
      ASSERT_TRUE(back) << back.error();
      EXPECT_EQ(back->writes, record.writes);
      EXPECT_EQ(encode_view(*back->view), encode_view(*record.view));
      ASSERT_EQ(back->accepted.has_value(), record.accepted.has_value());
      if (record.accepted) {
        EXPECT_EQ(encode_view(*back->accepted->proposal.view), encode_view(*record.accepted->proposal.view));
        EXPECT_FALSE(back->accepted->proposal.change);
      }
      const std::size_t whole = encode_vote(record).size();
      as_changes += file.size() == whole ? 0 : 1;
      longest = std::max(longest, file.size() * 10 / whole);
      record.accepted.reset();
      record.view = next;
    }
  }
  EXPECT_GT(as_changes, 400U) << "of 800";
  EXPECT_LE(longest, 20U) << "in tenths of what the view and the next one take";
}

TEST(VoteFile, AnotherFormatIsNoDamage) {
  std::string file = encode_vote(VoteRecord{});
  file[8] = 3;
  const std::uint32_t sum = crc32c(Bytes(file).substr(0, 24));
  for (std::size_t i = 0; i < 4; ++i) file[24 + i] = static_cast<char>(sum >> (8 * i));
  const std::string what = " has format 3 (at offset 8), this program knows 2: start the version that wrote it";
  EXPECT_EQ(decode_vote(file, "votes").error(), "votes" + what);
  const std::string whole = encode_vote(VoteRecord{});
  EXPECT_EQ(newest_vote(file, whole, "data").error(), "data/vote" + what);
  EXPECT_EQ(newest_vote(whole, file, "data").error(), "data/vote.copy" + what);
}

}  // namespace
}  // namespace hc
