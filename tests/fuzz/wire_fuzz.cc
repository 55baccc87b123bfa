// Any bytes as what members tell each other and keep on disk: the first byte says as what. They give a value or a
// sentence, and a value that was read is written and read again.
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "io/framing.h"
#include "io/gossip_codec.h"
#include "io/log_codec.h"
#include "io/peer_codec.h"
#include "io/vote_file.h"

namespace hc {
namespace {

void read_frame(Bytes input) {
  if (const auto frame = decode_frame(input)) HC_CHECK(decode_frame(encode_frame(*frame)), "a frame is lost");
}

void read_packet(Bytes input) {
  if (const auto packet = decode_packet(input)) HC_CHECK(decode_packet(encode_packet(*packet)), "a packet is lost");
}

void read_vote(Bytes input) {
  if (const auto vote = decode_vote(input)) HC_CHECK(decode_vote(encode_vote(*vote)), "a vote is lost");
}

void read_records(Bytes input) {
  WireReader in(input);
  const auto records = read_log_records(in);
  if (!in.ok()) return;
  std::string again;
  WireWriter out(again);
  write_log_records(records, out);
  WireReader in_again(again);
  HC_CHECK(read_log_records(in_again).size() == records.size() && in_again.ok(), "a record is lost");
}

void read_segment(Bytes input) {
  SegmentReader reader(input, 1, "segment");
  while (reader.next()) continue;
  HC_CHECK(reader.good() <= input.size(), "more was read than there is");
}

void read_stream(Bytes input) {
  FrameAssembler assembler(kFirstFrameBytesMax);
  assembler.feed(input);
  for (auto frame = assembler.next(); frame && *frame; frame = assembler.next()) read_frame(**frame);
}

}  // namespace
}  // namespace hc

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr void (*kReaders[])(hc::Bytes) = {hc::read_frame,   hc::read_packet,  hc::read_vote,
                                             hc::read_records, hc::read_segment, hc::read_stream};
  kReaders[data[0] % std::size(kReaders)]({reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
