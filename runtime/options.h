// What the operator asked for: by flags, the environment or a TOML file (the first of these that says it), checked as
// far as it can be without touching the machine; with --check-config runtime/start_check.h looks at that, too.
// runtime/option_table.h describes each option.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/config.h"
#include "runtime/log.h"

namespace hc {

struct Options {
  NodeId id{1};
  bool alone = true;  // started with nothing that makes it a member: cannot be joined, writes nothing to disk
  std::vector<Address> join;
  bool found = false;
  std::vector<Founder> founders;
  std::string bind = "127.0.0.1";
  std::string announce_host;                                    // empty: from `bind`
  std::uint16_t resp_port = 0, http_port = 0, gossip_port = 0;  // 0: any free one
  std::string data_dir;                                         // empty: none
  std::uint32_t replication_factor = 2;
  std::string cluster_name = "hypercache";
  std::string host_label, zone;
  std::uint32_t voters_max = 5;
  std::uint32_t wire_version_max = kWireVersionMax;
  std::uint32_t min_in_sync = 1;
  bool slot_loss_wait = false;
  bool append_only = false;  // keep a log in data_dir
  Fsync append_fsync = Fsync::kEverySecond;
  std::uint64_t save_seconds = 0;                        // a snapshot so often; 0: only when the log has grown
  bool snapshot_packed = false;                          // by zstd
  std::uint64_t growth_bytes = std::uint64_t{64} << 20;  // by so much, and
  std::uint32_t growth_percent = 100;                    // of the last snapshot; 0: not for that
  std::uint64_t lease_ms = 1000;
  std::uint64_t deadline_ms = 5000;
  std::uint64_t slow_request_ms = 1000;  // 0: none is noted
  MemoryLimits memory;
  std::string cuckoo_filter = "auto";    // over the keys of each slot: on, off, auto
  std::uint32_t cuckoo_fpp_ppm = 10000;  // how often such a filter errs, in a million look-ups of what is not there
  std::string notices;                   // of keys, as letters: core/command/notice.h
  LogOptions log;
  std::string config_file;
  std::string record;  // file; empty: no recording
};

// What to do instead of running: print `text` and end with `status`.
struct Instead {
  int status = 0;
  std::string text;
  bool to_stderr = false;
};

inline constexpr int kExitUsage = 64;
inline constexpr int kExitFailure = 1;

std::expected<Options, Instead> parse_options(int argc, const char* const* argv);

// The word of `--appendfsync`, and back.
const char* fsync_word(Fsync policy);
Fsync fsync_of(std::string_view word);

// The rate for the core's filters over keys, 0 for none. auto is off: docs/FILTERS.md says what was measured.
std::uint32_t key_filter_ppm(std::string_view mode, std::uint32_t fpp_ppm);

// What the core is told, as far as the operator decides it; addresses, generation and seed are the caller's.
NodeConfig node_config(const Options& options);

}  // namespace hc
