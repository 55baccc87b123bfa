#include "tools/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace hc {

namespace fs = std::filesystem;

Failure io_failure(const std::string& what, const fs::path& path) {
  return {"cannot " + what + " " + path.string() + ": " + std::strerror(errno), kIoError};
}

std::string contents(const fs::path& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) throw io_failure("read", path);
  std::string bytes;
  char some[1 << 16];
  while (const std::size_t count = std::fread(some, 1, sizeof some, file)) bytes.append(some, count);
  const Failure failure = io_failure("read", path);
  const bool ok = std::ferror(file) == 0;
  std::fclose(file);
  if (!ok) throw failure;
  return bytes;
}

void sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool ok = fd >= 0 && ::fsync(fd) == 0;
  const Failure failure = io_failure("make durable", path);
  if (fd >= 0) ::close(fd);
  if (!ok) throw failure;
}

void replace_durably(const fs::path& path, const std::function<void(std::FILE*)>& write) {
  const fs::file_status there = fs::symlink_status(path);
  if (fs::exists(there) && !fs::is_regular_file(there))
    throw Failure{path.string() + " is there and is no regular file: name another", kUnusable};
  const fs::path beside = path.string() + ".new";
  std::FILE* file = std::fopen(beside.c_str(), "wbx");
  if (!file) throw io_failure("make", beside);
  try {
    write(file);
    if (std::fflush(file) != 0 || std::ferror(file) != 0 || ::fsync(::fileno(file)) != 0)
      throw io_failure("write", beside);
    if (std::rename(beside.c_str(), path.c_str()) != 0) throw io_failure("replace", path);
  } catch (...) {
    std::fclose(file);
    std::remove(beside.c_str());
    throw;
  }
  std::fclose(file);
  sync(fs::absolute(path).parent_path());
}

int finish(const char* program, int status) {
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && std::ferror(stdout) == 0) return status;
  std::fprintf(stderr, "%s: cannot write to standard output: %s\n", program,
               flushed ? "some of it is missing" : std::strerror(errno));
  return kIoError;
}

}  // namespace hc
