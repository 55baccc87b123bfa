// One libuv loop with the one buffer that all its streams read into. Everything of runtime/ lives on one loop in one
// thread, so the buffer is never used by two at a time: what a stream could not use up, it copies away.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <deque>
#include <utility>

#include "core/base/time.h"

namespace hc {

class Stream;

class Loop {
 public:
  static constexpr std::size_t kReadBytes = 64 * 1024;

  Loop();
  ~Loop();  // Requires: close() was called, every handle was closed, and the loop ran until their close callbacks were
            // done
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* uv() { return &loop_; }
  char* read_buffer() { return buffer_.data(); }

  // Streams that have said everything and wait for the other side to close: closed after kLingerTime at the latest.
  static constexpr Duration kLingerTime = 1s;
  void linger(Stream& stream);
  void lingers_no_more(Stream& stream);
  // Closes them now, and everything of the loop's own.
  void close();

 private:
  static void on_linger_timer(uv_timer_t* timer);

  uv_loop_t loop_{};
  uv_timer_t linger_timer_{};
  std::deque<std::pair<Time, Stream*>> lingering_;  // with their ends, oldest first
  std::array<char, kReadBytes> buffer_{};
};

}  // namespace hc
