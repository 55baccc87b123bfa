#include "runtime/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>

#include "core/command/notice.h"
#include "runtime/config_file.h"
#include "runtime/option_table.h"
#include "runtime/reference.h"
#include "runtime/start_check.h"
#include "runtime/version.h"

namespace hc {

namespace {

constexpr const char* kDescription =
    "HyperCache, a distributed in-memory cache that Redis and HTTP clients can use.\n"
    "With no arguments: a single node that serves at once, writes nothing to disk and cannot be joined.\n"
    "Short form: hypercache-node ID [HOST:GOSSIP_PORT]  is  --id ID [--join HOST:GOSSIP_PORT].\n"
    "An option comes from its flag, else from the environment (HYPERCACHE_RESP_PORT), else from the file of --config\n"
    "(resp-port = 6379).";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  if (text.empty()) parts.emplace_back();  // one part, and nothing in it
  return parts;
}

// What one place said of one option.
struct Word {
  std::string place;  // "--resp-port", "HYPERCACHE_RESP_PORT", "node.toml:3: resp-port"
  std::vector<std::string> values;
};
using Words = std::map<std::string, Word, std::less<>>;  // by option

struct CommandLine {
  std::map<std::string, std::vector<std::string>, std::less<>> flags;
  std::vector<std::string> positional;
  std::string config_file;
  bool check_config = false, version = false, reference = false;
};

class Reading {
 public:
  // The option's value as the strongest place has it; what is wrong is kept.
  void take(const Words& words) {
    for (const OptionSpec& spec : option_table()) {
      const auto said = words.find(spec.name);
      if (said == words.end()) continue;
      places_[spec.name] = said->second.place;
      for (const std::string& value : said->second.values)
        for (const std::string& one :
             spec.kind == OptionSpec::Kind::kList ? split(value, ',') : std::vector<std::string>{value})
          if (const auto instead = spec.take(given_, one)) wrong(spec.name, one, *instead);
    }
  }

  void wrong(std::string_view option, const std::string& value, const std::string& what_to_do) {
    const auto place = places_.find(option);
    const std::string where = place == places_.end() ? "--" + std::string(option) : place->second;
    errors_.push_back(where + ": value '" + value + "': " + what_to_do);
  }

  void settle();
  void judge();
  void judge_without_log();

  const Options& options() const { return given_.options; }
  const std::vector<std::string>& errors() const { return errors_; }

