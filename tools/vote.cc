#include "tools/vote.h"

#include <utility>

#include "io/vote_file.h"
#include "tools/files.h"

namespace hc {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 10;  // while one file was read the member may have begun to write it, and then the other one

std::optional<std::string> contents_if_there(const fs::path& path) {
  if (!fs::exists(path)) return std::nullopt;
  return contents(path);
}

}  // namespace

std::optional<VoteRecord> read_vote(const fs::path& folder) {
  for (int n = 1;; ++n) {
    auto record = decode_votes({contents_if_there(folder / kVoteName), contents_if_there(folder / kVoteCopyName)},
                               folder.string());
    if (record) return std::move(*record);
    if (n == kTries) throw Failure{record.error(), kDamaged};
  }
}

}  // namespace hc
