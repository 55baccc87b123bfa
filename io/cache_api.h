// /api/cache/{key} as a translation: request -> a command for the node or an answer at once; the node's reply ->
// response.
//
//   POST|PUT  {"value": …, "ttl": seconds, "encoding": "base64"}, or raw with Content-Type application/octet-stream and
//             ?ttl=seconds
//   GET       JSON, or raw with Accept: application/octet-stream
//   DELETE
//
// And /api/filter/check/{key}:
//
//   GET       what the filter over the keys of the slot says of it, beside the truth
//
// A key is everything behind "/api/cache/", percent-decoded exactly: '+' stays '+', "%2F" is part of it, and it may be
// empty. A value that is not a JSON string is stored as its JSON text. What is not UTF-8 is shown in base64, marked by
// "encoding" (value) or "key_encoding".
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/base/ids.h"
#include "core/base/reply.h"
#include "io/http.h"

namespace hc {

// A command for the node, and what is needed to word its answer.
struct CacheCall {
  enum class Kind : std::uint8_t { kGet, kSet, kDelete, kCheck } kind = Kind::kGet;
  // {"GET", key}, {"SET", key, value}, {"SET", key, value, "EX", seconds}, {"DEL", key}, {"FILTER.CHECK", key}
  std::vector<std::string> args;
  bool raw = false;  // GET: the value itself is wanted

  const std::string& key() const { return args[1]; }
  bool writes() const { return kind == Kind::kSet || kind == Kind::kDelete; }
};

// `encoded_key`: what the path has behind "/api/cache/". Moves the body out of the request.
std::variant<CacheCall, HttpResponse> translate_cache(HttpRequest& request, Bytes encoded_key);
std::variant<CacheCall, HttpResponse> translate_check(const HttpRequest& request, Bytes encoded_key);

// Who answered.
struct HttpContext {
  NodeId self;
  NodeId primary;      // of the key's slot, by this node's view; none = not known
  bool local = false;  // this node is the primary
};
HttpResponse respond(const CacheCall& call, const Reply& reply, const HttpContext& context);

}  // namespace hc
