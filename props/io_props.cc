// What goes through io comes out the same, and nothing that comes in breaks it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "io/framing.h"
#include "io/gossip_codec.h"
#include "io/http.h"
#include "io/http_api.h"
#include "io/peer_codec.h"
#include "io/resp.h"
#include "io/resp_client.h"
#include "io/slots_codec.h"
#include "io/store_body.h"
#include "io/text_codec.h"
#include "io/vote_file.h"
#include "props/generators.h"
#include "props/same.h"

namespace hc {
namespace {

constexpr std::size_t kMutations = 20;  // of each encoding

// A few bytes changed, cut out, put in or repeated.
std::string mutated(std::string bytes, Random& random) {
  for (auto changes = random.between(1, 3); changes > 0; --changes) {
    const std::size_t at = random.below(bytes.size() + 1);
    const auto any = static_cast<char>(random.percent(30) ? 0xff : random.next());
    switch (random.below(4)) {
      case 0:
        if (at < bytes.size()) bytes[at] = any;
        break;
      case 1:
        bytes.erase(at, random.between(1, 4));
        break;
      case 2:
        bytes.insert(at, random.between(1, 3), any);
        break;
      default:
        bytes.resize(at);
    }
  }
  return bytes;
}

// Calls `decode` with damaged copies of `bytes`: it has to come back.
template <class Decode>
void survives(const std::string& bytes, Decode&& decode) {
  Random random(any::number());
  for (std::size_t i = 0; i < kMutations; ++i) decode(mutated(bytes, random));
}

TEST(PeerCodec, EveryKindOfMessageComesBack) {
  for (std::size_t kind = 0; kind < std::variant_size_v<Message>; ++kind) {
    const bool ok = rc::check("message " + std::to_string(kind), [kind] {
      const Frame frame = any::frame_of({any::message_of(kind)});
      const std::string bytes = encode_frame(frame);
      const auto back = decode_frame(bytes);
      RC_ASSERT(back.has_value());
      RC_ASSERT(same(*back, frame));
      RC_ASSERT(encode_frame(*back) == bytes);
      survives(bytes, [](const std::string& damaged) { (void)decode_frame(damaged); });
    });
    EXPECT_TRUE(ok);
  }
}

RC_GTEST_PROP(PeerCodec, TheOrderOfMessagesSurvives, ()) {
  static PeerCodec codec;
  const Frame frame = any::frame_of(any::list(12, any::message));
  std::string bytes;
  codec.encode(frame, bytes);
  const auto back = codec.decode(bytes);
  RC_ASSERT(back.has_value());
  RC_ASSERT(same(*back, frame));
  RC_ASSERT(encode_frame(frame) == bytes);
}

RC_GTEST_PROP(PeerCodec, AnyBytesAreAnswered, (const std::string& bytes)) {
  (void)decode_frame(bytes);
  (void)decode_packet(bytes);
  (void)decode_vote(bytes);
  GossipSeal seal("c");
  RC_ASSERT(!seal.open(bytes).has_value());
  DecodeBudget budget(1 << 20);
  (void)read_slot_set(bytes, budget);
  (void)decode_slots(bytes, 16, budget);
}

RC_GTEST_PROP(SlotsCodec, SetsAndListsComeBack, ()) {
  DecodeBudget budget(1 << 30);
  const SlotSet set = any::slot_set();
  std::string bytes;
  WireWriter out(bytes);
  write_slot_set(set, out);
  RC_ASSERT(bytes.size() <= 2 + 1 + set.words().size() * 8);
  const auto back = read_slot_set(bytes, budget);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == set);
  survives(bytes, [&](const std::string& damaged) { (void)read_slot_set(damaged, budget); });

