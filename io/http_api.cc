#include "io/http_api.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "io/json_writer.h"

namespace hc {
namespace {

constexpr Bytes kCachePath = "/api/cache/", kFilterPath = "/api/filter/check/";
constexpr Bytes kMemberPath = "/api/cluster/members/", kForcePath = "/api/cluster/force";
constexpr Bytes kAcceptLossPath = "/api/cluster/accept-data-loss";
constexpr std::pair<Bytes, Page> kPages[] = {
    {"/", Page::kStatus},
    {"/health", Page::kHealth},
    {"/ready", Page::kReady},
    {"/live", Page::kLive},
    {"/metrics", Page::kMetrics},
    {"/api/cluster", Page::kCluster},
    {"/api/stats", Page::kStats},
    {"/api/cluster/members", Page::kMembers},
    {"/api/filter/stats", Page::kFilterStats},
    {"/api/cluster/slots", Page::kSlotRows},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

Bytes trimmed(Bytes text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(Bytes text) {
  std::string lowered(text);
  for (char& c : lowered) c = lower(c);
  return lowered;
}

// What stands before the separator, or all; it is taken away with it.
Bytes next_part(Bytes& text, char separator) {
  const Bytes part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// Of a media range's parameters: "version=1.0.0; q=0.5". 1 without a q that can be read.
double quality_in(Bytes parameters) {
  while (!parameters.empty()) {
    const Bytes parameter = trimmed(next_part(parameters, ';'));
    if (!lower(parameter).starts_with("q=")) continue;
    double quality = 1;
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), quality);
    return quality;
  }
  return 1;
}

// What has two kinds of results has one of all.
template <class Call>
HttpCall widened(std::variant<Call, HttpResponse> call) {
  return std::visit([](auto& x) -> HttpCall { return std::move(x); }, call);
}

}  // namespace

bool names_media_type(Bytes list, Bytes type) { return media_quality(list, type).has_value(); }

std::optional<double> media_quality(Bytes list, Bytes type) {
  std::optional<double> best;
  while (!list.empty()) {
    const Bytes range = next_part(list, ',');
    Bytes rest = range;
    if (lower(trimmed(next_part(rest, ';'))) == type) best = std::max(best.value_or(0), quality_in(rest));
  }
  return best;
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

HttpResponse http_error(int status, Bytes text, Bytes reason, bool maybe_applied) {
  JsonWriter json;
  json.flag("success", false).text("error", text).text("reason", reason).flag("maybe_applied", maybe_applied);
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

HttpCall translate(HttpRequest& request) {
  const Bytes path = request.path();
  if (path.starts_with(kCachePath)) return widened(translate_cache(request, path.substr(kCachePath.size())));
  if (path.starts_with(kFilterPath)) return widened(translate_check(request, path.substr(kFilterPath.size())));
  if (path == "/api/events") return widened(translate_events(request));
  if (path.starts_with(kMemberPath) && path.size() > kMemberPath.size()) {
    if (request.method != HttpMethod::kDelete) return method_not_allowed("DELETE");
    return PageCall{Page::kLeave, {}, std::string(request.query()), std::string(path.substr(kMemberPath.size()))};
  }
  if (path == kForcePath || path == kAcceptLossPath) {
    if (request.method != HttpMethod::kPut) return method_not_allowed("PUT");  // no page of another site may send it
    return PageCall{path == kForcePath ? Page::kForce : Page::kAcceptLoss, {}, std::string(request.query()), {}};
  }
  const auto* const found = std::ranges::find(kPages, path, &std::pair<Bytes, Page>::first);
  if (found == std::end(kPages)) {
    return http_error(404, "nothing is here; the cache is at /api/cache/{key}", "NOT_FOUND");
  }
  if (request.method != HttpMethod::kGet && request.method != HttpMethod::kHead) return method_not_allowed("GET, HEAD");
  return PageCall{found->second, std::string(request.header("accept")), std::string(request.query()), {}};
}

}  // namespace hc
