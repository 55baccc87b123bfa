// The folder's lock, and its vote files, one of which is whole whatever happens.
#include "runtime/data_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "io/crc32c.h"
#include "io/vote_file.h"

namespace hc {
namespace {

class DataFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("hypercache-folder-" + std::to_string(::getpid()));
    std::filesystem::remove_all(path_);
  }
  void TearDown() override { std::filesystem::remove_all(path_); }
  std::string inner() const { return (path_ / "a" / "b").string(); }
  void put(std::string_view name, const std::optional<std::string>& content) const {
    std::filesystem::create_directories(inner());
    const std::filesystem::path path = std::filesystem::path(inner()) / name;
    std::filesystem::remove(path);
    if (content) std::ofstream(path, std::ios::binary) << *content;
  }
  // The files have these contents: what is read, and read again when nothing is left of the first, and of the second.
  std::optional<std::uint64_t> writes_read(const std::optional<std::string>& first,
                                           const std::optional<std::string>& second) const {
    put(kVoteName, first);
    put(kVoteCopyName, second);
    const auto read = [&]() -> std::optional<std::uint64_t> {
      const auto record = DataFolder::open(inner())->read_vote();
      return record && *record ? std::optional((*record)->writes) : std::nullopt;
    };
    const auto writes = read();
    for (const std::string_view lost : {kVoteName, kVoteCopyName}) {
      put(lost, writes ? std::optional<std::string>("damaged") : std::nullopt);
      EXPECT_EQ(read(), writes) << lost << " is damaged";
    }
    return writes;
  }
  static std::string as_format_1(std::string file) {
    file[8] = 1;
    const std::uint32_t sum = crc32c(Bytes(file).substr(0, 24));
    for (std::size_t i = 0; i < 4; ++i) file[24 + i] = static_cast<char>(sum >> (8 * i));
    return file;
  }
  static std::string long_vote(std::uint64_t writes) {
    VoteRecord record;
    record.storage = {1, 2};
    record.writes = writes;
    record.cluster = {3, 4};
    return encode_vote(record);
  }
  static std::string short_vote(std::uint64_t writes) {
    VoteRecord record;
    record.storage = {1, 2};
    record.writes = writes;
    return encode_vote(record);
  }
  std::filesystem::path path_;
};

TEST_F(DataFolderTest, IsMadeAndHeldByOne) {
  {
    const auto folder = DataFolder::open(inner());
    ASSERT_TRUE(folder) << folder.error();
    const auto second = DataFolder::open(inner());
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("in use by process " + std::to_string(::getpid())), std::string::npos);
    EXPECT_NE(second.error().find(inner()), std::string::npos);
  }
  EXPECT_TRUE(DataFolder::open(inner()));
}

TEST_F(DataFolderTest, VotesComeBack) {
  VoteRecord record;
  record.storage = {1, 2};
  record.writes = 9;
  record.instance = Epoch(4);
  {
    const auto folder = DataFolder::open(inner());
    ASSERT_TRUE(folder);
    EXPECT_FALSE(folder->read_vote().value());
    ASSERT_TRUE(folder->write_vote(encode_vote(record)));
    record.writes = 10;
    ASSERT_TRUE(folder->write_vote(encode_vote(record)));
  }
  const auto folder = DataFolder::open(inner());
  const auto back = folder->read_vote();
  ASSERT_TRUE(back && *back);
  EXPECT_EQ((*back)->writes, 10U);
  EXPECT_EQ((*back)->storage, record.storage);
  EXPECT_EQ((*back)->instance, Epoch(4));
}

// Both files hold what was read, whatever they held before.
TEST_F(DataFolderTest, ACrashWhileWritingLeavesOneWhole) {
  const std::string older = long_vote(7), newer = short_vote(8);
  ASSERT_LT(newer.size(), older.size());
  for (std::size_t cut = 0; cut <= newer.size(); ++cut) {
    const std::string torn = newer.substr(0, cut) + older.substr(cut);
    EXPECT_EQ(writes_read(torn, older), torn.starts_with(newer) ? 8U : 7U) << "the first file, cut off at " << cut;
    EXPECT_EQ(writes_read(newer, torn), 8U) << "the second file, cut off at " << cut;
  }
  put("vote.new", "the first write of all, cut off");
  EXPECT_EQ(writes_read(std::nullopt, std::nullopt), std::nullopt);
  EXPECT_EQ(writes_read(std::nullopt, older), 7U);
  EXPECT_EQ(writes_read(older, newer), 8U) << "an older first file was put there";
  EXPECT_EQ(writes_read(older, std::nullopt), 7U) << "the copy of the first write";
}