  const auto count = *rc::gen::element(1U, 2U, 16U, 77U, 256U, 1000U);
  const auto slots = any::slot_configs(count, Random(any::number()));
  const std::string coded = encode_slots(slots);
  RC_ASSERT((decode_slots(coded, count, budget) == slots));
  survives(coded, [&](const std::string& damaged) { (void)decode_slots(damaged, count, budget); });
}

RC_GTEST_PROP(Framing, FramesComeBackHoweverTheyAreCut, ()) {
  const auto payloads = any::list(8, [] { return any::text(300); });
  std::string stream;
  for (const std::string& payload : payloads) append_frame(stream, payload);
  FrameAssembler assembler;
  std::vector<std::string> back;
  for (Bytes rest = stream; !rest.empty();) {
    const std::size_t piece = std::min<std::size_t>(1 + any::size(200), rest.size());
    if (any::flag()) {
      assembler.feed(rest.substr(0, piece));
    } else {
      const std::span<char> room = assembler.prepare();
      RC_ASSERT(room.size() >= piece);
      std::copy_n(rest.begin(), piece, room.begin());
      assembler.commit(piece);
    }
    rest.remove_prefix(piece);
    for (auto frame = assembler.next(); frame && *frame; frame = assembler.next()) back.emplace_back(**frame);
  }
  RC_ASSERT(back == payloads);
  RC_ASSERT(assembler.buffered() == 0U);
}

RC_GTEST_PROP(Framing, ADamagedFrameIsNeverTaken, ()) {
  const std::string payload = any::text(100);
  std::string stream;
  append_frame(stream, payload);
  const std::size_t bit = *rc::gen::inRange<std::size_t>(0, stream.size() * 8);
  stream[bit / 8] = static_cast<char>(stream[bit / 8] ^ (1 << (bit % 8)));
  FrameAssembler assembler;
  assembler.feed(stream);
  const auto frame = assembler.next();
  RC_ASSERT((!frame.has_value() || !frame->has_value()));
}

RC_GTEST_PROP(GossipCodec, PacketsComeBackAndStayWithinTheirBound, ()) {
  GossipPacket packet = any::gossip_packet();
  GossipSeal seal("east");
  const std::string sealed = seal.seal(packet, nonce_of(packet.generation, any::number()));
  RC_ASSERT(sealed.size() <= bytes_of(packet));
  const auto back = seal.open(sealed);
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == packet);
  RC_ASSERT(!GossipSeal("west").open(sealed).has_value());
  survives(sealed, [&](const std::string& damaged) { RC_ASSERT((damaged == sealed || !seal.open(damaged))); });
  survives(encode_packet(packet), [](const std::string& damaged) { (void)decode_packet(damaged); });
}

RC_GTEST_PROP(VoteFile, RecordsComeBackAndDamageNeverDoes, ()) {
  const VoteRecord record = any::vote_record();
  const std::string file = encode_vote(record);
  const auto back = decode_vote(file);
  RC_ASSERT(back.has_value());
  RC_ASSERT(same(*back, record));
  survives(file, [&](const std::string& damaged) { RC_ASSERT((damaged.starts_with(file) || !decode_vote(damaged))); });
}

RC_GTEST_PROP(VoteFile, RecordsComeBackWhateverWasWrittenBefore, ()) {
  VoteEncoder encoder;
  ViewRef last = any::view();
  for (VoteRecord& record : any::list(40, any::vote_record)) {
    if (any::flag()) record.view = last;
    if (any::flag()) {  // a view that follows
      auto next = std::make_shared<View>(*last);
      next->epoch = last->epoch.next();
      for (std::size_t n = any::size(4); n > 0; --n) next->slots[any::size(next->slots.size() - 1)].epoch = next->epoch;
      last = next;
      if (record.accepted) record.accepted->proposal.view = last;
    }
    const auto back = decode_vote(encoder.encode(record));
    RC_ASSERT(back.has_value());
    RC_ASSERT(same(*back, record));
  }
}

// ---- RESP
using Command = std::vector<std::string>;

std::vector<Command> parsed(Bytes stream, const std::vector<std::size_t>& cuts, std::string& error) {
  RespParser parser;
  std::vector<Command> commands;
  std::string buffer;
  std::size_t taken = 0;
  for (std::size_t piece = 0; taken < stream.size(); ++piece) {
    const std::size_t n = std::min(piece < cuts.size() ? cuts[piece] : stream.size(), stream.size() - taken);
    buffer = std::string(buffer) + std::string(stream.substr(taken, n));  // moves every time
    taken += n;
    for (std::size_t consumed = 0;;) {
      const auto outcome = parser.next(buffer, consumed);
      if (outcome == RespParser::Outcome::kCommand) {
        commands.emplace_back(parser.args().begin(), parser.args().end());
      } else if (outcome == RespParser::Outcome::kError) {
        error = parser.error();
        return commands;
      }
      buffer.erase(0, consumed);
      if (outcome == RespParser::Outcome::kNeedMore) break;
    }
  }
  return commands;
}

RC_GTEST_PROP(Resp, CommandsComeBackHoweverTheyAreCut, ()) {
  const auto commands = any::list(6, [] {
    Command c = any::list(5, [] { return any::text(40); });
    if (c.empty()) c.push_back("PING");
    return c;
  });
  std::string stream;
  for (const Command& c : commands) {
    const std::vector<Bytes> args(c.begin(), c.end());
    write_command(args, stream);
    if (any::flag()) stream += any::flag() ? "\r\n" : "*0\r\n";
  }
  std::string error;
  const auto cuts = any::list(200, [] { return 1 + any::size(9); });
  RC_ASSERT(parsed(stream, cuts, error) == commands);
  RC_ASSERT(error.empty());
}

