// What hypercache-cli shows to people.
#include "tools/cli/text.h"

#include <gtest/gtest.h>

namespace hc::cli {
namespace {

TEST(CliText, Bytes) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1.15e9), "1.1 GiB");
  EXPECT_EQ(human_bytes(5e15), "4547.5 TiB");
}

TEST(CliText, TimeAndParts) {
  EXPECT_EQ(human_time(std::nullopt), "-");
  EXPECT_EQ(human_time(0), "0 s");
  EXPECT_EQ(human_time(59), "59 s");
  EXPECT_EQ(human_time(200), "3 min 20 s");
  EXPECT_EQ(human_time(7500), "2 h 5 min");
  EXPECT_EQ(percent(42.25), "42.2 %");
  EXPECT_EQ(percent(100), "100.0 %");
}

TEST(CliText, ATableIsAligned) {
  Table table({"MEMBER", "GOSSIP", "SLOTS", "LEFT"});
  table.row({"node-1", "127.0.0.1:7946", "7", "12 s"});
  table.row({"node-12", "[::1]:7947", "16384", "-"});
  EXPECT_EQ(table.text(),
            "MEMBER   GOSSIP          SLOTS  LEFT\n"
            "node-1   127.0.0.1:7946      7  12 s\n"
            "node-12  [::1]:7947      16384     -\n");
}

TEST(CliText, ATableOfNobody) { EXPECT_EQ(Table({"MEMBER", "SLOTS"}).text(), "MEMBER  SLOTS\n"); }

}  // namespace
}  // namespace hc::cli
