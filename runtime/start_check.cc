#include "runtime/start_check.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "runtime/socket_names.h"

namespace hc {

namespace {

namespace fs = std::filesystem;
using Problem = std::optional<std::string>;  // with what to do

// Any port of the address is taken, for a moment: whether those that were asked for are free changes all the time.
Problem cannot_listen(const std::string& host) {
  const auto address = resolve_now(host, 0);
  if (!address) return "cannot be listened on (" + address.error() + "): give an address of this machine";
  const int fd = ::socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto size = static_cast<socklen_t>(address->ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  const bool bound = fd >= 0 && ::bind(fd, reinterpret_cast<const sockaddr*>(&*address), size) == 0;
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (bound) return std::nullopt;
  return "cannot be listened on (" + why + "): give an address of this machine";
}

Problem cannot_write_into(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) return "'" + folder.string() + "' is no folder: name another one";
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return std::nullopt;
  return "'" + folder.string() + "' cannot be written to (" + std::strerror(errno) + "): allow it, or name another one";
}

Problem cannot_have_folder(const std::string& path) {
  std::error_code ignored;
  fs::path there = fs::absolute(path, ignored);
  while (!fs::exists(there, ignored) && there.has_relative_path()) there = there.parent_path();
  return cannot_write_into(there);
}

Problem cannot_write_file(const std::string& path) {
  std::error_code ignored;
  const fs::path file = fs::absolute(path, ignored);
  if (fs::is_directory(file, ignored)) return "is a folder: name a file";
  if (!fs::is_directory(file.parent_path(), ignored))
    return "there is no folder '" + file.parent_path().string() + "': make it, or name another file";
  if (!fs::exists(file, ignored)) return cannot_write_into(file.parent_path());
  if (::access(file.c_str(), W_OK) == 0) return std::nullopt;
  return "cannot be written (" + std::string(std::strerror(errno)) + "): allow it, or name another file";
}

}  // namespace

std::vector<Obstacle> obstacles(const Options& options) {
  std::vector<Obstacle> found;
  const auto look = [&found](const char* option, const std::string& value, Problem (*problem)(const std::string&)) {
    if (value.empty()) return;
    if (auto what = problem(value)) found.push_back({option, value, std::move(*what)});
  };
  look("bind", options.bind, cannot_listen);
  look("data-dir", options.data_dir, cannot_have_folder);
  look("log-file", options.log.file, cannot_write_file);
  look("record", options.record, cannot_write_file);
  return found;
}

}  // namespace hc
