#include "runtime/port_owner.h"

#include <uv.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace hc {

namespace {

namespace fs = std::filesystem;

constexpr int kListening = 0x0A;

// The inodes of the sockets that are bound to the port, by one of the kernel's tables.
void collect_inodes(const char* table, std::uint16_t port, bool listening_only, std::set<std::string>& inodes) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // the heading
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::string number, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    if (!(fields >> number >> local >> remote >> state >> queues >> timer >> retransmits >> uid >> timeout >> inode)) {
      continue;
    }
    const auto colon = local.rfind(':');
    if (colon == std::string::npos || std::stoul(local.substr(colon + 1), nullptr, 16) != port) continue;
    if (listening_only && std::stoi(state, nullptr, 16) != kListening) continue;
    inodes.insert("socket:[" + inode + "]");
  }
}

std::string command_of(const fs::path& process) {
  std::ifstream file(process / "cmdline");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  while (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  constexpr std::size_t kShown = 120;
  if (text.size() > kShown) text = text.substr(0, kShown) + "…";
  return text;
}

bool holds(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code error;
  for (fs::directory_iterator file(process / "fd", error), end; !error && file != end; file.increment(error)) {
    std::error_code ignored;
    if (inodes.contains(fs::read_symlink(file->path(), ignored).string())) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> port_owner(std::uint16_t port, PortKind kind) {
  std::set<std::string> inodes;
  const bool tcp = kind == PortKind::kTcp;
  collect_inodes(tcp ? "/proc/net/tcp" : "/proc/net/udp", port, tcp, inodes);
  collect_inodes(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, tcp, inodes);
  if (inodes.empty()) return std::nullopt;
  std::error_code error;
  for (fs::directory_iterator process("/proc", error), end; !error && process != end; process.increment(error)) {
    const std::string pid = process->path().filename().string();
    if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (holds(process->path(), inodes)) return "process " + pid + " (" + command_of(process->path()) + ")";
  }
  return std::nullopt;
}

std::string busy_or_not(int status, std::uint16_t port, PortKind kind) {
  if (status != UV_EADDRINUSE) return uv_strerror(status);
  const auto owner = port_owner(port, kind);
  return "the port is in use by " + owner.value_or("a process that cannot be seen from here") +
         "; stop it or choose another port";
}

}  // namespace hc
