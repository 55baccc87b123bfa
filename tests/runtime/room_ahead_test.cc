// Room behind the end of the log, on a real file.
#include "runtime/room_ahead.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace hc {
namespace {

constexpr std::size_t kFrame = 1000;

class RoomAheadTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string path = testing::TempDir() + "room-XXXXXX";
    fd = ::mkstemp(path.data());
    ASSERT_GE(fd, 0);
    ::unlink(path.c_str());
  }
  void TearDown() override { ::close(fd); }

  void append(std::size_t bytes, bool synced) {
    room.before_append(fd, end, bytes, synced);
    const std::string frame(bytes, 'x');
    ASSERT_EQ(::pwrite(fd, frame.data(), bytes, static_cast<off_t>(end)), static_cast<ssize_t>(bytes));
    end += bytes;
  }
  std::uint64_t size() const {
    struct stat about{};
    ::fstat(fd, &about);
    return static_cast<std::uint64_t>(about.st_size);
  }

  int fd = -1;
  std::uint64_t end = 0;
  RoomAhead room;
};

TEST_F(RoomAheadTest, AFileThatIsSyncedNowAndThenIsAsLongAsWhatItHolds) {
  for (int i = 0; i < 100; ++i) {
    append(kFrame, i % 4 != 0);
    EXPECT_EQ(size(), end);
  }
}

TEST_F(RoomAheadTest, WhereEachAppendIsSyncedItSeldomGrows) {
  int grown = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t before = size();
    append(kFrame, true);
    grown += i >= 10 && size() != before ? 1 : 0;
    EXPECT_TRUE(only_zeros(fd, end));
  }
  EXPECT_GT(size(), end);
  EXPECT_LE(grown, static_cast<int>(1000 * kFrame / RoomAhead::kBytes + 1));
}

TEST_F(RoomAheadTest, ItIsCutOffWhereTheLastAppendEnds) {
  for (int i = 0; i < 100; ++i) append(kFrame, true);
  const auto beyond = static_cast<std::int64_t>(size() - end);
  EXPECT_GT(beyond, 0);
  EXPECT_EQ(room.cut(fd, end), beyond);
  EXPECT_EQ(size(), end);
  EXPECT_EQ(room.cut(fd, end), 0) << "there is nothing more";
}

TEST_F(RoomAheadTest, ItGoesWithAnAppendThatIsNotSynced) {
  for (int i = 0; i < 100; ++i) append(kFrame, true);
  append(kFrame, false);
  EXPECT_EQ(size(), end);
}

TEST_F(RoomAheadTest, LargeAppendsNeedNone) {
  for (int i = 0; i < 100; ++i) append(RoomAhead::kBytes / 4, true);
  EXPECT_EQ(size(), end);
}

TEST_F(RoomAheadTest, WhatIsThereIsNoRoom) {
  append(kFrame, false);
  EXPECT_FALSE(only_zeros(fd, end - 1));
  EXPECT_TRUE(only_zeros(fd, end));
}

// Some zeros are written, then the file may not grow: they go again, and it is not tried again in this file.
TEST_F(RoomAheadTest, WhereThereIsNoRoomItIsGivenBack) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit most{RoomAhead::kBytes / 2, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &most), 0);
  for (int i = 0; i < 20; ++i) {
    append(kFrame, true);
    EXPECT_EQ(size(), end);
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_DFL);
  append(kFrame, true);
  EXPECT_EQ(size(), end) << "there was none";
  room.begin_file();
  append(kFrame, true);
  EXPECT_GT(size(), end);
}

}  // namespace
}  // namespace hc
