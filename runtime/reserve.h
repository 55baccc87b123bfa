// Room that is kept back on the disk, so that what is small and must be written can be where the disk is full: the
// vote, with which segment the log begins, and the appends to it that are on their way when it fills. A file that takes
// its place and says nothing; it goes when its room is needed, and comes back as soon as there is room.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <string>

namespace hc {

// What the system said of a file.
struct DiskError {
  std::string text;      // a sentence for the operator
  bool no_room = false;  // the disk, or a quota, is full
};
// Of errno, just now: "cannot write /data/vote: No space left on device".
DiskError disk_error(const std::string& what, const std::string& path);

class Reserve {
 public:
  static constexpr std::int64_t kBytes = std::int64_t{2} << 20;

  explicit Reserve(std::string path, std::int64_t bytes = kBytes);
  Reserve(const Reserve&) = delete;
  Reserve& operator=(const Reserve&) = delete;

  // Writes, and if there is no room once more without the reserve. May be called from any thread.
  using Write = std::function<std::expected<void, DiskError>()>;
  std::expected<void, DiskError> with(const Write& write);
  // It is there, or could be put back. False as well while somebody is within with(): this one does not wait.
  bool stands();
  // Its room is in use. Requires: nobody else is within with().
  bool spent() const { return !stands_; }

 private:
  bool put_back();

  std::string path_;
  std::mutex busy_;
  std::int64_t bytes_;
  bool stands_ = false;
};

}  // namespace hc
