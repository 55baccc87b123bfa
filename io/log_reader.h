// A log read as a whole: its segments in their order, frame by frame, to where it ends.
//
// A segment is begun while what was written last before it is still on its way to the disk, so a loss of power may take
// the end of a segment though another follows; of at most two. That other one says how long the one before it was, and
// of nothing behind a loss it is known that it was durable: then the log ends there, and what follows is torn off, too.
// Otherwise it is damage.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/log_codec.h"

namespace hc {

// The bytes of a segment, at most so many; or a sentence.
using SegmentContents = std::function<std::expected<std::string, std::string>(std::uint64_t number, std::size_t most)>;

// What stands behind segment `number`: the segments `later`, in order. `later` and `contents` are borrowed until it is
// asked no more.
std::optional<SegmentReader::Behind> what_is_behind(std::uint64_t number, std::span<const std::uint64_t> later,
                                                    const SegmentContents& contents);

class LogReader {
 public:
  using Contents = SegmentContents;

  // `first`: with which the log begins, of which folder; `numbers` of the segments that are there, in order, from
  // there.
  LogReader(std::uint64_t first, std::vector<std::uint64_t> numbers, Contents contents, std::string folder);
  LogReader(const LogReader&) = delete;
  LogReader& operator=(const LogReader&) = delete;

  // The records of the next frame; nullopt: this was all, or error() says what is damaged, missing or not readable.
  std::optional<std::vector<LogRecord>> next();
  const std::string& error() const { return error_; }
  std::uint64_t read() const { return read_ + (reader_ ? reader_->good() : 0); }  // bytes

  // When it is over: the log ends in this segment (the one before `first`: there is nothing), at this size. What stands
  // behind is torn: to be cut off before anything is written.
  std::uint64_t last() const { return last_; }
  std::uint64_t good() const { return good_; }

 private:
  bool open();
  void close();
  void fail(std::string error);

  std::uint64_t last_;
  std::vector<std::uint64_t> numbers_;
  std::span<const std::uint64_t> left_;  // of them, not begun
  Contents contents_;
  std::string folder_, file_, error_;
  std::optional<SegmentReader> reader_;
  LogBeginning beginning_;
  std::uint64_t read_ = 0, good_ = 0;
  bool over_ = false;
};

}  // namespace hc
