// JSON lines: what is written is read back the same, and what is wrong is named with its line.
#include "sim/check/history_json.h"

#include <gtest/gtest.h>

#include "core/base/random.h"

namespace hc::sim {
namespace {

using Kind = Operation::Kind;

std::string random_text(Random& random) {
  static constexpr std::string_view kLetters = "a\"\\\n\x01\xff ☺z";
  std::string text;
  for (std::uint64_t n = random.below(6); n > 0; --n) text += kLetters[random.below(kLetters.size())];
  return text;
}

Operation random_operation(Random& random) {
  Operation o;
  o.kind = static_cast<Kind>(random.below(11));
  o.outcome = o.kind == Kind::kLost ? Operation::Outcome::kDone : static_cast<Operation::Outcome>(random.below(3));
  o.called = instant(static_cast<std::int64_t>(random.below(1000)));
  if (o.definite()) o.returned = o.called + Duration(static_cast<std::int64_t>(random.below(50)));
  if (o.kind == Kind::kSet || o.kind == Kind::kAppend || o.kind == Kind::kCompareAndSet) o.value = random_text(random);
  if (o.kind == Kind::kCompareAndSet) o.expected = random_text(random);
  if (o.kind == Kind::kIncrease) o.amount = -3 + static_cast<std::int64_t>(random.below(7));
  if (o.kind == Kind::kSet) {
    o.only_if_missing = random.percent(30);
    o.keep_ttl = random.percent(30);
    o.returns_old = random.percent(30);
  }
  if (o.kind == Kind::kExpire) o.ends = instant(static_cast<std::int64_t>(random.below(1000)));
  if (o.definite()) {
    o.observed.kind = static_cast<Observed::Kind>(random.below(o.kind == Kind::kIncrease ? 6 : 5));
    if (o.observed.kind == Observed::Kind::kText) o.observed.text = random_text(random);
    if (o.observed.kind == Observed::Kind::kNumber) o.observed.number = static_cast<std::int64_t>(random.below(9)) - 4;
  } else {
    o.error = random_text(random);
  }
  if (o.kind == Kind::kLost) return o;
  o.client = static_cast<std::uint32_t>(random.below(5));
  o.node = static_cast<std::uint32_t>(random.below(5));
  o.connection = random.below(3);
  if (o.connection) o.place = random.below(100);
  return o;
}

bool same(const Operation& a, const Operation& b) {
  return to_text(a) == to_text(b) && a.expected == b.expected && a.connection == b.connection && a.place == b.place &&
         a.observed == b.observed && a.ends == b.ends && a.client == b.client && a.node == b.node;
}

TEST(HistoryJson, ReadsBackWhatItWrote) {
  Random random(7);
  for (int round = 0; round < 300; ++round) {
    Histories h;
    if (random.percent(30)) h.initial = KeyState::present(random_text(random), kForever);
    for (const std::string key : {"k", "\xfe", ""}) {
      h.keys.push_back({key, {}});
      for (std::uint64_t n = 1 + random.below(8); n > 0; --n) h.keys.back().history.push_back(random_operation(random));
    }
    const std::string text = to_json_lines(h);
    const auto back = from_json_lines(text);
    ASSERT_TRUE(back) << back.error().line << ": " << back.error().what << "\n" << text;
    EXPECT_EQ(back->initial, h.initial);
    ASSERT_EQ(back->keys.size(), h.keys.size());
    for (std::size_t k = 0; k < h.keys.size(); ++k) {
      EXPECT_EQ(back->keys[k].key, h.keys[k].key);
      ASSERT_EQ(back->keys[k].history.size(), h.keys[k].history.size());
      for (std::size_t i = 0; i < h.keys[k].history.size(); ++i)
        EXPECT_TRUE(same(back->keys[k].history[i], h.keys[k].history[i])) << text;
    }
  }
}

std::string wrong(const std::string& lines) {
  const auto read = from_json_lines(lines);
  return read ? "" : std::to_string(read.error().line) + ": " + read.error().what;
}

TEST(HistoryJson, NamesWhatIsWrong) {
  const std::string first = "{\"history\":1}\n";
  const std::string good = R"({"call":1,"return":2,"key":"k","op":"get","outcome":"ok","result":null})"
                           "\n";
  EXPECT_EQ(wrong(first + good + "\n" + good), "");
  EXPECT_NE(wrong(good).find("1: the first line has to be"), std::string::npos);
  EXPECT_NE(wrong("{\"history\":2}\n").find("1: history 2"), std::string::npos);
  EXPECT_NE(wrong(first + good + "{\n").find("3: no JSON object"), std::string::npos);
  EXPECT_NE(wrong(first + "[1]\n").find("2: "), std::string::npos);
  EXPECT_NE(wrong(first + R"({"colour":1})").find("2: no such field: \"colour\""), std::string::npos);
  EXPECT_NE(wrong(first + R"({"call":1.5})").find("2: field \"call\" cannot be 1.5"), std::string::npos);
  EXPECT_NE(wrong(first + R"({"op":"gett"})").find("\"gett\"; it can be get, set"), std::string::npos);
  EXPECT_NE(wrong(first + R"({"call":1,"call":2})").find("twice"), std::string::npos);
  EXPECT_NE(wrong(first + R"({"call":1,"key":"k","op":"get","outcome":"ok"})").find("without a \"return\""),
            std::string::npos);
  EXPECT_NE(wrong(first + R"({"call":3,"return":2,"key":"k","op":"get","outcome":"ok"})").find("is before \"call\" 3"),
            std::string::npos);
  EXPECT_NE(wrong(first + R"({"call":3,"key":"k","op":"set","outcome":"unknown"})").find("without \"value\""),
            std::string::npos);
  EXPECT_NE(wrong(first + R"({"value":{"hex":"xy"}})").find("2: field \"value\""), std::string::npos);
}

}  // namespace
}  // namespace hc::sim
