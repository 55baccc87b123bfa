#include "io/http_api.h"

#include <algorithm>
#include <optional>

#include "io/json_writer.h"
#include "io/store_body.h"
#include "io/text_codec.h"

namespace hc {
namespace {

constexpr Bytes kCachePath = "/api/cache/";
constexpr Bytes kOctets = "application/octet-stream";

HttpResponse json_response(int status, JsonWriter& json) {
  HttpResponse response;
  response.status = status;
  response.body = json.end();
  return response;
}

HttpResponse method_not_allowed(Bytes allowed) {
  HttpResponse response = http_error(405, "this method is not for this path", "METHOD_NOT_ALLOWED");
  response.headers.emplace_back("Allow", std::string(allowed));
  return response;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Bytes trimmed(Bytes text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Whether a list of media types (Accept, or the one of Content-Type) names raw bytes.
bool names_octets(Bytes list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string type(trimmed(list.substr(0, std::min(list.find(';'), comma))));
    for (char& c : type) c = lower(c);
    if (type == kOctets) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

std::optional<Bytes> query_field(Bytes query, Bytes name) {
  while (!query.empty()) {
    const Bytes field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    if (field.substr(0, field.find('=')) == name)
      return field.size() > name.size() ? field.substr(name.size() + 1) : Bytes();
  }
  return std::nullopt;
}

HttpCall translate_store(HttpRequest& request, std::string key) {
  if (!request.has_length) return http_error(411, "say how long the body is (Content-Length)", "LENGTH_REQUIRED");
  StoreBody store;
  if (names_octets(request.header("content-type"))) {
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

HttpCall translate_cache(HttpRequest& request, Bytes encoded_key) {
  auto key = from_percent(encoded_key);
  if (!key) return http_error(400, "a '%' in the key must be followed by two hexadecimal digits", "BAD_REQUEST");
  switch (request.method) {
    case HttpMethod::kGet:
    case HttpMethod::kHead:
      return CacheCall{CacheCall::Kind::kGet, {"GET", std::move(*key)}, names_octets(request.header("accept"))};
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

// "CODE what happened" of the node, as a status.
HttpResponse node_error(const CacheCall& call, Bytes text) {
  const Bytes code = text.substr(0, text.find(' '));
  const Bytes words = text.size() > code.size() ? text.substr(code.size() + 1) : text;
  if (code == "UNKNOWN") return http_error(504, words, code, call.kind != CacheCall::Kind::kGet);
  if (code == "CLUSTERDOWN" || code == "TRYAGAIN" || code == "LOADING" || code == "OOM") {
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

}  // namespace

HttpResponse http_error(int status, Bytes text, Bytes reason, bool maybe_applied) {
  JsonWriter json;
  json.flag("success", false).text("error", text).text("reason", reason).flag("maybe_applied", maybe_applied);
  return json_response(status, json);
}

HttpCall translate(HttpRequest& request) {
  const Bytes path = request.path();
  if (path.starts_with(kCachePath)) return translate_cache(request, path.substr(kCachePath.size()));
  if (path == "/health" || path == "/ready") {
    if (request.method != HttpMethod::kGet && request.method != HttpMethod::kHead)
      return method_not_allowed("GET, HEAD");
    return HealthCall{path == "/ready"};
  }
  return http_error(404, "nothing is here; the cache is at /api/cache/{key}", "NOT_FOUND");
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
  }
  return http_error(500, "the node's answer has an unexpected form", "INTERNAL", call.kind != CacheCall::Kind::kGet);
}

HttpResponse respond_health(bool healthy, NodeId self, std::size_t cluster_size) {
  JsonWriter json;
  json.flag("healthy", healthy).text("node", std::to_string(self.value)).number("cluster_size", cluster_size);
  return json_response(healthy ? 200 : 503, json);
}

}  // namespace hc
