// How the process writes its log: where to, in which form, and from which level on. Lines of the node's own doing come
// through spdlog's default logger, whoever writes them.
//
// Text: "2026-11-27 20:31:50.123 warning node-1 what happened". JSON: one object in a line, with time (RFC 3339, UTC),
// level, node and message, so that nobody needs to take lines apart.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/base/ids.h"

namespace hc {

struct LogOptions {
  std::string level = "info";
  std::string format = "text";
  std::string file;  // empty: standard error
};

// An error says what to do.
std::expected<void, std::string> open_log(const LogOptions& options, NodeId self);

// debug, info, warning or error; or Redis' verbose and notice. Other words change nothing.
void set_log_level(std::string_view word);

}  // namespace hc
