#include "runtime/option_table.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>

#include "core/command/notice.h"
#include "core/command/text.h"
#include "runtime/settings.h"

namespace hc {

namespace {

using Said = std::optional<std::string>;  // what to give instead
constexpr std::uint32_t kIdMax = 57000;   // its default ports must exist
constexpr std::uint64_t kNameMost = 255;  // bytes

// ---- Texts and values

std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t low, std::uint64_t high) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < low || number > high) return std::nullopt;
  return number;
}

std::string whole_number(std::uint64_t low, std::uint64_t high) {
  return "give a whole number from " + std::to_string(low) + " to " + std::to_string(high);
}

Said take_address(std::vector<Address>& addresses, const std::string& text) {
  const auto address = parse_address(text);
  if (!address) return "give HOST:GOSSIP_PORT, for instance 127.0.0.1:7946";
  addresses.push_back(*address);
  return std::nullopt;
}

Said take_founder(std::vector<Founder>& founders, const std::string& text) {
  const auto at = text.find('@');
  const auto id = parse_number(text.substr(0, at), 1, kIdMax);
  const auto gossip = at == std::string::npos ? std::nullopt : parse_address(text.substr(at + 1));
  if (!id || !gossip) return "give ID@HOST:GOSSIP_PORT of every founder, separated by commas";
  const Founder founder{NodeId(static_cast<std::uint32_t>(*id)), *gossip};
  const auto same = [&founder](const Founder& other) { return other.id == founder.id; };
  if (std::any_of(founders.begin(), founders.end(), same)) return "name each founder's id once";
  founders.push_back(founder);
  return std::nullopt;
}

std::string shown(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : addresses) text += (text.empty() ? "" : ",") + to_string(address);
  return text;
}

std::string shown(const std::vector<Founder>& founders) {
  std::string text;
  for (const Founder& founder : founders) {
    text += (text.empty() ? "" : ",") + std::to_string(founder.id.value) + "@" + to_string(founder.gossip);
  }
  return text;
}

const char* yes_no(bool value) { return value ? "yes" : "no"; }

// ---- Kinds of options. Each makes a row of the table.

OptionSpec row(const char* name, const char* group, const char* value, std::string fallback, const char* summary) {
  OptionSpec spec;
  spec.name = name;
  spec.group = group;
  spec.value = value;
  spec.fallback = std::move(fallback);
  spec.summary = summary;
  return spec;
}

OptionSpec port(const char* name, std::optional<std::uint16_t> Given::* given, std::uint16_t Options::* field,
                const char* fallback, const char* summary) {
  OptionSpec spec = row(name, "Network", "PORT", fallback, summary);
  spec.take = [given](Given& to, const std::string& text) -> Said {
    const auto number = parse_number(text, 0, 65535);
    if (!number) return whole_number(0, 65535) + " (0: any free one)";
    to.*given = static_cast<std::uint16_t>(*number);
    return std::nullopt;
  };
  spec.show = [field](const Options& options) { return std::to_string(options.*field); };
  return spec;
}

template <class Number>
OptionSpec number(const char* name, const char* group, Number Options::* field, std::uint64_t low, std::uint64_t high,
                  const char* summary) {
  OptionSpec spec = row(name, group, "NUMBER", std::to_string(Options{}.*field), summary);
  spec.take = [field, low, high](Given& to, const std::string& text) -> Said {
    const auto said = parse_number(text, low, high);
    if (!said) return whole_number(low, high);
    to.options.*field = static_cast<Number>(*said);
    return std::nullopt;
  };
  spec.show = [field](const Options& options) { return std::to_string(options.*field); };
  return spec;
}

OptionSpec text(const char* name, const char* group, const char* value, std::string Options::* field,
                std::uint64_t least, const char* summary) {
  OptionSpec spec = row(name, group, value, Options{}.*field, summary);
  spec.take = [field, least](Given& to, const std::string& said) -> Said {
    if (said.size() < least || said.size() > kNameMost) {
      return "give " + std::to_string(least) + " to " + std::to_string(kNameMost) + " bytes";
    }
    to.options.*field = said;
    return std::nullopt;
  };
  spec.show = [field](const Options& options) { return options.*field; };
  return spec;
}

