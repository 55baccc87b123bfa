// The log's bytes: what was written is read; every cut leaves a legal beginning; every flipped byte is seen.
#include "io/log_codec.h"

#include <gtest/gtest.h>

#include "core/store/effects.h"

namespace hc {
namespace {

constexpr std::uint64_t kNumber = 7;
const Generation kProcess{0x1111, 0x2222};

LogRecord entry(std::uint64_t seq, const std::string& key, const std::string& value) {
  EffectWriter effects;
  effects.put(key, value, kNoExpiry);
  return Applied{Slot{3}, {{Epoch(2), Seq(seq)}, Epoch(2), false, Value::copy_of(effects.take())}};
}

std::string bytes_of(const std::vector<LogRecord>& records) {
  std::string text;
  WireWriter out(text);
  write_log_records(records, out);
  return text;
}

// A segment of five appends, each durable before the next; the frames begin at `starts`.
struct Written {
  std::string file;
  std::vector<std::size_t> starts;
  std::vector<std::string> frames;
};
Written write_segment(bool synced, bool packed = false) {
  const std::vector<std::vector<LogRecord>> appends = {
      {RunBegan{kProcess, Fsync::kAlways}, PastRun{{5, 6}, Fsync::kEverySecond, true}},
      {Applied{Slot{3}, {{Epoch(2), Seq(1)}, Epoch(1), true, {}}}, entry(2, "a", "line\nbreak"), entry(3, "b", "")},
      {Emptied{Slot{4}, {Epoch(2), Seq(9)}, false}, Filled{Slot{4}, "", true},
       Kept{Slot{5}, {Epoch(1), Seq(2)}, {5, 6}, true}},
      {Filled{Slot{4}, std::string(200, 'y'), false}, SnapshotEnded{}},
      {entry(4, "a", std::string(300, 'x')), RunEnded{}},
  };
  Written w;
  SegmentWriter writer(kNumber, 0);
  w.file = writer.header();
  for (const auto& records : appends) {
    w.starts.push_back(w.file.size());
    w.frames.push_back(bytes_of(records));
    w.file += writer.frame(records, packed);
    if (synced) writer.synced(writer.size());
  }
  return w;
}

struct Read {
  std::vector<std::string> frames;
  std::uint64_t good;
  std::string error;
};
using Behind = SegmentReader::Behind;
constexpr auto kDurable = [] { return true; };
Read read(const std::string& file, std::optional<Behind> behind = {}, std::uint64_t number = kNumber) {
  SegmentReader reader(file, number, "segment", std::move(behind));
  Read r;
  while (auto records = reader.next()) r.frames.push_back(bytes_of(*records));
  r.good = reader.good();
  r.error = reader.error();
  return r;
}

class Segments : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(PlainAndPacked, Segments, testing::Bool(),
                         [](const auto& packed) { return packed.param ? "Packed" : "Plain"; });

TEST_P(Segments, ReadsWhatWasWritten) {
  const Written w = write_segment(true, GetParam());
  const Read r = read(w.file);
  EXPECT_EQ(r.frames, w.frames);
  EXPECT_EQ(r.good, w.file.size());
  EXPECT_EQ(r.error, "");
}

TEST_P(Segments, EveryPrefixOfTheLastSegmentIsItsWholeFrames) {
  const Written w = write_segment(true, GetParam());
  for (std::size_t size = 0; size < w.file.size(); ++size) {
    const Read r = read(w.file.substr(0, size));
    EXPECT_EQ(r.error, "") << size;
    std::size_t whole = 0;
    while (whole < w.starts.size() && (whole + 1 < w.starts.size() ? w.starts[whole + 1] : w.file.size()) <= size)
      ++whole;
    ASSERT_EQ(r.frames.size(), whole) << size;
    for (std::size_t i = 0; i < whole; ++i) EXPECT_EQ(r.frames[i], w.frames[i]);
  }
}

// The next one says how long it was, and that it was durable.
TEST_P(Segments, EveryPrefixOfAnEarlierSegmentIsDamaged) {
  const Written w = write_segment(true, GetParam());
  for (std::size_t size = 0; size < w.file.size(); ++size)
    EXPECT_NE(read(w.file.substr(0, size), Behind{w.file.size(), kDurable}).error, "") << size;
  EXPECT_EQ(read(w.file, Behind{w.file.size(), kDurable}).error, "");
}

// It is never taken for something else, in the last frame neither: all of that is there, so it was written.
TEST_P(Segments, EveryFlippedBitIsSeen) {
  const Written w = write_segment(true, GetParam());
  for (std::size_t at = 0; at < w.file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string file = w.file;
      file[at] = static_cast<char>(file[at] ^ (1 << bit));
      const Read r = read(file);
      EXPECT_NE(r.error, "") << at;
      EXPECT_LT(r.frames.size(), w.frames.size());
      for (std::size_t i = 0; i < r.frames.size(); ++i) EXPECT_EQ(r.frames[i], w.frames[i]);
    }
  }
}

TEST(LogCodec, DamageNamesFileOffsetAndRemedy) {
  Written w = write_segment(true);
  w.file[w.starts[1] + 25] ^= 1;
  const std::string error = read(w.file).error;
  EXPECT_NE(error.find("segment is damaged at offset " + std::to_string(w.starts[1])), std::string::npos) << error;
  EXPECT_NE(error.find("log-inspect cut segment"), std::string::npos) << error;
}

// A snapshot is whole when the log is told to begin with it.
TEST(LogCodec, ALogThatBeginsWithASnapshotHasItsEnd) {
  LogBeginning beginning(3);
  beginning.read({SnapshotBegan{}});
  const std::string error = beginning.error("log/first");
  EXPECT_NE(error.find("log/first says that the log begins with the snapshot in 00000003.log"), std::string::npos)
      << error;
  beginning.read({RunEnded{}, SnapshotEnded{}});
  EXPECT_EQ(beginning.error("log/first"), "");
  EXPECT_EQ(LogBeginning(1).error("log/first"), "") << "it begins with nothing";
}

// Nothing says that they were durable: what a power loss leaves of them.
TEST(LogCodec, UnsyncedFramesAreATornTail) {
  Written w = write_segment(false);
  std::fill(w.file.begin() + static_cast<std::ptrdiff_t>(w.starts[1]), w.file.end(), '\0');
  Read r = read(w.file);
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.good, w.starts[1]);
  w = write_segment(false);
  const std::size_t sector = 512;  // amid the last frame
  ASSERT_TRUE(w.starts.back() < sector && sector < w.file.size());
  std::fill(w.file.begin() + static_cast<std::ptrdiff_t>(sector), w.file.end(), '\0');
  r = read(w.file);
  EXPECT_EQ(r.error, "");
  EXPECT_EQ(r.good, w.starts.back());
}

