// A TCP connection as bytes in and bytes out: what arrived and was not used up is kept and shown again with what
// follows; what is to be sent gathers in one buffer until flush(), which writes it at once if the kernel takes it.
//
// Ownership: a stream is made with `new` and deletes itself when libuv has closed its handle; until ended() was called
// its owner may use it, afterwards not.
#pragma once

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/input_buffer.h"
#include "runtime/loop.h"

namespace hc {

class Stream {
 public:
  explicit Stream(Loop& loop);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Takes the next connection of a listener. libuv's status: 0 or negative.
  int accept(uv_stream_t* listener);
  uv_tcp_t* tcp() { return &tcp_; }

  // Has the kernel ask a silent other end after so many seconds whether it is still there (TCP keepalive); 0: never.
  void probe_when_idle(std::uint64_t seconds);
  void start_reading();
  void pause_reading();
  bool reading() const { return reading_; }
  // Shows the bytes that were kept to consume() once more: call when what held it up is over.
  void consume_kept();

  // Append here, then flush().
  std::string& out() { return out_; }
  void flush();
  std::size_t unsent() const { return out_.size() + (in_flight_.size() - in_flight_done_); }
  std::size_t kept() const { return kept_.size(); }
  std::size_t kept_capacity() const { return kept_.capacity(); }
  std::size_t buffered() const { return out_.capacity() + in_flight_.capacity() + kept_.capacity(); }
  void trim();  // gives back buffers that are empty

  void close();  // at once; what is unsent is lost
  // Takes no more input; ends when everything is sent. Whoever still sends gets our end of stream and a moment
  // (Loop::kLingerTime) in which what comes is thrown away: closing with unread bytes would reset the connection, and
  // the last reply could be lost with it.
  void close_when_flushed();
  bool closing() const { return closing_ || lingering_; }  // ended() was called or is about to be
  bool closing_when_flushed() const { return close_when_flushed_; }

  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }
  // The same, with what is taken of a write that is under way.
  std::uint64_t taken_by_kernel() const {
    const auto* stream = reinterpret_cast<const uv_stream_t*>(&tcp_);
    return bytes_out_ + (writing_ ? in_flight_now_ - uv_stream_get_write_queue_size(stream) : 0);
  }

 protected:
  virtual ~Stream() = default;
  // Bytes arrived; says how many of them it used up. The rest comes again, with more behind it.
  virtual std::size_t consume(std::string_view bytes) = 0;
  // A few bytes may wait for those of other streams of this round of the loop (Loop::hold).
  virtual bool may_wait() const { return false; }
  // How many bytes must be there before consume() can use more, as far as known: a hint for the next read.
  virtual std::size_t wanted() const { return 0; }
  // The kernel took bytes, or had no room for them.
  virtual void wrote() {}
  // Everything that was to be sent has been handed to the kernel.
  virtual void drained() {}
  // The other side sends no more; it may still read.
  virtual void input_ended() { close(); }
  // The last call: the connection is over (closed by either side). `status` is 0 or libuv's error.
  virtual void ended(int status) = 0;

 private:
  static void on_alloc(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  static void on_written(uv_write_t* request, int status);
  friend class Loop;  // shows what it held
  void show(std::string_view bytes);
  void take(std::string_view bytes);
  void fail(int status);
  ssize_t send_now(std::string_view bytes);
  void write_rest();
  void end_politely();
  void tell_end(int status);

  Loop& loop_;
  uv_tcp_t tcp_{};
  int descriptor_ = -1;  // once something was sent
  uv_write_t write_{};
  uv_shutdown_t shutdown_{};
  std::string out_;
  std::string in_flight_;
  std::size_t in_flight_done_ = 0;  // of in_flight_, taken by the kernel
  std::size_t in_flight_now_ = 0;   // behind it, in a write that libuv is about
  InputBuffer kept_;                // arrived, not used up
  bool reading_to_kept_ = false;    // the read under way goes behind it
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  bool held_ = false;  // by the loop: bytes that arrived
  bool reading_ = false;
  bool writing_ = false;
  bool closing_ = false;
  bool close_when_flushed_ = false;
  bool input_over_ = false;
  bool lingering_ = false;  // everything is said; only waits for the other side to close
  bool told_end_ = false;   // ended() was called
};

}  // namespace hc
