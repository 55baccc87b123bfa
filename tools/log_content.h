// The log of a member that is stopped, or a backup of one, as the tools read it: its segments, and what they come to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/durability/log.h"
#include "core/store/slot_table.h"

namespace hc {

struct Segments {
  std::filesystem::path folder;
  bool all = false;  // a folder was given: it is the whole log
  std::uint64_t first = 1;
  std::map<std::uint64_t, std::filesystem::path> files;
};
// `given` is a log's folder, a data folder, or one segment. Throws Failure if there is no segment.
Segments find_segments(const std::string& given);

struct SegmentRead {
  std::uint64_t frames = 0, records = 0, entries = 0, good = 0;
  std::uint64_t size = 0;  // without zeros behind the last frame: room that was not used
  bool ends_log = false;   // what follows does not count
  std::string error;
};
// Throws Failure if the file cannot be read; damage is told.
SegmentRead read_segment(const Segments& segments, std::uint64_t number,
                         const std::function<void(const LogRecord&)>& visit);

// What the log says in the end, slot by slot.
class LogContent {
 public:
  // Throws Failure, for damage too.
  explicit LogContent(const Segments& segments);
  LogContent(const LogContent&) = delete;
  LogContent& operator=(const LogContent&) = delete;

  std::vector<SlotTable>& tables() { return tables_; }
  Position at(Slot s) const { return at_[s.value]; }
  // All of what it held at this position is there (no half fill).
  bool whole(Slot s) const { return at(s) != Position{} && offer(s, last_).held; }
  DiskOffer offer(Slot s, Generation writer) const { return log_.offer(s, writer, at(s)); }  // 9a

 private:
  bool take(const LogRecord& record);

  NodeConfig config_;
  Log log_{config_};
  Generation last_;
  std::vector<SlotTable> tables_{config_.slots};
  std::vector<Position> at_{config_.slots};
};

}  // namespace hc
