// The HTTP interface as a table of paths: whose each is, and which methods it takes. Nothing is done here: a command
// goes to the node, a page is made by the host.
//
//   /api/cache/{key}, GET /api/filter/check/{key}                io/cache_api
//   GET /, /health, /ready, /live, /metrics, /api/cluster, /api/cluster/members, /api/cluster/slots, /api/stats,
//   /api/filter/stats                                            pages: what the host knows
//   DELETE /api/cluster/members/{id}                             it shall leave
//   PUT /api/cluster/force                                       these are left
//   PUT /api/cluster/accept-data-loss                            what is lost of these slots is to be done without
//   GET /api/events                                              io/events_api
//
// Errors: {"success":false,"error":TEXT,"reason":CODE,"maybe_applied":BOOL}. 503: it was not applied (CLUSTERDOWN,
// TRYAGAIN, LOADING, OOM, MISCONF); 504: for a write it may have been (UNKNOWN).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "io/cache_api.h"
#include "io/events_api.h"
#include "io/http.h"

namespace hc {

enum class Page : std::uint8_t {
  kStatus,   // for people
  kMetrics,  // for Prometheus
  kHealth,   // commands can be served
  kReady,    // that, and every slot that is ours is served
  kLive,     // the process runs
  kCluster,
  kMembers,
  kStats,
  kFilterStats,
  kSlotRows,
  kLeave,       // not to be looked at: `subject` shall leave
  kForce,       // nor this: who is left, by `query`
  kAcceptLoss,  // nor this: of which slots what is lost is to be done without, by `query`
};
struct PageCall {
  Page page = Page::kHealth;
  std::string accept;   // media types that are wanted, as they were sent
  std::string query;    // as it came
  std::string subject;  // kLeave: who
};

using HttpCall = std::variant<CacheCall, PageCall, HttpResponse, EventsCall>;

// Moves the body out of the request.
HttpCall translate(HttpRequest& request);

HttpResponse http_error(int status, Bytes text, Bytes reason, bool maybe_applied = false);
HttpResponse method_not_allowed(Bytes allowed);

// What the query says behind "name="; nullopt: it has no such field.
std::optional<Bytes> query_field(Bytes query, Bytes name);
// Whether a list of media types (Accept, or the one of Content-Type) names this one (in lower case).
bool names_media_type(Bytes list, Bytes type);
// How much it likes this one (in lower case; "text/*" as it stands): from 0, not at all, to 1; nullopt: it is not
// named.
std::optional<double> media_quality(Bytes list, Bytes type);

}  // namespace hc
