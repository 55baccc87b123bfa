// Checks that are always on. A mistake from outside is a value (std::expected, an error reply); a mistake of our own
// stops the process, or in the simulator the run, with the condition and a sentence that names the values.
#pragma once

#include <string>

namespace hc {

// What a failed check does: prints to standard error and aborts. The simulator puts a handler that throws in its place
// (per thread), and reports verdict `internal`.
using CheckHandler = void (*)(const char* file, int line, const char* condition, const std::string& detail);
CheckHandler set_check_handler(CheckHandler handler);  // returns the one before; nullptr = the default

[[noreturn]] void check_failed(const char* file, int line, const char* condition, const std::string& detail);

}  // namespace hc

#define HC_CHECK(condition, detail) \
  (static_cast<bool>(condition) ? void() : ::hc::check_failed(__FILE__, __LINE__, #condition, detail))
