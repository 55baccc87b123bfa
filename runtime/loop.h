// One libuv loop with the one buffer that all its streams read into. Everything of runtime/ lives on one loop in one
// thread, so the buffer is never used by two at a time: what a stream could not use up, it copies away.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>

namespace hc {

class Loop {
 public:
  static constexpr std::size_t kReadBytes = 64 * 1024;

  Loop();
  ~Loop();  // Requires: every handle was closed, and the loop ran until their close callbacks were done
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uv_loop_t* uv() { return &loop_; }
  char* read_buffer() { return buffer_.data(); }

 private:
  uv_loop_t loop_{};
  std::array<char, kReadBytes> buffer_{};
};

}  // namespace hc
