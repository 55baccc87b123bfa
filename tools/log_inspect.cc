// log-inspect: looks at the log of a member that is stopped (docs/FORMATS.md), cuts what is damaged, and says what it
// holds as RESP, which `redis-cli --pipe` and a Redis AOF understand. Likewise what a Redis AOF holds, so that users
// can move from Redis and back (docs/COMPATIBILITY.md).
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "core/command/command.h"
#include "core/command/text.h"
#include "io/log_codec.h"
#include "tools/aof.h"
#include "tools/backup.h"
#include "tools/files.h"
#include "tools/log_content.h"

namespace {

using namespace hc;
namespace fs = std::filesystem;

constexpr const char* kStatuses = R"(
Status: 0 done; 1 something is damaged, or of no use here; 64 what was asked makes no sense; 74 a file could not be read
or written.)";

int list(const Segments& segments) {
  int status = kOk;
  bool over = false;
  std::printf("%-16s %12s %8s %10s %10s  %s\n", "segment", "bytes", "frames", "records", "entries", "state");
  for (const auto& [number, path] : segments.files) {
    const SegmentRead c = read_segment(segments, number, [](const LogRecord&) {});
    const std::string state = over               ? "torn off, the end of the one before is missing"
                              : !c.error.empty() ? "damaged at offset " + std::to_string(c.good)
                              : c.good < c.size  ? "torn tail of " + std::to_string(c.size - c.good) + " bytes"
                                                 : "whole";
    std::printf("%-16s %12llu %8llu %10llu %10llu  %s\n", segment_name(number).c_str(),
                static_cast<unsigned long long>(c.size), static_cast<unsigned long long>(c.frames),
                static_cast<unsigned long long>(c.records), static_cast<unsigned long long>(c.entries), state.c_str());
    if (!c.error.empty()) status = kDamaged;
    over |= c.ends_log;
  }
  return status;
}

int verify(const Segments& segments) {
  LogBeginning beginning(segments.first);
  const auto damaged = [](const std::string& error) {
    if (!error.empty()) std::fprintf(stderr, "log-inspect: %s\n", error.c_str());
    return !error.empty();
  };
  for (const auto& [number, path] : segments.files) {
    const SegmentRead c = read_segment(segments, number, [&](const LogRecord& r) { beginning.read({r}); });
    if (damaged(c.error)) return kDamaged;
    if (c.ends_log) break;
  }
  if (damaged(beginning.error((segments.folder / kFirstName).string()))) return kDamaged;
  std::printf("%zu segments, no damage\n", segments.files.size());
  return kOk;
}

// Behind the last good frame of the segment; what stands in later segments is lost, too.
int cut(const Segments& segments) {
  for (auto it = segments.files.begin(); it != segments.files.end(); ++it) {
    const SegmentRead c = read_segment(segments, it->first, [](const LogRecord&) {});
    if (c.good == c.size && !c.ends_log) continue;
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

void print(const std::vector<std::string>& words, std::FILE* to) {
  std::fprintf(to, "*%zu\r\n", words.size());
  for (const std::string& word : words) {
    std::fprintf(to, "$%zu\r\n", word.size());
    std::fwrite(word.data(), 1, word.size(), to);
    std::fprintf(to, "\r\n");
  }
}

// Key by key, a SET each. A cuckoo filter has no form that Redis would take: its key is named.
void print(const SlotTable& table, std::FILE* to) {
  std::uint64_t cursor = 0;
  do
    cursor = table.walk(cursor, [to](const SlotTable::Item& item) {
      if (item.object) {
        const std::string type(name_of(item.type())), key(item.key);
        std::fprintf(stderr, "log-inspect: %s is a %s, and left out\n", key.c_str(), type.c_str());
        return;
      }
      std::vector<std::string> words{"SET", std::string(item.key), std::string(item.value)};
      if (item.expiry != kNoExpiry)
        words.insert(words.end(), {"PXAT", std::to_string(item.expiry.time_since_epoch().count())});
      print(words, to);
    });
  while (cursor != 0);
}

// What the log says in the end.
void print(const Segments& segments, std::FILE* to) {
  LogContent content(segments);
  for (const SlotTable& table : content.tables()) print(table, to);
}

int dump(const Segments& segments) { return print(segments, stdout), kOk; }

// ---- Redis' append-only file

// Carries out the commands of a file, and so knows what they come to.
class Replay {
 public:
  // What is wrong with it; empty: nothing.
  std::string take(Args args) {
    const CommandSpec* spec = find_command(args[0]);
    const std::string name = command::lower_case(args[0]);
    if (name == "select") return args.size() == 2 && args[1] == "0" ? "" : "data base 0 is the only one here";
    if (!spec || (spec->route != Route::kKeys && spec->route != Route::kEverySlot))
      return "HyperCache has no command " + name + ": take its keys out of the data, or leave them behind";
    if (const auto refused = refuse(spec, args)) return std::string(refused->text.view);
    Execution x{table_, now_, random_, nullptr};
    const Reply reply = execute(*spec, args, x);
    return reply.is_error() ? std::string(reply.text.view) : "";
  }
  const SlotTable& table() const { return table_; }

 private:
  SlotTable table_;
  WallTime now_ =
      WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::system_clock::now().time_since_epoch()));
  Random random_{1};
};

