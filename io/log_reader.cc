#include "io/log_reader.h"

#include <limits>
#include <utility>

namespace hc {
namespace {

constexpr std::size_t kWhole = std::numeric_limits<std::size_t>::max();

// Only one segment can follow a loss, so more of them say that there was none.
bool durable_behind(std::span<const std::uint64_t> later, const SegmentContents& contents) {
  if (later.size() != 1) return !later.empty();
  const auto file = contents(later.front(), kWhole);
  return !file || says_durable(*file, later.front());
}

}  // namespace

std::optional<SegmentReader::Behind> what_is_behind(std::uint64_t number, std::span<const std::uint64_t> later,
                                                    const SegmentContents& contents) {
  if (later.empty()) return std::nullopt;
  SegmentReader::Behind behind{std::nullopt, [later, &contents] { return durable_behind(later, contents); }};
  if (later.front() != number + 1) return behind;
  if (const auto head = contents(later.front(), kSegmentHeaderBytes)) behind.size = size_before(*head, later.front());
  return behind;
}

LogReader::LogReader(std::uint64_t first, std::vector<std::uint64_t> numbers, Contents contents, std::string folder)
    : last_(first - 1),
      numbers_(std::move(numbers)),
      left_(numbers_),
      contents_(std::move(contents)),
      folder_(std::move(folder)),
      beginning_(first) {}

void LogReader::fail(std::string error) {
  error_ = std::move(error);
  over_ = true;
}

bool LogReader::open() {
  const std::uint64_t expected = last_ + 1;
  const bool missing = left_.empty() || left_.front() != expected;
  if (missing && durable_behind(left_, contents_))
    fail(folder_ + "/" + segment_name(expected) +
         " is missing: bring it back, or in a cluster move the log away and start the member again");
  if (missing) {
    over_ = true;
    return false;
  }
  left_ = left_.subspan(1);
  auto file = contents_(expected, kWhole);
  if (!file) return fail(std::move(file.error())), false;
  file_ = std::move(*file);
  last_ = expected;
  reader_.emplace(file_, expected, folder_ + "/" + segment_name(expected), what_is_behind(expected, left_, contents_));
  return true;
}

void LogReader::close() {
  read_ += reader_->good();
  if (reader_->good() > 0)
    good_ = reader_->good();
  else
    --last_;  // nothing of it is there
  if (!reader_->error().empty()) fail(reader_->error());
  over_ |= reader_->ends_log();
  reader_.reset();
}

std::optional<std::vector<LogRecord>> LogReader::next() {
  while (!over_ && (reader_ || open())) {
    if (auto records = reader_->next()) {
      beginning_.read(*records);
      return records;
    }
    close();
  }
  if (error_.empty()) error_ = beginning_.error(folder_ + "/" + kFirstName);
  return std::nullopt;
}

}  // namespace hc
