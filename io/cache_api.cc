#include "io/cache_api.h"

#include <optional>

#include "io/http_api.h"
#include "io/json_writer.h"
#include "io/store_body.h"
#include "io/text_codec.h"

namespace hc {
namespace {

constexpr Bytes kOctets = "application/octet-stream";

HttpResponse json_response(int status, JsonWriter& json) {
  HttpResponse response;
  response.status = status;
  response.body = json.end();
  return response;
}

using Translated = std::variant<CacheCall, HttpResponse>;

Translated translate_store(HttpRequest& request, std::string key) {
  if (!request.has_length) return http_error(411, "say how long the body is (Content-Length)", "LENGTH_REQUIRED");
  StoreBody store;
  if (names_media_type(request.header("content-type"), kOctets)) {
    store.value = std::move(request.body);
  } else {
    auto parsed = parse_store_body(request.body);
    if (!parsed) return http_error(400, parsed.error(), "BAD_REQUEST");
    store = std::move(*parsed);
  }
  if (const auto ttl = query_field(request.query(), "ttl")) {
    if (!is_ttl(*ttl)) return http_error(400, "ttl must be a whole number of seconds, at least 1", "BAD_REQUEST");
    store.ttl = std::string(*ttl);
  }
  CacheCall call{CacheCall::Kind::kSet, {}, false};
  call.args = {"SET", std::move(key), std::move(store.value)};
  if (store.ttl) call.args.insert(call.args.end(), {"EX", std::move(*store.ttl)});
  return call;
}

// "CODE what happened" of the node, as a status.
HttpResponse node_error(const CacheCall& call, Bytes text) {
  const Bytes code = text.substr(0, text.find(' '));
  const Bytes words = text.size() > code.size() ? text.substr(code.size() + 1) : text;
  if (code == "UNKNOWN") return http_error(504, words, code, call.writes());
  if (code == "CLUSTERDOWN" || code == "TRYAGAIN" || code == "LOADING" || code == "OOM" || code == "MISCONF") {
    HttpResponse response = http_error(503, words, code);
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  if (code == "NOAUTH") return http_error(401, words, code);
  if (code == "NOPERM") return http_error(403, words, code);
  return http_error(code == "ERR" || code == "WRONGTYPE" ? 400 : 500, words, code);
}

void put_names(JsonWriter& json, const HttpContext& context) {
  json.text("node", std::to_string(context.self.value));
  if (context.primary)
    json.text("primary", name_of(context.primary));
  else
    json.nothing("primary");
}

// The bytes as text, or in base64 with a word about it behind.
void put_bytes(JsonWriter& json, Bytes name, Bytes bytes, Bytes encoding_name) {
  if (is_utf8(bytes))
    json.text(name, bytes);
  else
    json.text(name, to_base64(bytes)).text(encoding_name, "base64");
}

HttpResponse respond_get(const CacheCall& call, Bytes value, const HttpContext& context) {
  if (call.raw) {
    HttpResponse response;
    response.content_type = kOctets;
    response.body = value;
    return response;
  }
  JsonWriter json;
  json.flag("success", true).open("data");
  put_bytes(json, "key", call.key(), "key_encoding");
  put_bytes(json, "value", value, "encoding");
  json.close();
  put_names(json, context);
  json.flag("local", context.local).flag("forwarded", !context.local);
  return json_response(200, json);
}

HttpResponse respond_set(const HttpContext& context) {
  JsonWriter json;
  json.flag("success", true).text("message", context.local ? "Stored locally" : "Forwarded to primary node");
  put_names(json, context);
  return json_response(200, json);
}

HttpResponse respond_delete(bool deleted, const HttpContext& context) {
  JsonWriter json;
  json.flag("success", true).text("message", "Delete processed");
  put_names(json, context);
  json.flag("deleted", deleted);
  return json_response(200, json);
}

// FILTER.CHECK's [what the filter says, whether the key is there].
HttpResponse respond_check(const CacheCall& call, std::int64_t says, bool there, const HttpContext& context) {
  JsonWriter json;
  json.flag("success", true);
  put_bytes(json, "key", call.key(), "key_encoding");
  json.flag("filter_enabled", says >= 0);
  if (says >= 0)
    json.flag("filter_says", says == 1);
  else
    json.nothing("filter_says");
  json.flag("actually_exists", there).flag("false_positive", says == 1 && !there);
  put_names(json, context);
  return json_response(200, json);
}

HttpResponse bad_key() {
  return http_error(400, "a '%' in the key must be followed by two hexadecimal digits", "BAD_REQUEST");
}

}  // namespace

std::variant<CacheCall, HttpResponse> translate_check(const HttpRequest& request, Bytes encoded_key) {
  if (request.method != HttpMethod::kGet && request.method != HttpMethod::kHead) return method_not_allowed("GET, HEAD");
  auto key = from_percent(encoded_key);
  if (!key) return bad_key();
  return CacheCall{CacheCall::Kind::kCheck, {"FILTER.CHECK", std::move(*key)}, false};
}

std::variant<CacheCall, HttpResponse> translate_cache(HttpRequest& request, Bytes encoded_key) {
  auto key = from_percent(encoded_key);
  if (!key) return bad_key();
  if (key->empty()) return http_error(400, "the path names no key: /api/cache/{key}", "BAD_REQUEST");
  switch (request.method) {
    case HttpMethod::kGet:
    case HttpMethod::kHead:
      return CacheCall{
          CacheCall::Kind::kGet, {"GET", std::move(*key)}, names_media_type(request.header("accept"), kOctets)};
    case HttpMethod::kPost:
    case HttpMethod::kPut:
      return translate_store(request, std::move(*key));
    case HttpMethod::kDelete:
      return CacheCall{CacheCall::Kind::kDelete, {"DEL", std::move(*key)}, false};
    case HttpMethod::kOther:
      break;
  }
  return method_not_allowed("GET, HEAD, POST, PUT, DELETE");
}

HttpResponse respond(const CacheCall& call, const Reply& reply, const HttpContext& context) {
  using Kind = Reply::Kind;
  if (reply.is_error()) return node_error(call, reply.text.view);
  switch (call.kind) {
    case CacheCall::Kind::kGet:
      if (reply.kind == Kind::kNil) return http_error(404, "Key not found", "NOT_FOUND");
      if (reply.kind == Kind::kBulk) return respond_get(call, reply.text.view, context);
      break;
    case CacheCall::Kind::kSet:
      if (reply.kind == Kind::kSimple) return respond_set(context);
      break;
    case CacheCall::Kind::kDelete:
      if (reply.kind == Kind::kInteger) return respond_delete(reply.integer > 0, context);
      break;
    case CacheCall::Kind::kCheck:
      if (reply.kind == Kind::kArray && reply.items.size() == 2)
        return respond_check(call, reply.items[0].integer, reply.items[1].integer != 0, context);
      break;
  }
  return http_error(500, "the node's answer has an unexpected form", "INTERNAL", call.writes());
}

}  // namespace hc
