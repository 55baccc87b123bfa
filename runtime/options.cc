#include "runtime/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "core/command/notice.h"
#include "runtime/settings.h"
#include "runtime/version.h"

namespace hc {

namespace {

constexpr std::uint32_t kIdMax = 57000;  // its default ports must exist
constexpr const char* kDescription =
    "HyperCache, a distributed in-memory cache that Redis and HTTP clients can use.\n"
    "With no arguments: a single node that serves at once, writes nothing to disk and cannot be joined.\n"
    "Short form: hypercache-node ID [HOST:GOSSIP_PORT]  is  --id ID [--join HOST:GOSSIP_PORT].";

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// "host:7946", "[::1]:7946".
std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || host.empty() || host.find_first_of(" \t/@,") != std::string_view::npos) return std::nullopt;
  return Address{std::string(host), *port};
}

CLI::ValidationError bad(const std::string& flag, const std::string& value, const std::string& what_to_do) {
  return CLI::ValidationError(flag, "value '" + value + "': " + what_to_do);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

Address need_address(const std::string& flag, const std::string& text) {
  const auto address = parse_address(text);
  if (!address) throw bad(flag, text, "give HOST:GOSSIP_PORT, for instance 127.0.0.1:7946");
  return *address;
}

NodeId need_id(const std::string& flag, const std::string& text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == 0 || id > kIdMax) {
    throw bad(flag, text, "give a whole number from 1 to " + std::to_string(kIdMax));
  }
  return NodeId(id);
}

std::uint64_t need_memory(const std::string& flag, const std::string& text) {
  const auto bytes = parse_memory(text);
  if (!bytes) throw bad(flag, text, "give a number of bytes, or with a unit: 64mb, 1gb; 0 for no limit");
  return *bytes;
}

std::uint32_t need_rate(const std::string& flag, const std::string& text) {
  const auto ppm = parse_rate(text);
  if (!ppm) throw bad(flag, text, "give a number from 0.000001 to 0.5");
  return *ppm;
}

std::vector<Founder> need_founders(const std::vector<std::string>& given) {
  constexpr const char* kForm = "give ID@HOST:GOSSIP_PORT of every founder, separated by commas";
  std::vector<Founder> founders;
  for (const std::string& list : given) {
    for (const std::string& one : split(list, ',')) {
      const auto at = one.find('@');
      if (at == std::string::npos) throw bad("--founders", one, kForm);
      founders.push_back({need_id("--founders", one.substr(0, at)), need_address("--founders", one.substr(at + 1))});
    }
  }
  for (std::size_t i = 0; i < founders.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (founders[i].id == founders[j].id) {
        throw bad("--founders", std::to_string(founders[i].id.value), "name each founder's id once");
      }
  return founders;
}

// A number with bounds, whose error says what it may be.
CLI::Validator between(std::uint64_t low, std::uint64_t high) {
  return CLI::Validator(
      [low, high](std::string& text) -> std::string {
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc() && end == text.data() + text.size() && number >= low && number <= high) return {};
        return "value '" + text + "': give a whole number from " + std::to_string(low) + " to " + std::to_string(high);
      },
      "");
}

CLI::Validator one_of(std::vector<std::string> choices) {
  return CLI::Validator(
      [choices](std::string& text) -> std::string {
        if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
        std::string list;
        for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
        return "value '" + text + "': give one of " + list;
      },
      "");
}

// What the command line holds before it is understood.
struct Given {
  std::string id_text;
  std::vector<std::string> positional, join, founders;
  std::optional<std::uint16_t> resp_port, http_port, gossip_port;
  std::optional<std::string> data_dir;
  std::string slot_loss_policy, maxmemory, maxmemory_policy, cuckoo_fpp;
  std::string appendonly = "no", appendfsync = "everysec";
  bool check_config = false, version = false;
};

