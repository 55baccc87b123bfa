// HTTP and the REST API by example.
#include "io/http.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/random.h"
#include "io/http_api.h"
#include "io/json_string.h"
#include "io/json_writer.h"
#include "io/text_codec.h"

namespace hc {
namespace {

using Outcome = HttpParser::Outcome;
using Args = std::vector<std::string>;

// The first thing that comes of `bytes`, and the parser that it came from.
Outcome first_of(HttpParser& parser, Bytes bytes) {
  std::size_t consumed = 0;
  return parser.next(bytes, consumed);
}
int status_of(Bytes bytes) {
  HttpParser parser;
  return first_of(parser, bytes) == Outcome::kError ? parser.error().status : 0;
}

TEST(HttpParser, PipelinedRequests) {
  HttpParser parser;
  Bytes stream =
      "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-Thing:  two words \r\n\r\nPOST /p HTTP/1.1\r\nContent-Length: "
      "2\r\n\r\nhiGET /last HTTP/1.1\r\nConnection: close\r\n\r\n";
  std::size_t consumed = 0;
  ASSERT_EQ(parser.next(stream, consumed), Outcome::kRequest);
  EXPECT_EQ(parser.request().path(), "/a");
  EXPECT_EQ(parser.request().query(), "b=c");
  EXPECT_EQ(parser.request().header("x-thing"), "two words");
  EXPECT_TRUE(parser.request().keep_alive);
  EXPECT_FALSE(parser.request().has_length);
  EXPECT_TRUE(parser.idle());
  stream.remove_prefix(consumed);
  ASSERT_EQ(parser.next(stream, consumed), Outcome::kRequest);
  EXPECT_EQ(parser.request().method, HttpMethod::kPost);
  EXPECT_EQ(parser.request().body, "hi");
  stream.remove_prefix(consumed);
  ASSERT_EQ(parser.next(stream, consumed), Outcome::kRequest);
  EXPECT_EQ(parser.request().target, "/last");
  EXPECT_FALSE(parser.request().keep_alive);
  stream.remove_prefix(consumed);
  EXPECT_TRUE(stream.empty());
}

TEST(HttpParser, WhatIsRefused) {
  EXPECT_EQ(status_of("nonsense\r\n\r\n"), 405);
  EXPECT_EQ(status_of("GET /a HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /a FTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nContent-Length: 536870913\r\n\r\n"), 413);
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET /" + std::string(70000, 'a')), 431);
  EXPECT_EQ(status_of("GET /a HTTP/1.1\r\nx: " + std::string(70000, 'a')), 431);
  std::string many = "GET /a HTTP/1.1\r\n";
  for (int i = 0; i < 20000; ++i) many += "a:\r\n";
  EXPECT_EQ(status_of(many), 431);
  EXPECT_EQ(status_of("POST /a HTTP/1.1\r\nExpect: cake\r\nContent-Length: 1\r\n\r\n"), 417);
}

TEST(HttpParser, AsksBeforeTheBodyIfTheClientWaits) {
  HttpParser parser;
  Bytes stream = "PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  std::size_t consumed = 0;
  ASSERT_EQ(parser.next(stream, consumed), Outcome::kContinue);
  stream.remove_prefix(consumed);
  EXPECT_EQ(parser.next(stream, consumed), Outcome::kNeedMore);
  EXPECT_FALSE(parser.idle());
  ASSERT_EQ(parser.next("hi", consumed), Outcome::kRequest);
  EXPECT_EQ(parser.request().body, "hi");
}

TEST(HttpParser, AnUpgradeIsNotTaken) {
  HttpParser parser;
  ASSERT_EQ(first_of(parser, "GET /a HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"),
            Outcome::kRequest);
  HttpParser connect;
  ASSERT_EQ(first_of(connect, "CONNECT h:1 HTTP/1.1\r\n\r\n"), Outcome::kRequest);
  EXPECT_EQ(connect.request().method, HttpMethod::kOther);
}

TEST(HttpWriter, AResponse) {
  std::string out;
  write_http(http_error(404, "Key not found", "NOT_FOUND"), true, false, out);
  EXPECT_EQ(
      out,
      "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 84\r\nConnection: keep-alive\r\n\r\n"
      R"({"success":false,"error":"Key not found","reason":"NOT_FOUND","maybe_applied":false})");
  std::string head;
  write_http(http_error(404, "Key not found", "NOT_FOUND"), false, true, head);
  EXPECT_TRUE(head.ends_with("Content-Length: 84\r\nConnection: close\r\n\r\n")) << head;
}

// ---- the API
HttpRequest request(HttpMethod method, std::string target, std::string body = {}, std::string content_type = {}) {
  HttpRequest r;
  r.method = method;
  r.target = std::move(target);
  r.has_length = !body.empty();
  r.body = std::move(body);
  if (!content_type.empty()) r.headers.emplace_back("content-type", content_type);
  return r;
}
Args args_of(HttpRequest r) {
  const HttpCall call = translate(r);
  if (const auto* cache = std::get_if<CacheCall>(&call)) return cache->args;
  if (const auto* response = std::get_if<HttpResponse>(&call))
    return {std::to_string(response->status), response->body};
  return {"page"};
}
Args put(std::string body) { return args_of(request(HttpMethod::kPut, "/api/cache/k", std::move(body))); }
std::string refusal(std::string body) {
  const Args args = put(std::move(body));
  return args.size() == 2 && args[0] == "400" ? args[1] : "taken";
}

TEST(HttpApi, EventsOfSomeTypes) {
  HttpRequest r = request(HttpMethod::kGet, "/api/events?types=member-up,slot-lost");
  r.headers.emplace_back("last-event-id", "1f-7");
  const HttpCall call = translate(r);
  const auto* events = std::get_if<EventsCall>(&call);
  ASSERT_NE(events, nullptr);
  EXPECT_EQ(events->types, (Args{"member-up", "slot-lost"}));
  EXPECT_EQ(events->last_id, "1f-7");
  const Args refused = args_of(request(HttpMethod::kGet, "/api/events?types=member-up,nonsense"));
  EXPECT_EQ(refused[0], "400");
  EXPECT_NE(refused[1].find("there is no type 'nonsense' of events; there are view-installed, "), std::string::npos);
  EXPECT_EQ(args_of(request(HttpMethod::kPost, "/api/events", "x"))[0], "405");
  EXPECT_EQ(event_text("1f-7", "member-up", "{}"), "id: 1f-7\nevent: member-up\ndata: {}\n\n");
}

TEST(HttpApi, AMemberThatShallLeave) {
  HttpRequest asked = request(HttpMethod::kDelete, "/api/cluster/members/3?only=dead");
  const HttpCall call = translate(asked);
  const auto* page = std::get_if<PageCall>(&call);
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->page, Page::kLeave);
  EXPECT_EQ(page->subject, "3");
  EXPECT_EQ(page->query, "only=dead");
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/api/cluster/members/3"))[0], "405");
  EXPECT_EQ(args_of(request(HttpMethod::kDelete, "/api/cluster/members/"))[0], "404");
  EXPECT_EQ(args_of(request(HttpMethod::kDelete, "/api/cluster/members"))[0], "405");
}

TEST(HttpApi, AForcedView) {
  HttpRequest asked = request(HttpMethod::kPut, "/api/cluster/force?members=1,node-4&accept-data-loss=yes");
  const HttpCall call = translate(asked);
  const auto* page = std::get_if<PageCall>(&call);
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->page, Page::kForce);
  EXPECT_EQ(query_field(page->query, "members"), "1,node-4");
  for (const HttpMethod other : {HttpMethod::kGet, HttpMethod::kPost})
    EXPECT_EQ(args_of(request(other, "/api/cluster/force"))[0], "405") << "a page of another site may send it";
}

