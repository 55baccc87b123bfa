#include "tools/vote.h"

#include <chrono>
#include <thread>
#include <utility>

#include "tools/files.h"

namespace hc {
namespace {

namespace fs = std::filesystem;

// While one file was read the member may have begun to write it, and then the other one.
constexpr int kTries = 10;
constexpr std::chrono::milliseconds kBetween{20};

VoteFileRead read_if_there(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  try {
    return contents(path);
  } catch (const Failure& failure) {
    return std::unexpected(failure.text);
  }
}

}  // namespace

std::optional<NewestVote> read_vote(const fs::path& folder) {
  for (int n = 1;; ++n) {
    auto newest =
        newest_vote(read_if_there(folder / kVoteName), read_if_there(folder / kVoteCopyName), folder.string());
    if (newest) return std::move(*newest);
    if (n == kTries) throw Failure{newest.error(), kDamaged};
    std::this_thread::sleep_for(kBetween);
  }
}

}  // namespace hc
