// One libuv loop with the one buffer that all its streams read into. Everything of runtime/ lives on one loop in one
// thread, so the buffer is never used by two at a time: what a stream could not use up, it copies away.
//
// A few bytes of a stream that wishes it stay in the buffer until a batch of streams has some, or all that was ready is
// read. Then they are shown to all of them, one after the other; so what each will look for in memory can be fetched
// for all of them at once.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <string_view>
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
  char* read_buffer() { return buffer_.data() + held_bytes_; }

  // ---- bytes that wait for those of others
  static constexpr std::size_t kBatch = 16, kHeldBytesMost = 1024;
  // Called with the bytes of a batch before they are shown.
  using Foresee = std::function<void(std::span<const std::string_view>)>;
  void set_foresee(Foresee foresee) { foresee_ = std::move(foresee); }
  // Bytes that were read to read_buffer() just now; with the last of a batch all are shown. False: they are too many,
  // or there is no room for more.
  bool hold(Stream& stream, std::string_view bytes);
  void release(Stream& stream);  // they are not shown any more
  void show_held();

  // Streams that have said everything and wait for the other side to close: closed after kLingerTime at the latest, and
  // the first of them when they are too many, for each keeps a descriptor.
  static constexpr Duration kLingerTime = 1s;
  static constexpr std::size_t kLingeringMax = 48;
  void linger(Stream& stream);
  void lingers_no_more(Stream& stream);
  // Closes them now, and everything of the loop's own.
  void close();

 private:
  static void on_linger_timer(uv_timer_t* timer);
  static void on_all_read(uv_check_t* check);

  uv_loop_t loop_{};
  uv_timer_t linger_timer_{};
  std::deque<std::pair<Time, Stream*>> lingering_;  // with their ends, oldest first
  uv_check_t all_read_{};
  Foresee foresee_;
  std::array<Stream*, kBatch> holders_{};        // none: it was released
  std::array<std::string_view, kBatch> held_{};  // their bytes
  std::size_t held_count_ = 0, held_bytes_ = 0;  // up to there the buffer holds them
  std::array<char, kReadBytes + kBatch * kHeldBytesMost> buffer_{};
};

}  // namespace hc