TEST(HttpApi, AnAcceptedLoss) {
  HttpRequest asked = request(HttpMethod::kPut, "/api/cluster/accept-data-loss?slots=1,7");
  const HttpCall call = translate(asked);
  const auto* page = std::get_if<PageCall>(&call);
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->page, Page::kAcceptLoss);
  EXPECT_EQ(query_field(page->query, "slots"), "1,7");
  EXPECT_EQ(args_of(request(HttpMethod::kPost, "/api/cluster/accept-data-loss"))[0], "405");
}

TEST(HttpApi, KeysAreTakenExactly) {
  const auto key_of = [](Bytes path) {
    return args_of(request(HttpMethod::kGet, "/api/cache/" + std::string(path)))[1];
  };
  EXPECT_EQ(key_of("a+b"), "a+b");
  EXPECT_EQ(key_of("a%2Fb%20c%3f?x=y"), "a/b c?");
  EXPECT_EQ(key_of("a/b"), "a/b");
  EXPECT_EQ(key_of("%ff%00"), std::string("\xff\0", 2));
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/api/cache/%2"))[0], "400");
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/api/cache/"))[0], "400");
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/api/cache"))[0], "404");
  EXPECT_EQ(args_of(request(HttpMethod::kDelete, "/api/cache/k")), (Args{"DEL", "k"}));
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "http://host:80/api/cache/a%20b?x")), (Args{"GET", "a b"}));
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "HTTP://host/health"))[0], "page");
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "http://host"))[0], "page");
  EXPECT_EQ(args_of(request(HttpMethod::kOther, "/api/cache/k"))[0], "405");
  EXPECT_EQ(args_of(request(HttpMethod::kPost, "/health"))[0], "405");
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/ready"))[0], "page");
}

