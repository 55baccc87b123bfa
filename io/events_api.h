// GET /api/events: what happens in the cluster, as this member sees it, as server-sent events (HTML, section 9.2).
//
//   ?types=member-down,member-up     these alone, of those that core/events/cluster_news.h lists
//   Last-Event-ID: ID                what came after that one first, as far as it is known
//
// An event's `id` names a process and counts up, `event` is its type, `data` a JSON object. Every 15 seconds of silence
// a comment says that the stream is alive. It ends with the connection.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "io/http.h"

namespace hc {

struct EventsCall {
  std::vector<std::string> types;  // none: all
  std::string last_id;             // empty: none
};

std::variant<EventsCall, HttpResponse> translate_events(const HttpRequest& request);

inline constexpr Bytes kEventStreamHead =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
// Requires: no line ends in these.
std::string event_text(Bytes id, Bytes type, Bytes data);

}  // namespace hc