// One of some words; `set` is called with one of them.
OptionSpec choice(const char* name, const char* group, std::vector<std::string> words, const char* fallback,
                  const char* summary, std::function<void(Given&, const std::string&)> set,
                  std::function<std::string(const Options&)> show) {
  OptionSpec spec = row(name, group, "WORD", fallback, "");
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ", ") + word;
  spec.summary = std::string(summary) + ": " + list;
  spec.take = [words = std::move(words), list, set = std::move(set)](Given& to, const std::string& said) -> Said {
    if (std::find(words.begin(), words.end(), said) == words.end()) return "give one of " + list;
    set(to, said);
    return std::nullopt;
  };
  spec.show = std::move(show);
  return spec;
}

OptionSpec live(OptionSpec spec) {
  spec.live = true;
  return spec;
}

// ---- The rows that are like no other

OptionSpec id() {
  OptionSpec spec = row("id", "Cluster", "N", "1", "number of this member, from 1; its name is node-N");
  spec.take = [](Given& to, const std::string& said) -> Said {
    const auto found = parse_number(said, 1, kIdMax);
    if (!found) return whole_number(1, kIdMax);
    to.options.id = NodeId(static_cast<std::uint32_t>(*found));
    to.id = true;
    return std::nullopt;
  };
  spec.show = [](const Options& options) { return std::to_string(options.id.value); };
  return spec;
}

OptionSpec join() {
  OptionSpec spec = row("join", "Cluster", "HOST:GOSSIP_PORT", "", "a member to join; several of them by commas");
  spec.kind = OptionSpec::Kind::kList;
  spec.take = [](Given& to, const std::string& said) { return take_address(to.options.join, said); };
  spec.show = [](const Options& options) { return shown(options.join); };
  return spec;
}

OptionSpec found() {
  OptionSpec spec = row("found", "Cluster", "", "false", "found a cluster although join is given, if there is no data");
  spec.kind = OptionSpec::Kind::kSwitch;
  spec.take = [](Given& to, const std::string& said) -> Said {
    if (said != "true" && said != "false") return "give true or false";
    to.options.found = said == "true";
    return std::nullopt;
  };
  spec.show = [](const Options& options) { return yes_no(options.found); };
  return spec;
}

OptionSpec founders() {
  OptionSpec spec = row("founders", "Cluster", "ID@HOST:GOSSIP_PORT", "",
                        "all who found the cluster together, this member among them; by commas");
  spec.kind = OptionSpec::Kind::kList;
  spec.take = [](Given& to, const std::string& said) { return take_founder(to.options.founders, said); };
  spec.show = [](const Options& options) { return shown(options.founders); };
  return spec;
}

OptionSpec data_dir() {
  OptionSpec spec = row("data-dir", "Data", "FOLDER", "./hypercache-data/node-N; none for a node that is alone",
                        "for what must survive");
  spec.take = [](Given& to, const std::string& said) -> Said {
    to.data_dir = said;
    return std::nullopt;
  };
  spec.show = [](const Options& options) { return options.data_dir; };
  return spec;
}

OptionSpec voters_max() {
  return choice(
      "voters-max", "Cluster", {"1", "3", "5", "7"}, "5", "how many members decide, at most; by the founder",
      [](Given& to, const std::string& said) { to.options.voters_max = static_cast<std::uint32_t>(said[0] - '0'); },
      [](const Options& options) { return std::to_string(options.voters_max); });
}

OptionSpec slot_loss_policy() {
  return choice(
      "slot-loss-policy", "Cluster", {"wait", "reset"}, "reset; wait with a log",
      "when every copy of a slot is gone; by the founder",
      [](Given& to, const std::string& said) { to.slot_loss_wait = said == "wait"; },
      [](const Options& options) { return options.slot_loss_wait ? "wait" : "reset"; });
}

