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
constexpr std::uint32_t kFormatThatEnds = 1;  // with its payload
constexpr std::size_t kChangesMost = 64;
constexpr std::size_t kVoteBytesFixed = std::size_t{64} * 1024 * 1024;  // decoded: two views and their evidence

std::uint32_t get32(Bytes bytes, std::size_t at) { return WireReader(bytes.substr(at, 4)).fixed32(); }

constexpr Bytes kRemedy =
    ". What this member voted is not known any more: move vote and vote.copy away and start the member again; it then "
    "takes a new storage identity, counts as a lost voter, and is filled by the others";

// Why a file is of no use.
struct Wrong {
  std::string text;
  bool other_format = false;  // another version knows what it says
};

std::unexpected<Wrong> damaged(Bytes name, std::size_t at, Bytes what) {
  return std::unexpected(
      Wrong{std::string(name) + " is damaged at offset " + std::to_string(at) + ": " + std::string(what)});
}

// What makes `next` of `base`; null where that is no change of it.
ViewChangeRef change_between(const ViewRef& base, const ViewRef& next) {
  if (!base || !next || base->slot_count() != next->slot_count()) return nullptr;
  if (base->cluster != next->cluster || base->lineage != next->lineage) return nullptr;
  return std::make_shared<const ViewChange>(difference(*base, *next));
}

bool get_record(const wire::VoteRecord& from, VoteRecord& record, Decoding& decoding) {
  record.storage = get_id<StorageTag>(from.storage());
  record.cluster = get_id<ClusterTag>(from.cluster());
  record.writes = from.writes();
  record.instance = Epoch(from.instance());
  record.promised = get_ballot(from.promised());
  if (!from.view().empty() && !get_view(from.view(), record.view, decoding)) return false;
  if (static_cast<std::size_t>(from.changes_size()) > kChangesMost) return decoding.fail("too many changes of a view");
  for (const std::string& bytes : from.changes()) {
    DecodeBudget passing(kVoteBytesFixed);  // of all these views the last one stays
    const auto change = decode_change(bytes, passing);
    if (!change) return decoding.fail(change.error());
    record.view = apply_change(record.view, **change);
    if (!record.view) return decoding.fail("a change of another view");
  }
  if (!from.has_accepted()) return true;
  if (!get_accepted(from.accepted(), record.accepted.emplace(), decoding)) return false;
  Proposal& accepted = record.accepted->proposal;
  if (const auto change = std::exchange(accepted.change, nullptr)) accepted.view = apply_change(record.view, *change);
  return accepted || decoding.fail("what was accepted is no view");
}

}  // namespace

// Once the changes of the view that was written whole are half as long as itself, this one is.
void VoteEncoder::take(const ViewRef& view) {
  if (view == view_) return;
  const ViewChangeRef change = view == accepted_ ? change_ : change_between(view_, view);
  const std::string bytes = change ? memo_.encode(change) : std::string();
  view_ = view;
  accepted_ = nullptr;
  change_ = nullptr;
  bytes_of_changes_ += bytes.size();
  if (change && changes_.size() < kChangesMost && bytes_of_changes_ <= base_.size() / 2)
    return changes_.push_back(bytes);
  base_ = view ? memo_.encode(view) : std::string();
  changes_.clear();
  bytes_of_changes_ = 0;
}

ViewChangeRef VoteEncoder::change_to(const ViewRef& accepted) {
  if (accepted != accepted_) change_ = change_between(view_, accepted);
  accepted_ = accepted;
  return change_;
}

std::string VoteEncoder::payload_of(VoteRecord record) {
  ProtobufScratch scratch;
  auto& to = scratch.make<wire::VoteRecord>();
  put_id(record.storage, *to.mutable_storage());
  put_id(record.cluster, *to.mutable_cluster());
  to.set_writes(record.writes);
  to.set_instance(record.instance.value);
  put_ballot(record.promised, *to.mutable_promised());
  take(record.view);
  to.set_view(base_);
  for (const std::string& change : changes_) to.add_changes(change);
  if (record.accepted) {
    record.accepted->proposal.change = change_to(record.accepted->proposal.view);
    put_accepted(*record.accepted, *to.mutable_accepted(), memo_);
  }
  return to.SerializeAsString();
}

std::string VoteEncoder::encode(VoteRecord record) {
  const std::string payload = payload_of(std::move(record));
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

std::string encode_vote(VoteRecord record) { return VoteEncoder().encode(std::move(record)); }

namespace {

struct Decoded {
  VoteRecord record;
  Bytes whole;  // without what stands behind
  std::uint32_t format = 0;
};

std::expected<Decoded, Wrong> decode(Bytes bytes, Bytes name) {
  if (bytes.size() < kHeadBytes) return damaged(name, bytes.size(), "it ends within its header");
  if (!bytes.starts_with(kMagic)) return damaged(name, 0, "it does not begin as a vote file");
  if (crc32c(bytes.substr(0, kHeadSumAt)) != get32(bytes, kHeadSumAt))
    return damaged(name, kHeadSumAt, "the header's checksum does not match");
  const std::uint32_t format = get32(bytes, kFormatAt);
  if (format == 0 || format > kVoteFormat)
    return std::unexpected(Wrong{std::string(name) + " has format " + std::to_string(format) + " (at offset " +
                                     std::to_string(kFormatAt) + "), this program knows " +
                                     std::to_string(kVoteFormat) + ": start the version that wrote it",
                                 true});
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
  Decoded decoded{{}, bytes.substr(0, kHeadBytes + payload.size()), format};
  if (!get_record(from, decoded.record, decoding)) return damaged(name, kHeadBytes, decoding.error);
  return decoded;
}

}  // namespace

std::expected<VoteRecord, std::string> decode_vote(Bytes bytes, Bytes name) {
  auto decoded = decode(bytes, name);
  if (decoded) return std::move(decoded->record);
  const Wrong& wrong = decoded.error();
  return std::unexpected(wrong.other_format ? wrong.text : wrong.text + std::string(kRemedy));
}

std::expected<std::optional<NewestVote>, std::string> newest_vote(const VoteFileRead& first, const VoteFileRead& second,
                                                                  const std::string& folder) {
  std::optional<NewestVote> newest;
  std::string wrong;
  for (const auto& [file, name] : {std::pair(&first, kVoteName), std::pair(&second, kVoteCopyName)}) {
    if (!*file) continue;
    auto decoded =
        **file ? decode(***file, folder + "/" + std::string(name)) : std::unexpected(Wrong{(*file)->error()});
    if (!decoded) {
      if (decoded.error().other_format) return std::unexpected(decoded.error().text);
      wrong += (wrong.empty() ? "" : "; ") + decoded.error().text;
    } else if (!newest) {
      std::string bytes = decoded->format == kVoteFormat ? std::string(decoded->whole) : encode_vote(decoded->record);
      newest = NewestVote{std::move(decoded->record), std::move(bytes), file == &first, {}};
    } else if (decoded->record.storage == newest->record.storage && decoded->record.writes > newest->record.writes) {
      newest = NewestVote{std::move(decoded->record), std::string(decoded->whole), false, {}};
    }
  }
  if (!newest && !wrong.empty()) return std::unexpected(wrong + std::string(kRemedy));
  if (newest) newest->wrong = std::move(wrong);
  return newest;
}

}  // namespace hc
