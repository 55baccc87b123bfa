// /metrics: everything that is counted here, for Prometheus. docs/METRICS.md lists each family; a test holds it to
// that.
#pragma once

#include <string>

#include "io/exposition.h"
#include "runtime/desk.h"

namespace hc {

std::string metrics_text(Exposition::Format format, Office& office, Now now);

// ---- one per part of the list, in its order
void process_metrics(Exposition& out, Office& office, Now now);
void command_metrics(Exposition& out, const Office& office);
void store_metrics(Exposition& out, const Office& office);
void client_metrics(Exposition& out, const Office& office);
void cluster_metrics(Exposition& out, Office& office, Now now);
void replication_metrics(Exposition& out, const Office& office);
void log_metrics(Exposition& out, const Office& office);
void loop_metrics(Exposition& out, const Office& office);

}  // namespace hc