OptionSpec appendonly() {
  return choice(
      "appendonly", "Data", {"yes", "no"}, "no", "keep a log in the data folder, and go on from it",
      [](Given& to, const std::string& said) { to.options.append_only = said == "yes"; },
      [](const Options& options) { return yes_no(options.append_only); });
}

OptionSpec appendfsync() {
  return choice(
      "appendfsync", "Data", {"always", "everysec", "no"}, "everysec",
      "when the log is made durable (always: before an answer)",
      [](Given& to, const std::string& said) { to.options.append_fsync = fsync_of(said); },
      [](const Options& options) { return fsync_word(options.append_fsync); });
}

OptionSpec snapshot_compression() {
  return choice(
      "snapshot-compression", "Data", {"none", "zstd"}, "none", "what snapshots of the log are compressed with",
      [](Given& to, const std::string& said) { to.options.snapshot_packed = said == "zstd"; },
      [](const Options& options) { return options.snapshot_packed ? "zstd" : "none"; });
}

OptionSpec memory(const char* name, const char* group, std::uint64_t& (*field)(Options&), const char* summary) {
  Options usual;
  OptionSpec spec = row(name, group, "BYTES", std::to_string(field(usual)), summary);
  spec.take = [field](Given& to, const std::string& said) -> Said {
    const auto bytes = parse_memory(said);
    if (!bytes) return "give a number of bytes, or with a unit: 64mb, 1gb; 0 for no limit";
    field(to.options) = *bytes;
    return std::nullopt;
  };
  spec.show = [field](Options options) { return std::to_string(field(options)); };
  return spec;
}

OptionSpec maxmemory_policy() {
  return choice(
      "maxmemory-policy", "Memory", {std::begin(kEvictionPolicies), std::end(kEvictionPolicies)}, "noeviction",
      "what is given up for it",
      [](Given& to, const std::string& said) { to.options.memory.policy = *policy_named(said); },
      [](const Options& options) { return std::string(name_of(options.memory.policy)); });
}

OptionSpec cuckoo_filter() {
  return choice(
      "cuckoo-filter", "Memory", {"on", "off", "auto"}, "auto",
      "a filter over the keys of each slot, for look-ups of what is not there",
      [](Given& to, const std::string& said) { to.options.cuckoo_filter = said; },
      [](const Options& options) { return options.cuckoo_filter; });
}

OptionSpec cuckoo_fpp() {
  OptionSpec spec =
      row("cuckoo-fpp", "Memory", "RATE", "0.01", "how often such a filter may err, from 0.000001 to 0.5");
  spec.take = [](Given& to, const std::string& said) -> Said {
    const auto ppm = parse_rate(said);
    if (!ppm) return "give a number from 0.000001 to 0.5";
    to.options.cuckoo_fpp_ppm = *ppm;
    return std::nullopt;
  };
  spec.show = [](const Options& options) { return command::format_float(options.cuckoo_fpp_ppm / 1e6L); };
  return spec;
}

OptionSpec notify_keyspace_events() {
  OptionSpec spec = row("notify-keyspace-events", "Network", "LETTERS", "",
                        "what clients here may be told of keys: letters of Ag$lshzxeKEtmdn; KEA: all");
  spec.take = [](Given& to, const std::string& said) -> Said {
    const auto notices = parse_notices(said);
    if (!notices) return "give letters of Ag$lshzxeKEtmdn";
    to.options.notices = letters_of(*notices);
    return std::nullopt;
  };
  spec.show = [](const Options& options) { return options.notices; };
  return spec;
}

OptionSpec log_level() {
  return choice(
      "log-level", "Log", {"trace", "debug", "info", "warning", "error"}, "info",
      "what is worth a line, and all that is worse",
      [](Given& to, const std::string& said) { to.options.log.level = said; },
      [](const Options& options) { return options.log.level; });
}

OptionSpec log_format() {
  return choice(
      "log-format", "Log", {"text", "json"}, "text", "lines for people, or one JSON object in a line",
      [](Given& to, const std::string& said) { to.options.log.format = said; },
      [](const Options& options) { return options.log.format; });
}