 private:
  Given given_;
  std::map<std::string, std::string, std::less<>> places_;  // by option: where its value came from
  std::vector<std::string> errors_;
};

// What follows from what was said.
void Reading::settle() {
  Options& o = given_.options;
  const bool member = given_.id || !o.join.empty() || o.found || !o.founders.empty();
  const auto port = [&o](std::optional<std::uint16_t> said, std::uint32_t base) {
    return said ? *said : static_cast<std::uint16_t>(base + o.id.value);
  };
  o.alone = !member && !given_.gossip_port && !given_.data_dir;
  o.resp_port = port(given_.resp_port, 6378);
  o.http_port = port(given_.http_port, 8079);
  o.gossip_port = o.alone ? 0 : port(given_.gossip_port, 7945);
  if (given_.data_dir)
    o.data_dir = *given_.data_dir;
  else if (member || o.append_only)
    o.data_dir = "hypercache-data/" + name_of(o.id);
  o.slot_loss_wait = given_.slot_loss_wait.value_or(o.append_only);
}

// Contradictions between options.
void Reading::judge() {
  const Options& o = given_.options;
  const auto is_us = [&o](const Founder& founder) { return founder.id == o.id; };
  if (!o.founders.empty() && std::none_of(o.founders.begin(), o.founders.end(), is_us)) {
    wrong("founders", name_of(o.id), "this member is not among them: add it, or use --join instead");
  }
  if (!o.founders.empty() && o.found) {
    wrong("found", "true", "--founders already says who founds: leave one of them out");
  }
  const Address self{o.announce_host.empty() ? o.bind : o.announce_host, o.gossip_port};
  const auto is_self = [&self](const Address& address) { return address == self; };
  if (!o.join.empty() && !o.found && std::all_of(o.join.begin(), o.join.end(), is_self)) {
    wrong("join", to_string(self), "that is this member itself: name another one, or leave it out to found");
  }
  if (o.append_only && o.data_dir.empty()) {
    wrong("appendonly", "yes", "the log needs a folder: name one with --data-dir");
  }
  if (!o.append_only) judge_without_log();
  if (o.min_in_sync > o.replication_factor) {
    wrong("min-in-sync", std::to_string(o.min_in_sync),
          "more than --replication-factor " + std::to_string(o.replication_factor) + ": lower it");
  }
  const std::pair<const char*, std::uint16_t> ports[] = {
      {"resp-port", o.resp_port}, {"http-port", o.http_port}, {"gossip-port", o.gossip_port}};
  for (const auto* later = std::begin(ports); later != std::end(ports); ++later) {
    const auto* same = std::find_if(ports, later, [&](const auto& port) { return port.second == later->second; });
    if (later->second == 0 || same == later) continue;
    wrong(later->first, std::to_string(later->second), "--" + std::string(same->first) + " has it too: change one");
  }
}

// What only a log obeys.
void Reading::judge_without_log() {
  const Options &o = given_.options, usual;
  const auto none = [this](const char* option, const std::string& value) {
    wrong(option, value, "there is no log without --appendonly yes: add it, or leave this out");
  };
  if (o.append_fsync != usual.append_fsync) none("appendfsync", fsync_word(o.append_fsync));
  if (o.save_seconds != usual.save_seconds) none("save", std::to_string(o.save_seconds));
  if (o.growth_bytes != usual.growth_bytes) none("auto-aof-rewrite-min-size", std::to_string(o.growth_bytes));
  if (o.growth_percent != usual.growth_percent) none("auto-aof-rewrite-percentage", std::to_string(o.growth_percent));
}

// ---- The three places

// The strongest place is asked last: it takes the others' place.
std::vector<std::string> read_file(const std::string& path, Words& words) {
  auto read = read_config_file(path);
  if (!read) return std::move(read.error());
  for (ConfigWord& word : *read) words[word.option] = {std::move(word.place), std::move(word.values)};
  return {};
}

void read_environment(Words& words) {
  for (const OptionSpec& spec : option_table()) {
    const std::string name = environment_name(spec.name);
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') words[spec.name] = {name, {value}};
  }
}

void read_flags(const CommandLine& line, Words& words) {
  for (const auto& [name, values] : line.flags)
    if (!values.empty()) words[name] = {"--" + name, values};
  if (!line.positional.empty()) words["id"] = {"ID", {line.positional[0]}};
  if (line.positional.size() > 1) {
    Word& join = words["join"];
    if (join.place != "--join") join = {"join address", {}};
    join.values.push_back(line.positional[1]);
  }
}

// Variables that look like ours and are nobody's; others may have put them there, so they are no error.
std::vector<std::string> strange_variables() {
  std::vector<std::string> found;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string name(*variable, std::string_view(*variable).find('='));
    if (!name.starts_with("HYPERCACHE_") || name == "HYPERCACHE_CONFIG") continue;
    const auto& table = option_table();
    if (std::none_of(table.begin(), table.end(), [&](const auto& s) { return environment_name(s.name) == name; }))
      found.push_back(name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

// ---- The command line

void declare(CLI::App& app, CommandLine& line) {
  app.add_option("positional", line.positional, "ID [HOST:GOSSIP_PORT]");
  for (const OptionSpec& spec : option_table()) {
    std::string text = spec.summary;
    if (!spec.fallback.empty()) text += " (default " + spec.fallback + ")";
    CLI::Option* option = nullptr;
    std::vector<std::string>& to = line.flags[spec.name];
    if (spec.kind == OptionSpec::Kind::kSwitch) {
      option = app.add_flag_callback("--" + spec.name, [&to] { to = {"true"}; }, text);
    } else {
      option = app.add_option("--" + spec.name, to, text)->type_name(spec.value)->allow_extra_args(false);
      if (spec.kind == OptionSpec::Kind::kValue) option->expected(1);
    }
    option->group(spec.group);
  }
  app.add_option("--config", line.config_file, "TOML file with these options, without the dashes before the name")
      ->envname("HYPERCACHE_CONFIG")
      ->type_name("FILE");
  app.add_flag("--check-config", line.check_config, "check flags, environment and file, say the verdict, and end");
  app.add_flag("--reference", line.reference, "print docs/CONFIGURATION.md, and end");
  app.add_flag("--version", line.version, "print the version, and end");
}

bool takes_value(std::string_view flag) {
  if (flag == "--config") return true;
  return std::ranges::any_of(option_table(), [flag](const OptionSpec& spec) {
    return spec.kind != OptionSpec::Kind::kSwitch && "--" + spec.name == flag;
  });
}

// The words as CLI11 reads them rightly: it would take the next flag where a value is missing or empty.
std::expected<std::vector<std::string>, std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i], flag = word.substr(0, word.find('='));
    if (!takes_value(flag)) {
      if (word.starts_with("--") && word.ends_with('=')) return std::unexpected(flag + ": value '': leave the = out");
      words.push_back(word);
      continue;
    }
    words.push_back(flag);
    if (flag.size() < word.size())
      words.push_back(word.substr(flag.size() + 1));
    else if (++i == argc)
      return std::unexpected(flag + ": there is no value: give one behind it");
    else
      words.emplace_back(argv[i]);
    const std::string& value = words.back();
    if (value.starts_with("--"))
      return std::unexpected(flag + ": value '" + value + "': that is a flag: give a value before it");
    if (flag == "--config" && value.empty())
      return std::unexpected(flag + ": value '': give a TOML file, or leave it out");
  }
  return words;
}

