// What is under way, by its token.
#include "core/routing/token_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "core/base/random.h"

namespace hc {
namespace {

TEST(TokenMap, FindsWhatWasAddedUntilItIsErased) {
  TokenMap<std::string> map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.find(7), nullptr);
  map.erase(7);
  std::string& seven = map.add(7);
  map.add(9) = "nine";
  EXPECT_EQ(map.find(7), &seven);
  EXPECT_EQ(map.find(8), nullptr) << "a token that was given to something else";
  EXPECT_EQ(map.at(9), "nine");
  for (std::uint64_t token = 10; token < 1000; ++token) map.add(token) = std::to_string(token);
  EXPECT_EQ(&map.at(7), &seven) << "values stay where they are";
  seven = "seven";
  EXPECT_EQ(*map.take(7), "seven");
  EXPECT_FALSE(map.contains(7));
  EXPECT_EQ(map.take(7), nullptr);
  EXPECT_EQ(map.at(9), "nine");
}

TEST(TokenMap, GoesThroughItInOrderOfTokens) {
  TokenMap<int> map;
  std::map<std::uint64_t, int> model;
  Random random(1);
  std::uint64_t token = 0;
  for (int round = 0; round < 20'000; ++round) {
    if (random.below(100) < 52) {
      token += 1 + random.below(3);
      map.add(token) = round;
      model.emplace(token, round);
    } else if (token > 0) {
      const std::uint64_t gone = 1 + random.below(token);
      map.erase(gone);
      model.erase(gone);
    }
    ASSERT_EQ(map.empty(), model.empty());
    if (round % 100 != 0) continue;
    std::vector<std::pair<std::uint64_t, int>> seen;
    map.each([&](std::uint64_t at, int& value) { seen.emplace_back(at, value); });
    ASSERT_EQ(seen, (std::vector<std::pair<std::uint64_t, int>>(model.begin(), model.end())));
  }
}

TEST(TokenMap, BeginsAnewWhereverTokensAreWhenItWasEmpty) {
  TokenMap<int> map;
  map.add(1) = 1;
  map.erase(1);
  map.add(1'000'000'000'000) = 2;
  EXPECT_EQ(map.at(1'000'000'000'000), 2);
  EXPECT_EQ(map.find(1), nullptr);
}

}  // namespace
}  // namespace hc