OptionSpec log_file() {
  OptionSpec spec = row("log-file", "Log", "FILE", "standard error", "where the log is appended");
  spec.take = [](Given& to, const std::string& said) -> Said {
    to.options.log.file = said;
    return std::nullopt;
  };
  spec.show = [](const Options& options) { return options.log.file; };
  return spec;
}

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto port = parse_number(text.substr(colon + 1), 1, 65535);
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || host.empty() || host.find_first_of(" \t/@,") != std::string_view::npos) return std::nullopt;
  return Address{std::string(host), static_cast<std::uint16_t>(*port)};
}

const std::vector<OptionSpec>& option_table() {
  static const std::vector<OptionSpec> kTable = {
      id(),
      join(),
      found(),
      founders(),
      text("cluster-name", "Cluster", "NAME", &Options::cluster_name, 1, "members of other names are refused"),
      number("replication-factor", "Cluster", &Options::replication_factor, 1, 3, "copies of each key; by the founder"),
      number("min-in-sync", "Cluster", &Options::min_in_sync, 1, 3, "fewer copies in sync refuse writes"),
      voters_max(),
      slot_loss_policy(),
      number("wire-version-max", "Cluster", &Options::wire_version_max, kWireVersionMin, kWireVersionMax,
             "the highest version of the members' protocol to speak: the older one while a new release is rolled out"),
      number("lease-ms", "Cluster", &Options::lease_ms, 100, 60000, "lease of a primary; by the founder"),
      number("deadline-ms", "Cluster", &Options::deadline_ms, 10, 600000, "longest wait of a command"),
      text("host", "Cluster", "LABEL", &Options::host_label, 0, "copies go to different hosts where possible"),
      text("zone", "Cluster", "LABEL", &Options::zone, 0, "copies go to different zones where possible"),
      text("bind", "Network", "ADDRESS", &Options::bind, 1, "address to listen on"),
      text("announce-host", "Network", "ADDRESS", &Options::announce_host, 0,
           "address under which others reach this member; from bind if it is not given"),
      port("resp-port", &Given::resp_port, &Options::resp_port, "6378+N", "for Redis clients; 0: any free one"),
      port("http-port", &Given::http_port, &Options::http_port, "8079+N", "for HTTP clients; 0: any free one"),
      port("gossip-port", &Given::gossip_port, &Options::gossip_port, "7945+N; none for a node that is alone",
           "for members, UDP and TCP likewise; 0: any free one"),
      data_dir(),
      appendonly(),
      live(appendfsync()),
      number("save", "Data", &Options::save_seconds, 0, 31536000,
             "a snapshot of the log so often, in seconds; 0: when it has grown"),
      snapshot_compression(),
      live(memory(
          "auto-aof-rewrite-min-size", "Data", [](Options& o) -> std::uint64_t& { return o.growth_bytes; },
          "a snapshot of the log when it has grown by so much, and")),
      live(number("auto-aof-rewrite-percentage", "Data", &Options::growth_percent, 0, 2147483647,
                  "by so much of what the last snapshot took, besides; 0: not for its growth")),
      live(memory(
          "maxmemory", "Memory", [](Options& o) -> std::uint64_t& { return o.memory.bytes; },
          "memory that this node may take, as 64mb; 0: no limit")),
      live(maxmemory_policy()),
      live(cuckoo_filter()),
      live(cuckoo_fpp()),
      live(notify_keyspace_events()),
      live(log_level()),
      log_format(),
      log_file(),
      number("slow-request-ms", "Log", &Options::slow_request_ms, 0, 600000,
             "commands that wait so long for members are noted, by one name at all members that they pass; 0: none"),
      text("record", "Log", "FILE", &Options::record, 0, "write all that happens to this file, for sim --replay"),
  };
  return kTable;
}

std::string environment_name(std::string_view option) {
  std::string name = "HYPERCACHE_";
  for (const char c : option) name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

}  // namespace hc
