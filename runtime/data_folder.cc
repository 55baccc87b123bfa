#include "runtime/data_folder.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

namespace hc {

namespace {

std::string why() { return std::strerror(errno); }

std::unexpected<std::string> failed(const std::string& what, const std::string& path) {
  return std::unexpected("cannot " + what + " " + path + ": " + why());
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

VoteFileRead read_if_there(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return std::nullopt;
  std::string bytes;
  char some[1 << 16];
  ssize_t count = file ? 1 : -1;
  while (file && (count = ::read(file.get(), some, sizeof some)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) break;
    bytes.append(some, static_cast<std::size_t>(count));
  }
  if (count < 0) return failed("read", path);
  return bytes;
}

// A file, or a folder's names.
std::expected<void, DiskError> sync(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return std::unexpected(disk_error("sync", path));
  return {};
}

std::string holder_of(const std::string& lock_path) {
  std::ifstream file(lock_path);
  std::string pid;
  file >> pid;
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

std::expected<DataFolder, std::string> DataFolder::open(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return std::unexpected("cannot make the data folder " + path + ": " + error.message());
  const std::string lock_path = path + "/lock";
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return failed("open", lock_path);
  DataFolder folder(path, lock);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", lock_path);
    return std::unexpected("the data folder " + path + " is in use by " + holder_of(lock_path) +
                           "; stop it, or give this member a folder of its own with --data-dir");
  }
  // Whose it is, is said for people: a full disk may keep it from being said.
  const std::string pid = std::to_string(::getpid()) + "\n";
  const bool said = write_all(lock, pid) && ::ftruncate(lock, static_cast<off_t>(pid.size())) == 0;
  if (!said && errno != ENOSPC && errno != EDQUOT) return failed("write", lock_path);
  folder.reserve_ = std::make_unique<Reserve>(path + "/reserve");
  return folder;
}

DataFolder::DataFolder(DataFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)), reserve_(std::move(other.reserve_)) {}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

std::expected<std::optional<VoteRecord>, std::string> DataFolder::read_vote() const {
  const VoteFileRead first = read_if_there(path_of(kVoteName)), second = read_if_there(path_of(kVoteCopyName));
  auto newest = newest_vote(first, second, path_);
  if (!newest) return std::unexpected(newest.error());
  if (!*newest) return std::nullopt;
  const std::string_view source = (*newest)->of_first ? kVoteName : kVoteCopyName;
  const std::string_view other = (*newest)->of_first ? kVoteCopyName : kVoteName;
  if (const std::string& wrong = (*newest)->wrong; !wrong.empty())
    spdlog::info("{}; it is written anew from {}", wrong, path_of(source));
  const auto restored = restore_vote(source, other, (*newest)->bytes);
  if (!restored) return std::unexpected(restored.error());
  return std::move((*newest)->record);
}

// A process that ended while it wrote may have left what the disk does not have yet, in either file, and the system may
// take for written what it failed to write. So the other file is made anew first, beside what is there.
std::expected<void, std::string> DataFolder::restore_vote(std::string_view source, std::string_view other,
                                                          const std::string& bytes) const {
  return in_reserve([&] {
    auto done = replace_vote(other, bytes);
    if (done) done = put_vote(source, bytes);
    return done;
  });
}

std::expected<void, std::string> DataFolder::write_vote(const std::string& bytes) const {
  return in_reserve([&] {
    auto done = put_vote(kVoteName, bytes);
    if (done) done = put_vote(kVoteCopyName, bytes);
    return done;
  });
}

std::expected<void, std::string> DataFolder::in_reserve(const Reserve::Write& write) const {
  const auto written = reserve_->with(write);
  if (!written) return std::unexpected(written.error().text);
  return {};
}

// In place: a file that has its room on the disk costs the bytes alone, no entry of a folder.
std::expected<void, DiskError> DataFolder::put_vote(std::string_view name, const std::string& bytes) const {
  const std::string path = path_of(name);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return replace_vote(name, bytes);
  if (!write_all(file.get(), bytes)) return std::unexpected(disk_error("write", path));
  if (::fdatasync(file.get()) != 0) return std::unexpected(disk_error("sync", path));
  return {};
}

// Makes a file of that name, which is there when it is whole.
std::expected<void, DiskError> DataFolder::replace_vote(std::string_view name, const std::string& bytes) const {
  const std::string path = path_of(name), fresh = path + ".new";
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return std::unexpected(disk_error("create", fresh));
    if (!write_all(file.get(), bytes)) return std::unexpected(disk_error("write", fresh));
    if (::fsync(file.get()) != 0) return std::unexpected(disk_error("sync", fresh));
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return std::unexpected(disk_error("replace", path));
  return sync(path_);
}

}  // namespace hc
