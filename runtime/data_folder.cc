#include "runtime/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "io/vote_file.h"

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
  const std::string path = vote_path();
  if (!std::filesystem::exists(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  if (!file.good() && !file.eof()) return failed("read", path);
  auto record = decode_vote(bytes, path);
  if (!record) return std::unexpected(record.error());
  return std::optional(std::move(*record));
}

std::expected<void, std::string> DataFolder::write_vote(const std::string& bytes) const {
  const auto written = reserve_->with([&] { return put_vote(bytes); });
  if (!written) return std::unexpected(written.error().text);
  return {};
}

std::expected<void, DiskError> DataFolder::put_vote(const std::string& bytes) const {
  const std::string path = vote_path(), fresh = path + ".new";
  const auto failed_to = [](const std::string& what, const std::string& where) {
    return std::unexpected(disk_error(what, where));
  };
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file) return failed_to("create", fresh);
    if (!write_all(file.get(), bytes)) return failed_to("write", fresh);
    if (::fsync(file.get()) != 0) return failed_to("sync", fresh);
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed_to("replace", path);
  const Descriptor folder(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return failed_to("sync", path_);
  return {};
}

}  // namespace hc
