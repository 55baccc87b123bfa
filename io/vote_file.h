// VoteRecord <-> the bytes of the vote file, what a member must not forget (rules 2e, 2g).
//
// The file is: magic "HCVOTE\r\n" (8 bytes), format version (4, little-endian), payload length (8), the payload's
// CRC32C (4), the CRC32C of the 24 bytes before (4), the payload (Protobuf, VoteRecord in io/peer.proto). What stands
// behind is of an earlier, longer record, and says nothing; a file of format 1 ends with its payload. Damage never
// yields a record: an error names the offset and what the operator can do.
//
// A folder has two of them, written in place, one after the other: the second when the first is durable. So one of them
// is whole whenever a crash comes, and the first, if it is, is not older than the second. (A folder of format 1 has
// one.)
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "core/view/ballot.h"
#include "io/view_codec.h"

namespace hc {

inline constexpr std::uint32_t kVoteFormat = 2;
inline constexpr std::string_view kVoteName = "vote", kVoteCopyName = "vote.copy";

// Writes the records of one member, one after the other. A view of all slots takes its time, and the next one is mostly
// the same: a record has a view that was written whole before, and what has changed since.
class VoteEncoder {
 public:
  std::string encode(VoteRecord record);

 private:
  std::string payload_of(VoteRecord record);
  void take(const ViewRef& view);
  ViewChangeRef change_to(const ViewRef& accepted);

  ViewMemo memo_;
  ViewRef view_;                      // the newest that a record had
  std::string base_;                  // itself, or an earlier one
  std::vector<std::string> changes_;  // from that one to view_
  std::size_t bytes_of_changes_ = 0;
  ViewRef accepted_;  // what was last accepted with this view_
  ViewChangeRef change_;
};
std::string encode_vote(VoteRecord record);  // by one that has written nothing yet
// `name` is the file's, for the sentence.
std::expected<VoteRecord, std::string> decode_vote(Bytes bytes, Bytes name = "vote file");

// One of the files of a folder: its bytes, or why they cannot be read. nullopt: there is no such file.
using VoteFileRead = std::optional<std::expected<std::string, std::string>>;

struct NewestVote {
  VoteRecord record;
  std::string bytes;     // in the present format
  bool of_first = true;  // or of the second file
  std::string wrong;     // with the other one; empty: nothing
};
// Of the first file, if that is whole, else of the second; nullopt if neither is there. Of the second as well if that
// is of the same storage identity and counts more writes: then the first is not what was written last. That none is
// whole is an error, and so is a format of a later version in either.
std::expected<std::optional<NewestVote>, std::string> newest_vote(const VoteFileRead& first, const VoteFileRead& second,
                                                                  const std::string& folder);

}  // namespace hc
