#include "io/framing.h"

#include <algorithm>
#include <cstring>

#include "core/base/check.h"
#include "io/crc32c.h"

namespace hc {
namespace {

constexpr std::size_t kReadBytesMin = std::size_t{16} * 1024;        // room that prepare() always gives
constexpr std::size_t kReadBytesMax = std::size_t{1024} * 1024;      // and at most, however long the frame says it is
constexpr std::size_t kKeptBytesMax = std::size_t{4} * 1024 * 1024;  // a larger buffer is given back once it is empty

void put32(char* to, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<char>(v >> (8 * i));
}
std::uint32_t get32(const char* from) {
  std::uint32_t v = 0;
  for (int i = 3; i >= 0; --i) v = (v << 8) | static_cast<unsigned char>(from[i]);
  return v;
}

std::uint32_t sum_of(const char* header, Bytes payload) { return crc32c(payload, crc32c(Bytes(header, 4))); }

}  // namespace

std::size_t begin_frame(std::string& out) {
  const std::size_t at = out.size();
  out.append(kFrameHeaderBytes, '\0');
  return at;
}

void end_frame(std::string& out, std::size_t at) {
  const Bytes payload = Bytes(out).substr(at + kFrameHeaderBytes);
  HC_CHECK(payload.size() <= kFrameBytesMax, "a frame of " + std::to_string(payload.size()) + " bytes");
  put32(out.data() + at, static_cast<std::uint32_t>(payload.size()));
  put32(out.data() + at + 4, sum_of(out.data() + at, payload));
}

void append_frame(std::string& out, Bytes payload) {
  const std::size_t at = begin_frame(out);
  out.append(payload);
  end_frame(out, at);
}

std::span<char> FrameAssembler::prepare() {
  const std::size_t lacking = wanted_ > buffered() ? wanted_ - buffered() : 0;
  make_room(std::clamp(lacking, kReadBytesMin, kReadBytesMax));
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void FrameAssembler::commit(std::size_t bytes) {
  HC_CHECK(bytes <= buffer_.size() - end_, "more was committed than there was room for");
  end_ += bytes;
}

void FrameAssembler::feed(Bytes bytes) {
  make_room(bytes.size());
  if (!bytes.empty()) std::memcpy(buffer_.data() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

// Moving what is left to the front costs at most as much as was read since the last time: it happens only when the
// part already taken is the larger one, or when the buffer grows anyway (by half at least).
void FrameAssembler::make_room(std::size_t bytes) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == 0 && buffer_.size() > kKeptBytesMax && bytes <= kReadBytesMax) buffer_ = {};
  if (buffer_.size() - end_ >= bytes) return;
  const std::size_t held = buffered();
  if (begin_ >= held && buffer_.size() - held >= bytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, held);
  } else {
    std::vector<char> larger(std::max(held + bytes, buffer_.size() + buffer_.size() / 2));
    if (held) std::memcpy(larger.data(), buffer_.data() + begin_, held);
    buffer_ = std::move(larger);
  }
  begin_ = 0;
  end_ = held;
}

std::expected<std::optional<Bytes>, std::string> FrameAssembler::next() {
  if (!broken_.empty()) return std::unexpected(broken_);
  wanted_ = 0;
  if (buffered() < kFrameHeaderBytes) return std::nullopt;
  const char* header = buffer_.data() + begin_;
  const std::size_t size = get32(header);
  if (size > payload_bytes_max_) {
    broken_ = "a frame claims " + std::to_string(size) + " bytes, more than " + std::to_string(payload_bytes_max_) +
              ": not a peer link, or out of step";
    return std::unexpected(broken_);
  }
  wanted_ = kFrameHeaderBytes + size;
  if (buffered() < wanted_) return std::nullopt;
  const Bytes payload(header + kFrameHeaderBytes, size);
  if (sum_of(header, payload) != get32(header + 4)) {
    broken_ = "a frame of " + std::to_string(size) + " bytes arrived damaged (its CRC32C does not match)";
    return std::unexpected(broken_);
  }
  begin_ += wanted_;
  wanted_ = 0;
  return payload;
}

}  // namespace hc
