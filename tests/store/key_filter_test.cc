// The filter over a table's keys: it denies what is not there, and never what is, whatever is done to the table.
#include "core/store/key_filter.h"

#include <gtest/gtest.h>

#include <set>

#include "core/base/random.h"
#include "core/base/seam.h"
#include "core/store/slot_table.h"

namespace hc {
namespace {

std::string key(std::uint64_t i) { return "key" + std::to_string(i); }

bool is(const SlotTable& table, const std::set<std::string>& model) {
  for (std::uint64_t i = 0; i < 400; ++i)
    if (table.find(key(i)).has_value() != model.contains(key(i))) return false;
  return true;
}

// True if the table has exactly the keys of the model, at every step and in the end.
bool churn(SlotTable& table, std::set<std::string>& model, int steps) {
  Random random(11);
  for (int i = 0; i < steps; ++i) {
    const std::string k = key(random.below(400));
    const std::uint64_t dice = random.below(100);
    if (dice < 50) {
      table.put(k, std::string(random.below(300), 'x'),
                random.percent(10) ? WallTime(std::chrono::milliseconds(i + 50)) : kNoExpiry);
      model.insert(k);
    } else if (dice < 90) {
      if (table.erase(k) != (model.erase(k) == 1)) return false;
    } else if (dice < 97) {
      table.sweep(WallTime(std::chrono::milliseconds(i)), random.below(200),
                  [&](const SlotTable::Item& item) { model.erase(std::string(item.key)); });
    } else if (dice == 97) {
      table.clear();
      model.clear();
    } else if (dice == 98) {
      table = SlotTable(std::move(table));
    } else {
      table.filter_keys(random.percent(30) ? 0 : 5000);
    }
    if (table.find(k).has_value() != model.contains(k)) return false;
  }
  return is(table, model);
}

bool churn_under(seam::Mutant mutant) {
  SlotTable table;
  table.filter_keys(10'000);
  std::set<std::string> model;
  seam::active.set(static_cast<std::size_t>(mutant));
  const bool right = churn(table, model, 30'000);
  seam::active.reset();
  return right;
}

TEST(KeyFilter, DeniesNoKeyThatIsThere) {
  SlotTable table, plain;
  table.filter_keys(10'000);
  std::set<std::string> model;
  EXPECT_TRUE(churn(table, model, 30'000));
  for (const std::string& k : model) plain.put(k, table.find(k)->value, table.find(k)->expiry);
  EXPECT_EQ(table.digest(), plain.digest()) << "a filter is no part of the content";
  EXPECT_EQ(table.size(), plain.size());
}

TEST(KeyFilter, ItsMutantsAreCaught) {
  EXPECT_FALSE(churn_under(seam::Mutant::kFilterForgetsOnOverwrite));
  EXPECT_FALSE(churn_under(seam::Mutant::kFilterBeginsEmpty));
  EXPECT_FALSE(churn_under(seam::Mutant::kFilterRemovesAnothers));
}

// The same where pages burst and gather, each with a filter of its own.
TEST(KeyFilter, DeniesNoKeyOfATree) {
  seam::sizes.page_places = 64;
  SlotTable table;
  table.filter_keys(10'000);
  std::set<std::string> model;
  EXPECT_TRUE(churn(table, model, 30'000));
  EXPECT_FALSE(churn_under(seam::Mutant::kFilterForgetsOnOverwrite));
  EXPECT_FALSE(churn_under(seam::Mutant::kFilterBeginsEmpty));
  EXPECT_FALSE(churn_under(seam::Mutant::kFilterRemovesAnothers));
  seam::sizes = {};
}

TEST(KeyFilter, CountsWhatItWasAskedAndWhatItTakes) {
  SlotTable table;
  for (std::uint64_t i = 0; i < 100; ++i) table.put(key(i), "v", kNoExpiry);
  const std::size_t bytes = table.bytes();
  table.filter_keys(10'000);
  EXPECT_EQ(table.filter_figures().keys, 100U) << "of the keys that are there already";
  EXPECT_EQ(table.bytes(), bytes + table.filter_figures().bytes);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(table.find("absent" + std::to_string(i)));
  EXPECT_TRUE(table.find(key(5)));
  EXPECT_TRUE(table.find_past_filter(key(5), hash_of(key(5)))) << "which is not counted";
  const KeyFilterLookUps look_ups = table.filter_figures().look_ups;
  EXPECT_EQ(look_ups.asked, 1001U);
  EXPECT_EQ(look_ups.denied + look_ups.false_positives, 1000U);
  EXPECT_LE(look_ups.false_positives, 20U);
  for (std::uint64_t i = 0; i < 100; ++i) table.erase(key(i));
  EXPECT_EQ(table.filter_figures().keys, 0U);
  EXPECT_EQ(table.filter_figures().look_ups.asked, 1001U);
  EXPECT_EQ(table.bytes(), table.filter_figures().bytes) << "an empty table owns nothing else";
  table.filter_keys(0);
  EXPECT_EQ(table.bytes(), 0U);
}

TEST(KeyFilter, CountsOnThroughATree) {
  SlotTable table;
  table.filter_keys(10'000);
  for (std::uint64_t i = 0; i < 10'000; ++i) table.put(key(i), "v", kNoExpiry);
  EXPECT_EQ(table.filter_figures().keys, 10'000U);
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(table.find("absent" + std::to_string(i)));
  for (std::uint64_t i = 10; i < 10'000; ++i) table.erase(key(i));
  EXPECT_EQ(table.filter_figures().keys, 10U);
  EXPECT_EQ(table.filter_figures().look_ups.asked, 1000U);
  table.clear();
  EXPECT_EQ(table.filter_figures().look_ups.asked, 1000U);
  EXPECT_EQ(table.bytes(), table.filter_figures().bytes);
}

// As many keys as a node with a million has in each of a few slots: the rate that was asked for holds.
TEST(KeyFilter, ErrsAsSeldomAsItWasAskedTo) {
  for (const std::uint32_t rate_ppm : {100'000U, 10'000U, 1'000U}) {
    std::uint64_t denied = 0, false_positives = 0;
    for (std::uint64_t slot = 0; slot < 200; ++slot) {
      SlotTable table;
      table.filter_keys(rate_ppm);
      for (std::uint64_t i = 0; i < 61; ++i) table.put(key(slot * 1000 + i), "", kNoExpiry);
      for (std::uint64_t i = 0; i < 5000; ++i) ASSERT_FALSE(table.find("none" + std::to_string(slot * 5000 + i)));
      denied += table.filter_figures().look_ups.denied;
      false_positives += table.filter_figures().look_ups.false_positives;
    }
    EXPECT_EQ(denied + false_positives, 1'000'000U);
    EXPECT_LE(false_positives, rate_ppm);
  }
}

}  // namespace
}  // namespace hc