TEST(LogCodec, AFrameFromElsewhereDoesNotPass) {
  const Written w = write_segment(true);
  EXPECT_NE(read(w.file, std::nullopt, kNumber + 1).error, "");
  std::string moved = w.file.substr(0, w.starts[1]) + w.file.substr(w.starts[2]);
  EXPECT_LT(read(moved).frames.size(), 2U);
}

TEST(LogCodec, PackedFramesAreSmallerAndSayTheSame) {
  const Written plain = write_segment(true), packed = write_segment(true, true);
  EXPECT_EQ(read(packed.file).frames, read(plain.file).frames);
  EXPECT_LT(packed.file.size(), plain.file.size() - 300);
  SegmentWriter writer(kNumber, 0);
  const std::string header = writer.header();
  const std::size_t before = writer.size();
  EXPECT_EQ(writer.frame({RunEnded{}}, true).size(), SegmentWriter(kNumber, 0).frame({RunEnded{}}).size())
      << "what would not be smaller is not packed";
  const std::string large = writer.frame({Filled{Slot{1}, std::string(kPackedMost, 'x'), false}}, true);
  EXPECT_GT(large.size(), kPackedMost) << "nor what is large";
  EXPECT_EQ(writer.size(), before + 21 + large.size());
}

// A packed piece whose checksums are right, and that was never written: its size takes no memory.
TEST(LogCodec, APieceThatSaysWhatItIsNotIsDamage) {
  Packer packer;
  const std::string piece(4000, 'x'), packed = *packer.pack(piece);
  EXPECT_EQ(unpack(packed, piece.size()), piece);
  EXPECT_EQ(unpack(packed, piece.size() - 1), std::nullopt);
  EXPECT_EQ(unpack(packed, piece.size() + 1), std::nullopt);
  EXPECT_EQ(unpack(packed, kPackedMost + 1), std::nullopt);
  EXPECT_EQ(unpack(packed, ~std::uint64_t{0}), std::nullopt);
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_EQ(unpack(packed.substr(0, size), piece.size()), std::nullopt) << size;
  for (std::size_t at = 0; at < packed.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {  // anything but a crash: the frame's checksum is what finds it
      std::string flipped = packed;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      const auto got = unpack(flipped, piece.size());
      EXPECT_TRUE(!got || got->size() == piece.size());
    }
}

TEST(LogCodec, OtherFormatsAreNamed) {
  const Written w = write_segment(true);
  for (const int format : {1, 3}) {
    std::string file = w.file;
    file[8] = static_cast<char>(format);
    EXPECT_EQ(read(file).error, "segment has format " + std::to_string(format) +
                                    " (at offset 8), this program knows 2: start the version that wrote it");
  }
}

TEST(LogCodec, NamesOfSegments) {
  EXPECT_EQ(segment_name(17), "00000017.log");
  EXPECT_EQ(segment_number("00000017.log"), 17U);
  EXPECT_EQ(segment_number("17.log"), std::nullopt);
  EXPECT_EQ(segment_number("00000017.tmp"), std::nullopt);
}

}  // namespace
}  // namespace hc
