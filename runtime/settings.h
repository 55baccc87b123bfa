// CONFIG: Redis' parameters and our own flags, by name. Which of them have an effect while the node runs is said in
// `live`; own flags that decided the start are shown and cannot be set; the rest is checked, kept and echoed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/memory_limits.h"
#include "runtime/slow_log.h"

namespace hc {

// "100", "10k" (1000), "10kb" (1024), …; nullopt if it is none, or more than 64 bits hold.
std::optional<std::uint64_t> parse_memory(std::string_view text);

// "0.01" as 10 000 of a million; nullopt if it is no number from 0.000001 to 0.5.
std::optional<std::uint32_t> parse_rate(std::string_view text);

// Parameters that act at once, as values.
struct OutputLimit {  // of one client; 0 = none
  std::uint64_t hard_bytes = 0, soft_bytes = 0, soft_seconds = 0;
};
struct LiveSettings {
  std::uint64_t clients_max = 10000;
  std::uint64_t idle_seconds_max = 0;  // 0 = for ever
  std::uint64_t keepalive_seconds = 300;
  OutputLimit output, output_of_listeners{33554432, 8388608, 60};
  std::uint64_t query_bytes_max = 1024ULL * 1024 * 1024;
  SlowLimits slow_log;
  MemoryLimits memory;
  std::uint64_t clients_bytes_max = 0;  // for the buffers of all clients together; 0 = no bound
  // A client with so much that waits for it is not read: `usual`, or less where others need room too.
  std::uint64_t pause_at(std::uint64_t usual) const {
    return clients_bytes_max == 0 ? usual : std::min(usual, std::max<std::uint64_t>(clients_bytes_max / 8, 65536));
  }
  std::string cuckoo_filter = "auto";
  std::uint32_t cuckoo_fpp_ppm = 10000;
};

class Settings {
 public:
  Settings();

  const LiveSettings& live() const { return live_; }

  // No more clients than that: `maxclients` falls to it, and cannot be set higher.
  void bound_clients_max(std::uint64_t most);

  // Adds a parameter of our own that is shown and cannot be set.
  void show(std::string name, std::string value);
  // Adds one of our own that acts at once, with the values that it may have ("a, b, c").
  void offer(std::string name, std::string value, std::string_view choices);
  // The level for the log, by Redis' parameter `loglevel` or our `log-level`, is set through this.
  void on_log_level(std::function<void(std::string_view)> set) { set_log_level_ = std::move(set); }
  // What memory there may be at the start; later changes are said through this.
  void begin_memory(const MemoryLimits& limits, std::function<void(const MemoryLimits&)> set);

  // Likewise the filters over keys, by our cuckoo-filter and cuckoo-fpp.
  using SetFilter = std::function<void(std::string_view mode, std::uint32_t fpp_ppm)>;
  void begin_filter(const std::string& mode, std::uint32_t fpp_ppm, SetFilter set);

  // Likewise what clients of this member may be told of keys, by `notify-keyspace-events`, as its letters.
  void begin_notices(const std::string& letters, std::function<void(std::string_view)> set);
  // Likewise when the log has grown enough for a snapshot, by `auto-aof-rewrite-min-size` and `-percentage`.
  void begin_growth(std::uint64_t bytes, std::uint32_t percent, std::function<void(std::size_t, std::uint32_t)> set);
  // Likewise the log's policy, by `appendfsync`.
  void on_fsync(std::function<void(std::string_view)> set) { set_fsync_ = std::move(set); }

  // Every parameter whose name matches the glob pattern, in any case; name and value.
  std::vector<std::pair<std::string, std::string>> matching(Bytes pattern) const;
  // All or nothing. nullopt: done; else Redis' error.
  std::optional<std::string> set(const std::vector<std::pair<std::string, std::string>>& wanted);

 private:
  enum class Kind : std::uint8_t {
    kBool,
    kInteger,
    kMemory,
    kRate,
    kMemoryOrPercent,
    kChoice,
    kText,
    kImmutable,
    kProtected,
    kBufferLimits,
    kSavePoints,
    kEventClasses,
    kPercentiles,
    kOomScores,
    kOwn,  // shown; may be "set" to what it is
    kAlias,
  };
  struct Parameter {
    std::string value;
    Kind kind = Kind::kText;
    std::string_view needs;
  };
  using Map = std::map<std::string, Parameter, std::less<>>;

  // The value as it is kept, or why not.
  static std::optional<std::string> refine(const std::string& name, const Parameter& now, std::string& value);
  void put_into_effect(const std::string& name);
  void bound_clients();
  const Parameter& resolved(const Parameter& parameter) const;

  Map parameters_;
  LiveSettings live_;
  std::uint64_t clients_most_ = std::numeric_limits<std::uint64_t>::max();
  std::function<void(std::size_t, std::uint32_t)> set_growth_;
  std::function<void(std::string_view)> set_log_level_, set_fsync_, set_notices_;
  std::function<void(const MemoryLimits&)> set_memory_;
  SetFilter set_filter_;
};

}  // namespace hc
