// /api/cluster/slots: slot by slot, who holds it by the view, and what this node has of it. In pieces, so that no
// answer takes long to make. Replicas at the same position have the same digest (rule 10): `hypercache-cli cluster
// verify` compares them.
#include <array>
#include <cstdio>

#include "core/command/text.h"
#include "io/json_writer.h"
#include "runtime/pages.h"

namespace hc {
namespace {

constexpr std::int64_t kCount = 1024, kCountMax = 4096;

Bytes name_of(SlotStatus::Role role) {
  switch (role) {
    case SlotStatus::Role::kNone:
      return "none";
    case SlotStatus::Role::kLearner:
      return "learner";
    case SlotStatus::Role::kReplica:
      return "replica";
    case SlotStatus::Role::kTakingOver:
      return "taking-over";
    case SlotStatus::Role::kPrimary:
      return "primary";
  }
  return "unknown";
}

template <class Processes>
void put_list(JsonWriter& json, Bytes name, const Processes& processes) {
  json.open_list(name);
  for (const Incarnation& who : processes) json.number_item(who.member.value);
  json.close_list();
}

void put_slot(JsonWriter& json, const Node& node, const View& view, Slot slot, Now now) {
  const SlotStatus status = node.slot(slot, now);
  std::array<char, 17> digest{};
  std::snprintf(digest.data(), digest.size(), "%016llx", static_cast<unsigned long long>(status.digest));
  json.open_item().number("slot", slot.value).number("epoch", status.slot_epoch.value);
  put_list(json, "holders", view.config(slot).list);
  put_list(json, "learners", view.learners(slot));
  json.text("role", name_of(status.role))
      .number("at_epoch", status.at.slot_epoch.value)
      .number("seq", status.at.seq.value);
  json.number("keys", status.keys).text("digest", digest.data()).close();
}

// What the query says; nullopt: no number of these bounds.
std::optional<std::int64_t> number_of(Bytes query, Bytes name, std::int64_t otherwise, std::int64_t least,
                                      std::int64_t most) {
  const auto field = query_field(query, name);
  if (!field) return otherwise;
  const auto number = command::parse_integer(*field);
  return number && *number >= least && *number <= most ? number : std::nullopt;
}

}  // namespace

HttpResponse slots_page(Bytes query, Office& office, Now now) {
  const ViewRef& view = office.figures.view();
  if (!view) return http_error(503, "this member is in no view yet: ask again", "CLUSTERDOWN");
  const std::int64_t all = view->slot_count();
  const auto from = number_of(query, "from", 0, 0, all - 1), count = number_of(query, "count", kCount, 1, kCountMax);
  if (!from || !count)
    return http_error(400, "from is a slot, 0 to " + std::to_string(all - 1) + ", and count 1 to 4096", "BAD_REQUEST");
  const std::int64_t end = std::min(all, *from + *count);
  JsonWriter json;
  json.text("node", hc::name_of(office.node.self().id)).number("epoch", view->epoch.value);
  json.number("slot_count", static_cast<std::uint64_t>(all)).open_list("slots");
  for (std::int64_t s = *from; s < end; ++s)
    put_slot(json, office.node, *view, Slot{static_cast<std::uint16_t>(s)}, now);
  json.close_list();
  if (end < all)
    json.number("next", static_cast<std::uint64_t>(end));
  else
    json.nothing("next");
  HttpResponse response;
  response.body = json.end();
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace hc
