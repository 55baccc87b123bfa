#include "tools/aof.h"

#include <filesystem>
#include <sstream>

#include "core/command/text.h"
#include "io/resp.h"
#include "tools/files.h"

namespace hc {
namespace {

namespace fs = std::filesystem;

// "file appendonly.aof.1.base.rdb seq 1 type b"; of type h is history that no longer counts.
std::vector<std::string> named_by(const fs::path& manifest) {
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
    if (name.empty() || type.empty())
      throw Failure{manifest.string() + ": not a line of a manifest: " + line, kDamaged};
    files.push_back((manifest.parent_path() / name).string());
  }
  if (files.empty()) throw Failure{manifest.string() + " names no file", kDamaged};
  return files;
}

}  // namespace

std::vector<std::string> aof_files(const std::string& path) {
  if (fs::is_regular_file(path)) {
    if (path.ends_with(".manifest")) return named_by(path);
    return std::vector{path};
  }
  if (fs::is_directory(path))
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.path().extension() == ".manifest") return named_by(entry.path());
  throw Failure{path + " is no append-only file, and no folder with a manifest of one", kUnusable};
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
  struct Held {
    std::size_t at;
    std::vector<std::string> words;
  };
  bool block = false;      // a MULTI that has no EXEC yet,
  std::size_t began = 0;   // and where it began
  std::vector<Held> held;  // what stands in it
  const auto cut_off = [&](std::size_t at) {
    read.torn = bytes.size() - (block ? began : at);
    read.block = block;
    return read;
  };
  RespParser parser;
  for (std::size_t at = 0; at < bytes.size();) {
    const Bytes left = Bytes(bytes).substr(at);
    if (left.front() == '#') {  // an annotation: "#TS:1700000000"
      const std::size_t end = left.find('\n');
      if (end == Bytes::npos) return cut_off(at);
      at += end + 1;
      continue;
    }
    if (left.front() != '*') return wrong(at, "no command begins here");
    std::size_t consumed = 0;
    const auto outcome = parser.next(left, consumed);
    if (outcome == RespParser::Outcome::kError) return wrong(at, parser.error());
    if (outcome == RespParser::Outcome::kNeedMore) return cut_off(at);
    const auto args = parser.args();
    const std::string name = command::lower_case(args[0]);
    if (name == "multi") {
      if (block) return wrong(at, "a MULTI within another");
      block = true;
      began = at;
    } else if (name == "exec") {
      if (!block) return wrong(at, "an EXEC without its MULTI");
      for (const Held& command : held) {
        const std::vector<Bytes> words(command.words.begin(), command.words.end());
        if (const std::string error = take(words); !error.empty()) return wrong(command.at, error);
      }
      held.clear();
      block = false;
    } else if (block) {
      held.push_back({at, {args.begin(), args.end()}});
    } else if (const std::string error = take(args); !error.empty()) {
      return wrong(at, error);
    }
    at += consumed;
  }
  if (block) return cut_off(bytes.size());
  return read;
}

}  // namespace hc
