// VoteRecord <-> the bytes of the vote file, what a member must not forget (rules 2e, 2g).
//
// The file is: magic "HCVOTE\r\n" (8 bytes), format version (4, little-endian), payload length (8), the payload's
// CRC32C (4), the CRC32C of the 24 bytes before (4), the payload (Protobuf, VoteRecord in io/peer.proto), end of file.
// Damage never yields a record: an error names the offset and what the operator can do. Writing it so that a crash
// leaves the old file or the new one is runtime's part.
#pragma once

#include <expected>
#include <string>

#include "core/base/bytes.h"
#include "core/view/ballot.h"
#include "io/view_codec.h"

namespace hc {

inline constexpr std::uint32_t kVoteFormat = 1;

std::string encode_vote(const VoteRecord& record);
std::string encode_vote(const VoteRecord& record, ViewMemo& views);
// `name` is the file's, for the sentence.
std::expected<VoteRecord, std::string> decode_vote(Bytes bytes, Bytes name = "vote file");

}  // namespace hc