void declare(CLI::App& app, Options& options, Given& given) {
  app.add_option("positional", given.positional, "ID [HOST:GOSSIP_PORT]")->configurable(false);
  app.add_option("--id", given.id_text, "number of this member, from 1; its name is node-N (default 1)");
  app.add_option("--join", given.join, "HOST:GOSSIP_PORT of a member; may be repeated");
  app.add_flag("--found", options.found, "found a new cluster although --join is given, if there is no data");
  app.add_option("--founders", given.founders, "ID@HOST:GOSSIP_PORT,… of all who found the cluster together");
  app.add_option("--bind", options.bind, "address to listen on")->capture_default_str();
  app.add_option("--announce-host", options.announce_host, "address under which others reach this member");
  app.add_option("--resp-port", given.resp_port, "for Redis clients (default 6378+N; 0 = any)")
      ->check(between(0, 65535));
  app.add_option("--http-port", given.http_port, "for HTTP clients (default 8079+N; 0 = any)")
      ->check(between(0, 65535));
  app.add_option("--gossip-port", given.gossip_port, "for members: UDP, and TCP likewise (default 7945+N; 0 = any)")
      ->check(between(0, 65535));
  app.add_option("--data-dir", given.data_dir, "folder for what must survive (default ./hypercache-data/node-N)");
  app.add_option("--replication-factor", options.replication_factor, "copies of each key; by the founder")
      ->check(between(1, 3))
      ->capture_default_str();
  app.add_option("--cluster-name", options.cluster_name, "members of other names are refused")->capture_default_str();
  app.add_option("--host", options.host_label, "label: copies go to different hosts where possible");
  app.add_option("--zone", options.zone, "label: copies go to different zones where possible");
  app.add_option("--voters-max", options.voters_max, "how many members decide, at most; by the founder")
      ->check(one_of({"1", "3", "5", "7"}))
      ->capture_default_str();
  app.add_option("--min-in-sync", options.min_in_sync, "fewer copies in sync refuse writes")
      ->check(between(1, 3))
      ->capture_default_str();
  app.add_option("--slot-loss-policy", given.slot_loss_policy,
                 "wait or reset, when every copy of a slot is gone; by the founder (default reset, wait with a log)")
      ->check(one_of({"wait", "reset"}));
  app.add_option("--appendonly", given.appendonly, "yes: keep a log in the data folder, and go on from it")
      ->check(one_of({"yes", "no"}))
      ->capture_default_str();
  app.add_option("--appendfsync", given.appendfsync, "make the log durable: always (before an answer), everysec or no")
      ->check(one_of({"always", "everysec", "no"}))
      ->capture_default_str();
  app.add_option("--save", options.save_seconds, "a snapshot of the log so often, in seconds (0: when it has grown)")
      ->check(between(0, 31536000))
      ->capture_default_str();
  app.add_option("--lease-ms", options.lease_ms, "lease; by the founder")
      ->check(between(100, 60000))
      ->capture_default_str();
  app.add_option("--deadline-ms", options.deadline_ms, "longest wait of a command")
      ->check(between(10, 600000))
      ->capture_default_str();
  app.add_option("--maxmemory", given.maxmemory, "memory that this member may take, as 64mb; 0: no limit (default)");
  app.add_option("--maxmemory-policy", given.maxmemory_policy, "what is given up for it (default noeviction)")
      ->check(one_of({std::begin(kEvictionPolicies), std::end(kEvictionPolicies)}));
  app.add_option("--cuckoo-filter", options.cuckoo_filter,
                 "on, off or auto: a filter over the keys of each slot, for look-ups of what is not there")
      ->check(one_of({"on", "off", "auto"}))
      ->capture_default_str();
  app.add_option("--cuckoo-fpp", given.cuckoo_fpp, "how often such a filter may err (default 0.01)");
  app.add_option("--notify-keyspace-events", options.notices,
                 "what clients here may be told of keys: letters of Ag$lshzxeKEtmdn; KEA: all (default none)");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error")
      ->check(one_of({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--record", options.record, "write all that happens to this file, for sim --replay");
  app.add_flag("--check-config", given.check_config, "check flags and file, and end")->configurable(false);
  app.add_flag("--version", given.version, "print the version, and end")->configurable(false);
  app.set_config("--config", "", "TOML file with these flags, without the dashes before the name");
  app.allow_config_extras(CLI::config_extras_mode::error);
}

std::uint16_t default_port(std::optional<std::uint16_t> given, std::uint32_t base, NodeId id) {
  return given ? *given : static_cast<std::uint16_t>(base + id.value);
}

void understand(const CLI::App& app, const Given& given, Options& options) {
  if (!given.positional.empty()) {
    if (!given.id_text.empty()) throw bad("--id", given.id_text, "the id is given twice: once is enough");
    options.id = need_id("ID", given.positional[0]);
    if (given.positional.size() > 2) throw bad("ID HOST:GOSSIP_PORT", given.positional[2], "two words are enough");
    if (given.positional.size() > 1) options.join.push_back(need_address("join address", given.positional[1]));
  } else if (!given.id_text.empty()) {
    options.id = need_id("--id", given.id_text);
  }
  for (const std::string& text : given.join) options.join.push_back(need_address("--join", text));
  options.founders = need_founders(given.founders);
  const bool member = !given.positional.empty() || !given.id_text.empty() || !options.join.empty() || options.found ||
                      !options.founders.empty();
  options.alone = !member && !given.gossip_port && !given.data_dir;
  options.resp_port = default_port(given.resp_port, 6378, options.id);
  options.http_port = default_port(given.http_port, 8079, options.id);
  options.gossip_port = options.alone ? 0 : default_port(given.gossip_port, 7945, options.id);
  if (given.data_dir)
    options.data_dir = *given.data_dir;
  else if (member || given.appendonly == "yes")
    options.data_dir = "hypercache-data/" + name_of(options.id);
  options.append_only = given.appendonly == "yes";
  options.append_fsync = fsync_of(given.appendfsync);
  options.slot_loss_wait = given.slot_loss_policy.empty() ? options.append_only : given.slot_loss_policy == "wait";
  if (!given.maxmemory.empty()) options.memory.bytes = need_memory("--maxmemory", given.maxmemory);
  if (!given.maxmemory_policy.empty()) options.memory.policy = *policy_named(given.maxmemory_policy);
  if (!given.cuckoo_fpp.empty()) options.cuckoo_fpp_ppm = need_rate("--cuckoo-fpp", given.cuckoo_fpp);
  const auto notices = parse_notices(options.notices);
  if (!notices) throw bad("--notify-keyspace-events", options.notices, "give letters of Ag$lshzxeKEtmdn");
  options.notices = letters_of(*notices);
  if (app.get_config_ptr()->count() > 0) options.config_file = app.get_config_ptr()->as<std::string>();
}

// Contradictions between flags.
void judge(const Options& options) {
  const auto is_us = [&options](const Founder& founder) { return founder.id == options.id; };
  if (!options.founders.empty() && std::none_of(options.founders.begin(), options.founders.end(), is_us)) {
    throw bad("--founders", name_of(options.id), "this member is not among them: add it, or use --join instead");
  }
  if (!options.founders.empty() && options.found) {
    throw bad("--found", "true", "--founders already says who founds: leave one of them out");
  }
  if (options.append_only && options.data_dir.empty()) {
    throw bad("--appendonly", "yes", "the log needs a folder: name one with --data-dir");
  }
  if (options.min_in_sync > options.replication_factor) {
    throw bad("--min-in-sync", std::to_string(options.min_in_sync),
              "more than --replication-factor " + std::to_string(options.replication_factor) + ": lower it");
  }
  const std::pair<const char*, std::uint16_t> ports[] = {
      {"--resp-port", options.resp_port}, {"--http-port", options.http_port}, {"--gossip-port", options.gossip_port}};
  for (const auto* later = std::begin(ports); later != std::end(ports); ++later) {
    const auto* same = std::find_if(ports, later, [&](const auto& port) { return port.second == later->second; });
    if (later->second == 0 || same == later) continue;
    throw bad(later->first, std::to_string(later->second), std::string(same->first) + " has it too: change one");
  }
  if (options.cluster_name.empty() || options.cluster_name.size() > 255) {
    throw bad("--cluster-name", options.cluster_name, "give a name of 1 to 255 bytes");
  }
  for (const auto& [flag, text] : {std::pair{"--host", &options.host_label}, std::pair{"--zone", &options.zone},
                                   std::pair{"--announce-host", &options.announce_host}})
    if (text->size() > 255) throw bad(flag, *text, "give at most 255 bytes");
}

// The library names neither the file nor what to do.
std::string about_file(const CLI::App& app, const CLI::ConfigError& error) {
  const std::string what = error.what();
  const std::size_t space = what.rfind(' ');
  return app.get_config_ptr()->as<std::string>() + ": '" + what.substr(space + 1) +
         "' cannot be understood: write flags without their dashes, in TOML, for instance resp-port = 6379";
}

Instead usage(const std::string& what) {
  return {kExitUsage, "hypercache-node: " + what + "\nRun hypercache-node --help for all flags.\n", true};
}

}  // namespace

std::expected<Options, Instead> parse_options(int argc, const char* const* argv) {
  CLI::App app(kDescription, "hypercache-node");
  Options options;
  Given given;
  declare(app, options, given);
  try {
    app.parse(argc, argv);
    if (given.version) return std::unexpected(Instead{0, "hypercache-node " + std::string(kVersion) + "\n", false});
    understand(app, given, options);
    judge(options);
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Instead{0, app.help(), false});
  } catch (const CLI::FileError&) {
    return std::unexpected(
        usage(bad("--config", app.get_config_ptr()->as<std::string>(), "cannot be read: give a TOML file").what()));
  } catch (const CLI::ConfigError& error) {
    return std::unexpected(usage(about_file(app, error)));
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usage(error.what()));
  }
  if (given.check_config) return std::unexpected(Instead{0, "configuration is valid\n", false});
  return options;
}

