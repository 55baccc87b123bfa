// The small change of every binary form here: little-endian base-128 varints, zigzag for signed numbers, byte strings
// with their length first. WireWriter and WireReader mirror each other, line by line.
//
// A reader never fails half-way: past the end, or at a number that does not fit, it turns bad, gives zeros and empty
// bytes, and stays bad. Loops over a claimed count must therefore ask ok().
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>

#include "core/base/bytes.h"
#include "core/base/ids.h"
#include "core/base/time.h"

namespace hc {

// To the order of bytes on the wire, or back from it.
inline std::uint64_t little_endian(std::uint64_t n) {
  return std::endian::native == std::endian::little ? n : std::byteswap(n);
}

class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void byte(std::uint8_t b) { out_.push_back(static_cast<char>(b)); }
  void number(std::uint64_t n) {
    char text[10];
    std::size_t size = 0;
    for (; n >= 0x80; n >>= 7) text[size++] = static_cast<char>(n | 0x80);
    text[size++] = static_cast<char>(n);
    out_.append(text, size);
  }
  void zigzag(std::int64_t n) { number((static_cast<std::uint64_t>(n) << 1) ^ static_cast<std::uint64_t>(n >> 63)); }
  void fixed16(std::uint16_t n) {
    byte(static_cast<std::uint8_t>(n));
    byte(static_cast<std::uint8_t>(n >> 8));
  }
  void fixed32(std::uint32_t n) {
    fixed16(static_cast<std::uint16_t>(n));
    fixed16(static_cast<std::uint16_t>(n >> 16));
  }
  void fixed64(std::uint64_t n) {
    n = little_endian(n);
    char text[sizeof n];
    std::memcpy(text, &n, sizeof n);
    out_.append(text, sizeof text);
  }
  void bytes(Bytes b) {
    number(b.size());
    out_.append(b);
  }
  void raw(Bytes b) { out_.append(b); }

  void number(Epoch e) { number(e.value); }
  void number(Seq s) { number(s.value); }
  void number(NodeId n) { number(std::uint64_t{n.value}); }
  void number(Slot s) { number(std::uint64_t{s.value}); }
  void number(RequestId r) { number(r.value); }
  template <class Tag>
  void random(Random128<Tag> r) {
    fixed64(r.hi);
    fixed64(r.lo);
  }
  void position(Position p) {
    number(p.slot_epoch);
    number(p.seq);
  }

 private:
  std::string& out_;
};

class WireReader {
 public:
  explicit WireReader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return ok_; }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool ended() const { return ok_ && at_ == end_; }
  void turn_bad() {
    ok_ = false;
    at_ = end_;
  }

  std::uint8_t byte() {
    if (at_ == end_) return turn_bad(), std::uint8_t{0};
    return static_cast<std::uint8_t>(*at_++);
  }
  std::uint64_t number() {
    std::uint64_t n = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
      const std::uint64_t part = byte();
      if (shift == 63 && part > 1) break;  // more than 64 bits
      n |= (part & 0x7f) << shift;
      if (part < 0x80) return n;
    }
    turn_bad();
    return 0;
  }
  std::int64_t zigzag() {
    const std::uint64_t n = number();
    return static_cast<std::int64_t>((n >> 1) ^ (~(n & 1) + 1));
  }
  // A number that must fit an unsigned type (or be at most `most`).
  template <class T>
  T at_most(T most = std::numeric_limits<T>::max()) {
    const std::uint64_t n = number();
    if (n > most) return turn_bad(), T{};
    return static_cast<T>(n);
  }
  // A count of things that take at least `each` bytes: never more than could follow.
  std::size_t count(std::size_t each = 1) {
    const std::uint64_t n = number();
    if (n > left() / each) return turn_bad(), std::size_t{0};
    return static_cast<std::size_t>(n);
  }
  std::uint16_t fixed16() {
    const unsigned low = byte();
    const unsigned high = byte();
    return static_cast<std::uint16_t>(low | high << 8);
  }
  std::uint32_t fixed32() {
    const std::uint32_t low = fixed16();
    return low | static_cast<std::uint32_t>(fixed16()) << 16;
  }
  std::uint64_t fixed64() {
    const Bytes b = raw(8);
    std::uint64_t n = 0;
    if (!ok_) return 0;
    std::memcpy(&n, b.data(), sizeof n);
    return little_endian(n);
  }
  Bytes bytes() {
    const std::uint64_t size = number();
    return raw(size);
  }
  Bytes raw(std::uint64_t size) {
    if (size > left()) return turn_bad(), Bytes();
    const Bytes b(at_, static_cast<std::size_t>(size));
    at_ += size;
    return b;
  }

  Epoch epoch() { return Epoch(number()); }
  Seq seq() { return Seq(number()); }
  NodeId node() { return NodeId(at_most<std::uint32_t>()); }
  Slot slot() { return Slot{at_most<std::uint16_t>()}; }
  RequestId request() { return RequestId(number()); }
  template <class Tag>
  Random128<Tag> random() {
    Random128<Tag> r;
    r.hi = fixed64();
    r.lo = fixed64();
    return r;
  }
  Position position() {
    Position p;
    p.slot_epoch = epoch();
    p.seq = seq();
    return p;
  }

 private:
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace hc
