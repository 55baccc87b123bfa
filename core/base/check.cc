#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace hc {
namespace {
thread_local CheckHandler handler_of_thread = nullptr;
}

CheckHandler set_check_handler(CheckHandler handler) {
  CheckHandler before = handler_of_thread;
  handler_of_thread = handler;
  return before;
}

void check_failed(const char* file, int line, const char* condition, const std::string& detail) {
  if (handler_of_thread) handler_of_thread(file, line, condition, detail);  // may throw
  std::fprintf(stderr, "%s:%d: check failed: %s: %s\n", file, line, condition, detail.c_str());
  std::abort();
}

}  // namespace hc
