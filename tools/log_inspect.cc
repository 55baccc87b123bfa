// log-inspect: looks at the log of a member that is stopped (docs/FORMATS.md), cuts what is damaged, and says what it
// holds as RESP, which `redis-cli --pipe` and a Redis AOF understand.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/durability/log.h"
#include "core/store/effects.h"
#include "io/log_codec.h"

namespace {

using namespace hc;
namespace fs = std::filesystem;

constexpr int kOk = 0, kDamaged = 1, kUnusable = 64;

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Segments {
  fs::path folder;
  std::uint64_t first = 1;
  std::map<std::uint64_t, fs::path> files;
};

// A log's folder, a data folder, or one segment.
Segments find(const std::string& given) {
  Segments found;
  fs::path path(given);
  if (fs::is_directory(path / "log")) path /= "log";
  if (fs::is_directory(path)) {
    found.folder = path;
    found.first = decode_first(contents(path / kFirstName)).value_or(1);
    for (const auto& entry : fs::directory_iterator(path))
      if (const auto number = segment_number(entry.path().filename().string()); number && *number >= found.first)
        found.files[*number] = entry.path();
  } else if (const auto number = segment_number(path.filename().string()); number && fs::exists(path)) {
    found.folder = path.parent_path();
    found.files[*number] = path;
  }
  return found;
}

struct Counts {
  std::uint64_t frames = 0, records = 0, entries = 0, good = 0, size = 0;
  std::string error;
};

template <class Visit>
Counts read(const Segments& segments, std::uint64_t number, const Visit& visit) {
  const std::string bytes = contents(segments.files.at(number));
  const bool last = !fs::exists(segments.folder / segment_name(number + 1));
  SegmentReader reader(bytes, number, last, segments.files.at(number).string());
  Counts c;
  while (auto records = reader.next()) {
    ++c.frames;
    c.records += records->size();
    for (const LogRecord& r : *records) {
      c.entries += std::holds_alternative<Applied>(r);
      visit(r);
    }
  }
  c.good = reader.good();
  c.size = bytes.size();
  c.error = reader.error();
  return c;
}

int list(const Segments& segments) {
  int status = kOk;
  std::printf("%-16s %12s %8s %10s %10s  %s\n", "segment", "bytes", "frames", "records", "entries", "state");
  for (const auto& [number, path] : segments.files) {
    const Counts c = read(segments, number, [](const LogRecord&) {});
    const std::string state = !c.error.empty()  ? "damaged at offset " + std::to_string(c.good)
                              : c.good < c.size ? "torn tail of " + std::to_string(c.size - c.good) + " bytes"
                                                : "whole";
    std::printf("%-16s %12llu %8llu %10llu %10llu  %s\n", segment_name(number).c_str(),
                static_cast<unsigned long long>(c.size), static_cast<unsigned long long>(c.frames),
                static_cast<unsigned long long>(c.records), static_cast<unsigned long long>(c.entries), state.c_str());
    if (!c.error.empty()) status = kDamaged;
  }
  return status;
}

int verify(const Segments& segments) {
  LogBeginning beginning(segments.first);
  const auto damaged = [](const std::string& error) {
    if (!error.empty()) std::fprintf(stderr, "log-inspect: %s\n", error.c_str());
    return !error.empty();
  };
  for (const auto& [number, path] : segments.files)
    if (damaged(read(segments, number, [&](const LogRecord& r) { beginning.read({r}); }).error)) return kDamaged;
  if (damaged(beginning.error((segments.folder / kFirstName).string()))) return kDamaged;
  std::printf("%zu segments, no damage\n", segments.files.size());
  return kOk;
}

// Behind the last good frame of the segment; what stands in later segments is lost, too.
int cut(const Segments& segments) {
  for (auto it = segments.files.begin(); it != segments.files.end(); ++it) {
    const Counts c = read(segments, it->first, [](const LogRecord&) {});
    if (c.good == c.size) continue;
    fs::resize_file(it->second, c.good);
    std::printf("%s: cut at %llu, %llu bytes are gone\n", it->second.c_str(), static_cast<unsigned long long>(c.good),
                static_cast<unsigned long long>(c.size - c.good));
    for (std::uint64_t later = it->first + 1; fs::exists(segments.folder / segment_name(later)); ++later) {
      const fs::path aside = segments.folder / (segment_name(later) + ".cut");
      fs::rename(segments.folder / segment_name(later), aside);
      std::printf("%s: moved aside, its beginning is missing\n", aside.c_str());
    }
    return kOk;
  }
  std::printf("nothing to cut\n");
  return kOk;
}

void print(const std::vector<std::string>& words) {
  std::printf("*%zu\r\n", words.size());
  for (const std::string& word : words) {
    std::printf("$%zu\r\n", word.size());
    std::fwrite(word.data(), 1, word.size(), stdout);
    std::printf("\r\n");
  }
}

// What the log says in the end, key by key. A cuckoo filter has no form that Redis would take: its key is named.
int dump(const Segments& segments) {
  NodeConfig config;
  Log log(config);
  std::vector<SlotTable> tables(config.slots);
  for (const auto& [number, path] : segments.files) {
    bool sound = true;
    const Counts c = read(segments, number, [&](const LogRecord& r) {
      if (!log.read(r)) return;
      if (const auto* a = std::get_if<Applied>(&r)) sound &= hc::apply(a->entry.effects.bytes(), tables[a->slot.value]);
      if (const auto* f = std::get_if<Filled>(&r)) sound &= hc::apply(Bytes(f->effects), tables[f->slot.value]);
      if (const auto* e = std::get_if<Emptied>(&r)) tables[e->slot.value].clear();
    });
    if (!c.error.empty() || !sound) {
      std::fprintf(stderr, "log-inspect: %s\n", sound ? c.error.c_str() : "effects that do not decode");
      return kDamaged;
    }
  }
  for (const SlotTable& table : tables) {
    std::uint64_t cursor = 0;
    do
      cursor = table.walk(cursor, [](const SlotTable::Item& item) {
        if (item.object) {
          const std::string type(name_of(item.type())), key(item.key);
          std::fprintf(stderr, "log-inspect: %s is a %s, and left out\n", key.c_str(), type.c_str());
          return;
        }
        std::vector<std::string> words{"SET", std::string(item.key), std::string(item.value)};
        if (item.expiry != kNoExpiry)
          words.insert(words.end(), {"PXAT", std::to_string(item.expiry.time_since_epoch().count())});
        print(words);
      });
    while (cursor != 0);
  }
  return kOk;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Looks at the log of a member that is stopped.", "log-inspect");
  std::string given;
  const std::pair<const char*, std::pair<const char*, int (*)(const Segments&)>> verbs[] = {
      {"list", {"each segment: how much stands in it, and whether it is whole", list}},
      {"verify", {"status 1 and a sentence if something is damaged", verify}},
      {"cut", {"cut off what stands behind the first damage, or the torn tail", cut}},
      {"dump", {"what the log holds, as RESP: for redis-cli --pipe, or as a Redis AOF", dump}},
  };
  for (const auto& [name, verb] : verbs)
    app.add_subcommand(name, verb.first)
        ->add_option("PATH", given, "a data folder, a log's folder, or a segment")
        ->required();
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  const Segments segments = find(given);
  if (segments.files.empty()) {
    std::fprintf(stderr, "log-inspect: %s holds no segment of a log: name a data folder, its log, or a segment\n",
                 given.c_str());
    return kUnusable;
  }
  for (const auto& [name, verb] : verbs)
    if (app.got_subcommand(name)) return verb.second(segments);
  return kUnusable;
}
