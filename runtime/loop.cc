#include "runtime/loop.h"

#include <algorithm>
#include <string>

#include "core/base/check.h"
#include "runtime/clock.h"
#include "runtime/stream.h"

namespace hc {

namespace {
constexpr std::uint64_t kLingerLookMs = 100;
}

Loop::Loop() {
  const int status = uv_loop_init(&loop_);
  HC_CHECK(status == 0, std::string("the event loop cannot start: ") + uv_strerror(status));
  uv_timer_init(&loop_, &linger_timer_);
  linger_timer_.data = this;
}

Loop::~Loop() { uv_loop_close(&loop_); }

void Loop::linger(Stream& stream) {
  lingering_.emplace_back(read_clocks().mono + kLingerTime, &stream);
  if (lingering_.size() == 1) uv_timer_start(&linger_timer_, on_linger_timer, kLingerLookMs, kLingerLookMs);
}

void Loop::lingers_no_more(Stream& stream) {
  std::erase_if(lingering_, [&stream](const auto& row) { return row.second == &stream; });
  if (lingering_.empty()) uv_timer_stop(&linger_timer_);
}

void Loop::on_linger_timer(uv_timer_t* timer) {
  auto* self = static_cast<Loop*>(timer->data);
  const Time now = read_clocks().mono;
  while (!self->lingering_.empty() && self->lingering_.front().first <= now) self->lingering_.front().second->close();
}

void Loop::close() {
  while (!lingering_.empty()) lingering_.front().second->close();
  uv_close(reinterpret_cast<uv_handle_t*>(&linger_timer_), nullptr);
}

}  // namespace hc
