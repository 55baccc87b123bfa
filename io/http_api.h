// The REST API as a translation: request -> a command for the node or an answer at once; the node's reply -> response.
// Nothing is done here; the host sends the command like any client's and knows who answered.
//
//   POST|PUT /api/cache/{key}  {"value": …, "ttl": seconds, "encoding": "base64"}   or raw with Content-Type
//                              application/octet-stream and ?ttl=seconds
//   GET      /api/cache/{key}  JSON, or raw with Accept: application/octet-stream
//   DELETE   /api/cache/{key}
//   GET      /health, /ready
//
// A key is everything behind "/api/cache/", percent-decoded exactly: '+' stays '+', "%2F" is part of it, and it may be
// empty. A value that is not a JSON string is stored as its JSON text. What is not UTF-8 is shown in base64, marked by
// "encoding" (value) or "key_encoding".
//
// Errors: {"success":false,"error":TEXT,"reason":CODE,"maybe_applied":BOOL}. 503: it was not applied (CLUSTERDOWN,
// TRYAGAIN, LOADING, OOM); 504: for a write it may have been (UNKNOWN).
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
  enum class Kind : std::uint8_t { kGet, kSet, kDelete } kind = Kind::kGet;
  std::vector<std::string> args;  // {"GET", key}, {"SET", key, value}, {"SET", key, value, "EX", seconds}, {"DEL", key}
  bool raw = false;               // GET: the value itself is wanted

  const std::string& key() const { return args[1]; }
};
struct HealthCall {
  bool ready = false;  // /ready: every slot that is ours is served; /health: commands can be served
};

using HttpCall = std::variant<CacheCall, HealthCall, HttpResponse>;

// Pages that are the host's own (/metrics) it must look for first. Moves the body out of the request.
HttpCall translate(HttpRequest& request);

// Who answered.
struct HttpContext {
  NodeId self;
  NodeId primary;      // of the key's slot, by this node's view; none = not known
  bool local = false;  // this node is the primary
};
HttpResponse respond(const CacheCall& call, const Reply& reply, const HttpContext& context);
HttpResponse respond_health(bool healthy, NodeId self, std::size_t cluster_size);

HttpResponse http_error(int status, Bytes text, Bytes reason, bool maybe_applied = false);

}  // namespace hc
