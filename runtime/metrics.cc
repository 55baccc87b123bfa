#include "runtime/metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "runtime/figures.h"
#include "runtime/pages.h"
#include "runtime/version.h"

namespace hc {
namespace {

using Type = Exposition::Type;

double real(std::uint64_t n) { return static_cast<double>(n); }
double seconds(Duration d) { return std::chrono::duration<double>(d).count(); }
double seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

// Every bound whose first digit is 1, 2 or 5: the histogram's own steps are finer.
void put_histogram(Exposition& out, const Histogram& histogram, Exposition::Labels labels = {}) {
  std::vector<Exposition::Bucket> buckets;
  const auto bounds = Histogram::bounds();
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    Duration::rep digit = bounds[i].count();
    while (digit % 10 == 0) digit /= 10;
    if (digit == 1 || digit == 2 || digit == 5) buckets.push_back({seconds(bounds[i]), histogram.up_to(i)});
  }
  out.histogram(buckets, seconds(histogram.sum()), histogram.count(), labels);
}

std::size_t open_files() {
  std::error_code error;
  const std::filesystem::directory_iterator all("/proc/self/fd", error);
  return error ? 0 : static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

std::string metrics_text(Exposition::Format format, Office& office, Now now) {
  Exposition out(format);
  office.figures.update(office.node.view());
  process_metrics(out, office, now);
  command_metrics(out, office);
  store_metrics(out, office);
  client_metrics(out, office);
  cluster_metrics(out, office, now);
  replication_metrics(out, office);
  log_metrics(out, office);
  loop_metrics(out, office);
  return out.end();
}

void process_metrics(Exposition& out, Office& office, Now now) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  const double uptime = seconds(now.mono - office.facts.started);
  const double wall = static_cast<double>(now.wall.time_since_epoch().count()) / 1000;
  out.family("hypercache_build_info", Type::kGauge, "Always 1; the labels say which program this is.");
  out.sample(1, {{"version", kVersion}, {"redis_version", kRedisVersion}, {"node", name_of(office.node.self().id)}});
  out.counter("process_cpu_seconds", "CPU time of the process, in user and system mode.",
              seconds(usage.ru_utime) + seconds(usage.ru_stime));
  out.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", wall - uptime);
  out.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.", real(memory_use().resident));
  out.gauge("process_open_fds", "Open file descriptors.", real(open_files()));
  out.gauge("process_max_fds", "Most file descriptors that the process may open.", real(files.rlim_cur));
  out.gauge("hypercache_healthy", "1 if commands can be served, as GET /health says.", is_healthy(office.node, now));
  out.gauge("hypercache_ready", "1 if every slot of this node is served, as GET /ready says.",
            office.node.ready(now) && is_healthy(office.node, now));
}

void command_metrics(Exposition& out, const Office& office) {
  const Statistics& s = office.statistics;
  const Node::Counters& n = office.node.counters();
  out.family("hypercache_command_duration_seconds", Type::kHistogram,
             "From when a client's command was read to when its reply was on its way, by command.");
  const auto each = [&](auto&& put) {
    for (const CommandSpec& spec : all_commands())
      if (const CommandStats::OfCommand* of = office.commands.of(spec)) put(spec, *of);
  };
  each([&](const CommandSpec& spec, const CommandStats::OfCommand& of) {
    put_histogram(out, of.took, {{"command", spec.name}});
  });
  out.family("hypercache_commands_rejected", Type::kCounter, "Commands that were refused before they ran.");
  each([&](const CommandSpec& spec, const auto& of) { out.sample(real(of.rejected), {{"command", spec.name}}); });
  out.family("hypercache_commands_failed", Type::kCounter, "Commands that ran and answered an error.");
  each([&](const CommandSpec& spec, const auto& of) { out.sample(real(of.failed), {{"command", spec.name}}); });
  out.family("hypercache_error_replies", Type::kCounter, "Errors that clients were answered, by their code.");
  for (const auto& [code, count] : office.commands.errors()) out.sample(real(count), {{"code", code}});
  out.counter("hypercache_commands_received", "Commands of RESP clients.", real(s.commands_processed));
  out.counter("hypercache_http_requests", "Requests of HTTP clients.", real(s.http_requests));
  out.counter("hypercache_commands_executed", "Commands that this node ran as primary.", real(n.executed));
  out.counter("hypercache_commands_forwarded", "Commands that this node sent on to a primary.", real(n.forwards_sent));
  out.counter("hypercache_commands_served_for_others", "Commands that other nodes sent here.", real(n.forwards_served));
  out.counter("hypercache_commands_not_mine", "Commands that came back because another node is primary.",
              real(n.not_mine));
  out.counter("hypercache_commands_waited", "Commands that had to wait for a lease, a takeover or a view.",
              real(n.parked));
  out.counter("hypercache_commands_refused", "Commands that nobody served: not applied.", real(n.refused));
  out.counter("hypercache_commands_unknown", "Commands with an unknown outcome: maybe applied.", real(n.unknown));
}

void store_metrics(Exposition& out, const Office& office) {
  const Node::Counters& n = office.node.counters();
  const Keyspace keyspace = keyspace_of(office.node);
  const Memory& memory = office.node.memory();
  const MemoryUse use = memory_use();
  out.family("hypercache_items", Type::kGauge, "Keys that this node holds, by its part in their slots.");
  out.sample(real(keyspace.primary), {{"role", "primary"}});
  out.sample(real(keyspace.keys - keyspace.primary), {{"role", "replica"}});
  out.gauge("hypercache_items_expiring", "Keys with a time to live, of those that this node holds.",
            real(keyspace.expiring));
  out.counter("hypercache_keyspace_hits", "Look-ups by reading commands that found their key.", real(n.hits));
  out.counter("hypercache_keyspace_misses", "Look-ups by reading commands that found none.", real(n.misses));
  out.counter("hypercache_expirations", "Keys that this node deleted as primary at their time.", real(n.expired));
  out.counter("hypercache_evictions", "Keys that this node gave up as primary for memory.", real(n.evicted));
  out.counter("hypercache_out_of_memory_refusals", "Commands that were answered -OOM.", real(n.out_of_memory));
  out.gauge("hypercache_memory_data_bytes", "Memory of entries, tables and histories.", real(memory.counted));
  out.gauge("hypercache_memory_allocated_bytes", "Memory that the allocator handed out.", real(use.allocated));
  out.gauge("hypercache_memory_peak_bytes", "Most memory that the process ever had in RAM.", real(use.peak));
  out.gauge("hypercache_memory_limit_bytes", "The limit (maxmemory); 0: none.", real(memory.limits.bytes));
  out.gauge("hypercache_memory_pressure_ratio", "The part of the limit that is taken; 0 without a limit.",
            pressure(memory));
}

void client_metrics(Exposition& out, const Office& office) {
  const Statistics& s = office.statistics;
  const Traffic traffic = traffic_of(office);
  out.family("hypercache_connections", Type::kGauge, "Open connections of clients.");
  out.sample(real(office.clients.size()), {{"protocol", "resp"}});
  out.sample(real(office.http_clients), {{"protocol", "http"}});
  out.counter("hypercache_connections_received", "Connections of clients that were taken.",
              real(s.connections_received));
  out.counter("hypercache_connections_rejected", "Connections that were turned away for the limit of clients.",
              real(s.connections_rejected));
  out.counter("hypercache_clients_over_limit", "Connections closed for the size of their buffers.",
              real(s.clients_over_limit));
  out.counter("hypercache_received_bytes", "Bytes that came from clients.", real(traffic.in));
  out.counter("hypercache_sent_bytes", "Bytes that were sent to clients.", real(traffic.out));
}

void log_metrics(Exposition& out, const Office& office) {
  const LogKeeper::Figures figures = office.log ? *office.log : LogKeeper::Figures{};
  const Node::Counters& n = office.node.counters();
  out.gauge("hypercache_log_enabled", "1 with --appendonly yes.", office.log != nullptr);
  out.gauge("hypercache_log_loading", "1 while the log is being read.", figures.loading);
  out.gauge("hypercache_log_refused", "1 while the disk has no room for the log, and writes are refused.",
            figures.full);
  out.gauge("hypercache_log_size_bytes", "Bytes of all segments of the log.", real(figures.size));
  out.gauge("hypercache_log_to_read_bytes", "Bytes of the log that there were to read at the start.",
            real(figures.to_read));
  out.counter("hypercache_log_read_bytes", "Bytes of the log that were read at the start.", real(figures.read));
  out.counter("hypercache_log_written_bytes", "Bytes that were appended to the log.", real(figures.bytes));
  out.counter("hypercache_log_records", "Records that were appended to the log.", real(n.log_records));
  out.counter("hypercache_log_appends", "Appends to the log, each with the records of some turns.",
              real(n.log_appends));
  out.counter("hypercache_log_syncs", "Times that the log was made durable.", real(n.log_syncs));
  out.counter("hypercache_snapshots", "Snapshots of the log that became durable.", real(n.log_snapshots));
  out.gauge("hypercache_snapshot_pending", "1 while a snapshot is wanted or being written.",
            office.node.snapshot_pending());
  const LogStatus log = office.node.log();
  const double slots = static_cast<double>(office.node.config().slots);
  out.gauge("hypercache_snapshot_progress_ratio", "How much of the snapshot under way is written; 0: none is.",
            log.snapshot_began ? static_cast<double>(log.snapshot_slots) / slots : 0);
  out.gauge("hypercache_snapshot_duration_seconds", "How long the last snapshot of this process took; 0: none yet.",
            log.snapshot_took ? std::chrono::duration<double>(*log.snapshot_took).count() : 0);
  out.gauge("hypercache_snapshot_time_seconds", "When the last snapshot was durable, in seconds since 1970; 0: no log.",
            static_cast<double>(figures.last_save));
}

void loop_metrics(Exposition& out, const Office& office) {
  out.family("hypercache_loop_turn_duration_seconds", Type::kHistogram,
             "From the first event of a turn of the loop to the turn's end, before what it gathered is sent.");
  put_histogram(out, office.turns.lasted);
  out.family(
      "hypercache_loop_turn_processor_seconds", Type::kHistogram,
      "Processor time of the loop's thread from one turn's end to the next. What a turn took beyond it, it waited: "
      "for a disk, or for the processor.");
  put_histogram(out, office.turns.processor);
}

}  // namespace hc