int import(const std::string& path) {
  const auto files = aof_files(path);
  Replay replay;
  for (const std::string& file : files) {
    const AofRead read = read_aof(file, [&](Args args) { return replay.take(args); });
    if (!read.error.empty()) throw Failure{read.error, kDamaged};
    if (read.torn == 0) continue;
    const std::string last = file + ": the last " + std::to_string(read.torn) + " bytes are ";
    const std::string what = read.block ? "a MULTI without its EXEC" : "a command that was cut off";
    if (file != files.back()) throw Failure{last + what + ", and another file follows", kDamaged};
    std::fprintf(stderr, "log-inspect: %s%s, and left out\n", last.c_str(), what.c_str());
  }
  print(replay.table(), stdout);
  return kOk;
}

int run(int argc, char** argv) try {
  CLI::App app("Looks at the log of a member that is stopped, and at Redis' append-only files.", "log-inspect");
  app.footer(kStatuses);
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
  std::string file;
  auto* exports = app.add_subcommand("export", "what the log holds, as the append-only file of a Redis server");
  exports->add_option("PATH", given, "a data folder, a log's folder, or a segment")->required();
  exports->add_option("FILE", file, "appendonly.aof in the folder of the Redis server")->required();
  app.add_subcommand("import", "what a Redis append-only file holds, as RESP: for redis-cli --pipe")
      ->add_option("AOF", file, "the file, or the folder in which Redis keeps it (appendonlydir)")
      ->required();
  auto* backs_up = app.add_subcommand(
      "backup",
      "a copy of a data folder, while its node runs; to be restored into a cluster that is stopped as a whole, "
      "never under one member of a living cluster: start that with an empty folder instead");
  backs_up->add_option("DATA", given, "the data folder")->required();
  backs_up->add_option("DIR", file, "a folder that is not there yet")->required();
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUnusable;
  }
  if (app.got_subcommand("import")) return import(file);
  if (app.got_subcommand(backs_up)) {
    const auto bytes = static_cast<unsigned long long>(back_up(given, file));
    std::printf("%llu bytes of the log are in %s\n", bytes, file.c_str());
    return kOk;
  }
  const Segments segments = find_segments(given);
  if (app.got_subcommand(exports)) return replace_durably(file, [&](std::FILE* to) { print(segments, to); }), kOk;
  for (const auto& [name, verb] : verbs)
    if (app.got_subcommand(name)) return verb.second(segments);
  return kUnusable;
} catch (const Failure& failure) {
  std::fprintf(stderr, "log-inspect: %s\n", failure.text.c_str());
  return failure.status;
} catch (const fs::filesystem_error& error) {
  std::fprintf(stderr, "log-inspect: %s\n", error.what());
  return kIoError;
}

}  // namespace

int main(int argc, char** argv) { return finish("log-inspect", run(argc, argv)); }
