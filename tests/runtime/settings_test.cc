// CONFIG's parameters: what is checked, kept and echoed, and what acts at once. Texts are those of Redis 7.0.15.
#include "runtime/settings.h"

#include <gtest/gtest.h>

#include <set>

namespace hc {
namespace {

std::string get(const Settings& settings, Bytes name) {
  const auto found = settings.matching(name);
  return found.size() == 1 ? found[0].second : "<" + std::to_string(found.size()) + " found>";
}

std::string set(Settings& settings, std::string name, std::string value) {
  return settings.set({{std::move(name), std::move(value)}}).value_or("OK");
}

TEST(Settings, ValuesAreBroughtIntoTheirForm) {
  Settings settings;
  EXPECT_EQ(set(settings, "maxmemory", "10KB"), "OK");
  EXPECT_EQ(get(settings, "maxmemory"), "10240");
  EXPECT_EQ(set(settings, "AppendOnly", "YES"), "OK");
  EXPECT_EQ(get(settings, "appendonly"), "yes");
  EXPECT_EQ(set(settings, "notify-keyspace-events", "KEA"), "OK");
  EXPECT_EQ(get(settings, "notify-keyspace-events"), "AKE");
  EXPECT_EQ(set(settings, "notify-keyspace-events", "nKx"), "OK");
  EXPECT_EQ(get(settings, "notify-keyspace-events"), "xnK");
  EXPECT_EQ(set(settings, "client-output-buffer-limit", "replica 1k 2kb 3"), "OK");
  EXPECT_EQ(get(settings, "client-output-buffer-limit"), "normal 0 0 0 slave 1000 2048 3 pubsub 33554432 8388608 60");
}

TEST(Settings, BuffersOfClientsHaveAPartOfTheMemory) {
  Settings settings;
  EXPECT_EQ(settings.live().clients_bytes_max, 0U);
  EXPECT_EQ(settings.live().pause_at(1000000000), 1000000000U);
  set(settings, "maxmemory", "100000000");
  EXPECT_EQ(settings.live().clients_bytes_max, 50000000U) << "half of it, if nothing was said";
  EXPECT_EQ(settings.live().pause_at(1000000000), 6250000U);
  set(settings, "maxmemory-clients", "10%");
  EXPECT_EQ(settings.live().clients_bytes_max, 10000000U);
  set(settings, "maxmemory-clients", "1000");
  EXPECT_EQ(settings.live().clients_bytes_max, 1000U);
  EXPECT_EQ(settings.live().pause_at(1000000000), 65536U);
  set(settings, "maxmemory", "0");
  EXPECT_EQ(settings.live().clients_bytes_max, 1000U);
}

TEST(Settings, ComplaintsAreRedis) {
  Settings settings;
  const std::string start = "ERR CONFIG SET failed (possibly related to argument '";
  EXPECT_EQ(set(settings, "nope", "1"), "ERR Unknown option or number of arguments for CONFIG SET - 'nope'");
  for (const char* too_large : {"20000000000gb", "18446744073709551616", "18446744073709551615k"})
    EXPECT_EQ(set(settings, "maxmemory", too_large), start + "maxmemory') - argument must be a memory value");
  EXPECT_EQ(set(settings, "maxmemory", "1.5gb"), start + "maxmemory') - argument must be a memory value");
  EXPECT_EQ(set(settings, "timeout", "-1"), start + "timeout') - argument must be between 0 and 2147483647 inclusive");
  EXPECT_EQ(set(settings, "timeout", "05"), start + "timeout') - argument couldn't be parsed into an integer");
  EXPECT_EQ(set(settings, "databases", "3"), start + "databases') - can't set immutable config");
  EXPECT_EQ(set(settings, "save", "1"), start + "save') - Invalid save parameters");
  EXPECT_EQ(set(settings, "maxmemory-clients", "101%"),
            start + "maxmemory-clients') - percentage argument must be less or equal to 100");
}

TEST(Settings, AllOrNothing) {
  Settings settings;
  EXPECT_TRUE(settings.set({{"maxmemory", "5"}, {"appendonly", "maybe"}}));
  EXPECT_EQ(get(settings, "maxmemory"), "0");
  EXPECT_TRUE(settings.set({{"maxmemory", "5"}, {"MAXMEMORY", "6"}}));
  EXPECT_EQ(get(settings, "maxmemory"), "0");
}

TEST(Settings, AnAliasIsTheSameValue) {
  Settings settings;
  EXPECT_EQ(set(settings, "list-max-ziplist-size", "128"), "OK");
  EXPECT_EQ(get(settings, "list-max-listpack-size"), "128");
  std::set<std::string> names;
  for (const auto& [name, value] : settings.matching("list-max-*"))
    if (value == "128") names.insert(name);
  EXPECT_EQ(names, (std::set<std::string>{"list-max-listpack-size", "list-max-ziplist-size"}));
}

TEST(Settings, SomeActAtOnce) {
  Settings settings;
  std::string level;
  settings.on_log_level([&level](std::string_view now) { level = now; });
  EXPECT_FALSE(settings.set({{"maxclients", "7"},
                             {"timeout", "9"},
                             {"loglevel", "Debug"},
                             {"client-output-buffer-limit", "normal 4mb 1mb 60"},
                             {"client-query-buffer-limit", "2mb"}}));
  EXPECT_EQ(settings.live().clients_max, 7U);
  EXPECT_EQ(settings.live().idle_seconds_max, 9U);
  EXPECT_EQ(settings.live().output.hard_bytes, 4U << 20U);
  EXPECT_EQ(settings.live().output.soft_bytes, 1U << 20U);
  EXPECT_EQ(settings.live().output.soft_seconds, 60U);
  EXPECT_EQ(settings.live().query_bytes_max, 2U << 20U);
  EXPECT_EQ(level, "debug");
  settings.offer("log-level", "info", "debug, info, warning, error");
  EXPECT_NE(set(settings, "log-level", "loud"), "OK");
  EXPECT_EQ(set(settings, "log-level", "warning"), "OK");
  EXPECT_EQ(level, "warning");
}

TEST(Settings, OurOwnAreShownAndFixed) {
  Settings settings;
  settings.show("deadline-ms", "5000");
  settings.show("port", "6379");
  EXPECT_EQ(get(settings, "deadline-ms"), "5000");
  EXPECT_NE(set(settings, "deadline-ms", "1"), "OK");
  EXPECT_NE(set(settings, "port", "1"), "OK");
  EXPECT_EQ(get(settings, "port"), "6379");
  EXPECT_EQ(set(settings, "port", "6379"), "OK");
}

TEST(Settings, FiltersOverKeysActAtOnce) {
  Settings settings;
  std::vector<std::pair<std::string, std::uint32_t>> told;
  settings.begin_filter("auto", 10'000,
                        [&](std::string_view mode, std::uint32_t ppm) { told.emplace_back(mode, ppm); });
  EXPECT_EQ(get(settings, "cuckoo-filter"), "auto");
  EXPECT_EQ(get(settings, "cuckoo-fpp"), "0.01");
  EXPECT_EQ(set(settings, "cuckoo-filter", "on"), "OK");
  EXPECT_EQ(set(settings, "cuckoo-filter", "ON"), "OK") << "which changes nothing";
  EXPECT_EQ(set(settings, "cuckoo-fpp", "0.001"), "OK");
  EXPECT_EQ(told, (decltype(told){{"on", 10'000}, {"on", 1000}}));
  EXPECT_NE(set(settings, "cuckoo-fpp", "0.7"), "OK");
  EXPECT_NE(set(settings, "cuckoo-filter", "maybe"), "OK");
}

TEST(Settings, APlainNameComesBackAsItWasWritten) {
  const Settings settings;
  EXPECT_EQ(settings.matching("MaxMemory")[0].first, "MaxMemory");
  EXPECT_TRUE(settings.matching("nothing").empty());
  EXPECT_GT(settings.matching("*").size(), 150U);
}

}  // namespace
}  // namespace hc
