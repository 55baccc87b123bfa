// Bytes as text: UTF-8, base64, percent-encoding.
#pragma once

#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace hc {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(Bytes bytes);

// RFC 4648 section 4, with padding. from_base64 takes only what to_base64 gives.
std::string to_base64(Bytes bytes);
std::optional<std::string> from_base64(Bytes text);

// "%41+" -> "A+". nullopt: a '%' that no two hexadecimal digits follow.
std::optional<std::string> from_percent(Bytes text);

}  // namespace hc