std::string told(const std::vector<std::string>& wrong) {
  std::string text;
  for (const std::string& what : wrong) text += "hypercache-node: " + what + "\n";
  return text;
}

Instead usage(const std::vector<std::string>& wrong) {
  return {kExitUsage, told(wrong) + "Run hypercache-node --help for all flags.\n", true};
}

// What holds, and for each value that was given where it came from.
Instead verdict(const Options& options, const Words& words) {
  std::string text = "configuration is valid: " + name_of(options.id);
  const auto listens = [&](const char* what, std::uint16_t port) {
    text += std::string(", ") + what + " on " + to_string(Address{options.bind, port});
  };
  listens("RESP", options.resp_port);
  listens("HTTP", options.http_port);
  if (!options.alone) listens("members", options.gossip_port);
  text += options.data_dir.empty() ? ", nothing on disk\n" : ", data in " + options.data_dir + "\n";
  for (const OptionSpec& spec : option_table())
    if (const auto said = words.find(spec.name); said != words.end())
      text += "  " + spec.name + " = " + spec.show(options) + " (" + said->second.place + ")\n";
  for (const std::string& name : strange_variables()) text += "  " + name + " is no option's: it is ignored\n";
  return {0, text, false};
}

std::vector<std::string> wrong_positions(const CommandLine& line) {
  std::vector<std::string> wrong;
  const auto id = line.flags.find("id");
  if (!line.positional.empty() && id != line.flags.end() && !id->second.empty()) {
    wrong.push_back("--id: value '" + id->second.front() + "': the id is given twice: once is enough");
  }
  if (line.positional.size() > 2) {
    wrong.push_back("ID HOST:GOSSIP_PORT: value '" + line.positional[2] + "': two words are enough");
  }
  return wrong;
}

}  // namespace

std::expected<Options, Instead> parse_options(int argc, const char* const* argv) {
  CLI::App app(kDescription, "hypercache-node");
  CommandLine line;
  declare(app, line);
  auto said = words_of(argc, argv);
  if (!said) return std::unexpected(usage({said.error()}));
  std::reverse(said->begin(), said->end());  // as CLI11 wants them
  try {
    app.parse(std::move(*said));
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Instead{0, app.help(), false});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(usage({error.what()}));
  }
  if (line.version) return std::unexpected(Instead{0, "hypercache-node " + std::string(kVersion) + "\n", false});
  if (line.reference) return std::unexpected(Instead{0, configuration_reference(), false});
  if (const auto wrong = wrong_positions(line); !wrong.empty()) return std::unexpected(usage(wrong));
  Words words;
  if (!line.config_file.empty())
    if (const auto wrong = read_file(line.config_file, words); !wrong.empty()) return std::unexpected(usage(wrong));
  read_environment(words);
  read_flags(line, words);
  Reading reading;
  reading.take(words);
  reading.settle();
  if (reading.errors().empty()) reading.judge();
  if (!reading.errors().empty()) return std::unexpected(usage(reading.errors()));
  Options options = reading.options();
  options.config_file = line.config_file;
  if (!line.check_config) return options;
  for (const Obstacle& obstacle : obstacles(options))
    reading.wrong(obstacle.option, obstacle.value, obstacle.what_to_do);
  return std::unexpected(reading.errors().empty() ? verdict(options, words)
                                                  : Instead{kExitFailure, told(reading.errors()), true});
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
  config.snapshot_bytes = options.growth_bytes;
  config.snapshot_percent = options.growth_percent;
  config.snapshot_packed = options.snapshot_packed;
  config.snapshot_every = std::chrono::seconds(options.save_seconds);
  config.voters_max = options.voters_max;
  config.wire_version_max = options.wire_version_max;
  config.min_in_sync = options.min_in_sync;
  config.deadline = std::chrono::milliseconds(options.deadline_ms);
  config.slow_request = std::chrono::milliseconds(options.slow_request_ms);
  config.memory = options.memory;
  config.key_filter_ppm = key_filter_ppm(options.cuckoo_filter, options.cuckoo_fpp_ppm);
  config.notices = *parse_notices(options.notices);
  return config;
}

}  // namespace hc
