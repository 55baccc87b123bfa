#include "runtime/room_ahead.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

namespace hc {
namespace {

constexpr std::size_t kAppendMost = RoomAhead::kBytes / 8;
constexpr unsigned kInARow = 8;
constexpr std::size_t kPage = 4096;

}  // namespace

void RoomAhead::before_append(int fd, std::uint64_t end, std::size_t bytes, bool synced) {
  if (!synced) cut(fd, end);  // where that fails, at the end of the segment once more
  synced_in_a_row_ = synced ? std::min(synced_in_a_row_ + 1, kInARow) : 0;
  if (synced_in_a_row_ < kInARow || bytes > kAppendMost || end + bytes <= until_ || no_room_) return;
  const std::uint64_t from = std::max(until_, end), to = (from + kBytes + kPage - 1) / kPage * kPage;
  static const std::string zeros(kBytes + kPage, '\0');
  for (std::uint64_t at = from; at < to;) {
    const ssize_t count = ::pwrite(fd, zeros.data(), to - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      no_room_ = true;
      until_ = at;
      cut(fd, end);  // whoever appends needs it more; if it stays it does no harm
      return;
    }
    at += static_cast<std::uint64_t>(count);
  }
  until_ = to;
}

std::int64_t RoomAhead::cut(int fd, std::uint64_t end) {
  if (until_ > end && ::ftruncate(fd, static_cast<off_t>(end)) != 0) return -1;
  const std::uint64_t was = std::exchange(until_, 0);
  return was > end ? static_cast<std::int64_t>(was - end) : 0;
}

void RoomAhead::begin_file() {
  until_ = 0;
  no_room_ = false;
}

bool only_zeros(int fd, std::uint64_t begin) {
  std::array<char, kPage> some{};
  for (std::uint64_t at = begin;;) {
    const ssize_t count = ::pread(fd, some.data(), some.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    if (std::any_of(some.begin(), some.begin() + count, [](char c) { return c != '\0'; })) return false;
    at += static_cast<std::uint64_t>(count);
  }
}

}  // namespace hc