TEST(HttpApi, ValuesAndTimesToLive) {
  EXPECT_EQ(put(R"({"value":"v"})"), (Args{"SET", "k", "v"}));
  EXPECT_EQ(put(R"( {"ttl": 60 , "value" : "\u00e4\n\"" })"), (Args{"SET", "k", "ä\n\"", "EX", "60"}));
  EXPECT_EQ(put(R"({"value":"","ttl":null})"), (Args{"SET", "k", ""}));
  EXPECT_EQ(put(R"({"value":{"a":[1, 2.50,"}"]},"x":1})"), (Args{"SET", "k", R"({"a":[1, 2.50,"}"]})"}));
  EXPECT_EQ(put(R"({"value":12345678901234567890123})"), (Args{"SET", "k", "12345678901234567890123"}));
  EXPECT_EQ(put(R"({"value":null})"), (Args{"SET", "k", "null"}));
  EXPECT_EQ(put(R"({"v\u0061lue":true})"), (Args{"SET", "k", "true"}));
  EXPECT_EQ(put(R"({"value":"AP8=","encoding":"base64"})"), (Args{"SET", "k", std::string("\0\xff", 2)}));
  EXPECT_EQ(put(R"({"value":"","encoding":"base64"})"), (Args{"SET", "k", ""}));
  EXPECT_EQ(
      args_of(request(HttpMethod::kPost, "/api/cache/k?a&ttl=5", std::string("\0{", 2), "Application/Octet-Stream")),
      (Args{"SET", "k", std::string("\0{", 2), "EX", "5"}));
}

// nlohmann-json, which we have beside it, is the judge.
TEST(JsonString, IsReadAsTheLibraryReadsIt) {
  constexpr Bytes kPieces[] = {"a",       "\\",      "\"",       "\\\"",    "\\n",      "\\u0041", "\\ud83d\\ude00",
                               "\\ud83d", "\\ude00", "\\u00e9",  "\\u12",   "\\uFfFf",  "\\u20ac", "\\u000g",
                               "\\x",     "\\/",     "\xc3\xa4", "\n",      "\x7f",     "\\b\\f",  "\\r\\t",
                               "{",       "\\\\",    " ",        "\\U0041", "\\ud83dx", "\x1f"};
  Random random(7);
  int good = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = "\"";
    for (std::uint64_t left = random.below(6); left > 0; --left) text += kPieces[random.below(std::size(kPieces))];
    text += '"';
    const auto judged = nlohmann::json::parse(text, nullptr, false);
    const std::size_t end = json_string_end(text, 0);
    const auto ours = end == text.size() ? unquote_json(text) : std::nullopt;
    ASSERT_EQ(ours.has_value(), judged.is_string()) << text;
    EXPECT_EQ(end == text.size() && is_json_string(text), ours.has_value()) << text;
    if (!ours) continue;
    ++good;
    ASSERT_EQ(*ours, judged.get<std::string>()) << text;
    EXPECT_EQ(put("{\"value\":" + text + "}")[2], *ours);
  }
  EXPECT_GT(good, 1000);
}

