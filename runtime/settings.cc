#include "runtime/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include "core/command/notice.h"
#include "core/command/text.h"

namespace hc {

using command::same_word;

std::optional<std::uint64_t> parse_memory(std::string_view text) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
      {"", 1},
      {"b", 1},
      {"k", 1000},
      {"kb", 1ULL << 10U},
      {"m", 1'000'000},
      {"mb", 1ULL << 20U},
      {"g", 1'000'000'000},
      {"gb", 1ULL << 30U},
  };
  for (const auto& [name, factor] : kUnits)
    if (same_word(unit, name)) return number > kLargest / factor ? std::nullopt : std::optional(number * factor);
  return std::nullopt;
}

std::optional<std::uint32_t> parse_rate(std::string_view text) {
  const auto rate = command::parse_float(text);
  if (!rate || *rate < 0.000001L || *rate > 0.5L) return std::nullopt;
  return static_cast<std::uint32_t>(std::lround(*rate * 1'000'000));
}

namespace {

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream stream{std::string(text)};
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::optional<std::string> refine_bool(std::string& value) {
  const std::string lower = command::lower_case(value);
  if (lower != "yes" && lower != "no") return "argument must be 'yes' or 'no'";
  value = lower;
  return std::nullopt;
}

std::optional<std::string> between(std::string_view low, std::string_view high) {
  return "argument must be between " + std::string(low) + " and " + std::string(high) + " inclusive";
}

std::optional<std::string> refine_integer(std::string& value, std::string_view bounds) {
  const auto number = command::parse_integer(value);
  if (!number) return "argument couldn't be parsed into an integer";
  const auto words = words_of(bounds);
  if (*number < *command::parse_integer(words[0]) || *number > *command::parse_integer(words[1])) {
    return between(words[0], words[1]);
  }
  return std::nullopt;
}

std::optional<std::string> refine_memory(std::string& value, std::string_view bounds) {
  const auto bytes = parse_memory(value);
  if (!bytes) return "argument must be a memory value";
  const auto words = words_of(bounds);
  if (*bytes < *parse_memory(words[0]) || *bytes > *parse_memory(words[1])) return between(words[0], words[1]);
  value = std::to_string(*bytes);
  return std::nullopt;
}

std::optional<std::string> refine_rate(const std::string& value) {
  if (!parse_rate(value)) return "argument must be a number from 0.000001 to 0.5";
  return std::nullopt;
}

std::optional<std::string> refine_memory_or_percent(std::string& value) {
  if (!value.ends_with('%')) {
    const auto bytes = parse_memory(value);
    if (!bytes) return "argument must be a memory or percent value";
    value = std::to_string(*bytes);
    return std::nullopt;
  }
  const auto percent = command::parse_integer(std::string_view(value).substr(0, value.size() - 1));
  if (!percent || *percent < 0) return "argument must be a memory or percent value";
  if (*percent > 100) return "percentage argument must be less or equal to 100";
  return std::nullopt;
}

std::optional<std::string> refine_choice(std::string& value, std::string_view choices) {
  for (std::string choice : words_of(choices)) {
    if (choice.ends_with(',')) choice.pop_back();
    if (!same_word(value, choice)) continue;
    value = choice;
    return std::nullopt;
  }
  return "argument(s) must be one of the following: " + std::string(choices);
}

// "normal 0 0 0 slave … pubsub …": what is not named stays.
std::optional<std::string> refine_buffer_limits(std::string& value, std::string_view now) {
  const auto wanted = words_of(value);
  if (wanted.empty() || wanted.size() % 4 != 0) return "Wrong number of arguments in buffer limit configuration.";
  auto result = words_of(now);
  for (std::size_t i = 0; i < wanted.size(); i += 4) {
    const std::string name = command::lower_case(wanted[i]) == "replica" ? "slave" : command::lower_case(wanted[i]);
    const auto place = std::find(result.begin(), result.end(), name);
    if (place == result.end() || (name != "normal" && name != "slave" && name != "pubsub")) {
      return "Invalid client class specified in buffer limit configuration.";
    }
    const auto hard = parse_memory(wanted[i + 1]), soft = parse_memory(wanted[i + 2]);
    const auto seconds = command::parse_integer(wanted[i + 3]);
    if (!hard || !soft || !seconds || *seconds < 0) {
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    }
    place[1] = std::to_string(*hard);
    place[2] = std::to_string(*soft);
    place[3] = std::to_string(*seconds);
  }
  value.clear();
  for (const std::string& word : result) value += (value.empty() ? "" : " ") + word;
  return std::nullopt;
}

std::optional<std::string> refine_save_points(const std::string& value) {
  const auto words = words_of(value);
  if (words.size() % 2 != 0) return "Invalid save parameters";
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto seconds = command::parse_integer(words[i]), changes = command::parse_integer(words[i + 1]);
    if (!seconds || *seconds < 1 || !changes || *changes < 0) return "Invalid save parameters";
  }
  return std::nullopt;
}

