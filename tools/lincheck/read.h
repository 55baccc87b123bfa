// Files to histories. Which of the formats of docs/HISTORIES.md a file has is told by its first line.
#pragma once

#include <expected>
#include <string_view>

#include "sim/check/history_json.h"

namespace hc::lincheck {

enum class Format : std::uint8_t { kJsonLines, kRegisterLog, kKeyValueLog };

struct Contents {
  sim::Histories histories;
  Format format;
};

// An empty text is an empty history.
std::expected<Contents, sim::Unreadable> read(std::string_view text);

std::expected<sim::Histories, sim::Unreadable> read_register_log(std::string_view text);
std::expected<sim::Histories, sim::Unreadable> read_key_value_log(std::string_view text);

}  // namespace hc::lincheck
