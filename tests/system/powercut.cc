// For LD_PRELOAD: keeps beside what a process writes under HC_POWERCUT_DATA what a loss of power would leave of it, in
// HC_POWERCUT_KEPT (tests/system/powercut.py puts that in the place of the data).
//
// POSIX promises no more than this: fsync of a file makes its content durable, fsync of a folder the names in it. So
// `inode-K` holds what file K held when it was synced last, and `names-PATH` lists the names and files that folder PATH
// had then. HC_POWERCUT_STUB=1: syncs do nothing, so that a test can show that it would notice.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

namespace {

std::mutex one_at_a_time;

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::string path_of(int fd) {
  char path[4096];
  const ssize_t size = readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof path);
  return size < 0 ? std::string() : std::string(path, static_cast<std::size_t>(size));
}

// Names a file for good: numbers of inodes come again.
std::string key_of(int fd) {
  struct statx about{};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &about) != 0) std::abort();
  return std::to_string(about.stx_ino) + "-" + std::to_string(about.stx_btime.tv_sec) + "-" +
         std::to_string(about.stx_btime.tv_nsec);
}

void copy(int from, const std::string& to) {
  struct stat has{};
  fstat(from, &has);
  const int out = open(to.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  char buffer[65536];
  off_t at = 0;
  for (ssize_t n = 0; at < has.st_size && (n = pread(from, buffer, sizeof buffer, at)) > 0; at += n)
    if (pwrite(out, buffer, static_cast<std::size_t>(n), at) != n) std::abort();
  if (ftruncate(out, at) != 0) std::abort();
  close(out);
}

std::string names_of(std::string folder, const std::string& kept) {
  for (char& c : folder)
    if (c == '/') c = '%';
  return kept + "/names-" + folder;
}

// `files`: what they hold, too.
void keep_names(const std::string& folder, const std::string& kept, bool files) {
  std::string text;
  DIR* dir = opendir(folder.c_str());
  if (!dir) return;
  while (const dirent* entry = readdir(dir)) {
    if (entry->d_type != DT_REG) continue;
    const int file = openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;  // gone meanwhile
    text += key_of(file) + " " + entry->d_name + "\n";
    if (files) copy(file, kept + "/inode-" + key_of(file));
    close(file);
  }
  closedir(dir);
  const std::string path = names_of(folder, kept);
  std::FILE* out = std::fopen((path + ".new").c_str(), "w");
  std::fputs(text.c_str(), out);
  std::fclose(out);
  std::rename((path + ".new").c_str(), path.c_str());
}

// What is there when the first process begins is durable; of what it left to the kernel, a later one knows nothing.
[[gnu::constructor]] void begin() {
  const std::string data = setting("HC_POWERCUT_DATA"), kept = setting("HC_POWERCUT_KEPT");
  if (data.empty()) return;
  for (const std::string& folder : {data, data + "/log"})
    if (access(names_of(folder, kept).c_str(), F_OK) != 0) keep_names(folder, kept, true);
}

int keep(int fd) {
  static const std::string data = setting("HC_POWERCUT_DATA"), kept = setting("HC_POWERCUT_KEPT");
  static const bool stub = setting("HC_POWERCUT_STUB") == "1";
  const std::string path = path_of(fd);
  if (stub || data.empty() || path.compare(0, data.size(), data) != 0) return 0;
  const std::lock_guard<std::mutex> lock(one_at_a_time);
  struct stat about{};
  fstat(fd, &about);
  if (S_ISDIR(about.st_mode)) {
    keep_names(path, kept, false);
    return 0;
  }
  const int from = open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
  copy(from, kept + "/inode-" + key_of(from));
  close(from);
  return 0;
}

}  // namespace

extern "C" int fsync(int fd) { return keep(fd); }
extern "C" int fdatasync(int fd) { return keep(fd); }
