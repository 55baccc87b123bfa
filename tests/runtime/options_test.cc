// Flags and the rules that follow from them. What the process does with them, tests/system/process_test.py shows.
#include "runtime/options.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace hc {
namespace {

std::expected<Options, Instead> parse(const std::vector<const char*>& words) {
  std::vector<const char*> argv = {"hypercache-node"};
  argv.insert(argv.end(), words.begin(), words.end());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

TEST(Options, WithoutArgumentsAloneAndNothingOnDisk) {
  const auto options = parse({});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->alone);
  EXPECT_TRUE(options->data_dir.empty());
  EXPECT_EQ(options->resp_port, 6379);
  EXPECT_EQ(options->http_port, 8080);
  EXPECT_EQ(options->gossip_port, 0);
  EXPECT_FALSE(node_config(*options).durable_votes);
}

TEST(Options, AnIdMakesAMemberWithItsOwnPortsAndFolder) {
  for (const auto& options : {parse({"--id", "3"}), parse({"3"})}) {
    ASSERT_TRUE(options);
    EXPECT_FALSE(options->alone);
    EXPECT_EQ(options->id, NodeId(3));
    EXPECT_EQ(options->resp_port, 6381);
    EXPECT_EQ(options->http_port, 8082);
    EXPECT_EQ(options->gossip_port, 7948);
    EXPECT_EQ(options->data_dir, "hypercache-data/node-3");
    EXPECT_TRUE(node_config(*options).durable_votes);
    EXPECT_TRUE(node_config(*options).join.empty());
  }
}

TEST(Options, JoinInEitherFormAndRepeated) {
  const auto short_form = parse({"2", "127.0.0.1:7946"});
  ASSERT_TRUE(short_form);
  EXPECT_EQ(short_form->join, (std::vector<Address>{{"127.0.0.1", 7946}}));
  const auto flags = parse({"--join", "one:7946", "--join", "[::1]:7947"});
  ASSERT_TRUE(flags);
  EXPECT_EQ(flags->join, (std::vector<Address>{{"one", 7946}, {"::1", 7947}}));
  EXPECT_FALSE(flags->alone);
  EXPECT_EQ(flags->data_dir, "hypercache-data/node-1");
}

TEST(Options, Founders) {
  const auto options = parse({"--id", "2", "--founders", "1@a:7946,2@b:7947,3@c:7948"});
  ASSERT_TRUE(options);
  ASSERT_EQ(options->founders.size(), 3U);
  EXPECT_EQ(options->founders[1].id, NodeId(2));
  EXPECT_EQ(options->founders[1].gossip, (Address{"b", 7947}));
}

TEST(Options, PortZeroIsKept) {
  const auto options = parse({"--id", "2", "--resp-port", "0", "--http-port", "0", "--gossip-port", "0"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->resp_port, 0);
  EXPECT_EQ(options->http_port, 0);
  EXPECT_EQ(options->gossip_port, 0);
  EXPECT_FALSE(options->alone);
}

TEST(Options, WhatTheFounderSets) {
  const auto options = parse({"--id", "1", "--replication-factor", "3", "--lease-ms", "700", "--voters-max", "3",
                              "--slot-loss-policy", "wait", "--deadline-ms", "900", "--min-in-sync", "2"});
  ASSERT_TRUE(options);
  const NodeConfig config = node_config(*options);
  EXPECT_EQ(config.replication_factor, 3U);
  EXPECT_EQ(config.lease, 700ms);
  EXPECT_EQ(config.voters_max, 3U);
  EXPECT_TRUE(config.slot_loss_wait);
  EXPECT_EQ(config.deadline, 900ms);
  EXPECT_EQ(config.min_in_sync, 2U);
}

TEST(Options, InsteadOfRunning) {
  EXPECT_EQ(parse({"--version"}).error().status, 0);
  EXPECT_EQ(parse({"--help"}).error().status, 0);
  EXPECT_EQ(parse({"--id", "2", "--check-config"}).error().status, 0);
  const auto wrong = parse({"--id", "2", "--found", "--founders", "2@a:1"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().status, kExitUsage);
  EXPECT_TRUE(wrong.error().to_stderr);
  EXPECT_NE(wrong.error().text.find("--found"), std::string::npos) << wrong.error().text;
}

TEST(Options, FiltersOverKeys) {
  const auto rate = [](const std::vector<const char*>& words) { return node_config(*parse(words)).key_filter_ppm; };
  EXPECT_EQ(rate({}), 0U) << "auto";
  EXPECT_EQ(rate({"--cuckoo-filter", "on"}), 10'000U);
  EXPECT_EQ(rate({"--cuckoo-filter", "on", "--cuckoo-fpp", "0.001"}), 1000U);
  EXPECT_EQ(rate({"--cuckoo-filter", "off", "--cuckoo-fpp", "0.001"}), 0U);
  for (const char* fpp : {"0", "0.6", "-1", "x", "1%", "1e-9"})
    EXPECT_NE(parse({"--cuckoo-fpp", fpp}).error().text.find("give a number from 0.000001 to 0.5"), std::string::npos)
        << fpp;
  EXPECT_NE(parse({"--cuckoo-filter", "yes"}).error().text.find("give one of on, off, auto"), std::string::npos);
}

TEST(Options, OnePortForTwoThings) {
  EXPECT_EQ(parse({"--resp-port", "8080"}).error().text,
            "hypercache-node: --http-port: value '8080': --resp-port has it too: change one\n"
            "Run hypercache-node --help for all flags.\n");
  EXPECT_EQ(parse({"--id", "2", "--gossip-port", "6380"}).error().status, kExitUsage);
  EXPECT_TRUE(parse({"--resp-port", "0", "--http-port", "0"}));
}

// The first line of what is said instead of running; "" if it runs.
std::string error_of(const std::vector<const char*>& words) {
  const auto options = parse(words);
  return options ? std::string() : options.error().text.substr(0, options.error().text.find('\n'));
}

// A file of --config for as long as it lives.
class ConfigFile {
 public:
  explicit ConfigFile(std::string_view text) { std::ofstream(path_) << text; }
  ~ConfigFile() { std::remove(path_.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  std::expected<Options, Instead> parse() const { return hc::parse({"--config", path_.c_str()}); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = testing::TempDir() + "hc-options.toml";
};

TEST(Options, ErrorsOfTheFileNameItAndTheLine) {
  const std::pair<const char*, const char*> kTable[] = {
      {"# first\nresp-prot = 1\n", ":2: 'resp-prot' is no option: "},
      {"[node]\nid = 3\n", ":1: 'node' is a table, and there are none here: "},
      {"node.id = 3\n", ":1: 'node' is a table, and there are none here: "},
      {"resp-port = [1, 2]\n", ":1: resp-port: is an array: give one value"},
      {"join = [[\"a:1\"]]\n", ":1: join: is no text: put the value between quotes"},
      {"\nzone = 5\n", ":2: zone: is no text: put the value between quotes"},
      {"deadline-ms = 1979-05-27\n", ":1: deadline-ms: is neither a text nor a number: give one"},
      {"resp-port = true\n", ":1: resp-port: value 'true': give a whole number from 0 to 65535"},
      {"resp-port = 1.5\n", ":1: resp-port: value '1.5': give a whole number from 0 to 65535"},
      {"resp-port = -1\n", ":1: resp-port: value '-1': give a whole number from 0 to 65535"},
      {"join = \"\"\n", ":1: join: value '': give HOST:GOSSIP_PORT"},
  };
  for (const auto& [text, said] : kTable) {
    const ConfigFile file(text);
    const auto wrong = file.parse();
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().status, kExitUsage);
    EXPECT_TRUE(wrong.error().text.starts_with("hypercache-node: " + file.path() + said)) << wrong.error().text;
  }
  EXPECT_TRUE(ConfigFile("").parse()) << "a file may say nothing";
  EXPECT_TRUE(parse({"--config", "/no/file"}).error().text.contains("value '/no/file': cannot be read"));
}

TEST(Options, WhatIsNoTomlIsRefusedWithItsLine) {
  for (const char* text : {"\nzone = \"unterminated\n", "\nzone = \"a b\" trailing garbage\n",
                           "zone = \"a\"\nzone = \"b\"\n", "\nzone east\n", "\nresp-port = 0600\n"}) {
    const ConfigFile file(text);
    const auto wrong = file.parse();
    ASSERT_FALSE(wrong) << text;
    EXPECT_EQ(wrong.error().status, kExitUsage);
    EXPECT_TRUE(wrong.error().text.starts_with("hypercache-node: " + file.path() + ":2: ")) << wrong.error().text;
  }
  EXPECT_TRUE(ConfigFile("zone = \"a\"\nzone = \"b\"\n").parse().error().text.contains("'zone'"));
}

TEST(Options, TheFileIsToml) {
  const auto zone = [](const std::string& text) { return ConfigFile("zone = " + text + "\n").parse()->zone; };
  EXPECT_EQ(zone("\"ea#st\" # a comment"), "ea#st");
  EXPECT_EQ(zone("'ea#st'"), "ea#st");
  EXPECT_EQ(zone("\"a\\u0041\\tb\""), "aA\tb");
  EXPECT_EQ(zone("'''a\nb'''"), "a\nb");
  EXPECT_EQ(zone("\"\""), "");
  const auto numbers = ConfigFile("resp-port = 0x1F91\nmaxmemory = 1_000_000\ncuckoo-fpp = 1e-3\n").parse();
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->resp_port, 8081);
  EXPECT_EQ(numbers->memory.bytes, 1'000'000U);
  EXPECT_EQ(numbers->cuckoo_fpp_ppm, 1000U);
  EXPECT_EQ(ConfigFile("maxmemory = \"64mb\"\n").parse()->memory.bytes, 67'108'864U);
}

TEST(Options, AFlagIsNoValueOfTheOneBeforeIt) {
  const std::pair<std::vector<const char*>, const char*> kTable[] = {
      {{"--host", "--check-config"}, "--host: value '--check-config': that is a flag: give a value before it"},
      {{"--data-dir", "--gossip-port", "7"},
       "--data-dir: value '--gossip-port': that is a flag: give a value before it"},
      {{"--config", "--check-config"}, "--config: value '--check-config': that is a flag: give a value before it"},
      {{"--zone"}, "--zone: there is no value: give one behind it"},
      {{"--found="}, "--found: value '': leave the = out"},
      {{"--config="}, "--config: value '': give a TOML file, or leave it out"},
      {{"--bind=", "--gossip-port", "7"}, "--bind: value '': give 1 to 255 bytes"},
      {{"--resp-port=", "7"}, "--resp-port: value '': give a whole number from 0 to 65535 (0: any free one)"},
      {{"--join="}, "--join: value '': give HOST:GOSSIP_PORT, for instance 127.0.0.1:7946"},
  };
  for (const auto& [words, said] : kTable)
    EXPECT_TRUE(error_of(words).starts_with("hypercache-node: " + std::string(said))) << error_of(words);
  const auto empty = parse({"--data-dir=", "--gossip-port", "7", "--announce-host=", "--http-port=9"});
  ASSERT_TRUE(empty);
  EXPECT_EQ(empty->data_dir, "");
  EXPECT_EQ(empty->gossip_port, 7);
  EXPECT_EQ(empty->announce_host, "");
  EXPECT_EQ(empty->http_port, 9);
}

TEST(Options, CheckConfigLooksAtTheMachine) {
  const std::string file = testing::TempDir() + "hc-a-file", folder = testing::TempDir();
  std::ofstream(file) << "";
  const std::string under_file = file + "/x";
  const std::pair<std::vector<const char*>, const char*> kTable[] = {
      {{"--bind", "300.1.1.1"}, "--bind: value '300.1.1.1': cannot be listened on"},
      {{"--bind", "nowhere.invalid"}, "--bind: value 'nowhere.invalid': cannot be listened on"},
      {{"--bind", "192.0.2.1"}, "--bind: value '192.0.2.1': cannot be listened on"},
      {{"--data-dir", under_file.c_str()}, "--data-dir: value '"},
      {{"--record", "/nonexistent/x"}, "--record: value '/nonexistent/x': there is no folder '/nonexistent'"},
      {{"--log-file", "/nonexistent/x"}, "--log-file: value '/nonexistent/x': there is no folder '/nonexistent'"},
      {{"--log-file", folder.c_str()}, "--log-file: value '"},
  };
  for (auto [words, said] : kTable) {
    EXPECT_TRUE(parse(words)) << "the start says it";
    words.push_back("--check-config");
    const auto wrong = parse(words);
    EXPECT_EQ(wrong.error().status, kExitFailure) << said;
    EXPECT_TRUE(wrong.error().text.starts_with("hypercache-node: " + std::string(said))) << wrong.error().text;
  }
  const std::string new_file = folder + "hc-new", new_folder = folder + "hc-new-folder/below";
  const auto fine = parse({"--record", new_file.c_str(), "--log-file", file.c_str(), "--data-dir", new_folder.c_str(),
                           "--bind", "localhost", "--check-config"});
  EXPECT_EQ(fine.error().status, 0) << fine.error().text;
  EXPECT_FALSE(std::ifstream(new_file)) << "nothing is changed";
  std::remove(file.c_str());
}

TEST(Options, TooMuchMemoryIsAnError) {
  for (const char* bytes : {"20000000000gb", "18446744073709551616", "-1", "1.5gb"})
    EXPECT_EQ(error_of({"--maxmemory", bytes}), "hypercache-node: --maxmemory: value '" + std::string(bytes) +
                                                    "': give a number of bytes, or with a unit: 64mb, 1gb; 0 for no "
                                                    "limit");
  EXPECT_EQ(parse({"--maxmemory", "18446744073709551615"})->memory.bytes, UINT64_MAX);
}

// A variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { setenv(name, value, 1); }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST(Options, AFlagIsStrongerThanTheEnvironmentAndThatThanTheFile) {
  const std::string path = testing::TempDir() + "hc-places.toml";
  std::ofstream(path) << "zone = \"file\"\nhost = \"file\"\ndeadline-ms = 700\nfound = true\n"
                      << "join = [\"a:1\", \"b:2\"]\n";
  const Variable file("HYPERCACHE_CONFIG", path.c_str()), zone("HYPERCACHE_ZONE", "environment"),
      host("HYPERCACHE_HOST", "environment"), nothing("HYPERCACHE_DEADLINE_MS", "");
  const auto options = parse({"--zone", "flag"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->zone, "flag");
  EXPECT_EQ(options->host_label, "environment");
  EXPECT_EQ(options->deadline_ms, 700U) << "an empty variable says nothing";
  EXPECT_TRUE(options->found);
  EXPECT_EQ(options->join, (std::vector<Address>{{"a", 1}, {"b", 2}}));
  const Variable join("HYPERCACHE_JOIN", "c:3,d:4");
  EXPECT_EQ(parse({})->join, (std::vector<Address>{{"c", 3}, {"d", 4}})) << "lists are not put together";
  std::remove(path.c_str());
}

TEST(Options, AnErrorNamesThePlace) {
  constexpr const char* kInstead = ": value 'soon': give a whole number from 100 to 60000";
  EXPECT_EQ(error_of({"--lease-ms", "soon"}), "hypercache-node: --lease-ms" + std::string(kInstead));
  const Variable lease("HYPERCACHE_LEASE_MS", "soon");
  EXPECT_EQ(error_of({}), "hypercache-node: HYPERCACHE_LEASE_MS" + std::string(kInstead));
  EXPECT_EQ(error_of({"--lease-ms", "500"}), "") << "what is overridden is not looked at";
  const std::string path = testing::TempDir() + "hc-error.toml";
  std::ofstream(path) << "lease-ms = \"soon\"\nmin-in-sync = 3\n";
  const Variable again("HYPERCACHE_LEASE_MS", "500");
  EXPECT_EQ(error_of({"--config", path.c_str()}),
            "hypercache-node: " + path + ":2: min-in-sync: value '3': more than --replication-factor 2: lower it");
  std::remove(path.c_str());
}

TEST(Options, EveryErrorIsToldAtOnce) {
  const auto wrong = parse({"--lease-ms", "soon", "--voters-max", "2", "--maxmemory", "much"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(std::count(wrong.error().text.begin(), wrong.error().text.end(), '\n'), 4) << wrong.error().text;
}

TEST(Options, Contradictions) {
  const std::pair<std::vector<const char*>, const char*> kTable[] = {
      {{"--min-in-sync", "3"}, "--min-in-sync"},
      {{"--save", "60"}, "--save"},
      {{"--appendfsync", "always"}, "--appendfsync"},
      {{"--auto-aof-rewrite-percentage", "50"}, "--auto-aof-rewrite-percentage"},
      {{"--auto-aof-rewrite-min-size", "1mb"}, "--auto-aof-rewrite-min-size"},
      {{"--appendonly", "yes", "--data-dir", ""}, "--appendonly"},
      {{"--id", "3", "--founders", "1@a:1,2@b:2"}, "--founders"},
      {{"--found", "--founders", "1@a:1"}, "--found"},
      {{"--join", "127.0.0.1:7946"}, "--join"},
      {{"--id", "2", "--join", "me:9", "--gossip-port", "9", "--announce-host", "me"}, "--join"},
      {{"--resp-port", "7000", "--http-port", "7000"}, "--http-port"},
  };
  for (const auto& [words, flag] : kTable) {
    const auto wrong = parse(words);
    ASSERT_FALSE(wrong) << flag;
    EXPECT_EQ(wrong.error().status, kExitUsage);
    EXPECT_TRUE(wrong.error().text.starts_with("hypercache-node: " + std::string(flag) + ": value '"))
        << wrong.error().text;
  }
}

TEST(Options, TheVerdictSaysWhatHoldsAndWhereItCameFrom) {
  const Variable zone("HYPERCACHE_ZONE", "east"), stranger("HYPERCACHE_COLOUR", "blue");
  EXPECT_EQ(parse({"2", "--maxmemory", "64mb", "--check-config"}).error().text,
            "configuration is valid: node-2, RESP on 127.0.0.1:6380, HTTP on 127.0.0.1:8081, members on "
            "127.0.0.1:7947, data in hypercache-data/node-2\n"
            "  id = 2 (ID)\n"
            "  zone = east (HYPERCACHE_ZONE)\n"
            "  maxmemory = 67108864 (--maxmemory)\n"
            "  HYPERCACHE_COLOUR is no option's: it is ignored\n");
}

}  // namespace
}  // namespace hc
