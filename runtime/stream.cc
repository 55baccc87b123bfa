#include "runtime/stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/check.h"

namespace hc {

namespace {
constexpr std::size_t kOutKeptBytes = 256 * 1024;  // a larger buffer is given back once it is empty
constexpr std::size_t kWriteBytesMax = 1024 * 1024 * 1024;
constexpr std::size_t kReadBytesMax = std::size_t{64} * 1024 * 1024;  // of one read
}  // namespace

Stream::Stream(Loop& loop) : loop_(loop) {
  const int status = uv_tcp_init(loop.uv(), &tcp_);
  HC_CHECK(status == 0, uv_strerror(status));
  tcp_.data = this;
  write_.data = this;
}

int Stream::accept(uv_stream_t* listener) {
  const int status = uv_accept(listener, reinterpret_cast<uv_stream_t*>(&tcp_));
  if (status == 0) uv_tcp_nodelay(&tcp_, 1);
  return status;
}

void Stream::probe_when_idle(std::uint64_t seconds) {
  if (seconds > 0) uv_tcp_keepalive(&tcp_, 1, static_cast<unsigned>(seconds));
}

void Stream::start_reading() {
  if (reading_ || closing_) return;
  reading_ = true;
  uv_read_start(reinterpret_cast<uv_stream_t*>(&tcp_), on_alloc, on_read);
}

void Stream::pause_reading() {
  if (!reading_) return;
  reading_ = false;
  uv_read_stop(reinterpret_cast<uv_stream_t*>(&tcp_));
}

// With nothing kept, a read goes to the loop's buffer; else straight behind what is kept. The room grows with what has
// arrived, never by what a length alone promises.
void Stream::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  auto* self = static_cast<Stream*>(handle->data);
  const std::size_t kept = self->lingering_ ? 0 : self->kept_.size();
  self->reading_to_kept_ = kept > 0;
  if (kept == 0) {
    *buffer = uv_buf_init(self->loop_.read_buffer(), Loop::kReadBytes);
    return;
  }
  const std::size_t missing = self->wanted() - std::min(self->wanted(), kept);
  const std::size_t room = std::clamp(missing, Loop::kReadBytes, std::clamp(kept, Loop::kReadBytes, kReadBytesMax));
  *buffer = uv_buf_init(self->kept_.room(room), static_cast<unsigned>(room));
}

void Stream::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  auto* self = static_cast<Stream*>(stream->data);
  if (self->held_) self->loop_.show_held();  // what came before comes first
  if (self->closing_) return;
  if (self->lingering_) {
    if (count < 0) self->close();
    return;
  }
  if (count > 0) {
    self->bytes_in_ += static_cast<std::uint64_t>(count);
    self->take({buffer->base, static_cast<std::size_t>(count)});
  } else if (count == UV_EOF) {
    self->input_over_ = true;
    self->pause_reading();
    self->input_ended();
  } else if (count < 0) {
    self->fail(static_cast<int>(count));
  }
}

void Stream::take(std::string_view bytes) {
  if (reading_to_kept_) {
    kept_.filled(bytes.size());
    return consume_kept();
  }
  if (kept() > 0) {  // of what was held when this was read
    kept_.append(bytes);
    return consume_kept();
  }
  held_ = may_wait();
  if (!held_ || !loop_.hold(*this, bytes)) show(bytes);
}

void Stream::show(std::string_view bytes) {
  held_ = false;
  if (closing_ || close_when_flushed_) return;
  const std::size_t used = consume(bytes);
  if (closing_ || close_when_flushed_) return;
  if (used < bytes.size()) kept_.append(bytes.substr(used));
}

void Stream::consume_kept() {
  if (kept() == 0 || closing_ || close_when_flushed_) return;
  const std::size_t used = consume(kept_.bytes());
  kept_.use(close_when_flushed_ ? kept_.size() : used);
}

void Stream::trim() {
  if (out_.empty()) std::string().swap(out_);
  if (in_flight_.empty()) std::string().swap(in_flight_);
  kept_.trim();
}

// What the kernel takes at once, or libuv's error. (send() is shorter than the write() of uv_try_write, and it is what
// most replies cost.)
ssize_t Stream::send_now(std::string_view bytes) {
  if (descriptor_ < 0) {
    uv_os_fd_t descriptor = -1;
    if (const int status = uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp_), &descriptor); status != 0) return status;
    descriptor_ = descriptor;
  }
  for (;;) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno != EINTR) return errno == ENOBUFS ? UV_EAGAIN : uv_translate_sys_error(errno);
  }
}

void Stream::flush() {
  if (closing_ || lingering_ || writing_) return;
  if (!out_.empty()) {
    const ssize_t sent = send_now({out_.data(), std::min(out_.size(), kWriteBytesMax)});
    if (sent < 0 && sent != UV_EAGAIN) return fail(static_cast<int>(sent));
    wrote();
    const auto count = static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    bytes_out_ += count;
    if (count < out_.size()) {
      in_flight_.swap(out_);
      in_flight_done_ = count;
      return write_rest();
    }
    if (out_.capacity() > kOutKeptBytes)
      std::string().swap(out_);
    else
      out_.clear();
  }
  if (close_when_flushed_) return end_politely();
  drained();
}

void Stream::write_rest() {
  writing_ = true;
  in_flight_now_ = std::min(in_flight_.size() - in_flight_done_, kWriteBytesMax);
  const uv_buf_t buffer = uv_buf_init(in_flight_.data() + in_flight_done_, static_cast<unsigned>(in_flight_now_));
  const int status = uv_write(&write_, reinterpret_cast<uv_stream_t*>(&tcp_), &buffer, 1, on_written);
  if (status < 0) {
    writing_ = false;
    fail(status);
  }
}

void Stream::on_written(uv_write_t* request, int status) {
  auto* self = static_cast<Stream*>(request->data);
  self->writing_ = false;
  if (self->closing_) return;
  if (status < 0) return self->fail(status);
  self->wrote();
  self->in_flight_done_ += self->in_flight_now_;
  self->bytes_out_ += self->in_flight_now_;
  if (self->in_flight_done_ < self->in_flight_.size()) return self->write_rest();
  self->in_flight_.clear();
  if (self->in_flight_.capacity() > kOutKeptBytes) std::string().swap(self->in_flight_);
  self->in_flight_done_ = 0;
  self->flush();
}

void Stream::tell_end(int status) {
  if (!std::exchange(told_end_, true)) ended(status);
}

void Stream::fail(int status) {
  if (closing_) return;
  closing_ = true;
  reading_ = false;
  if (held_) loop_.release(*this);
  if (lingering_) loop_.lingers_no_more(*this);
  uv_close(reinterpret_cast<uv_handle_t*>(&tcp_),
           [](uv_handle_t* handle) { delete static_cast<Stream*>(handle->data); });
  tell_end(status);
}

void Stream::close() { fail(0); }

void Stream::close_when_flushed() {
  if (closing_ || close_when_flushed_) return;
  close_when_flushed_ = true;
  pause_reading();
  if (unsent() == 0) end_politely();
}

void Stream::end_politely() {
  if (input_over_ || uv_shutdown(&shutdown_, reinterpret_cast<uv_stream_t*>(&tcp_), nullptr) != 0) return close();
  lingering_ = true;
  loop_.linger(*this);
  start_reading();
  tell_end(0);
}

}  // namespace hc