TEST(HttpApi, WhatABodyMayNotBe) {
  for (const char* body : {"x",
                           "[]",
                           "{}",
                           "\"v\"",
                           R"({"value":"v","ttl":0})",
                           R"({"value":"v","ttl":-1})",
                           R"({"value":"v","ttl":1.5})",
                           R"({"value":"v","ttl":"60"})",
                           R"({"value":"v","ttl":1e3})",
                           R"({"value":"v","ttl":9223372036854775808})",
                           R"({"value":"A","encoding":"base64"})",
                           R"({"value":"AB==","encoding":"base64"})",
                           R"({"value":1,"encoding":"base64"})",
                           R"({"value":"v","encoding":"rot13"})",
                           "{\"value\":\"\xff\"}",
                           R"({"value":"\ud800"})",
                           R"({"value":"v"} x)",
                           R"({"value":"v)",
                           R"({"value":"v\"})",
                           R"({"value":"a""b"})",
                           R"({"a":"\x","value":"v"})",
                           "{\"value\":\"\n\"}",
                           R"({"value":'v'})"})
    EXPECT_TRUE(refusal(body).contains("BAD_REQUEST")) << body;
  EXPECT_EQ(args_of(request(HttpMethod::kPost, "/api/cache/k"))[0], "411");
  EXPECT_EQ(args_of(request(HttpMethod::kPost, "/api/cache/k?ttl=x", R"({"value":"v"})"))[0], "400");
}

const HttpContext kLocal{NodeId(1), NodeId(1), true}, kRemote{NodeId(1), NodeId(2), false};

TEST(HttpApi, AnswersHaveTheOriginalsFields) {
  const CacheCall get{CacheCall::Kind::kGet, {"GET", "k"}, false};
  const CacheCall set{CacheCall::Kind::kSet, {"SET", "k", "v"}, false};
  const CacheCall del{CacheCall::Kind::kDelete, {"DEL", "k"}, false};
  EXPECT_EQ(respond(set, Reply::ok(), kLocal).body,
            R"({"success":true,"message":"Stored locally","node":"1","primary":"node-1"})");
  EXPECT_EQ(respond(set, Reply::ok(), kRemote).body,
            R"({"success":true,"message":"Forwarded to primary node","node":"1","primary":"node-2"})");
  EXPECT_EQ(respond(get, Reply::bulk_copy("v"), kRemote).body,
            R"({"success":true,"data":{"key":"k","value":"v"},"node":"1","primary":"node-2",)"
            R"("local":false,"forwarded":true})");
  EXPECT_EQ(respond(get, Reply::nil(), kLocal).status, 404);
  EXPECT_EQ(respond(del, Reply::number(1), kRemote).body,
            R"({"success":true,"message":"Delete processed","node":"1","primary":"node-2","deleted":true})");
}

