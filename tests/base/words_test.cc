// The words of a command, kept.
#include "core/base/words.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hc {
namespace {

std::vector<std::string> read(const Words& words) { return {words.begin(), words.end()}; }

TEST(Words, KeepsWhatItWasGivenWhateverBecomesOfThat) {
  std::string value(1000, 'v');
  const std::vector<Bytes> views{"SET", "", value};
  const Words words{std::span<const Bytes>(views)};
  value.assign(1000, 'x');
  EXPECT_EQ(read(words), (std::vector<std::string>{"SET", "", std::string(1000, 'v')}));
  EXPECT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0], "SET");
}

TEST(Words, CopiesShareOneBlockUntilTheLastOneEnds) {
  Words first{"GET", "key"};
  const Words second = first;
  EXPECT_EQ(first.views().data(), second.views().data());
  first = {};
  EXPECT_TRUE(first.empty());
  EXPECT_EQ(read(second), (std::vector<std::string>{"GET", "key"}));
  const Words moved = std::move(first);
  EXPECT_TRUE(moved.empty());
  EXPECT_EQ(moved.size(), 0u);
}

TEST(Words, OfNothingAreEmpty) {
  EXPECT_TRUE(Words().views().empty());
  EXPECT_TRUE(Words(std::vector<std::string>{}).empty());
}

}  // namespace
}  // namespace hc
