// The table of commands, what it refuses, and what effects commands have.
#include "core/command/command.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/command/harness.h"

namespace hc::test {
namespace {

std::vector<std::string> keys_named(Bytes line) {
  const std::vector<std::string> words = words_of(line);
  const std::vector<Bytes> args(words.begin(), words.end());
  std::vector<std::string> keys;
  for_each_key(*find_command(args[0]), args, [&](Bytes key) { keys.emplace_back(key); });
  return keys;
}

TEST(CommandTable, FindsEachByItsNameInAnyCase) {
  std::set<std::string_view> names;
  for (const CommandSpec& spec : all_commands()) {
    EXPECT_EQ(find_command(spec.name), &spec);
    std::string capitals(spec.name);
    for (char& c : capitals) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(find_command(capitals), &spec);
    EXPECT_TRUE(names.insert(spec.name).second);
  }
}

TEST(CommandTable, FindsNothingElse) {
  for (const Bytes name : {"", "ge", "gett", "get ", " get", "g\x05t", "incrbyfloatx", "averyveryverylongname"})
    EXPECT_EQ(find_command(name), nullptr) << name;
  EXPECT_EQ(find_command(Bytes("get\0", 4)), nullptr);
}

TEST(CommandTable, IsConsistent) {
  for (const CommandSpec& spec : all_commands()) {
    const bool on_table = spec.route == Route::kKeys || spec.route == Route::kEverySlot || spec.route == Route::kScan;
    EXPECT_EQ(spec.run != nullptr, on_table) << spec.name;
    EXPECT_EQ(spec.first_key != 0, spec.route == Route::kKeys || spec.key_flags == "not_key") << spec.name;
    EXPECT_EQ(spec.key_flags.empty(), spec.first_key == 0) << spec.name;
    EXPECT_FALSE((spec.flags & kWrite) && (spec.flags & kReadonly)) << spec.name;
    EXPECT_FALSE(spec.summary.empty()) << spec.name;
  }
}

TEST(CommandTable, KnowsWhereTheKeysAre) {
  EXPECT_EQ(keys_named("GET a"), (std::vector<std::string>{"a"}));
  EXPECT_EQ(keys_named("MSET a 1 b 2"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(keys_named("DEL a b c"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(keys_named("SET a b EX 10"), (std::vector<std::string>{"a"}));
  EXPECT_TRUE(keys_named("PING").empty());
  EXPECT_TRUE(keys_named("SCAN 0").empty());
}

TEST(KeyHashes, HoldsAnyNumber) {
  for (const std::size_t count : {0U, 1U, 4U, 5U, 100U}) {
    std::vector<std::string> words{"DEL"};
    for (std::size_t i = 0; i < count; ++i) words.push_back("k" + std::to_string(i));
    const std::vector<Bytes> args(words.begin(), words.end());
    const KeyHashes hashes = touched_keys(*find_command("del"), args);
    ASSERT_EQ(hashes.size(), count);
    std::size_t i = 0;
    for (const std::uint64_t hash : hashes) EXPECT_EQ(hash, hash_of(args[++i]));
  }
}

TEST(Execute, RepliesBorrowAndWritesDoNotDisturbThem) {
  Harness h;
  h.run("MSET a 1 b 2");
  Execution x = h.execution(nullptr);
  const Bytes get[] = {"GET", "a"};
  Reply reply = execute(*find_command("get"), get, x);
  EXPECT_EQ(reply.text.view.data(), h.table.find("a")->value.data());
  const Bytes getset[] = {"GETSET", "a", "3"};
  reply = execute(*find_command("getset"), getset, x);
  EXPECT_EQ(text_of(reply), "\"1\"");
}

TEST(Execute, HasTheEffectsOfWhatItChanged) {
  Harness h;
  h.run("SET k v");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"put \"k\" (1 bytes)"}));
  h.run("EXPIRE k 10");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"\"k\" expires 1700000010000"}));
  h.run("INCRBYFLOAT n 0.1");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"put \"n\" (3 bytes)"}));
  h.run("APPEND k xyz");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"write into \"k\" (3 bytes) at 1"}));
  h.run("PERSIST k");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"\"k\" never expires"}));
  h.run("DEL k none n");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"erase \"k\"", "erase \"n\""}));
  h.run("MSET a 1 b 2");
  EXPECT_EQ(h.effects.size(), 2U);
  h.run("FLUSHALL");
  EXPECT_EQ(h.effects, (std::vector<std::string>{"clear"}));
  EXPECT_TRUE(h.replicas_agree);
}

TEST(Execute, HasNoEffectsWhereNothingChanged) {
  Harness h;
  h.run("SET k v");
  for (const Bytes line : {"GET k", "SET k w NX", "SET none w XX", "SETNX k w", "DEL none", "EXPIRE none 10",
                           "PERSIST k", "GETEX k", "GETEX k PERSIST", "INCR k", "SETRANGE k 0 \"\"", "KEYS *", "SCAN 0",
                           "DBSIZE", "RANDOMKEY", "TYPE k", "SET k", "FLUSHALL x", "EXPIRE k 10 XX"}) {
    h.run(line);
    EXPECT_TRUE(h.effects.empty()) << line;
  }
  h.run("FLUSHALL");
  h.run("FLUSHALL");
  EXPECT_TRUE(h.effects.empty());
}

TEST(Execute, TakesKeysAndValuesOfAnyBytesAndSize) {
  Harness h;
  std::string binary(100'000, '\0');
  for (std::size_t i = 0; i < binary.size(); ++i) binary[i] = static_cast<char>(i * 7);
  EXPECT_EQ(h.run_words({"SET", binary, binary}), "+OK");
  EXPECT_EQ(h.run_words({"STRLEN", binary}), ":100000");
  EXPECT_EQ(h.table.find(binary)->value, binary);
  EXPECT_EQ(h.run_words({"APPEND", binary, binary}), ":200000");
  EXPECT_TRUE(h.replicas_agree);
}

TEST(ExecuteLocal, TellsTheTime) {
  Harness h;
  h.now = WallTime(std::chrono::milliseconds(1'700'000'000'123));
  EXPECT_EQ(h.run("TIME"), "[\"1700000000\", \"123000\"]");
}

TEST(ExecuteLocal, DescribesEveryCommand) {
  Harness h;
  const std::string count = ":" + std::to_string(all_commands().size());
  EXPECT_EQ(h.run("COMMAND COUNT"), count);
  const Bytes args[] = {"COMMAND"};
  EXPECT_EQ(execute_local(*find_command("command"), args, h.now).items.size(), all_commands().size());
  const Bytes docs[] = {"COMMAND", "DOCS"};
  EXPECT_EQ(execute_local(*find_command("command"), docs, h.now).items.size(), 2 * all_commands().size());
  EXPECT_EQ(h.run("COMMAND LIST FILTERBY ACLCAT dangerous"),
            "[\"restore\", \"keys\", \"flushall\", \"flushdb\", \"info\", \"save\", \"bgsave\", \"bgrewriteaof\"]");
  const Bytes info[] = {"COMMAND", "INFO", "get"};
  const Reply about = execute_local(*find_command("command"), info, h.now);
  for (const std::size_t part : {2U, 6U, 7U, 8U, 9U})  // flags, categories, tips, keys, subcommands: sets of RESP3
    EXPECT_EQ(about.items[0].items[part].kind, Reply::Kind::kSet) << part;
  EXPECT_NE(h.run("COMMAND HELP").find("COUNT"), std::string::npos);
}

}  // namespace
}  // namespace hc::test
