#include "io/envelope.h"

#include "io/wire.h"

namespace hc {
namespace {

// A field's number and the form of its value: protobuf's tag.
enum class Tag : std::uint8_t {
  kFrom = 1 << 3 | 0,
  kFromGenerationHi = 2 << 3 | 1,
  kFromGenerationLo = 3 << 3 | 1,
  kToGenerationHi = 4 << 3 | 1,
  kToGenerationLo = 5 << 3 | 1,
  kSession = 6 << 3 | 1,
  kNumber = 7 << 3 | 0,
  kInstalled = 8 << 3 | 0,
  kRecords = 9 << 3 | 2,
  kControl = 10 << 3 | 2,
};

constexpr std::uint64_t kNineBytes = std::uint64_t{1} << 63;  // a varint from here on takes ten

// All of it in one place, so that the frame's bytes grow once.
class Head {
 public:
  void number(Tag tag, std::uint64_t n) {
    if (n == 0) return;
    text_[size_++] = static_cast<char>(tag);
    for (; n >= 0x80; n >>= 7) text_[size_++] = static_cast<char>(n | 0x80);
    text_[size_++] = static_cast<char>(n);
  }
  void fixed(Tag tag, std::uint64_t n) {
    if (n == 0) return;
    text_[size_++] = static_cast<char>(tag);
    n = little_endian(n);
    std::memcpy(text_ + size_, &n, sizeof n);
    size_ += sizeof n;
  }
  Bytes bytes() const { return {text_, size_}; }

 private:
  std::size_t size_ = 0;
  char text_[3 * 11 + 5 * 9];  // three numbers and five of fixed size
};

std::uint64_t get_number(WireReader& in) {
  const std::uint64_t n = in.number();
  if (n >= kNineBytes) in.turn_bad();
  return n;
}

}  // namespace

void write_envelope_head(const Frame& frame, std::string& text) {
  Head head;
  head.number(Tag::kFrom, frame.from.value);
  head.fixed(Tag::kFromGenerationHi, frame.from_generation.hi);
  head.fixed(Tag::kFromGenerationLo, frame.from_generation.lo);
  head.fixed(Tag::kToGenerationHi, frame.to_generation.hi);
  head.fixed(Tag::kToGenerationLo, frame.to_generation.lo);
  head.fixed(Tag::kSession, frame.session);
  head.number(Tag::kNumber, frame.number);
  head.number(Tag::kInstalled, frame.installed.value);
  text.append(head.bytes());
}

void write_envelope_records(Bytes records, std::string& text) {
  if (records.empty()) return;
  WireWriter out(text);
  out.byte(static_cast<std::uint8_t>(Tag::kRecords));
  out.bytes(records);
}

void write_envelope_control(std::size_t size, std::string& text) {
  WireWriter out(text);
  out.byte(static_cast<std::uint8_t>(Tag::kControl));
  out.number(size);
}

bool read_envelope(Bytes payload, Frame& frame, EnvelopeParts& parts) {
  WireReader in(payload);
  while (in.left() > 0) {
    switch (static_cast<Tag>(in.byte())) {
      case Tag::kFrom:
        frame.from = in.node();
        break;
      case Tag::kFromGenerationHi:
        frame.from_generation.hi = in.fixed64();
        break;
      case Tag::kFromGenerationLo:
        frame.from_generation.lo = in.fixed64();
        break;
      case Tag::kToGenerationHi:
        frame.to_generation.hi = in.fixed64();
        break;
      case Tag::kToGenerationLo:
        frame.to_generation.lo = in.fixed64();
        break;
      case Tag::kSession:
        frame.session = in.fixed64();
        break;
      case Tag::kNumber:
        frame.number = get_number(in);
        break;
      case Tag::kInstalled:
        frame.installed = Epoch(get_number(in));
        break;
      case Tag::kRecords:
        parts.records = in.bytes();
        break;
      case Tag::kControl:
        parts.control.push_back(in.bytes());
        break;
      default:
        return false;
    }
  }
  return in.ok();
}

}  // namespace hc
