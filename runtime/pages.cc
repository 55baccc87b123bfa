#include "runtime/pages.h"

#include <algorithm>

#include "core/command/text.h"
#include "io/json_writer.h"
#include "runtime/departure.h"
#include "runtime/metrics.h"

namespace hc {

extern const std::string_view kPage;  // runtime/page, put together

namespace {

// The page and its script are one file: nothing else may be loaded, run or talked to.
constexpr Bytes kOnlyItself =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Whether a command may find somebody to run it: this member, for a slot that it leads, or others, as long as enough of
// the voters seem alive to name a successor for whoever fails.
bool can_serve(const Node& node, const View& view, Now now) {
  std::size_t alive = 0;
  const auto& peers = node.membership().peers();
  for (const Voter& voter : view.voters) {
    const auto peer = peers.find(voter.id);
    const bool gone = peer != peers.end() && peer->second.liveness > Liveness::kSuspect;
    if (voter.id == node.self().id || (peer != peers.end() && !gone)) ++alive;
  }
  if (alive >= view.majority()) return true;
  for (std::uint32_t slot = 0; slot < node.config().slots; ++slot)
    if (node.slot(Slot{static_cast<std::uint16_t>(slot)}, now).may_execute) return true;
  return false;
}

HttpResponse page_of(std::string body, Bytes content_type, int status = 200) {
  HttpResponse response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse json_page(std::string body, int status = 200) {
  return page_of(std::move(body), "application/json", status);
}

HttpResponse status_page() {
  HttpResponse response = page_of(std::string(kPage), "text/html; charset=utf-8");
  response.headers.emplace_back("Content-Security-Policy", kOnlyItself);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

HttpResponse metrics_page(Bytes accept, Office& office, Now now) {
  const Exposition::Format format = Exposition::wanted(accept);
  return page_of(metrics_text(format, office, now), Exposition::content_type(format));
}

// It goes by itself when others have what it holds: 202.
HttpResponse leave_page(const PageCall& call, Office& office) {
  const Bytes only = query_field(call.query, "only").value_or("anyone");
  const bool living = only == "living", dead = only == "dead";
  if (!living && !dead && only != "anyone")
    return http_error(400, "only=" + std::string(only) + ": give living, dead, or nothing", "BAD_REQUEST");
  const auto leaves = take_leave(office, call.subject,
                                 living ? WhoLeaves::kTheLiving
                                 : dead ? WhoLeaves::kTheDead
                                        : WhoLeaves::kAnyone);
  if (!leaves) return http_error(leaves.error().status, leaves.error().text, leaves.error().reason);
  JsonWriter json;
  json.flag("success", true).text("node_id", name_of(*leaves));
  return json_page(json.end(), 202);
}

HttpResponse force_page(const PageCall& call, Office& office) {
  const Bytes accept = query_field(call.query, "accept-data-loss").value_or("no");
  if (accept != "yes" && accept != "no")
    return http_error(400, "accept-data-loss=" + std::string(accept) + ": give yes or no", "BAD_REQUEST");
  std::vector<Bytes> left;
  Bytes names = query_field(call.query, "members").value_or("");
  while (!names.empty()) {
    const std::size_t comma = names.find(',');
    left.push_back(names.substr(0, comma));
    names.remove_prefix(comma == Bytes::npos ? names.size() : comma + 1);
  }
  if (const auto forced = take_force(office, left, accept == "yes"); !forced)
    return http_error(forced.error().status, forced.error().text, forced.error().reason);
  JsonWriter json;
  json.flag("success", true).number("epoch", office.node.view()->epoch.value);
  return json_page(json.end());
}

// slots=5,7,100; without it: all that are lost.
HttpResponse accept_loss_page(const PageCall& call, Office& office) {
  std::vector<Slot> slots;
  Bytes names = query_field(call.query, "slots").value_or("");
  while (!names.empty()) {
    const std::size_t comma = std::min(names.find(','), names.size());
    const auto slot = command::parse_integer(names.substr(0, comma));
    if (!slot || *slot < 0 || *slot >= static_cast<std::int64_t>(kSlots))
      return http_error(400, "slots=" + std::string(names.substr(0, comma)) + ": give slots from 0 to 16383",
                        "BAD_REQUEST");
    slots.push_back(Slot{static_cast<std::uint16_t>(*slot)});
    names.remove_prefix(std::min(comma + 1, names.size()));
  }
  const auto lost = take_loss(office, slots);
  if (!lost) return http_error(lost.error().status, lost.error().text, lost.error().reason);
  JsonWriter json;
  json.flag("success", true).number("slots", lost->count());
  return json_page(json.end(), 202);
}

HttpResponse verdict(Bytes name, bool well, Office& office) {
  JsonWriter json;
  json.flag(name, well).text("node", std::to_string(office.node.self().id.value));
  json.number("cluster_size", office.figures.active());
  return json_page(json.end(), well ? 200 : 503);
}

}  // namespace

bool is_healthy(const Node& node, Now now) {
  const ViewRef view = node.view();
  const ViewMember* self = view ? view->member(node.self().id) : nullptr;
  return self && self->state == MemberState::kActive && can_serve(node, *view, now);
}

HttpResponse make_page(const PageCall& call, Office& office, Now now) {
  office.figures.update(office.node.view());
  switch (call.page) {
    case Page::kStatus:
      return status_page();
    case Page::kMetrics:
      return metrics_page(call.accept, office, now);
    case Page::kHealth:
      return verdict("healthy", is_healthy(office.node, now), office);
    case Page::kReady:
      return verdict("ready", office.node.ready(now) && is_healthy(office.node, now), office);
    case Page::kLive:
      return verdict("live", true, office);
    case Page::kCluster:
      return json_page(cluster_page(office, now));
    case Page::kMembers:
      return json_page(members_page(office));
    case Page::kStats:
      return json_page(stats_page(office, now));
    case Page::kFilterStats:
      return json_page(filter_page(office));
    case Page::kSlotRows:
      return slots_page(call.query, office, now);
    case Page::kLeave:
      return leave_page(call, office);
    case Page::kForce:
      return force_page(call, office);
    case Page::kAcceptLoss:
      return accept_loss_page(call, office);
  }
  return http_error(500, "this page is not made", "INTERNAL");
}

}  // namespace hc
