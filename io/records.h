// The data plane as bytes: the messages that come by the thousand (Append, Appended, Forward, Forwarded, FillChunk,
// FillAck, LeaseAsk, Grant, Pressure, Digests, those of events), each a kind and its fields in varints; and the parts
// that others share: entries, replies.
//
// Writers and readers mirror each other line by line. A reader turns bad (io/wire.h) where bytes have no meaning.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/reply.h"
#include "core/message/message.h"
#include "io/slots_codec.h"
#include "io/wire.h"

namespace hc {

enum class RecordKind : std::uint8_t {
  kControl = 0,  // the next control message of the envelope stands here
  kAppend = 1,
  kAppended = 2,
  kForward = 3,
  kForwarded = 4,
  kFillChunk = 5,
  kFillAck = 6,
  kLeaseAsk = 7,
  kGrant = 8,
  kPressure = 9,
  kInterest = 10,
  kInterestKnown = 11,
  kPublish = 12,
  kPublished = 13,
  kDigests = 14,  // from here on wire version 2
  kFillRemains = 15,
  kFillSums = 16,
  kFillWant = 17,
};

// Times and spans from outside are kept within these, so that core may add to them.
inline constexpr Duration kDurationMax = std::chrono::hours(24);
inline constexpr std::int64_t kTimeMax = std::int64_t{1} << 62;  // nanoseconds, either side of zero

// Each starts with its kind.
void write_record(const Append& m, WireWriter& out);
void write_record(const Appended& m, WireWriter& out);
void write_record(const Forward& m, WireWriter& out);
void write_record(const Forwarded& m, WireWriter& out);
void write_record(const FillChunk& m, WireWriter& out);
void write_record(const FillAck& m, WireWriter& out);
void write_record(const LeaseAsk& m, WireWriter& out);
void write_record(const Grant& m, WireWriter& out);
void write_record(const Pressure& m, WireWriter& out);
void write_record(const Interest& m, WireWriter& out);
void write_record(const InterestKnown& m, WireWriter& out);
void write_record(const Publish& m, WireWriter& out);
void write_record(const Published& m, WireWriter& out);
void write_record(const Digests& m, WireWriter& out);
void write_record(const FillRemains& m, WireWriter& out);
void write_record(const FillSums& m, WireWriter& out);
void write_record(const FillWant& m, WireWriter& out);

// The fields after a kind other than kControl. An unknown kind turns the reader bad.
void read_record(RecordKind kind, WireReader& in, DecodeBudget& budget, Message& message);

// A contiguous run of entries of the slot epoch `base`, or of any.
void write_entries(const std::vector<Entry>& entries, Epoch base, WireWriter& out);
void read_entries(Epoch base, WireReader& in, DecodeBudget& budget, std::vector<Entry>& entries);

// Requires: at most kReplyDepthMax (io/peer_codec.h) deep. A reply that was read is its own.
void write_reply_record(const Reply& reply, WireWriter& out, int depth = 0);
void read_reply_record(WireReader& in, DecodeBudget& budget, Reply& reply, int depth = 0);

Duration within_bounds(std::int64_t nanoseconds);  // 0 … kDurationMax

}  // namespace hc
