// The history of one key as a page: a lane per client, an operation per bar, along a time axis. It needs no other file.
#pragma once

#include <optional>
#include <string>

#include "tools/lincheck/report.h"

namespace hc::lincheck {

// `core`: of an illegal one.
std::string draw(const std::string& name, const Contents& contents, const Verdict& verdict,
                 const std::optional<Core>& core);

}  // namespace hc::lincheck
