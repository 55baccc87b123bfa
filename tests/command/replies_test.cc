// replies.txt holds commands and what redis-server 7.0.15 answered to them; we answer the same.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/command/harness.h"

namespace hc::test {
namespace {

TEST(Replies, AreThoseOfRedis) {
  std::ifstream file(HC_TESTS_DIR "/command/replies.txt");
  ASSERT_TRUE(file.is_open());
  Harness harness;
  std::string line, command, reply;
  int compared = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) harness.run("FLUSHALL");
    if (line.starts_with("> ")) {
      command = line.substr(2);
      reply = harness.run(command);
      ASSERT_TRUE(harness.replicas_agree) << "line " << number << ": " << command;
    }
    if (line.starts_with("< ")) {
      EXPECT_EQ(reply, line.substr(2)) << "line " << number << ": " << command;
      ++compared;
    }
  }
  EXPECT_GT(compared, 300);
}

}  // namespace
}  // namespace hc::test
