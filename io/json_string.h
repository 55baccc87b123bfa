// JSON's strings (RFC 8259, section 7): where one ends, whether it is well formed, what it says.
//
// Strings are what is large in a store request, and while one request is read nobody else is served: nlohmann-json,
// which goes byte by byte, took seconds for the largest. Numbers, nesting and the rest are left to it.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace hc {

// Behind the closing quote of the string that opens at text[at]; npos if it never closes.
std::size_t json_string_end(Bytes text, std::size_t at);

// Requires of both: UTF-8, and a quote at either end as json_string_end() finds them.
bool is_json_string(Bytes quoted);
std::optional<std::string> unquote_json(Bytes quoted);  // nullopt: it is none

}  // namespace hc
