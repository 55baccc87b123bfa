// INFO: sections of "name:value" lines. What Redis counts and this process has no such thing of (persistence, scripts,
// replication backlog) is left out rather than made up, but for the few lines that clients look for.
#include "runtime/info.h"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include "core/command/text.h"
#include "core/replication/memory.h"
#include "core/replication/owed.h"
#include "core/store/access_clock.h"
#include "runtime/figures.h"
#include "runtime/version.h"

namespace hc {

using command::same_word;

namespace {

std::string human(std::uint64_t bytes) {
  constexpr std::array kUnits = {"B", "K", "M", "G", "T", "P"};
  std::array<char, 32> text{};
  if (bytes < 1024) return std::to_string(bytes) + "B";
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  std::snprintf(text.data(), text.size(), "%.2f%s", value, kUnits[unit]);
  return text.data();
}

std::string percent_of(std::uint64_t part, std::uint64_t whole) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f%%",
                whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

std::string ratio(std::uint64_t part, std::uint64_t whole) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f",
                whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

std::string seconds_of(const timeval& time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%ld.%06ld", time.tv_sec, time.tv_usec);
  return text.data();
}

void server(std::string& text, const Desk& desk) {
  utsname system{};
  uname(&system);
  const ProcessFacts& facts = desk.office.facts;
  const std::uint64_t uptime = seconds_since(facts.started, desk.now.mono);
  InfoSection(text, "Server")
      .line("redis_version", kRedisVersion)
      .line("hypercache_version", kVersion)
      .line("redis_git_sha1", "00000000")
      .line("redis_git_dirty", "0")
      .line("redis_mode", "standalone")
      .line("os", std::string(system.sysname) + " " + system.release + " " + system.machine)
      .line("arch_bits", "64")
      .line("monotonic_clock", "POSIX clock_gettime")
      .line("multiplexing_api", "epoll")
      .line("gcc_version", __VERSION__)
      .line("process_id", static_cast<std::uint64_t>(getpid()))
      .line("process_supervised", "no")
      .line("run_id", facts.run_id)
      .line("tcp_port", facts.resp_port)
      .line("http_port", facts.http_port)
      .line("gossip_port", facts.gossip_port)
      .line("server_time_usec", static_cast<std::uint64_t>(desk.now.wall.time_since_epoch().count()) * 1000)
      .line("uptime_in_seconds", uptime)
      .line("uptime_in_days", uptime / 86400)
      .line("hz", "10")
      .line("configured_hz", "10")
      .line("lru_clock", static_cast<std::uint64_t>(desk.now.mono.time_since_epoch() / 1s) & AccessClock::kStampMask)
      .line("executable", facts.executable)
      .line("config_file", facts.config_file)
      .line("io_threads_active", "0");
}

void clients(std::string& text, const Desk& desk) {
  std::uint64_t input = 0, output = 0;
  for (const auto& [id, client] : desk.office.clients) {
    const auto buffers = client->buffers();
    input = std::max<std::uint64_t>(input, buffers.query_used);
    output = std::max<std::uint64_t>(output, buffers.output);
  }
  InfoSection(text, "Clients")
      .line("connected_clients", desk.office.clients.size())
      .line("cluster_connections", 0U)
      .line("maxclients", desk.office.settings.live().clients_max)
      .line("client_recent_max_input_buffer", input)
      .line("client_recent_max_output_buffer", output)
      .line("blocked_clients", 0U)
      .line("tracking_clients", 0U)
      .line("clients_in_timeout_table", 0U);
}

void memory(std::string& text, const Desk& desk) {
  const MemoryUse use = memory_use();
  const Memory& core = desk.office.node.memory();
  const std::uint64_t startup = desk.office.facts.memory_at_start;
  std::uint64_t of_clients = 0;
  for (const auto& [id, client] : desk.office.clients) {
    const auto buffers = client->buffers();
    of_clients += buffers.query_used + buffers.query_free + buffers.output;
  }
  InfoSection(text, "Memory")
      .line("used_memory", use.allocated)
      .line("used_memory_human", human(use.allocated))
      .line("used_memory_rss", use.resident)
      .line("used_memory_rss_human", human(use.resident))
      .line("used_memory_peak", use.peak)
      .line("used_memory_peak_human", human(use.peak))
      .line("used_memory_peak_perc", percent_of(use.allocated, use.peak))
      .line("used_memory_overhead", use.allocated - std::min<std::uint64_t>(use.allocated, core.counted))
      .line("used_memory_startup", startup)
      .line("total_system_memory", use.machine)
      .line("total_system_memory_human", human(use.machine))
      .line("used_memory_dataset", core.counted)
      .line("used_memory_dataset_perc", percent_of(core.counted, use.allocated - std::min(use.allocated, startup)))
      .line("allocator_allocated", use.allocated)
      .line("allocator_active", use.active)
      .line("allocator_resident", use.allocator_resident)
      .line("maxmemory", core.limits.bytes)
      .line("maxmemory_human", human(core.limits.bytes))
      .line("maxmemory_policy", name_of(core.limits.policy))
      .line("allocator_frag_ratio", ratio(use.active, use.allocated))
      .line("allocator_frag_bytes", use.active - std::min(use.active, use.allocated))
      .line("mem_fragmentation_ratio", ratio(use.resident, use.allocated))
      .line("mem_fragmentation_bytes", use.resident - std::min(use.resident, use.allocated))
      .line("mem_clients_normal", of_clients)
      .line("mem_allocator", use.allocator)
      .line("lazyfree_pending_objects", 0U);
}

// Of a snapshot Redis has two fields for everything: here it is its RDB and its rewritten AOF at once.
void persistence(std::string& text, const Desk& desk) {
  const LogKeeper::Figures figures = desk.office.log ? *desk.office.log : LogKeeper::Figures{};
  const Node& node = desk.office.node;
  const LogStatus log = node.log();
  const std::uint64_t saves = node.counters().log_snapshots;
  const auto seconds = [](std::optional<Duration> d) {
    return d ? std::to_string(std::chrono::floor<std::chrono::seconds>(*d).count()) : std::string("-1");
  };
  const auto began = log.snapshot_began;
  const std::string took = seconds(log.snapshot_took);
  const std::string takes = seconds(began ? std::optional(desk.now.mono - *began) : std::nullopt);
  const std::uint32_t pending = node.snapshot_pending() ? 1 : 0;
  InfoSection section(text, "Persistence");
  section.line("loading", figures.loading ? 1U : 0U)
      .line("async_loading", 0U)
      .line("current_fork_perc", ratio(began ? 100 * log.snapshot_slots : 0, node.config().slots))
      .line("rdb_bgsave_in_progress", pending)
      .line("rdb_last_save_time", static_cast<std::uint64_t>(figures.last_save))
      .line("rdb_last_bgsave_status", "ok")
      .line("rdb_last_bgsave_time_sec", took)
      .line("rdb_current_bgsave_time_sec", takes)
      .line("rdb_saves", saves)
      .line("aof_enabled", desk.office.log ? 1U : 0U)
      .line("aof_rewrite_in_progress", pending)
      .line("aof_rewrite_scheduled", 0U)
      .line("aof_last_rewrite_time_sec", took)
      .line("aof_current_rewrite_time_sec", takes)
      .line("aof_last_bgrewrite_status", "ok")
      .line("aof_rewrites", saves)
      .line("aof_last_write_status", figures.last_write_ok && !figures.full ? "ok" : "err");
  if (!desk.office.log) return;
  section.line("aof_current_size", figures.size).line("aof_base_size", figures.base_size);
  if (!figures.loading) return;
  const double part =
      figures.to_read == 0 ? 1 : static_cast<double>(figures.read) / static_cast<double>(figures.to_read);
  const Duration so_far = desk.now.mono - figures.reading_since;
  const auto elapsed = std::chrono::duration<double>(so_far).count();
  const auto eta = part > 0 ? static_cast<std::uint64_t>(elapsed / part - elapsed) : std::uint64_t{1};
  section.line("loading_start_time", static_cast<std::uint64_t>(std::time(nullptr) - static_cast<std::time_t>(elapsed)))
      .line("loading_total_bytes", figures.to_read)
      .line("loading_loaded_bytes", figures.read)
      .line("loading_loaded_perc", ratio(100 * figures.read, figures.to_read))
      .line("loading_eta_seconds", eta);
}

void replication(std::string& text, const Desk& desk) {
  const Node::Counters& n = desk.office.node.counters();
  std::size_t entries = 0, bytes = 0;
  for (const auto& [id, owed] : desk.office.node.owed()) {
    entries += owed.entries;
    bytes += owed.bytes;
  }
  InfoSection(text, "Replication")
      .line("role", "master")
      .line("connected_slaves", 0U)
      .line("master_failover_state", "no-failover")
      .line("master_replid", desk.office.facts.run_id)
      .line("master_repl_offset", n.entries_replicated)
      .line("entries_replicated", n.entries_replicated)
      .line("entries_unacknowledged", entries)
      .line("bytes_unacknowledged", bytes)
      .line("fills_completed", n.fills_completed);
}

// None can be loaded.
void modules(std::string& text, const Desk&) { InfoSection(text, "Modules"); }

void cpu(std::string& text, const Desk&) {
  rusage self{}, children{}, thread{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  InfoSection(text, "CPU")
      .line("used_cpu_sys", seconds_of(self.ru_stime))
      .line("used_cpu_user", seconds_of(self.ru_utime))
      .line("used_cpu_sys_children", seconds_of(children.ru_stime))
      .line("used_cpu_user_children", seconds_of(children.ru_utime))
      .line("used_cpu_sys_main_thread", seconds_of(thread.ru_stime))
      .line("used_cpu_user_main_thread", seconds_of(thread.ru_utime));
}

std::string voters(const View& view) {
  std::string names;
  for (const Voter& voter : view.voters) names += (names.empty() ? "" : ",") + name_of(voter.id);
  return names;
}

// Members of the table of membership (not of the view) that seem to be so.
std::string members_that_seem(const Node& node, Liveness liveness) {
  std::string names;
  for (const auto& [id, peer] : node.membership().peers())
    if (id != node.self().id && peer.liveness == liveness) names += (names.empty() ? "" : ",") + name_of(id);
  return names;
}

void cluster(std::string& text, const Desk& desk) {
  const Node& node = desk.office.node;
  const Node::Counters& n = node.counters();
  const ViewRef view = node.view();
  desk.office.figures.update(view);
  const ViewFigures& figures = desk.office.figures;
  desk.office.transfers.look(node, figures, desk.now.mono);
  const Transfers::Transfer sent = desk.office.transfers.sum();
  InfoSection section(text, "Cluster");
  section.line("cluster_enabled", desk.office.facts.gossip_port != 0 ? 1U : 0U)
      .line("hypercache_node", name_of(node.self().id))
      .line("hypercache_cluster_name", node.config().cluster_name)
      .line("hypercache_ready", node.ready(desk.now) ? 1U : 0U)
      .line("hypercache_view_epoch", view ? view->epoch.value : 0)
      .line("hypercache_members", view ? view->members.size() : 0)
      .line("hypercache_members_active", figures.active())
      .line("hypercache_members_suspect", members_that_seem(node, Liveness::kSuspect))
      .line("hypercache_members_dead", members_that_seem(node, Liveness::kDead))
      .line("hypercache_voters", view ? voters(*view) : "")
      .line("hypercache_slots_short", figures.slots_short())
      .line("hypercache_slots_moving", figures.slots_moving())
      .line("hypercache_slots_primary", figures.of(node.self().id).primaries)
      .line("hypercache_transfer_slots_total", sent.slots_total)
      .line("hypercache_transfer_slots_done", sent.slots_done)
      .line("hypercache_transfer_bytes_total", sent.bytes_total)
      .line("hypercache_transfer_bytes_done", sent.bytes_done)
      .line("hypercache_transfer_seconds_left", sent.seconds_left ? std::to_string(*sent.seconds_left) : "")
      .line("hypercache_views_installed", n.views_installed)
      .line("hypercache_takeovers", n.takeovers)
      .line("hypercache_complaints", n.complaints)
      .line("hypercache_proposals", n.proposals)
      .line("hypercache_not_mine", n.not_mine)
      .line("hypercache_frames_dropped", n.frames_dropped)
      .line("hypercache_slot_resets", n.resets)
      .line("hypercache_wire_version_max", node.wire_max())
      .line("hypercache_replica_digests_compared", n.digests_compared)
      .line("hypercache_replica_digest_mismatches", n.digest_mismatches)
      .line("hypercache_replica_slots_differing", node.differing_slots());
}

void keyspace(std::string& text, const Desk& desk) {
  const Keyspace all = keyspace_of(desk.office.node);
  InfoSection section(text, "Keyspace");
  if (all.keys > 0)
    section.line("db0", "keys=" + std::to_string(all.keys) + ",expires=" + std::to_string(all.expiring) + ",avg_ttl=0");
}

struct Named {
  std::string_view name;
  void (*write)(std::string&, const Desk&);
  bool by_default;
};
constexpr Named kSections[] = {
    {"server", server, true},
    {"clients", clients, true},
    {"memory", memory, true},
    {"persistence", persistence, true},
    {"stats", info_stats, true},
    {"replication", replication, true},
    {"cpu", cpu, true},
    {"modules", modules, true},
    {"commandstats", info_command_stats, false},
    {"errorstats", info_error_stats, true},
    {"latencystats", info_latency_stats, false},
    {"cluster", cluster, true},
    {"keyspace", keyspace, true},
};

}  // namespace

Reply info_command(Args args, Desk& desk) {
  const auto wants = [args](const Named& section) {
    if (args.size() == 1) return section.by_default;
    return std::any_of(args.begin() + 1, args.end(), [&section](Bytes word) {
      return same_word(word, section.name) || same_word(word, "all") || same_word(word, "everything") ||
             (section.by_default && same_word(word, "default"));
    });
  };
  std::string text;
  for (const Named& section : kSections)
    if (wants(section)) section.write(text, desk);
  return Reply::verbatim_copy(text);
}

}  // namespace hc
