// The JSON body of a store request: {"value": …, "ttl": seconds, "encoding": "base64"}.
//
// A string value is its text (or its bytes, if "encoding" says base64); any other value is the JSON text that stands
// there, character for character. Of a name given twice the last counts; names unknown here are ignored.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace hc {

struct StoreBody {
  std::string value;
  std::optional<std::string> ttl;  // whole seconds, at least 1, in decimal
};

// The error is a sentence for the client.
std::expected<StoreBody, std::string> parse_store_body(Bytes body);

// A time to live in whole seconds from 1 up, fit for 64 bits. `text` without sign or leading zeros.
bool is_ttl(Bytes text);

}  // namespace hc
