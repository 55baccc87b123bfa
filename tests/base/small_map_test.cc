// A map in one piece of memory does what a tree would.
#include "core/base/small_map.h"

#include <gtest/gtest.h>

#include <string>

namespace hc::test {
namespace {

TEST(SmallMap, IsWalkedInTheOrderOfItsKeys) {
  SmallMap<int, std::string> map;
  for (const int key : {5, 1, 9, 3}) map[key] = std::to_string(key);
  std::string walked;
  for (const auto& [key, value] : map) walked += value;
  EXPECT_EQ(walked, "1359");
  EXPECT_EQ(map.size(), 4u);
}

TEST(SmallMap, FindsWhatIsThereAndNothingElse) {
  SmallMap<int, int> map;
  EXPECT_TRUE(map.empty());
  map[2] = 20;
  map[2] += 1;
  map[1];
  EXPECT_EQ(map.at(2), 21);
  EXPECT_EQ(map.find(1)->second, 0);
  EXPECT_FALSE(map.contains(3));
  map.erase(2);
  map.erase(3);
  EXPECT_FALSE(map.contains(2));
  EXPECT_EQ(map.size(), 1u);
  map.clear();
  EXPECT_TRUE(map.empty());
}

}  // namespace
}  // namespace hc::test
