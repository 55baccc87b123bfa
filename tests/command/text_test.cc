// The small text tools of the commands: numbers, patterns, digits of floating point.
#include "core/command/text.h"

#include <gtest/gtest.h>

namespace hc::command {
namespace {

TEST(ParseInteger, TakesOneFormOnly) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  for (const Bytes bad : {"", "-", "+1", "-0", "00", "01", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808",
                          "-9223372036854775809", "99999999999999999999"})
    EXPECT_FALSE(parse_integer(bad)) << bad;
}

TEST(IntegerText, WritesWhatParseIntegerReads) {
  for (const std::int64_t n : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN})
    EXPECT_EQ(parse_integer(IntegerText(n).bytes()), n);
}

TEST(FormatFloat, HasNoNeedlessDigits) {
  EXPECT_EQ(format_float(3.0L), "3");
  EXPECT_EQ(format_float(-0.0L), "0");
  EXPECT_EQ(format_float(10.5L), "10.5");
  EXPECT_EQ(format_float(3.0L + 0.1L), "3.1");
  EXPECT_EQ(format_float(100.0L), "100");
}

struct GlobCase {
  Bytes pattern, text;
  bool matches;
};

TEST(Glob, Matches) {
  using namespace std::literals;
  const GlobCase cases[] = {{"", "", true},
                            {"", "a", false},
                            {"*", "anything", true},
                            {"**", "anything", true},
                            {"a*", "a", true},
                            {"a*c", "abcbc", true},
                            {"a*c", "abcb", false},
                            {"*a*b*", "xxaxxbxx", true},
                            {"?", "a", true},
                            {"??", "a", false},
                            {"h[ae]llo", "hallo", true},
                            {"h[ae]llo", "hillo", false},
                            {"h[^e]llo", "hallo", true},
                            {"h[^e]llo", "hello", false},
                            {"[a-c]", "b", true},
                            {"[c-a]", "b", true},
                            {"[a-c]", "d", false},
                            {"[a-]", "-", false},  // a range up to the bracket
                            {"[\\]]", "]", true},
                            {"[ab", "b", true},  // unclosed: ends with the pattern
                            {"[", "a", false},
                            {"[^", "a", true},
                            {"\\*", "*", true},
                            {"\\*", "a", false},
                            {"a\\", "a\\", true},
                            {"*\0b"sv, "a\0b"sv, true},
                            {"[\x80-\xff]", "\x90", true}};
  for (const GlobCase& c : cases) EXPECT_EQ(glob_match(c.pattern, c.text), c.matches) << c.pattern << " / " << c.text;
}

TEST(Glob, TakesNoExponentialTime) {
  const std::string text(20000, 'a');
  std::string pattern;
  for (int i = 0; i < 50; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", text));
}

}  // namespace
}  // namespace hc::command
