#include "tools/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "io/log_codec.h"

namespace hc {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 10;  // a snapshot may remove what is being copied

using Done = std::expected<void, std::string>;
std::unexpected<std::string> failed(const std::string& what, const fs::path& path) {
  return std::unexpected("cannot " + what + " " + path.string() + ": " + std::strerror(errno));
}

Done sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::fsync(fd) == 0;
  if (fd >= 0) ::close(fd);
  return ok ? Done() : failed("make durable", path);
}

Done copy_durably(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::copy_file(from, to, error);
  if (error) return std::unexpected("cannot copy " + from.string() + ": " + error.message());
  return sync(to);
}

std::uint64_t first_of(const fs::path& log) {
  std::ifstream file(log / kFirstName, std::ios::binary);
  return decode_first(std::string(std::istreambuf_iterator<char>(file), {})).value_or(1);
}

std::expected<std::uint64_t, std::string> copy_log(const fs::path& log, const fs::path& to) {
  const std::uint64_t first = first_of(log);
  std::set<std::uint64_t> numbers;
  for (const auto& entry : fs::directory_iterator(log))
    if (const auto number = segment_number(entry.path().filename().string()); number && *number >= first)
      numbers.insert(*number);
  fs::create_directories(to);
  if (fs::exists(log / kFirstName))
    if (const Done done = copy_durably(log / kFirstName, to / kFirstName); !done) return std::unexpected(done.error());
  std::uint64_t bytes = 0;
  for (const std::uint64_t number : numbers) {
    const fs::path there = to / segment_name(number);
    if (const Done done = copy_durably(log / segment_name(number), there); !done) return std::unexpected(done.error());
    bytes += fs::file_size(there);
  }
  if (first_of(log) != first) return std::unexpected(log.string() + " was shortened by a snapshot meanwhile");
  if (const Done done = sync(to); !done) return std::unexpected(done.error());
  return bytes;
}

// The vote first: the log knows whatever it rests on (9a).
std::expected<std::uint64_t, std::string> copy_all(const fs::path& data, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  if (fs::exists(data / "vote"))
    if (const Done done = copy_durably(data / "vote", to / "vote"); !done) return std::unexpected(done.error());
  const auto bytes = copy_log(data / "log", to / "log");
  if (!bytes) return bytes;
  if (const Done done = sync(to); !done) return std::unexpected(done.error());
  return bytes;
}

}  // namespace

std::expected<std::uint64_t, std::string> back_up(const std::string& data_folder, const std::string& to) try {
  if (fs::exists(to)) return std::unexpected(to + " is there already: name a folder that is not");
  if (!fs::is_directory(fs::path(data_folder) / "log"))
    return std::unexpected(data_folder + " is no data folder with a log: name that of a node with --appendonly yes");
  const fs::path beside = to + ".new";
  std::expected<std::uint64_t, std::string> bytes = std::unexpected("");
  for (int n = 0; n < kTries && !bytes; ++n) bytes = copy_all(data_folder, beside);
  if (!bytes) {
    fs::remove_all(beside);
    return bytes;
  }
  fs::rename(beside, to);
  if (const Done done = sync(fs::absolute(to).parent_path()); !done) return std::unexpected(done.error());
  return bytes;
} catch (const fs::filesystem_error& error) {
  return std::unexpected(error.what());
}

}  // namespace hc
