// Unit tests of shrinking: delta debugging on toy failures, and the moves that make a plan simpler.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "sim/ddmin.h"
#include "sim/shrink_moves.h"

namespace hc::sim {
namespace {

struct Toy {
  std::function<bool(const std::vector<int>&)> fails;
  int runs = 0, budget = 100'000;

  std::vector<int> shrink(int size) {
    std::vector<int> items(static_cast<std::size_t>(size));
    std::iota(items.begin(), items.end(), 0);
    return ddmin<int>(items, [this](std::size_t count, const auto& make) -> std::optional<std::size_t> {
      for (std::size_t i = 0; i < count; ++i) {
        if (++runs > budget) return std::nullopt;
        if (fails(make(i))) return i;
      }
      return std::nullopt;
    });
  }
};

bool has(const std::vector<int>& items, int x) { return std::find(items.begin(), items.end(), x) != items.end(); }

TEST(Ddmin, KeepsWhatTheFailureNeeds) {
  for (const auto& needed : std::vector<std::vector<int>>{{}, {0}, {99}, {3, 4}, {0, 50, 99}, {1, 2, 3, 70, 71, 98}}) {
    Toy toy{[&](const auto& items) {
      return std::all_of(needed.begin(), needed.end(), [&](int x) { return has(items, x); });
    }};
    EXPECT_EQ(toy.shrink(100), needed);
    EXPECT_LT(toy.runs, 300);
  }
}

// Where leaving out is not monotonic the result is 1-minimal all the same.
TEST(Ddmin, WithoutAnyOneOfTheRestItDoesNotFail) {
  Toy toy{
      [](const auto& items) { return items.size() % 3 == 1 && has(items, 17) == has(items, 18) && has(items, 40); }};
  const std::vector<int> rest = toy.shrink(100);
  EXPECT_TRUE(toy.fails(rest));
  for (std::size_t i = 0; i < rest.size(); ++i) {
    std::vector<int> less = rest;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(toy.fails(less)) << i;
  }
}

TEST(Ddmin, EndsWithItsBudget) {
  Toy toy{[](const auto& items) { return items.size() > 60; }};
  toy.budget = 10;
  EXPECT_GT(toy.shrink(100).size(), 60U);
  EXPECT_LT(toy.runs, 1000);
}

Plan plan(const std::string& lines) {
  std::string error;
  auto p = parse_plan("plan 2\n" + lines, error);
  EXPECT_TRUE(p) << error;
  return p.value_or(Plan{});
}

TEST(Moves, AMachineLessMovesTheOthersUp) {
  const Plan p = plan(
      "set nodes=3 clients=2 clock-rates=900000,1000000,1100000\n"
      "1 cut a=2 b=13 lasts=1\n2 crash a=1\n3 crash a=2\n4 reset a=0 b=3\n1 ask client=1 at=1 GET a\n"
      "2 ask client=1 at=2 GET a\n");
  const auto next = without_machine(p, 1);
  ASSERT_TRUE(next);
  EXPECT_EQ(
      *next,
      plan("set nodes=2 clients=2 clock-rates=900000,1100000\n3 crash a=1\n4 reset a=0 b=2\n1 ask client=1 at=0 GET a\n"
           "2 ask client=1 at=1 GET a\n"));
}

TEST(Moves, AClientLessLeavesItsQuestionsToAnother) {
  const auto next =
      without_client(plan("set nodes=2 clients=2\n1 cut a=1 b=12\n2 reset a=0 b=2\n1 ask client=1 at=0 GET a\n"), 1);
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, plan("set nodes=2 clients=1\n1 cut a=1 b=4\n2 reset a=0 b=2\n1 ask client=0 at=0 GET a\n"));
}

TEST(Moves, AWindowBeginsSoonAfterTheLoad) {
  const auto next = window(plan("set seconds=60\n10 crash a=1\n20.5 pause a=1 lasts=3\n21 ask at=0 GET a\n"),
                           instant(20'000'000'000), instant(22'000'000'000));
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, plan("set seconds=2.6\n1 pause a=1 lasts=3\n1.5 ask at=0 GET a\n"));
}

TEST(Moves, GapsCloseWhereNothingBeginsOrEnds) {
  const auto next = without_gaps(plan("10 pause a=1 lasts=3\n21 ask at=0 GET a\n"), 1s);
  ASSERT_TRUE(next);
  EXPECT_EQ(*next, plan("1 pause a=1 lasts=1\n3 ask at=0 GET a\n"));
}

TEST(Moves, OperationsOfFewerKeysAndWithoutOptions) {
  const Plan p = plan("1 ask at=0 MSET a 1 b 2\n2 ask at=0 SET a 1 PX 200\n3 ask at=0 vanishes=1 DEL a b\n");
  const auto smaller = simpler_lines(p);
  const auto offered = [&](const char* text) {
    return std::any_of(smaller.begin(), smaller.end(),
                       [&](const Plan& x) { return to_text(x).find(text) != std::string::npos; });
  };
  for (const char* text : {" MSET b 2\n", " MSET a 1\n", " SET a 1\n", "at=0 DEL a b\n", " DEL a\n", " DEL b\n"})
    EXPECT_TRUE(offered(text)) << text;
  EXPECT_EQ(smaller.size(), 6U);
}

}  // namespace
}  // namespace hc::sim
