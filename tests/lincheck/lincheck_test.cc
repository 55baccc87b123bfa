// lincheck's parts: what its readers take and refuse, and what it tells about the examples beside this file.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tools/lincheck/report.h"

namespace hc::lincheck {
namespace {

using Judged = sim::Judgement::Kind;

std::string text_of(const std::string& name) {
  std::ifstream file(HC_EXAMPLES "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

struct Judgement {
  Contents contents;
  Verdict verdict;
  std::string told;
  std::size_t core = 0;
};

Judgement judged(const std::string& text, std::uint64_t budget = kBudget) {
  auto contents = read(text);
  EXPECT_TRUE(contents) << contents.error().line << ": " << contents.error().what;
  if (!contents) return {};
  Judgement j{*std::move(contents), {}, {}};
  j.verdict = check(j.contents.histories, budget);
  if (j.verdict.kind != Judged::kViolated) return j;
  const Core core = minimal_core(j.contents.histories.keys[j.verdict.finding->key].history,
                                 j.contents.histories.initial, j.verdict.finding->judgement.illegal);
  j.core = core.indices.size();
  j.told = explain(j.contents, j.verdict, core);
  return j;
}

TEST(Lincheck, LegalExamples) {
  for (const char* name : {"register-ok.log", "key-value-ok.txt", "ours-ok.jsonl"})
    EXPECT_EQ(judged(text_of(name)).verdict.kind, Judged::kLinearizable) << name;
  const Judgement nothing = judged("\n");
  EXPECT_EQ(nothing.verdict.kind, Judged::kLinearizable);
  EXPECT_EQ(nothing.verdict.operations, 0U);
}

TEST(Lincheck, RegisterLog) {
  const Judgement j = judged(text_of("register-illegal.log"));
  EXPECT_EQ(j.verdict.kind, Judged::kViolated);
  EXPECT_NE(j.told.find("nothing explains client 2 [line 9 … line 10]: GET → \"2\""), std::string::npos) << j.told;
  EXPECT_NE(j.told.find("may have been: \"…\""), std::string::npos) << j.told;
  EXPECT_EQ(j.core, 3U) << j.told;  // written, exchanged, read: the first write and the read between say nothing
}

TEST(Lincheck, KeyValueLog) {
  const Judgement j = judged(text_of("key-value-illegal.txt"));
  EXPECT_EQ(j.verdict.kind, Judged::kViolated);
  EXPECT_NE(j.told.find("key \"a\": nothing explains client 2 [line 11 … line 12]: GET → \"xyz\""), std::string::npos)
      << j.told;
  EXPECT_EQ(j.core, 5U) << j.told;
}

TEST(Lincheck, JsonLines) {
  const Judgement j = judged(text_of("ours-illegal.jsonl"));
  EXPECT_EQ(j.verdict.kind, Judged::kViolated);
  EXPECT_NE(j.told.find("key \"counter\": nothing explains client 2 at node 2"), std::string::npos) << j.told;
}

TEST(Lincheck, ABudgetAndNoClock) {
  EXPECT_EQ(judged(text_of("ours-hard.jsonl"), 100).verdict.kind, Judged::kUndecided);
}

std::string wrong(const std::string& text) {
  const auto contents = read(text);
  return contents ? "" : std::to_string(contents.error().line) + ": " + contents.error().what;
}

TEST(Lincheck, NamesTheLineThatItCannotRead) {
  const std::string call = "INFO  jepsen.util - 1\t:invoke\t:write\t4\n";
  const std::string log = "INFO  jepsen.util - ";
  EXPECT_EQ(wrong(call), "");
  EXPECT_NE(wrong("hello\n").find("1: \"hello\" is no line of a log"), std::string::npos);
  EXPECT_NE(wrong(call + log + "1 :ok :read 4").find("2: process 1 ends what it did not begin"), std::string::npos);
  EXPECT_NE(wrong(call + call).find("2: process 1 begins an operation before"), std::string::npos);
  EXPECT_NE(wrong(call + "\n" + log + "2 :invoke :cas 4").find("3: a :cas of \"4\""), std::string::npos);
  EXPECT_NE(wrong(log + "2 :maybe :read nil").find("1: \":maybe\""), std::string::npos);
  EXPECT_NE(wrong(log + "2 :invoke :grab nil").find("1: \":grab\""), std::string::npos);
  EXPECT_NE(wrong(log + "2 :invoke :read nil\n" + log + "2 :ok :read four").find("2: a :read of \"four\""),
            std::string::npos);
  const std::string get = R"({:process 1, :type :invoke, :f :get, :key "k", :value nil})";
  EXPECT_EQ(wrong(get), "");
  EXPECT_NE(wrong(get + "\n" + R"({:process 1, :type :ok, :f :get, :key "k", :value "no end})").find("2: the text of"),
            std::string::npos);
  EXPECT_NE(wrong(R"({:process 1, :type :invoke, :f :take, :key "k"})").find("1: :f :take"), std::string::npos);
  EXPECT_NE(wrong(R"({:type :invoke, :f :get, :key "k"})").find("1: no :process"), std::string::npos);
  EXPECT_NE(wrong(R"({:process 1, :type :invoke, :f :put, :key "k", :value nil})").find("1: :put without"),
            std::string::npos);
  EXPECT_NE(wrong("{\"history\":1}\n{}\n").find("2: no field \"call\""), std::string::npos);
}

}  // namespace
}  // namespace hc::lincheck
