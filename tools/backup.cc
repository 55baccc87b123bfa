#include "tools/backup.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>
#include <set>

#include "io/log_codec.h"
#include "tools/files.h"
#include "tools/vote.h"

namespace hc {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 10;  // a snapshot may remove what is being copied

// As long as it is when that is begun: so many bytes, or nothing if it is gone.
std::optional<std::uint64_t> copy_durably(const fs::path& from, const fs::path& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0 && errno == ENOENT) return std::nullopt;
  const int out = in < 0 ? -1 : ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  struct stat about{};
  bool ok = out >= 0 && ::fstat(in, &about) == 0;
  std::uint64_t left = static_cast<std::uint64_t>(about.st_size);
  while (ok && left > 0) {
    const ssize_t count = ::sendfile(out, in, nullptr, left);
    if (count == 0) break;  // cut meanwhile
    if (count < 0 && errno == EINTR) continue;
    ok = count > 0;
    if (ok) left -= static_cast<std::uint64_t>(count);
  }
  ok = ok && ::fsync(out) == 0;
  const Failure failure = io_failure("copy " + from.string() + " to", to);
  if (in >= 0) ::close(in);
  if (out >= 0) ::close(out);
  if (!ok) throw failure;
  return static_cast<std::uint64_t>(about.st_size) - left;
}

std::uint64_t first_of(const fs::path& log) {
  const fs::path path = log / kFirstName;
  return fs::exists(path) ? decode_first(contents(path)).value_or(1) : 1;
}

// Nothing: a snapshot has shortened the log meanwhile.
std::optional<std::uint64_t> copy_log(const fs::path& log, const fs::path& to) {
  const std::uint64_t first = first_of(log);
  std::set<std::uint64_t> numbers;
  for (const auto& entry : fs::directory_iterator(log))
    if (const auto number = segment_number(entry.path().filename().string()); number && *number >= first)
      numbers.insert(*number);
  fs::create_directory(to);
  copy_durably(log / kFirstName, to / kFirstName);
  std::uint64_t bytes = 0;
  for (const std::uint64_t number : numbers) {
    const auto copied = copy_durably(log / segment_name(number), to / segment_name(number));
    if (!copied) return std::nullopt;
    bytes += *copied;
  }
  if (first_of(log) != first) return std::nullopt;
  sync(to);
  return bytes;
}

void copy_vote(const fs::path& data, const fs::path& to) {
  const auto vote = read_vote(data);
  if (!vote) return;
  replace_durably(to / kVoteName,
                  [&](std::FILE* file) { std::fwrite(vote->bytes.data(), 1, vote->bytes.size(), file); });
}

// The vote first: the log knows whatever it rests on (9a).
std::uint64_t copy_all(const fs::path& data, const fs::path& to) {
  for (int n = 0; n < kTries; ++n) {
    copy_vote(data, to);
    if (const auto bytes = copy_log(data / "log", to / "log")) {
      sync(to);
      return *bytes;
    }
    for (const auto& entry : fs::directory_iterator(to)) fs::remove_all(entry.path());
  }
  throw Failure{data.string() + " was shortened by a snapshot during each of " + std::to_string(kTries) + " tries",
                kIoError};
}

}  // namespace

std::uint64_t back_up(const std::string& data_folder, const std::string& given) {
  fs::path to = fs::absolute(given).lexically_normal();
  if (!to.has_filename()) to = to.parent_path();  // a slash at its end
  if (fs::exists(fs::symlink_status(to)))
    throw Failure{to.string() + " is there already: name a folder that is not", kUnusable};
  if (!fs::is_directory(fs::path(data_folder) / "log"))
    throw Failure{data_folder + " is no data folder with a log: name that of a node with --appendonly yes", kUnusable};
  const fs::path beside = to.string() + ".new";
  if (!fs::create_directory(beside))
    throw Failure{beside.string() + " is there already: remove it if no other backup is at work there", kUnusable};
  try {
    const std::uint64_t bytes = copy_all(data_folder, beside);
    fs::rename(beside, to);
    sync(to.parent_path());
    return bytes;
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(beside, ignored);
    throw;
  }
}

}  // namespace hc
