// HC_CHECKs that fail end the run, not the process: while one of these lives, they throw.
#pragma once

#include <string>
#include <string_view>

#include "core/base/check.h"

namespace hc::sim {

struct InternalCheck {
  std::string where;  // "core/node.cc:12"
  std::string what;   // the condition and its sentence
};

class ChecksThrow {
 public:
  ChecksThrow() : before_(set_check_handler(fail)) {}
  ~ChecksThrow() { set_check_handler(before_); }
  ChecksThrow(const ChecksThrow&) = delete;
  ChecksThrow& operator=(const ChecksThrow&) = delete;

 private:
  [[noreturn]] static void fail(const char* file, int line, const char* condition, const std::string& detail) {
    std::string_view name(file);
    if (const std::size_t slash = name.rfind("/core/"); slash != std::string_view::npos) name.remove_prefix(slash + 1);
    throw InternalCheck{std::string(name) + ":" + std::to_string(line), std::string(condition) + ": " + detail};
  }

  const CheckHandler before_;
};

}  // namespace hc::sim
