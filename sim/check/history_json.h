// Histories as JSON lines, written by `sim --history` and read by tools/lincheck: docs/HISTORIES.md is the contract.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "sim/check/key_model.h"

namespace hc::sim {

struct KeyHistory {
  std::string key;
  History history;
};

// All keys that a file tells about, in the order in which it first names them.
struct Histories {
  KeyState initial;  // each key, before the first operation
  std::vector<KeyHistory> keys;
};

struct Unreadable {
  std::size_t line = 0;  // from 1 on
  std::string what;
};

std::string to_json_lines(const Histories& histories);

std::expected<Histories, Unreadable> from_json_lines(std::string_view text);

}  // namespace hc::sim
