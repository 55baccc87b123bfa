// The pages of the HTTP interface that the host makes of what it knows. One file per family writes them.
#pragma once

#include "io/http_api.h"
#include "runtime/desk.h"

namespace hc {

HttpResponse make_page(const PageCall& call, Office& office, Now now);

// Commands can be served by this node: it is an active member, and leads something or can reach who does.
bool is_healthy(const Node& node, Now now);

// ---- one per family, as JSON
std::string cluster_page(Office& office, Now now);
std::string members_page(Office& office);
std::string stats_page(Office& office, Now now);
std::string filter_page(const Office& office);
HttpResponse slots_page(Bytes query, Office& office, Now now);

}  // namespace hc
