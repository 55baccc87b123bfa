#include "io/vote_file.h"

#include <utility>

#include "core/base/check.h"
#include "core/base/seam.h"
#include "io/crc32c.h"
#include "io/parts.h"
#include "io/peer.pb.h"
#include "io/protobuf_scratch.h"
#include "io/wire.h"

namespace hc {
namespace {

constexpr Bytes kMagic = "HCVOTE\r\n";
constexpr std::size_t kFormatAt = 8, kLengthAt = 12, kPayloadSumAt = 20, kHeadSumAt = 24, kHeadBytes = 28;
constexpr std::uint32_t kFormatThatEnds = 1;                            // with its payload
constexpr std::size_t kVoteBytesFixed = std::size_t{64} * 1024 * 1024;  // decoded: two views and their evidence

std::uint32_t get32(Bytes bytes, std::size_t at) { return WireReader(bytes.substr(at, 4)).fixed32(); }

constexpr Bytes kRemedy =
    ". What this member voted is not known any more: move this file and its copy away and start the member again; it "
    "then takes a new storage identity, counts as a lost voter, and is filled by the others";

std::unexpected<std::string> damaged(Bytes name, std::size_t at, Bytes what) {
  return std::unexpected(std::string(name) + " is damaged at offset " + std::to_string(at) + ": " + std::string(what) +
                         std::string(kRemedy));
}

std::string payload_of(const VoteRecord& record, ViewMemo& views) {
  ProtobufScratch scratch;
  auto& to = scratch.make<wire::VoteRecord>();
  put_id(record.storage, *to.mutable_storage());
  put_id(record.cluster, *to.mutable_cluster());
  to.set_writes(record.writes);
  to.set_instance(record.instance.value);
  put_ballot(record.promised, *to.mutable_promised());
  if (record.accepted) {
    HC_CHECK(!record.accepted->proposal.change, "a vote file holds views, whole");
    put_accepted(*record.accepted, *to.mutable_accepted(), views);
  }
  if (record.view) to.set_view(views.encode(record.view));
  return to.SerializeAsString();
}

bool get_record(const wire::VoteRecord& from, VoteRecord& record, Decoding& decoding) {
  record.storage = get_id<StorageTag>(from.storage());
  record.cluster = get_id<ClusterTag>(from.cluster());
  record.writes = from.writes();
  record.instance = Epoch(from.instance());
  record.promised = get_ballot(from.promised());
  if (from.has_accepted()) {
    if (!get_accepted(from.accepted(), record.accepted.emplace(), decoding)) return false;
    if (!record.accepted->proposal) return decoding.fail("what was accepted is no view");
  }
  return from.view().empty() || get_view(from.view(), record.view, decoding);
}

}  // namespace

std::string encode_vote(const VoteRecord& record) {
  ViewMemo views;
  return encode_vote(record, views);
}

std::string encode_vote(const VoteRecord& record, ViewMemo& views) {
  const std::string payload = payload_of(record, views);
  std::string file;
  WireWriter out(file);
  out.raw(kMagic);
  out.fixed32(kVoteFormat);
  out.fixed64(payload.size());
  out.fixed32(crc32c(payload));
  out.fixed32(crc32c(file));
  out.raw(payload);
  return file;
}

std::expected<VoteRecord, std::string> decode_vote(Bytes bytes, Bytes name) {
  if (bytes.size() < kHeadBytes) return damaged(name, bytes.size(), "it ends within its header");
  if (!bytes.starts_with(kMagic)) return damaged(name, 0, "it does not begin as a vote file");
  if (crc32c(bytes.substr(0, kHeadSumAt)) != get32(bytes, kHeadSumAt))
    return damaged(name, kHeadSumAt, "the header's checksum does not match");
  const std::uint32_t format = get32(bytes, kFormatAt);
  if (format == 0 || format > kVoteFormat)
    return std::unexpected(std::string(name) + " has format " + std::to_string(format) + " (at offset " +
                           std::to_string(kFormatAt) + "), this program knows " + std::to_string(kVoteFormat) +
                           ": start the version that wrote it");
  Bytes payload = bytes.substr(kHeadBytes);
  const std::uint64_t size = WireReader(bytes.substr(kLengthAt, 8)).fixed64();
  if (format != kFormatThatEnds && size < payload.size()) payload = payload.substr(0, size);
  if (size != payload.size())
    return damaged(
        name, kLengthAt,
        "its payload should have " + std::to_string(size) + " bytes and has " + std::to_string(payload.size()));
  if (crc32c(payload) != get32(bytes, kPayloadSumAt) && !HC_MUTANT(kDamageUnnoticed))
    return damaged(name, kHeadBytes, "the checksum over " + std::to_string(payload.size()) + " bytes does not match");
  ProtobufScratch scratch;
  auto& from = scratch.make<wire::VoteRecord>();
  if (payload.size() > kMessageBytesMax || !from.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return damaged(name, kHeadBytes, "its payload is malformed");
  DecodeBudget budget(kVoteBytesFixed + payload.size() * 64);
  ViewMemo views;
  Decoding decoding{budget, views};
  VoteRecord record;
  if (!get_record(from, record, decoding)) return damaged(name, kHeadBytes, decoding.error);
  return record;
}

std::expected<std::optional<VoteRecord>, std::string> decode_votes(const VoteFiles& files, const std::string& folder) {
  std::optional<std::string> error;
  for (const auto& [file, name] : {std::pair{&files.first, kVoteName}, std::pair{&files.second, kVoteCopyName}}) {
    if (!*file) continue;
    auto record = decode_vote(**file, folder + "/" + std::string(name));
    if (record) return std::optional(std::move(*record));
    if (!error) error = std::move(record.error());
  }
  if (error) return std::unexpected(std::move(*error));
  return std::nullopt;
}

}  // namespace hc
