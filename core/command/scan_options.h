// SCAN's cursor and options.
#pragma once

#include <cstdint>
#include <expected>

#include "core/command/command.h"

namespace hc::command {

struct ScanOptions {
  std::uint64_t cursor = 0;
  std::size_t count = 10;
  std::optional<Bytes> pattern;  // MATCH, unless it is "*"
  bool of_strings = true;        // false: TYPE asks for something else, and there is nothing else

  bool wants(Bytes key) const;
};

// [SCAN, cursor, options…]. Errors as Redis gives them.
std::expected<ScanOptions, Reply> parse_scan(Args args);

}  // namespace hc::command
