// Frames on a byte stream: where one ends and whether it arrived whole.
//
// A frame is its payload's length (4 bytes, little-endian), the CRC32C of those four bytes and the payload (likewise),
// the payload. (A sum without the length would let some payloads lose a byte unnoticed.) What is in the payload,
// peer_codec knows. After an error the stream has lost its place: the link must be closed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

inline constexpr std::size_t kFrameHeaderBytes = 8;
// The longest payload: one value of 512 MiB under a key of 512 MiB, and what a sender batches beside it.
inline constexpr std::size_t kFrameBytesMax = (std::size_t{1024} + 64) * 1024 * 1024;
// What a stranger may send before its Hello was taken.
inline constexpr std::size_t kFirstFrameBytesMax = std::size_t{64} * 1024;

// Writes a frame without copying its payload: begin, append the payload to `out`, end.
// end_frame requires: at most kFrameBytesMax bytes were appended since begin_frame, which returned `at`.
std::size_t begin_frame(std::string& out);
void end_frame(std::string& out, std::size_t at);
// The same in one go.
void append_frame(std::string& out, Bytes payload);

// Puts the pieces of a stream together again.
class FrameAssembler {
 public:
  explicit FrameAssembler(std::size_t payload_bytes_max = kFrameBytesMax) : payload_bytes_max_(payload_bytes_max) {}
  void set_limit(std::size_t payload_bytes_max) { payload_bytes_max_ = payload_bytes_max; }

  // Room to read into, never empty, at best for all that the present frame still lacks (bounded, so that a length
  // alone reserves no memory to speak of); commit says how much of it was filled. Ends what next() lent.
  std::span<char> prepare();
  void commit(std::size_t bytes);
  // The same with a copy.
  void feed(Bytes bytes);

  // The payload of the next whole frame (lent until prepare, feed or the assembler's end), nullopt if more is needed,
  // or a sentence saying what is wrong; then every later call says the same.
  std::expected<std::optional<Bytes>, std::string> next();

  std::size_t buffered() const { return end_ - begin_; }

 private:
  void make_room(std::size_t bytes);
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // what is unread, in buffer_
  std::size_t wanted_ = 0;           // bytes, header included, of the frame at begin_; 0 = not known yet
  std::size_t payload_bytes_max_;
  std::string broken_;
};

}  // namespace hc
