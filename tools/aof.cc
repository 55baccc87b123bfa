#include "tools/aof.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/resp.h"

namespace hc {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// "file appendonly.aof.1.base.rdb seq 1 type b"; of type h is history that no longer counts.
std::expected<std::vector<std::string>, std::string> named_by(const fs::path& manifest) {
  std::vector<std::string> files;
  std::istringstream lines(contents(manifest));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string key, value, name, type;
    while (words >> key >> value) {
      if (key == "file") name = value;
      if (key == "type") type = value;
    }
    if (line.empty() || line.front() == '#' || type == "h") continue;
    if (name.empty() || type.empty()) return std::unexpected(manifest.string() + ": not a line of a manifest: " + line);
    files.push_back((manifest.parent_path() / name).string());
  }
  return files;
}

}  // namespace

std::expected<std::vector<std::string>, std::string> aof_files(const std::string& path) {
  if (fs::is_regular_file(path)) {
    if (path.ends_with(".manifest")) return named_by(path);
    return std::vector{path};
  }
  if (fs::is_directory(path))
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.path().extension() == ".manifest") return named_by(entry.path());
  return std::unexpected(path + " is no append-only file, and no folder with a manifest of one");
}

AofRead read_aof(const std::string& file, const TakeCommand& take) {
  AofRead read;
  const std::string bytes = contents(file);
  const auto wrong = [&](std::size_t offset, const std::string& what) {
    read.error = file + " at offset " + std::to_string(offset) + ": " + what;
    return read;
  };
  if (bytes.starts_with("REDIS"))
    return wrong(0,
                 "it begins with an RDB, which is not known here: in Redis say CONFIG SET aof-use-rdb-preamble no and "
                 "BGREWRITEAOF, then take the new file");
  RespParser parser;
  for (std::size_t at = 0; at < bytes.size();) {
    const Bytes left = Bytes(bytes).substr(at);
    if (left.front() == '#') {  // an annotation: "#TS:1700000000"
      const std::size_t end = left.find('\n');
      if (end == Bytes::npos) return read.torn = left.size(), read;
      at += end + 1;
      continue;
    }
    if (left.front() != '*') return wrong(at, "no command begins here");
    std::size_t consumed = 0;
    const auto outcome = parser.next(left, consumed);
    if (outcome == RespParser::Outcome::kError) return wrong(at, parser.error());
    if (outcome == RespParser::Outcome::kNeedMore) return read.torn = left.size(), read;
    if (const std::string error = take(parser.args()); !error.empty()) return wrong(at, error);
    ++read.commands;
    at += consumed;
  }
  return read;
}

}  // namespace hc
