// The options of SET and GETEX, and the times that they and SETEX, PSETEX give.
#pragma once

#include <expected>

#include "core/command/command.h"

namespace hc::command {

enum class TimeForm : std::uint8_t { kNone, kSeconds, kMillis, kSecondsAt, kMillisAt };  // "At": since 1970

struct SetOptions {
  bool only_if_missing = false;  // NX
  bool only_if_there = false;    // XX
  bool get = false;              // GET
  bool keep_ttl = false;         // KEEPTTL
  bool persist = false;          // PERSIST
  TimeForm form = TimeForm::kNone;
  Bytes time;  // if form is not kNone
};

enum class OptionsOf : std::uint8_t { kSet, kGetex };

// The words after the value (SET) or the key (GETEX); or ERR syntax error.
std::expected<SetOptions, Reply> parse_set_options(Args words, OptionsOf command);

// When it ends. Errors: not an integer; not positive, or beyond what milliseconds can say.
std::expected<WallTime, Reply> parse_expiry(Bytes text, TimeForm form, WallTime now, Bytes command);

}  // namespace hc::command
