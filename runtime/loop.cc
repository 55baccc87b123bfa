#include "runtime/loop.h"

#include "core/base/check.h"

namespace hc {

Loop::Loop() {
  const int status = uv_loop_init(&loop_);
  HC_CHECK(status == 0, std::string("the event loop cannot start: ") + uv_strerror(status));
}

Loop::~Loop() { uv_loop_close(&loop_); }

}  // namespace hc
