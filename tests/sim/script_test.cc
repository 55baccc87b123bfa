// Unit tests of the scenarios' form: what a script is, and that a mistake in one names its file and line.
#include "sim/scenario/script.h"

#include <gtest/gtest.h>

#include "sim/scenario/words.h"

namespace hc::sim::scenario {
namespace {

constexpr Bytes kText =
    "# A story.\n"
    "# mutant read-uncommitted\n"
    "# mutant no-previous-position with takeover-without-promise\n"
    "\n"
    "cluster nodes=3\n"
    "cut 1 | 2 3\n"
    "----\n"
    "ok\n"
    "\n"
    "# And on.\n"
    "run for=1.5s\n"
    "----\n"
    "seen\n"
    "twice\n";

std::string mistake_in(const std::string& text) {
  try {
    parse_script("story.txt", text);
  } catch (const Mistake& m) {
    return m.what();
  }
  return "none";
}

std::string mistake_of(const std::string& line) {
  Story story(false);
  try {
    story.tell(Directive("cluster nodes=3", "story.txt:1"));
    story.tell(Directive(line, "story.txt:7"));
  } catch (const Mistake& m) {
    return m.what();
  }
  return "none";
}

TEST(Script, HasBlocksAndMutants) {
  const Script s = parse_script("story.txt", kText);
  ASSERT_EQ(s.blocks.size(), 2U);
  EXPECT_EQ(s.blocks[0].line, 5);
  EXPECT_EQ(s.blocks[0].directives.size(), 2U);
  EXPECT_EQ(s.blocks[0].expected, "ok\n");
  EXPECT_EQ(s.blocks[1].expected, "seen\ntwice\n");
  ASSERT_EQ(s.mutants.size(), 2U);
  EXPECT_EQ(s.mutants[1], (std::vector<std::string>{"no-previous-position", "takeover-without-promise"}));
}

TEST(Script, IsWrittenAsItWasRead) {
  const Script s = parse_script("story.txt", kText);
  EXPECT_EQ(written(s, {s.blocks[0].expected, s.blocks[1].expected}), kText);
}

TEST(Script, ItsWordsHaveValues) {
  const Directive d("run for=1.5s 1 extra", "story.txt:1");
  EXPECT_EQ(d.duration(d.options().at("for")), 1500ms);
  EXPECT_EQ(d.plain(), (std::vector<std::string>{"1", "extra"}));
  EXPECT_EQ(d.duration("-20us"), -20us);
  EXPECT_EQ(d.percent("+5%"), 50'000);
}

TEST(Script, MistakesNameFileAndLine) {
  EXPECT_EQ(mistake_in("# nothing\n"), "story.txt:1: nothing happens in it");
  EXPECT_EQ(mistake_in("\ncrash 1\n"), "story.txt:2: the last ---- is missing");
  EXPECT_EQ(mistake_in("----\n"), "story.txt:1: ---- without a directive before it");
  EXPECT_EQ(mistake_in("crash 1\n\n----\n"), "story.txt:2: expected ---- after the directives");
  EXPECT_EQ(mistake_in("# mutant a and b\ncrash 1\n----\n"),
            "story.txt:1: expected `# mutant NAME` or `# mutant NAME with NAME`");
}

TEST(Words, MistakesNameFileAndLine) {
  EXPECT_EQ(mistake_of("crash 1"), "none");
  EXPECT_EQ(mistake_of("crsh 1"), "story.txt:7: crsh 1: there is no verb 'crsh'; sim/scenario/words.h lists them");
  EXPECT_EQ(mistake_of("crash 9"), "story.txt:7: crash 9: there is no member 9");
  EXPECT_EQ(mistake_of("start 1"), "story.txt:7: start 1: it runs already");
  EXPECT_EQ(mistake_of("run for=1h"), "story.txt:7: run for=1h: '1h' is no duration such as 300ms or 1.5s");
  EXPECT_EQ(mistake_of("wipe 1"), "story.txt:7: wipe 1: it runs: its disk can be touched only while it is down");
  EXPECT_EQ(mistake_of("ask 1 FLUSHALL"),
            "story.txt:7: ask 1 FLUSHALL: not a command that a scenario may ask (sim/scenario/callers.cc)");
}

}  // namespace
}  // namespace hc::sim::scenario
