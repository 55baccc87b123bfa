#include "tools/log_content.h"

#include "core/store/effects.h"
#include "io/log_reader.h"
#include "tools/files.h"

namespace hc {

namespace fs = std::filesystem;

Segments find_segments(const std::string& given) {
  Segments found;
  fs::path path(given);
  if (fs::is_directory(path / "log")) path /= "log";
  if (fs::is_directory(path)) {
    found.folder = path;
    found.all = true;
    if (fs::exists(path / kFirstName)) found.first = decode_first(contents(path / kFirstName)).value_or(1);
    for (const auto& entry : fs::directory_iterator(path))
      if (const auto number = segment_number(entry.path().filename().string()); number && *number >= found.first)
        found.files[*number] = entry.path();
  } else if (const auto number = segment_number(path.filename().string()); number && fs::exists(path)) {
    found.folder = path.parent_path();
    found.files[*number] = path;
  }
  if (found.files.empty())
    throw Failure{given + " holds no segment of a log: name a data folder, its log, or a segment", kUnusable};
  return found;
}

SegmentRead read_segment(const Segments& segments, std::uint64_t number,
                         const std::function<void(const LogRecord&)>& visit) {
  const std::string bytes = contents(segments.files.at(number));
  std::vector<std::uint64_t> later;
  while (fs::exists(segments.folder / segment_name(number + 1 + later.size())))
    later.push_back(number + 1 + later.size());
  const SegmentContents of_segment = [&](std::uint64_t n, std::size_t most) {
    return contents(segments.folder / segment_name(n)).substr(0, most);
  };
  SegmentReader reader(bytes, number, segments.files.at(number).string(), what_is_behind(number, later, of_segment));
  SegmentRead read;
  while (auto records = reader.next()) {
    ++read.frames;
    read.records += records->size();
    for (const LogRecord& r : *records) {
      read.entries += std::holds_alternative<Applied>(r);
      visit(r);
    }
  }
  read.good = reader.good();
  const bool room = read.good > 0 && bytes.find_first_not_of('\0', read.good) == std::string::npos;
  read.size = room ? read.good : bytes.size();
  read.ends_log = reader.ends_log();
  read.error = reader.error();
  return read;
}

LogContent::LogContent(const Segments& segments) {
  LogBeginning beginning(segments.first);
  std::uint64_t expected = segments.all ? segments.first : segments.files.begin()->first;
  for (const auto& [number, path] : segments.files) {
    if (number != expected++)
      throw Failure{(segments.folder / segment_name(number - 1)).string() + " is missing", kDamaged};
    bool sound = true;
    const SegmentRead read = read_segment(segments, number, [&](const LogRecord& r) {
      beginning.read({r});
      sound = sound && take(r);
    });
    if (!read.error.empty() || !sound)
      throw Failure{sound ? read.error : path.string() + ": effects that do not decode", kDamaged};
    if (read.ends_log) break;
  }
  if (const std::string error = beginning.error((segments.folder / kFirstName).string()); !error.empty())
    throw Failure{error, kDamaged};
}

// As a member does at its start. False: it makes no sense.
bool LogContent::take(const LogRecord& record) {
  if (const auto* run = std::get_if<RunBegan>(&record)) last_ = run->generation;
  if (!log_.read(record)) return true;
  if (const auto* a = std::get_if<Applied>(&record)) {
    Position& at = at_[a->slot.value];
    if (a->entry.at.seq <= at.seq) return true;  // a snapshot has it
    at = a->entry.at;
    return hc::apply(a->entry.effects.bytes(), tables_[a->slot.value]);
  }
  if (const auto* f = std::get_if<Filled>(&record)) return hc::apply(Bytes(f->effects), tables_[f->slot.value]);
  if (const auto* k = std::get_if<Kept>(&record)) at_[k->slot.value] = k->at;
  if (const auto* e = std::get_if<Emptied>(&record)) {
    tables_[e->slot.value].clear();
    at_[e->slot.value] = e->at;
  }
  return true;
}

}  // namespace hc