std::optional<std::string> refine_event_classes(std::string& value) {
  const auto flags = parse_notices(value);
  if (!flags) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  value = letters_of(*flags);
  return std::nullopt;
}

std::optional<std::string> refine_percentiles(const std::string& value) {
  for (const std::string& word : words_of(value)) {
    const auto number = command::parse_float(word);
    if (!number) return "Invalid latency-tracking-info-percentiles parameters";
    if (*number < 0 || *number > 100) {
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    }
  }
  return std::nullopt;
}

std::optional<std::string> refine_oom_scores(const std::string& value) {
  const auto words = words_of(value);
  if (words.size() != 3) return "wrong number of arguments";
  for (const std::string& word : words) {
    const auto number = command::parse_integer(word);
    if (!number || *number < -2000 || *number > 2000) {
      return "Invalid oom-score-adj-values, elements must be between -2000 and 2000.";
    }
  }
  return std::nullopt;
}

std::string failed(const std::string& name, const std::string& why) {
  return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + why;
}

}  // namespace

Settings::Settings() {
#define HC_PARAMETER(name, value, kind, needs) parameters_.emplace(name, Parameter{value, Kind::kind, needs});
#include "runtime/redis_parameters.def"
#undef HC_PARAMETER
}

void Settings::show(std::string name, std::string value) {
  parameters_[std::move(name)] = Parameter{std::move(value), Kind::kOwn, {}};
}

void Settings::offer(std::string name, std::string value, std::string_view choices) {
  parameters_[std::move(name)] = Parameter{std::move(value), Kind::kChoice, choices};
}

void Settings::begin_memory(const MemoryLimits& limits, std::function<void(const MemoryLimits&)> set) {
  live_.memory = limits;
  set_memory_ = std::move(set);
  parameters_["maxmemory"].value = std::to_string(limits.bytes);
  parameters_["maxmemory-policy"].value = name_of(limits.policy);
  bound_clients();
}

// maxmemory-clients: bytes, or a part of maxmemory; 0: half of it. Without maxmemory bytes alone are a bound.
void Settings::bound_clients() {
  const std::string& said = parameters_["maxmemory-clients"].value;
  const std::uint64_t number = std::stoull(said), of_limit = live_.memory.bytes / 100;
  live_.clients_bytes_max = said.ends_with('%') ? of_limit * number : number == 0 ? of_limit * 50 : number;
}

void Settings::begin_growth(std::uint64_t bytes, std::uint32_t percent,
                            std::function<void(std::size_t, std::uint32_t)> set) {
  set_growth_ = std::move(set);
  parameters_["auto-aof-rewrite-min-size"].value = std::to_string(bytes);
  parameters_["auto-aof-rewrite-percentage"].value = std::to_string(percent);
}

void Settings::begin_filter(const std::string& mode, std::uint32_t fpp_ppm, SetFilter set) {
  live_.cuckoo_filter = mode;
  live_.cuckoo_fpp_ppm = fpp_ppm;
  set_filter_ = std::move(set);
  offer("cuckoo-filter", mode, "on, off, auto");
  parameters_["cuckoo-fpp"] = Parameter{command::format_float(fpp_ppm / 1e6L), Kind::kRate, {}};
}
void Settings::begin_notices(const std::string& letters, std::function<void(std::string_view)> set) {
  parameters_["notify-keyspace-events"].value = letters;
  set_notices_ = std::move(set);
}

const Settings::Parameter& Settings::resolved(const Parameter& parameter) const {
  if (parameter.kind != Kind::kAlias) return parameter;
  return parameters_.find(parameter.needs)->second;
}

std::vector<std::pair<std::string, std::string>> Settings::matching(Bytes pattern) const {
  const std::string lower = command::lower_case(pattern);
  std::vector<std::pair<std::string, std::string>> found;
  if (pattern.find_first_of("*?[") == Bytes::npos) {  // a plain name comes back as it was written
    const auto one = parameters_.find(lower);
    if (one != parameters_.end()) found.emplace_back(pattern, resolved(one->second).value);
    return found;
  }
  for (const auto& [name, parameter] : parameters_)
    if (command::glob_match(lower, name)) found.emplace_back(name, resolved(parameter).value);
  return found;
}

