// Frame <-> bytes: what members tell each other over peer links (core/message), as the payload of io/framing's frames.
//
// The envelope and the control messages are Protobuf (io/peer.proto). The data plane (Append, Appended, Forward,
// Forwarded, FillChunk, FillAck, LeaseAsk, Grant, Pressure) is one `bytes` of records (io/records); a record "control"
// stands where the next control message belongs, so that the order of Frame::messages survives.
//
// Decoding is total: any bytes give a frame or a sentence. A frame that decodes is well formed (views by the rules of
// io/view_codec, ring derived); whether it makes sense now is for core to judge. Memory is bounded by
// kDecodeBytesFixed + kDecodeBytesPerByte x size, whatever counts the bytes claim.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "core/base/bytes.h"
#include "core/message/message.h"

namespace hc {

inline constexpr std::size_t kDecodeBytesFixed = std::size_t{64} * 1024 * 1024;
inline constexpr std::size_t kDecodeBytesPerByte = 64;
// Replies nest at most so deep.
inline constexpr int kReplyDepthMax = 32;

// Keeps reused buffers and the last views that it saw in each direction, so that the same view is encoded once and
// decoded into the same ViewRef. One per thread or per node; results do not depend on what it remembers.
class PeerCodec {
 public:
  explicit PeerCodec(std::size_t views_kept = 4);
  ~PeerCodec();
  PeerCodec(const PeerCodec&) = delete;
  PeerCodec& operator=(const PeerCodec&) = delete;

  // Appends the payload. Requires: replies nest at most kReplyDepthMax deep.
  void encode(const Frame& frame, std::string& out);
  std::expected<Frame, std::string> decode(Bytes payload);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// With a codec of their own: for tests and tools.
std::string encode_frame(const Frame& frame);
std::expected<Frame, std::string> decode_frame(Bytes payload);

}  // namespace hc