// What is on the disk of a write that was cut off may be any part of it.
TEST_F(DataFolderTest, APowerLossLeavesAnyPartOfAWrite) {
  const std::string older = long_vote(7), newer = short_vote(8);
  constexpr std::size_t kParts = 6;
  const std::size_t part = newer.size() / kParts + 1;
  for (unsigned which = 0; which < 1U << kParts; ++which) {
    std::string torn = older;
    for (std::size_t i = 0; i < newer.size(); ++i)
      if (which >> (i / part) & 1U) torn[i] = newer[i];
    EXPECT_EQ(writes_read(torn, older), torn.starts_with(newer) ? 8U : 7U) << which;
    EXPECT_EQ(writes_read(newer, torn), 8U) << which;
  }
}

TEST_F(DataFolderTest, AFolderOfAVersionBeforeIsTakenOver) {
  const std::string before = as_format_1(long_vote(7)), newer = short_vote(8);
  EXPECT_EQ(writes_read(before, std::nullopt), 7U);
  for (std::size_t cut = 0; cut <= newer.size(); ++cut)
    EXPECT_EQ(writes_read(newer.substr(0, cut) + before.substr(cut), before),
              (newer.substr(0, cut) + before.substr(cut)).starts_with(newer) ? 8U : 7U)
        << "the first write in place, cut off at " << cut;
  EXPECT_EQ(writes_read(before + "more", std::nullopt), std::nullopt);
}

TEST_F(DataFolderTest, AFileThatCannotBeReadIsMadeAnew) {
  for (const std::string_view name : {kVoteName, kVoteCopyName}) {
    put(kVoteName, short_vote(8));
    put(kVoteCopyName, short_vote(8));
    const auto path = std::filesystem::path(inner()) / name;
    std::filesystem::remove(path);
    std::filesystem::create_symlink(path, path);  // a circle
    const auto folder = DataFolder::open(inner());
    const auto back = folder->read_vote();
    ASSERT_TRUE(back && *back) << back.error();
    EXPECT_EQ((*back)->writes, 8U);
    EXPECT_TRUE(std::filesystem::is_regular_file(path));
    ASSERT_TRUE(folder->write_vote(short_vote(9)));
  }
}

TEST_F(DataFolderTest, DamageIsNamed) {
  put(kVoteName, "not a vote");
  put(kVoteCopyName, "neither");
  const auto back = DataFolder::open(inner())->read_vote();
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().find(inner() + "/vote is damaged at offset"), std::string::npos) << back.error();
  EXPECT_NE(back.error().find(inner() + "/vote.copy is damaged at offset"), std::string::npos) << back.error();
}

TEST_F(DataFolderTest, WhatCannotBeMadeIsNamed) {
  std::filesystem::create_directories(path_);
  std::ofstream(path_ / "a") << "a file in the way";
  const auto folder = DataFolder::open(inner());
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().find(inner()), std::string::npos);
}

// 9e: what finds no room is written once more in that of the reserve, which comes back when there is room.
TEST_F(DataFolderTest, TheReserveMakesRoom) {
  const auto folder = DataFolder::open(inner());
  ASSERT_TRUE(folder);
  Reserve& reserve = folder->reserve();
  const std::string path = inner() + "/reserve";
  EXPECT_EQ(std::filesystem::file_size(path), static_cast<std::uintmax_t>(Reserve::kBytes));
  int tries = 0;
  const auto where_it_is_tight = [&]() -> std::expected<void, DiskError> {
    ++tries;
    if (std::filesystem::exists(path)) return std::unexpected(DiskError{"no room", true});
    return {};
  };
  EXPECT_TRUE(reserve.with(where_it_is_tight));
  EXPECT_EQ(tries, 2);
  EXPECT_TRUE(reserve.stands());
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(reserve.with([&]() -> std::expected<void, DiskError> {
    ++tries;
    return std::unexpected(DiskError{"an fsync failed", false});
  }));
  EXPECT_EQ(tries, 3) << "other errors are no matter of room";
}

}  // namespace
}  // namespace hc
