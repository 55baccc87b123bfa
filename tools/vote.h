// What a member must not forget of its votes, as the tools read it from its data folder or from a backup.
#pragma once

#include <filesystem>
#include <optional>

#include "io/vote_file.h"

namespace hc {

// The member may be at work. nullopt: there is no vote file. Throws Failure.
std::optional<NewestVote> read_vote(const std::filesystem::path& folder);

}  // namespace hc
