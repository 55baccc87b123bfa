// Lines by client and slot.
#include "core/routing/line_table.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "core/base/random.h"

namespace hc {
namespace {

struct Line {
  std::vector<int> parts;
  void clear() { parts.clear(); }
};
using Table = LineTable<Line>;

Table::Key key_of(std::uint64_t client, unsigned slot) {
  return {ClientId(client), Slot{static_cast<std::uint16_t>(slot)}};
}

TEST(LineTable, FindsWhatItHasAndNothingElse) {
  Table table;
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(table.find(key_of(1, 2)), nullptr);
  table.erase(key_of(1, 2));
  table[key_of(1, 2)].parts.push_back(3);
  EXPECT_EQ(table.at(key_of(1, 2)).parts, std::vector{3});
  EXPECT_EQ(table.find(key_of(2, 1)), nullptr);
  table.erase(key_of(1, 2));
  EXPECT_TRUE(table.empty());
  EXPECT_TRUE(table[key_of(7, 7)].parts.empty()) << "memory that is used again holds nothing of before";
}

TEST(LineTable, AgreesWithAMapAndItsLinesStayWhereTheyAre) {
  Table table;
  std::map<Table::Key, std::pair<int, const Line*>> model;
  Random random(1);
  for (int round = 0; round < 100'000; ++round) {
    const Table::Key key = key_of(random.below(50), static_cast<unsigned>(random.below(64)));
    if (random.below(100) < 55) {
      Line& line = table[key];
      line.parts = {round};
      model[key] = {round, &line};
    } else {
      table.erase(key);
      model.erase(key);
    }
    const Table::Key other = key_of(random.below(50), static_cast<unsigned>(random.below(64)));
    const auto expected = model.find(other);
    const Line* const found = table.find(other);
    ASSERT_EQ(found != nullptr, expected != model.end());
    if (found == nullptr) continue;
    ASSERT_EQ(found, expected->second.second);
    ASSERT_EQ(found->parts, std::vector{expected->second.first});
  }
  EXPECT_EQ(table.empty(), model.empty());
}

}  // namespace
}  // namespace hc
