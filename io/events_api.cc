#include "io/events_api.h"

#include <algorithm>

#include "core/events/cluster_news.h"
#include "io/http_api.h"

namespace hc {

std::variant<EventsCall, HttpResponse> translate_events(const HttpRequest& request) {
  if (request.method != HttpMethod::kGet) return method_not_allowed("GET");
  EventsCall call{{}, std::string(request.header("last-event-id"))};
  Bytes types = query_field(request.query(), "types").value_or("");
  while (!types.empty()) {
    const Bytes type = types.substr(0, types.find(','));
    types.remove_prefix(std::min(type.size() + 1, types.size()));
    if (std::ranges::find(kNewsTypes, type) == std::end(kNewsTypes)) {
      std::string known;
      for (const Bytes each : kNewsTypes) known.append(known.empty() ? "" : ", ").append(each);
      return http_error(400, "there is no type '" + std::string(type) + "' of events; there are " + known,
                        "BAD_REQUEST");
    }
    call.types.emplace_back(type);
  }
  return call;
}

std::string event_text(Bytes id, Bytes type, Bytes data) {
  std::string text("id: ");
  text.append(id).append("\nevent: ").append(type).append("\ndata: ").append(data).append("\n\n");
  return text;
}

}  // namespace hc
