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

TEST(Options, ErrorsOfTheFileNameIt) {
  const std::string path = testing::TempDir() + "hc-options.toml";
  std::ofstream(path) << "resp-prot = 1\n";
  const auto wrong = parse({"--config", path.c_str()});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().text.starts_with("hypercache-node: " + path + ": 'resp-prot' cannot"))
      << wrong.error().text;
  std::remove(path.c_str());
  EXPECT_TRUE(parse({"--config", path.c_str()}).error().text.contains("value '" + path + "': cannot be read"));
  std::ofstream(path) << "[node]\nid = 3\n";
  EXPECT_TRUE(parse({"--config", path.c_str()}).error().text.contains("'[node]' cannot be understood"));
  std::ofstream(path) << "";
  EXPECT_TRUE(parse({"--config", path.c_str()})) << "a file may say nothing";
  std::remove(path.c_str());
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
  const auto said = [](const std::vector<const char*>& words) {
    const auto options = parse(words);
    return options ? std::string() : options.error().text.substr(0, options.error().text.find('\n'));
  };
  constexpr const char* kInstead = ": value 'soon': give a whole number from 100 to 60000";
  EXPECT_EQ(said({"--lease-ms", "soon"}), "hypercache-node: --lease-ms" + std::string(kInstead));
  const Variable lease("HYPERCACHE_LEASE_MS", "soon");
  EXPECT_EQ(said({}), "hypercache-node: HYPERCACHE_LEASE_MS" + std::string(kInstead));
  EXPECT_EQ(said({"--lease-ms", "500"}), "") << "what is overridden is not looked at";
  const std::string path = testing::TempDir() + "hc-error.toml";
  std::ofstream(path) << "lease-ms = \"soon\"\nmin-in-sync = 3\n";
  const Variable again("HYPERCACHE_LEASE_MS", "500");
  EXPECT_EQ(said({"--config", path.c_str()}),
            "hypercache-node: " + path + ": min-in-sync: value '3': more than --replication-factor 2: lower it");
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
