// What lincheck tells about a file, in lines for people.
#pragma once

#include <string>

#include "tools/lincheck/check.h"
#include "tools/lincheck/minimal.h"
#include "tools/lincheck/read.h"

namespace hc::lincheck {

// "line 12" in a log, seconds in JSON lines.
std::string moment_text(sim::Instant t, Format format);
// `client 3 [line 12 … line 14]: GET → nil`
std::string operation_text(const sim::Operation& o, Format format);

// After `FILE: illegal`: the blocking operation, and a minimal part of the history.
std::string explain(const Contents& contents, const Verdict& verdict, const Core& core);

}  // namespace hc::lincheck