std::optional<std::string> Settings::refine(const std::string& name, const Parameter& now, std::string& value) {
  switch (now.kind) {
    case Kind::kBool:
      return refine_bool(value);
    case Kind::kInteger:
      return refine_integer(value, now.needs);
    case Kind::kMemory:
      return refine_memory(value, now.needs);
    case Kind::kRate:
      return refine_rate(value);
    case Kind::kMemoryOrPercent:
      return refine_memory_or_percent(value);
    case Kind::kChoice:
      return refine_choice(value, now.needs);
    case Kind::kBufferLimits:
      return refine_buffer_limits(value, now.value);
    case Kind::kSavePoints:
      return refine_save_points(value);
    case Kind::kEventClasses:
      return refine_event_classes(value);
    case Kind::kPercentiles:
      return refine_percentiles(value);
    case Kind::kOomScores:
      return refine_oom_scores(value);
    case Kind::kImmutable:
      return "can't set immutable config";
    case Kind::kOwn:
      if (value != now.value) return "can't set immutable config";
      return std::nullopt;
    case Kind::kProtected:
      return "can't set protected config";
    case Kind::kText:
    case Kind::kAlias:
      return std::nullopt;
  }
  return "no kind for " + name;
}

void Settings::bound_clients_max(std::uint64_t most) {
  clients_most_ = most;
  if (live_.clients_max <= most) return;
  parameters_.find("maxclients")->second.value = std::to_string(most);
  put_into_effect("maxclients");
}

std::optional<std::string> Settings::set(const std::vector<std::pair<std::string, std::string>>& wanted) {
  std::set<std::string> named;
  std::map<std::string, std::string> refined;
  for (const auto& [given, value] : wanted) {
    const std::string name = command::lower_case(given);
    const auto found = parameters_.find(name);
    if (found == parameters_.end()) return "ERR Unknown option or number of arguments for CONFIG SET - '" + given + "'";
    if (!named.insert(name).second) return failed(given, "duplicate parameter");
    std::string kept = value;
    if (const auto error = refine(name, resolved(found->second), kept)) return failed(given, *error);
    if (name == "maxclients" && std::stoull(kept) > clients_most_)
      return failed(
          given, "the system allows this process files for " + std::to_string(clients_most_) + " clients (ulimit -n)");
    refined[found->second.kind == Kind::kAlias ? std::string(found->second.needs) : name] = std::move(kept);
  }
  const LiveSettings before = live_;
  for (auto& [name, value] : refined) {
    parameters_.find(name)->second.value = std::move(value);
    put_into_effect(name);
  }
  if (set_memory_ && before.memory != live_.memory) set_memory_(live_.memory);
  if (set_filter_ && (before.cuckoo_filter != live_.cuckoo_filter || before.cuckoo_fpp_ppm != live_.cuckoo_fpp_ppm))
    set_filter_(live_.cuckoo_filter, live_.cuckoo_fpp_ppm);
  return std::nullopt;
}

void Settings::put_into_effect(const std::string& name) {
  const std::string& value = parameters_.find(name)->second.value;
  const auto number = [](const std::string& text) { return std::stoull(text); };
  if (name == "maxclients") live_.clients_max = number(value);
  if (name == "timeout") live_.idle_seconds_max = number(value);
  if (name == "tcp-keepalive") live_.keepalive_seconds = number(value);
  if (name == "client-query-buffer-limit") live_.query_bytes_max = number(value);
  if (name == "slowlog-log-slower-than") live_.slow_log.microseconds = std::stoll(value);
  if (name == "slowlog-max-len") live_.slow_log.entries = number(value);
  if (name == "client-output-buffer-limit") {
    const auto words = words_of(value);
    const auto read = [&](std::string_view of) {
      const auto at = std::find(words.begin(), words.end(), of);
      return OutputLimit{number(at[1]), number(at[2]), number(at[3])};
    };
    live_.output = read("normal");
    live_.output_of_listeners = read("pubsub");
  }
  if (name == "notify-keyspace-events" && set_notices_) set_notices_(value);
  if (name == "appendfsync" && set_fsync_) set_fsync_(value);
  if (name.starts_with("auto-aof-rewrite-") && set_growth_)
    set_growth_(number(parameters_["auto-aof-rewrite-min-size"].value),
                static_cast<std::uint32_t>(number(parameters_["auto-aof-rewrite-percentage"].value)));
  const auto small = [&](std::uint32_t& to) { to = static_cast<std::uint32_t>(number(value)); };
  if (name == "maxmemory") live_.memory.bytes = number(value);
  if (name == "maxmemory" || name == "maxmemory-clients") bound_clients();
  if (name == "maxmemory-policy") live_.memory.policy = *policy_named(value);
  if (name == "maxmemory-samples") small(live_.memory.samples);
  if (name == "lfu-log-factor") small(live_.memory.lfu_log_factor);
  if (name == "lfu-decay-time") small(live_.memory.lfu_decay_minutes);
  if (name == "cuckoo-filter") live_.cuckoo_filter = value;
  if (name == "cuckoo-fpp") live_.cuckoo_fpp_ppm = *parse_rate(value);
  if ((name == "loglevel" || name == "log-level") && set_log_level_) set_log_level_(value);
}

}  // namespace hc
