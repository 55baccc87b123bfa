// How the lines of a plan are written: words between spaces, quoted where they need it, times in seconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace hc::sim {

// "a b" "say \"hi\"" \x00 → three words. nullopt: a quote that does not end, or an escape that is none.
std::optional<std::vector<std::string>> split_words(Bytes line);
// The word as split_words() reads it: in quotes if there is anything in it but letters, digits and -_.:+*{}=,
std::string quoted(Bytes word);

bool parse_number(Bytes text, std::uint64_t& out);
// "12.5" or "-0.003": seconds, in nanoseconds.
bool parse_seconds(Bytes text, std::int64_t& nanoseconds);
// The shortest text that parse_seconds() reads back: "12.5".
std::string short_seconds(std::int64_t nanoseconds);

}  // namespace hc::sim
