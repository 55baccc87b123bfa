// The log of a member as bytes (docs/FORMATS.md, "The log"): records, and the segments that they stand in.
//
// A segment is a file: a header, then frames, each of the records of one append. A frame's checksums cover where it
// stands, so that nothing from elsewhere passes for it; and it says how much of its segment was durable when it was
// written, and all before it. What cannot be read below that is damage. Above, it is the torn tail of a process that
// died, and is cut, if it looks like one: some of it is missing, or a sector of it was never written, and so is empty.
// Else it is damage too. The header says how long the segment before was, so that none loses its end unnoticed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/durability/record.h"
#include "io/packing.h"
#include "io/wire.h"

namespace hc {

// Format 1 did not say how long the segment before was, and had no packed frames.
inline constexpr std::uint32_t kLogFormat = 2;
inline constexpr std::size_t kSegmentHeaderBytes = 32;

void write_log_records(const std::vector<LogRecord>& records, WireWriter& out);
// To the end of the reader; it turns bad where bytes have no meaning.
std::vector<LogRecord> read_log_records(WireReader& in);

// "00000017.log"
std::string segment_name(std::uint64_t number);
std::optional<std::uint64_t> segment_number(Bytes name);

// The file that says with which segment the log begins.
inline constexpr const char* kFirstName = "first";
std::string encode_first(std::uint64_t segment);
std::optional<std::uint64_t> decode_first(Bytes text);

// A log that does not begin with segment 1 begins with a snapshot, and was told to only when that was durable to its
// end (9c): if the end is not there, what it held is lost.
class LogBeginning {
 public:
  explicit LogBeginning(std::uint64_t first) : first_(first), whole_(first == 1) {}
  void read(const std::vector<LogRecord>& records);
  // When all is read: names the file (`name` is the one that says where the log begins) and what the operator can do.
  // Empty: nothing is wrong.
  std::string error(Bytes name) const;

 private:
  std::uint64_t first_;
  bool whole_;
};

// Writes one segment: gives bytes for the end of its file.
class SegmentWriter {
 public:
  // `before`: the size of the segment before it; 0 if there is none.
  SegmentWriter(std::uint64_t number, std::uint64_t before) : number_(number), before_(before) {}
  std::string header();
  // `packed`: by zstd, where that makes it smaller.
  // Borrowed until the next frame.
  const std::string& frame(const std::vector<LogRecord>& records, bool packed = false);

  std::uint64_t number() const { return number_; }
  std::uint64_t size() const { return size_; }  // of the file, with all that was given
  // What was given last did not get there: the file has this size.
  void take_back(std::uint64_t size) { size_ = size; }
  // So much of it is durable, and all segments before it.
  void synced(std::uint64_t size) { synced_ = std::max(synced_, size); }
  bool all_synced() const { return synced_ == size_; }

 private:
  void pack_body();

  std::uint64_t number_, before_, size_ = 0, synced_ = 0;
  std::string frame_;  // reused
  Packer packer_;
};

// What the beginning of a segment says of the one before it: its size. nullopt: it is not whole, or of another number.
std::optional<std::uint64_t> size_before(Bytes file, std::uint64_t number);
// Some frame of the segment says that some of it was durable, and so everything before it.
bool says_durable(Bytes file, std::uint64_t number);

// Some sector of the file has nothing but zeros where it lies within [begin, end).
bool empty_sector(Bytes file, std::uint64_t begin, std::uint64_t end);

// Reads one segment, frame by frame.
class SegmentReader {
 public:
  // What follows it.
  struct Behind {
    std::optional<std::uint64_t> size;  // of this segment, as the next one says
    std::function<bool()> durable;      // something behind it was, and so was all of it; asked where something is amiss
  };
  // `file` borrows. `name` is the file's, for the sentence. `behind`: nullopt if nothing follows.
  SegmentReader(Bytes file, std::uint64_t number, Bytes name, std::optional<Behind> behind = std::nullopt);
  // The records of the next frame; nullopt: this was all, or error() says what is damaged.
  std::optional<std::vector<LogRecord>> next();
  // So many bytes are read; behind them, when there is no more, a torn tail. 0: there is not even a header.
  std::uint64_t good() const { return good_; }
  // Names the file, the offset, and what the operator can do. Empty: nothing is wrong.
  const std::string& error() const { return error_; }
  // Something is torn, here or at the end, so nothing that follows counts.
  bool ends_log() const { return ends_log_; }

 private:
  void stop(Bytes what);
  void finish();

  Bytes file_;
  std::uint64_t number_;
  std::optional<Behind> behind_;
  bool over_ = false, ends_log_ = false;
  std::string name_;
  std::uint64_t good_ = 0;
  std::string error_;
};

}  // namespace hc
