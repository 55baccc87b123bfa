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
  bool of_any_type = true;
  std::optional<ValueType> type;  // else; none: TYPE asks for what there is nothing of

  bool wants(const SlotTable::Item& item) const;
};

// [SCAN, cursor, options…]. Errors as Redis gives them.
std::expected<ScanOptions, Reply> parse_scan(Args args);

}  // namespace hc::command