RC_GTEST_PROP(Resp, TheSameWhereverItIsCutEvenIfMalformed, ()) {
  std::string stream;
  write_command({"SET", "key", "value"}, stream);
  stream += "set \"a b\" 'c'\r\n";
  write_command({"GET", ""}, stream);
  Random random(any::number());
  stream = mutated(mutated(stream, random), random);
  std::string error_whole, error_cut;
  const auto whole = parsed(stream, {}, error_whole);
  const auto cut = parsed(stream, std::vector<std::size_t>(stream.size(), 1), error_cut);
  RC_ASSERT(whole == cut);
  RC_ASSERT(error_whole == error_cut);
}

// RESP 3 tells everything that a reply says, but for CR and LF inside a line.
Reply lines_cleaned(Reply reply) {
  using Kind = Reply::Kind;
  if (reply.kind == Kind::kNothing || reply.kind == Kind::kNilArray) return Reply::nil();
  if (reply.kind == Kind::kSimple || reply.kind == Kind::kError || reply.kind == Kind::kDouble) {
    std::string text(reply.text.view);
    for (char& c : text)
      if (c == '\r' || c == '\n') c = ' ';
    reply.text = Text::copy_of(text);
  }
  for (Reply& item : reply.items) item = lines_cleaned(std::move(item));
  return reply;
}

RC_GTEST_PROP(Resp, RepliesComeBack, ()) {
  const auto replies = any::list(4, [] { return lines_cleaned(any::reply()); });
  std::string stream;
  for (const Reply& reply : replies) write_reply(reply, 3, stream);
  RespReplyParser parser;
  std::vector<Reply> back;
  std::string buffer;
  for (const char c : stream) {
    buffer.push_back(c);
    Reply reply;
    std::size_t consumed = 0;
    const auto outcome = parser.next(buffer, consumed, reply);
    RC_ASSERT(outcome != RespReplyParser::Outcome::kError);
    buffer.erase(0, consumed);
    if (outcome == RespReplyParser::Outcome::kReply) back.push_back(std::move(reply));
  }
  RC_ASSERT(buffer.empty());
  RC_ASSERT(same(back, replies));
  survives(stream, [](const std::string& damaged) {
    RespReplyParser other;
    Bytes rest = damaged;
    Reply reply;
    std::size_t consumed = 0;
    while (other.next(rest, consumed, reply) == RespReplyParser::Outcome::kReply) rest.remove_prefix(consumed);
  });
}

// ---- HTTP
RC_GTEST_PROP(Http, TheSameHoweverItIsCut, ()) {
  std::string stream =
      "PUT /api/cache/a%20b?ttl=5 HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: "
      "3\r\n"
      "\r\nabcGET /health HTTP/1.1\r\n\r\nPOST /api/cache/k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n0\r\nTrailer: t\r\n\r\nDELETE /api/cache/k HTTP/1.0\r\n\r\n";
  if (any::flag()) {
    Random random(any::number());
    stream = mutated(stream, random);
  }
  const auto tell = [&](std::size_t piece) {
    HttpParser parser;
    std::string told;
    Bytes rest = stream;
    while (!rest.empty()) {
      std::size_t consumed = 0;
      const auto outcome = parser.next(rest.substr(0, piece), consumed);
      rest.remove_prefix(consumed);
      if (outcome == HttpParser::Outcome::kError) return told + "error " + std::to_string(parser.error().status);
      if (outcome != HttpParser::Outcome::kRequest) continue;
      HttpRequest& r = parser.request();
      told += r.target + " " + r.body + " " + std::to_string(r.headers.size()) + ";";
      (void)translate(r);
      if (!r.keep_alive) break;
    }
    return told;
  };
  const std::string whole = tell(stream.size());
  RC_ASSERT(tell(1) == whole);
  RC_ASSERT(tell(7) == whole);
}

RC_GTEST_PROP(Http, ValuesComeBackThroughJsonAndBase64, ()) {
  const std::string bytes = any::text(60);
  RC_ASSERT((from_base64(to_base64(bytes)) == bytes));
  const auto stored = parse_store_body("{\"encoding\":\"base64\",\"value\":\"" + to_base64(bytes) + "\"}");
  RC_ASSERT(stored.has_value());
  RC_ASSERT(stored->value == bytes);
  const auto text = from_base64(bytes);
  RC_ASSERT((!text || to_base64(*text) == bytes));
  survives("{\"a\":[{\"b\":\"\\\"]\"}],\"value\":{\"x\":[1,2,\"]}\"]},\"ttl\":60}",
           [](const std::string& body) { (void)parse_store_body(body); });
  (void)parse_store_body(bytes);
}

}  // namespace
}  // namespace hc
