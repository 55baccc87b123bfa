// The outermost part of a frame, message Envelope of io/peer.proto, by hand: most frames hold a few small messages of
// the data plane, and protobuf's own parser costs more than all that is in them. The bytes are those that protobuf
// writes: every field once, in the order of their numbers, none that is zero.
//
// A reader takes what such a writer may have written, whatever the order of the fields; of anything else (fields that
// it does not know, numbers of ten bytes, malformed bytes) it says so, and protobuf is to decide.
#pragma once

#include <string>
#include <vector>

#include "core/base/bytes.h"
#include "core/message/message.h"

namespace hc {

struct EnvelopeParts {
  Bytes records;
  std::vector<Bytes> control;  // each a message Control
};

// Appends the fields of the frame's head. Its messages are not looked at.
void write_envelope_head(const Frame& frame, std::string& out);
void write_envelope_records(Bytes records, std::string& out);
// Before the bytes of one Control.
void write_envelope_control(std::size_t size, std::string& out);

// Fills the head of the frame and the parts, which borrow from the payload. False: let protobuf read it.
bool read_envelope(Bytes payload, Frame& frame, EnvelopeParts& parts);

}  // namespace hc
