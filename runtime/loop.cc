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
  uv_check_init(&loop_, &all_read_);
  all_read_.data = this;
  uv_check_start(&all_read_, on_all_read);
}

Loop::~Loop() { uv_loop_close(&loop_); }

void Loop::linger(Stream& stream) {
  lingering_.emplace_back(read_clocks().mono + kLingerTime, &stream);
  if (lingering_.size() > kLingeringMax) lingering_.front().second->close();
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

// Called when the loop has seen to all that was ready.
void Loop::on_all_read(uv_check_t* check) { static_cast<Loop*>(check->data)->show_held(); }

bool Loop::hold(Stream& stream, std::string_view bytes) {
  // Where a stream is read twice before all is shown, the second bytes may lie behind the room of a batch.
  const auto end = static_cast<std::size_t>(bytes.data() + bytes.size() - buffer_.data());
  if (bytes.size() > kHeldBytesMost || end > kBatch * kHeldBytesMost) return false;
  holders_[held_count_] = &stream;
  held_[held_count_++] = bytes;
  held_bytes_ = end;
  if (held_count_ == kBatch) show_held();
  return true;
}

void Loop::release(Stream& stream) {
  std::replace(holders_.begin(), holders_.end(), &stream, static_cast<Stream*>(nullptr));
}

void Loop::show_held() {
  if (held_count_ == 0) return;
  if (held_count_ > 1 && foresee_) foresee_(std::span(held_).first(held_count_));
  for (std::size_t i = 0; i < held_count_; ++i)
    if (Stream* const stream = std::exchange(holders_[i], nullptr)) stream->show(held_[i]);
  held_count_ = held_bytes_ = 0;
}

void Loop::close() {
  while (!lingering_.empty()) lingering_.front().second->close();
  uv_close(reinterpret_cast<uv_handle_t*>(&linger_timer_), nullptr);
  uv_close(reinterpret_cast<uv_handle_t*>(&all_read_), nullptr);
}

}  // namespace hc
