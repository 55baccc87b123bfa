// RESP by example: what is a command, what is an error, and how replies look.
#include "io/resp.h"

#include <gtest/gtest.h>

#include "io/resp_client.h"

namespace hc {
namespace {

using Outcome = RespParser::Outcome;
using Args = std::vector<std::string>;

// The first thing that comes of `bytes`: the command, or {error}, or {"…"} if more is needed.
Args first_of(Bytes bytes, RespParser parser = {}) {
  std::size_t consumed = 0;
  switch (parser.next(bytes, consumed)) {
    case Outcome::kNeedMore:
      return {"…"};
    case Outcome::kError:
      return {parser.error()};
    case Outcome::kCommand:
      return {parser.args().begin(), parser.args().end()};
  }
  return {};
}

TEST(RespParser, Commands) {
  EXPECT_EQ(first_of("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), (Args{"GET", "k"}));
  EXPECT_EQ(first_of("*1\r\n$0\r\n\r\n"), Args{""});
  EXPECT_EQ(first_of("*0\r\n*-1\r\n\r\n\nPING\r\n"), Args{"PING"});
  EXPECT_EQ(first_of("*0\r\n"), Args{"…"});
  EXPECT_EQ(first_of("*2\r\n$3\r\nGET\r\n$1\r\nk\r"), Args{"…"});
  EXPECT_EQ(first_of("  set\t k   v \n"), (Args{"set", "k", "v"}));
  EXPECT_EQ(first_of("set k \"a\\x41\\n\\\"\\z\" 'it\\'s\\n'\r\n"), (Args{"set", "k", "aA\n\"z", "it's\\n"}));
  EXPECT_EQ(first_of("set k \"\" ''\r\n"), (Args{"set", "k", "", ""}));
}

TEST(RespParser, ErrorsAreWordedAsInRedis) {
  const std::string error = "ERR Protocol error: ";
  EXPECT_EQ(first_of("*x\r\n"), Args{error + "invalid multibulk length"});
  EXPECT_EQ(first_of("*2147483648\r\n"), Args{error + "invalid multibulk length"});
  EXPECT_EQ(first_of("*01\r\n"), Args{error + "invalid multibulk length"});
  EXPECT_EQ(first_of("*1\r\nPING\r\n"), Args{error + "expected '$', got 'P'"});
  EXPECT_EQ(first_of("*1\r\n$-1\r\n"), Args{error + "invalid bulk length"});
  EXPECT_EQ(first_of("*1\r\n$536870913\r\n"), Args{error + "invalid bulk length"});
  EXPECT_EQ(first_of("*1\r\n$ 3\r\n"), Args{error + "invalid bulk length"});
  EXPECT_EQ(first_of("get \"k\r\n"), Args{error + "unbalanced quotes in request"});
  EXPECT_EQ(first_of("get \"k\"x\r\n"), Args{error + "unbalanced quotes in request"});
  EXPECT_EQ(first_of(std::string(65537, 'x')), Args{error + "too big inline request"});
  EXPECT_EQ(first_of("*" + std::string(65536, '1')), Args{error + "too big mbulk count string"});
  EXPECT_EQ(first_of("*1\r\n$" + std::string(65536, '1')), Args{error + "too big bulk count string"});
  EXPECT_EQ(first_of("*1\r\n$536870912\r\n"), Args{"…"});
  EXPECT_EQ(first_of("*2147483647\r\n"), Args{"…"});
}

TEST(RespParser, StrangersAreKeptShort) {
  RespParser parser;
  parser.set_unauthenticated(true);
  EXPECT_EQ(first_of("*11\r\n", parser), Args{"ERR Protocol error: unauthenticated multibulk length"});
  EXPECT_EQ(first_of("*1\r\n$16385\r\n", parser), Args{"ERR Protocol error: unauthenticated bulk length"});
  EXPECT_EQ(first_of("*1\r\n$4\r\nAUTH\r\n", parser), Args{"AUTH"});
}

TEST(RespParser, AHalfHeaderLeavesNoTrace) {
  RespParser parser;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.next("*1\r", consumed), Outcome::kNeedMore);
  ASSERT_EQ(parser.next("*1\r\n$4\r\nPING\r\n", consumed), Outcome::kCommand);
  ASSERT_EQ(parser.next("\nECHO a\n", consumed), Outcome::kCommand);
  EXPECT_EQ(parser.args()[0], "ECHO");
}

TEST(RespParser, SaysHowMuchItWants) {
  RespParser parser;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.next("*1\r\n$100\r\nabc", consumed), Outcome::kNeedMore);
  EXPECT_EQ(consumed, 0U);
  EXPECT_EQ(parser.wanted(), 10 + 100 + 2U);
}

// Each byte of a huge command is looked at once, however it is cut: this test would take minutes otherwise.
TEST(RespParser, AMillionArgumentsInSmallPieces) {
  constexpr std::size_t kArgs = 1'000'000;
  std::string stream = "*" + std::to_string(kArgs) + "\r\n";
  for (std::size_t i = 0; i < kArgs; ++i) stream += "$1\r\nx\r\n";
  RespParser parser;
  std::size_t consumed = 0;
  for (std::size_t end = 1; end < stream.size(); end += 50)
    ASSERT_EQ(parser.next(Bytes(stream).substr(0, end), consumed), Outcome::kNeedMore);
  ASSERT_EQ(parser.next(stream, consumed), Outcome::kCommand);
  EXPECT_EQ(parser.args().size(), kArgs);
  EXPECT_EQ(parser.args().back(), "x");
  EXPECT_EQ(consumed, stream.size());
}

std::string written(const Reply& reply, int version) {
  std::string out;
  write_reply(reply, version, out);
  return out;
}

TEST(ForeseeKeys, TakesTheSecondArgumentsAsFarAsTheyCame) {
  const std::string get = "*2\r\n$3\r\nGET\r\n$1\r\na\r\n", set = "*3\r\n$3\r\nSET\r\n$2\r\nbc\r\n$1\r\nv\r\n";
  const std::string ping = "*1\r\n$4\r\nPING\r\n", inline_one = "GET d\r\n";
  const auto foreseen = [](Bytes buffer, std::size_t most = 16) {
    std::vector<Bytes> keys(most);
    keys.resize(foresee_keys(buffer, keys));
    return Args(keys.begin(), keys.end());
  };
  EXPECT_EQ(foreseen(get + ping + set), (Args{"a", "bc"}));
  EXPECT_EQ(foreseen(get + set, 1), Args{"a"});
  EXPECT_EQ(foreseen(get + inline_one + set), Args{"a"}) << "what is unusual ends it";
  EXPECT_EQ(foreseen(get + "*0\r\n" + set), Args{"a"});
  EXPECT_EQ(foreseen(""), Args{});
  const std::string both = set + get;
  for (std::size_t size = 0; size < both.size(); ++size) EXPECT_LE(foreseen(Bytes(both).substr(0, size)).size(), 1U);
}

TEST(RespWriter, RepliesInBothVersions) {
  EXPECT_EQ(written(Reply::ok(), 2), "+OK\r\n");
  EXPECT_EQ(written(Reply::simple("PONG"), 3), "+PONG\r\n");
  EXPECT_EQ(written(Reply::number(-9223372036854775807LL - 1), 2), ":-9223372036854775808\r\n");
  EXPECT_EQ(written(Reply::bulk_copy("a\r\nb"), 2), "$4\r\na\r\nb\r\n");
  EXPECT_EQ(written(Reply::nil(), 2), "$-1\r\n");
  EXPECT_EQ(written(Reply::nil(), 3), "_\r\n");
  EXPECT_EQ(written(Reply::of(Reply::Kind::kNilArray, {}), 2), "*-1\r\n");
  EXPECT_EQ(written(Reply::of(Reply::Kind::kNilArray, {}), 3), "_\r\n");
  EXPECT_EQ(written(Reply::error("ERR a\r\nb"), 2), "-ERR a  b\r\n");
  EXPECT_EQ(written(Reply(), 2), "");
  Reply map = Reply::array({Reply::bulk_copy("k"), Reply::number(1)});
  EXPECT_EQ(written(map, 2), "*2\r\n$1\r\nk\r\n:1\r\n");
  map.kind = Reply::Kind::kMap;
  EXPECT_EQ(written(map, 2), "*2\r\n$1\r\nk\r\n:1\r\n");
  EXPECT_EQ(written(map, 3), "%1\r\n$1\r\nk\r\n:1\r\n");
  map.kind = Reply::Kind::kSet;
  EXPECT_EQ(written(map, 3), "~2\r\n$1\r\nk\r\n:1\r\n");
  map.kind = Reply::Kind::kPush;
  EXPECT_EQ(written(map, 2), "*2\r\n$1\r\nk\r\n:1\r\n");
  EXPECT_EQ(written(map, 3), ">2\r\n$1\r\nk\r\n:1\r\n");
  map.kind = Reply::Kind::kSeries;
  EXPECT_EQ(written(map, 3), "$1\r\nk\r\n:1\r\n");
  EXPECT_EQ(written(Reply::of(Reply::Kind::kDouble, Text::borrow("1.5")), 2), "$3\r\n1.5\r\n");
  EXPECT_EQ(written(Reply::of(Reply::Kind::kDouble, Text::borrow("1.5")), 3), ",1.5\r\n");
  EXPECT_EQ(written(Reply::of(Reply::Kind::kVerbatim, Text::borrow("hi")), 2), "$2\r\nhi\r\n");
  EXPECT_EQ(written(Reply::of(Reply::Kind::kVerbatim, Text::borrow("hi")), 3), "=6\r\ntxt:hi\r\n");
}

Reply read(Bytes bytes, RespReplyParser& parser) {
  Reply reply;
  std::size_t consumed = 0;
  EXPECT_EQ(parser.next(bytes, consumed, reply), RespReplyParser::Outcome::kReply) << parser.error();
  EXPECT_EQ(consumed, bytes.size());
  return reply;
}

TEST(RespReplyParser, PushesAttributesAndErrors) {
  RespReplyParser parser;
  EXPECT_EQ(read(">2\r\n+message\r\n*1\r\n:1\r\n", parser).items.size(), 2U);
  EXPECT_TRUE(parser.was_push());
  EXPECT_EQ(read("|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n#t\r\n", parser).items.size(), 2U);
  EXPECT_FALSE(parser.was_push());
  EXPECT_EQ(read("(12345678901234567890\r\n", parser).text.view, "12345678901234567890");
  EXPECT_TRUE(read("!5\r\nERR x\r\n", parser).is_error());
  EXPECT_EQ(read("*-1\r\n", parser).kind, Reply::Kind::kNilArray);
  EXPECT_EQ(read("~0\r\n", parser).kind, Reply::Kind::kSet);
  for (const Bytes bad : {"?\r\n", "*x\r\n", "$5\r\nhelloxx", "no end\n", "%-2\r\n", ":\r\n"}) {
    RespReplyParser fresh;
    Reply reply;
    std::size_t consumed = 0;
    EXPECT_EQ(fresh.next(bad, consumed, reply), RespReplyParser::Outcome::kError) << bad;
  }
}

}  // namespace
}  // namespace hc