const char* fsync_word(Fsync policy) {
  return policy == Fsync::kAlways ? "always" : policy == Fsync::kNo ? "no" : "everysec";
}

Fsync fsync_of(std::string_view word) {
  return word == "always" ? Fsync::kAlways : word == "no" ? Fsync::kNo : Fsync::kEverySecond;
}

std::uint32_t key_filter_ppm(std::string_view mode, std::uint32_t fpp_ppm) { return mode == "on" ? fpp_ppm : 0; }

NodeConfig node_config(const Options& options) {
  NodeConfig config;
  config.self.id = options.id;
  config.self.host_label = options.host_label;
  config.self.zone = options.zone;
  config.cluster_name = options.cluster_name;
  config.join = options.join;
  config.found = options.found;
  config.founders = options.founders;
  config.durable_votes = !options.data_dir.empty();
  config.replication_factor = options.replication_factor;
  config.lease = std::chrono::milliseconds(options.lease_ms);
  config.slot_loss_wait = options.slot_loss_wait;
  config.append_only = options.append_only;
  config.append_fsync = options.append_fsync;
  config.snapshot_every = std::chrono::seconds(options.save_seconds);
  config.voters_max = options.voters_max;
  config.min_in_sync = options.min_in_sync;
  config.deadline = std::chrono::milliseconds(options.deadline_ms);
  config.memory = options.memory;
  config.key_filter_ppm = key_filter_ppm(options.cuckoo_filter, options.cuckoo_fpp_ppm);
  config.notices = *parse_notices(options.notices);
  return config;
}

}  // namespace hc
