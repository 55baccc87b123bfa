#include "runtime/reserve.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace hc {

DiskError disk_error(const std::string& what, const std::string& path) {
  return {"cannot " + what + " " + path + ": " + std::strerror(errno), errno == ENOSPC || errno == EDQUOT};
}

Reserve::Reserve(std::string path, std::int64_t bytes) : path_(std::move(path)), bytes_(bytes) { put_back(); }

bool Reserve::put_back() {
  if (stands_) return true;
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  stands_ = ::posix_fallocate(fd, 0, bytes_) == 0;
  ::close(fd);
  if (!stands_) ::unlink(path_.c_str());
  return stands_;
}

std::expected<void, DiskError> Reserve::with(const Write& write) {
  const std::scoped_lock lock(busy_);
  auto written = write();
  if (written || !written.error().no_room || !stands_) return written;
  ::unlink(path_.c_str());
  stands_ = false;
  written = write();
  put_back();
  return written;
}

bool Reserve::stands() {
  const std::unique_lock lock(busy_, std::try_to_lock);
  return lock && put_back();
}

}  // namespace hc
