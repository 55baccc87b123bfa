// The folder's lock, and a vote file that is there whole or not at all.
#include "runtime/data_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

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

TEST_F(DataFolderTest, ACrashWhileWritingLeavesTheOldOne) {
  VoteRecord record;
  record.storage = {1, 2};
  const auto folder = DataFolder::open(inner());
  ASSERT_TRUE(folder->write_vote(encode_vote(record)));
  std::ofstream(folder->vote_path() + ".new") << "half";
  const auto back = folder->read_vote();
  ASSERT_TRUE(back && *back);
  EXPECT_EQ((*back)->storage, record.storage);
}

TEST_F(DataFolderTest, DamageIsNamed) {
  const auto folder = DataFolder::open(inner());
  std::ofstream(folder->vote_path()) << "not a vote";
  const auto back = folder->read_vote();
  ASSERT_FALSE(back);
  EXPECT_NE(back.error().find(folder->vote_path()), std::string::npos) << back.error();
  EXPECT_NE(back.error().find("offset"), std::string::npos) << back.error();
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
