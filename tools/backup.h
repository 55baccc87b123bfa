// A copy of a member's data folder, while it runs: as it might be found after the end of its process at some moment
// since the copy was begun. The log only grows at its end, and what was copied of it is its beginning up to there.
#pragma once

#include <cstdint>
#include <string>

namespace hc {

// `to` must not be there yet; it is, when all of it is durable. So many bytes of the log are in it. Throws Failure.
std::uint64_t back_up(const std::string& data_folder, const std::string& to);

}  // namespace hc
