// A log of several segments: where it ends after a loss of power, and when what is missing is damage.
#include "io/log_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <ranges>

namespace hc {
namespace {

std::vector<LogRecord> records(std::uint64_t seq) { return {Emptied{Slot{3}, {Epoch(2), Seq(seq)}, true}}; }

// Segments 1 to `count` of two frames each. Those from `undurable_from` know of nothing that it was durable, so the one
// before the first of them may have lost something, too.
struct Files {
  std::map<std::uint64_t, std::string> bytes;

  Files(std::uint64_t count, std::uint64_t undurable_from) {
    for (std::uint64_t n = 1; n <= count; ++n) {
      SegmentWriter writer(n, n == 1 ? 0 : bytes.at(n - 1).size());
      std::string file = writer.header();
      for (std::uint64_t frame = 0; frame < 2; ++frame) {
        if (n < undurable_from) writer.synced(writer.size());
        file += writer.frame(records(2 * n + frame));
      }
      bytes[n] = file;
    }
  }

  struct Read {
    std::size_t frames = 0;
    std::uint64_t last = 0, good = 0;
    std::string error{};
  };
  Read read() const {
    const auto numbers = std::views::keys(bytes);
    LogReader reader(
        1, {numbers.begin(), numbers.end()},
        [this](std::uint64_t number, std::size_t most) { return bytes.at(number).substr(0, most); }, "log");
    Read r;
    while (reader.next()) ++r.frames;
    r.last = reader.last();
    r.good = reader.good();
    r.error = reader.error();
    return r;
  }
};

TEST(LogReader, ReadsSegmentAfterSegment) {
  const Files files(3, 4);
  const auto r = files.read();
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.frames, 6U);
  EXPECT_EQ(r.last, 3U);
  EXPECT_EQ(r.good, files.bytes.at(3).size());
}

TEST(LogReader, ALostEndEndsTheLogWhereNothingBehindWasDurable) {
  const Files whole(3, 3);
  for (std::size_t size = 0; size < whole.bytes.at(2).size(); ++size) {
    Files files = whole;
    files.bytes[2].resize(size);
    const auto r = files.read();
    const bool some = size >= kSegmentHeaderBytes;
    EXPECT_EQ(r.error, "") << size;
    EXPECT_LE(r.frames, 3U) << size << ": nothing of the third is read";
    EXPECT_EQ(r.last, some ? 2U : 1U) << size;
    EXPECT_LE(r.good, some ? size : whole.bytes.at(1).size()) << size;
  }
}

TEST(LogReader, ALostEndIsDamageWhereSomethingBehindWasDurable) {
  const Files whole(3, 4);
  for (std::size_t size = 0; size < whole.bytes.at(2).size(); ++size) {
    Files files = whole;
    files.bytes[2].resize(size);
    EXPECT_NE(files.read().error, "") << size;
  }
}

TEST(LogReader, ALostEndIsDamageWhereTwoSegmentsFollow) {
  Files files(4, 3);
  files.bytes[2].resize(files.bytes[2].size() / 2);
  EXPECT_NE(files.read().error, "");
}

TEST(LogReader, ALostNameEndsTheLogWhereNothingBehindWasDurable) {
  Files files(3, 3);
  files.bytes.erase(2);
  auto r = files.read();
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.last, 1U);
  EXPECT_EQ(r.frames, 2U);
  Files durable(3, 4);
  durable.bytes.erase(2);
  EXPECT_NE(durable.read().error.find("log/00000002.log is missing"), std::string::npos);
}

TEST(LogReader, NothingIsTheSegmentBefore) {
  Files files(1, 1);
  files.bytes[1].resize(5);
  const auto r = files.read();
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.last, 0U);
}

}  // namespace
}  // namespace hc