TEST(HttpApi, ChecksOfTheFilterOverKeys) {
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/api/filter/check/a%2Fb")), (Args{"FILTER.CHECK", "a/b"}));
  EXPECT_EQ(args_of(request(HttpMethod::kGet, "/api/filter/check/%2"))[0], "400");
  EXPECT_EQ(args_of(request(HttpMethod::kPost, "/api/filter/check/k"))[0], "405");
  const CacheCall check{CacheCall::Kind::kCheck, {"FILTER.CHECK", "k"}, false};
  const auto answer = [&](std::int64_t says, std::int64_t there) {
    std::vector<Reply> items;
    items.push_back(Reply::number(says));
    items.push_back(Reply::number(there));
    return std::string(respond(check, Reply::array(std::move(items)), kRemote).body);
  };
  EXPECT_EQ(answer(1, 0), R"({"success":true,"key":"k","filter_enabled":true,"filter_says":true,)"
                          R"("actually_exists":false,"false_positive":true,"node":"1","primary":"node-2"})");
  EXPECT_TRUE(answer(0, 0).contains(R"("filter_says":false,"actually_exists":false,"false_positive":false)"));
  EXPECT_TRUE(answer(1, 1).contains(R"("filter_says":true,"actually_exists":true,"false_positive":false)"));
  EXPECT_TRUE(answer(-1, 1).contains(R"("filter_enabled":false,"filter_says":null,"actually_exists":true)"));
  EXPECT_TRUE(respond(check, Reply::error("UNKNOWN x"), kLocal).body.contains(R"("maybe_applied":false)"));
}

TEST(HttpApi, BytesThatAreNoText) {
  const CacheCall get{CacheCall::Kind::kGet, {"GET", "\xff"}, false};
  EXPECT_TRUE(
      respond(get, Reply::bulk_copy("\xfe"), kLocal)
          .body.contains(R"("data":{"key":"/w==","key_encoding":"base64","value":"/g==","encoding":"base64"})"));
  HttpRequest raw = request(HttpMethod::kGet, "/api/cache/k");
  raw.headers.emplace_back("accept", "text/html;q=0.5, application/octet-stream;q=0.9");
  const HttpResponse response = respond(std::get<CacheCall>(translate(raw)), Reply::bulk_copy("\xfe"), kLocal);
  EXPECT_EQ(response.body, "\xfe");
  EXPECT_EQ(response.content_type, "application/octet-stream");
}

TEST(HttpApi, ErrorsSayWhetherItMayHaveBeenApplied) {
  const CacheCall get{CacheCall::Kind::kGet, {"GET", "k"}, false};
  const CacheCall set{CacheCall::Kind::kSet, {"SET", "k", "v"}, false};
  const HttpResponse down = respond(set, Reply::error("CLUSTERDOWN the slot has no primary"), kLocal);
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(down.body,
            R"({"success":false,"error":"the slot has no primary","reason":"CLUSTERDOWN","maybe_applied":false})");
  for (const char* code : {"TRYAGAIN x", "LOADING x", "OOM x"})
    EXPECT_EQ(respond(set, Reply::error(code), kLocal).status, 503);
  EXPECT_EQ(respond(set, Reply::error("UNKNOWN x"), kLocal).status, 504);
  EXPECT_TRUE(respond(set, Reply::error("UNKNOWN x"), kLocal).body.contains(R"("maybe_applied":true)"));
  EXPECT_TRUE(respond(get, Reply::error("UNKNOWN x"), kLocal).body.contains(R"("maybe_applied":false)"));
  EXPECT_EQ(respond(set, Reply::error("ERR invalid expire time in 'set' command"), kLocal).status, 400);
}

TEST(JsonWriter, TextIsEscaped) {
  JsonWriter json;
  json.text("a\"", Bytes("\x01\x1f\n\\/ä\0", 8)).text("b", "\xff?").open("c").close().nothing("d");
  EXPECT_EQ(json.end(), R"({"a\"":"\u0001\u001f\n\\/ä\u0000","b":"??","c":{},"d":null})");
}

TEST(JsonWriter, ListsAndRealNumbers) {
  JsonWriter json;
  json.open_list("l").text_item("x").number_item(7).open_item().real("r", 0.1).close();
  json.open_list_item().number_item(1).number_item(2).close_list().close_list();
  json.open_list("none").close_list().real("third", 1.0 / 3).real("n", std::nan(""));
  EXPECT_EQ(json.end(), R"({"l":["x",7,{"r":0.1},[1,2]],"none":[],"third":0.3333333333333333,"n":null})");
}

TEST(TextCodec, Utf8) {
  for (const Bytes good : {"", "a", "ä", "€", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const Bytes bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                          "\xf8\x88\x80\x80\x80", "a\xff"})
    EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
}  // namespace hc
