// INFO's sections Stats, Commandstats, Errorstats and Latencystats: what was counted since the process began, or since
// CONFIG RESETSTAT.
#include <array>
#include <cstdio>
#include <sstream>

#include "core/events/bus.h"
#include "runtime/figures.h"
#include "runtime/info.h"

namespace hc {
namespace {

std::string fixed(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string microseconds(Duration d) { return fixed(std::chrono::duration<double, std::micro>(d).count(), 3); }

template <class Each>
void each_command(const Desk& desk, Each&& each) {
  for (const CommandSpec& spec : all_commands())
    if (const CommandStats::OfCommand* of = desk.office.commands.of(spec)) each(spec, *of);
}

}  // namespace

void info_stats(std::string& text, const Desk& desk) {
  const Statistics& s = desk.office.statistics;
  const Traffic traffic = traffic_of(desk.office);
  const Node::Counters &now = desk.office.node.counters(), &then = desk.office.counted_from;
  const auto since = [&](std::uint64_t Node::Counters::* counter) { return now.*counter - then.*counter; };
  using C = Node::Counters;
  const Bus::Subscriptions listened = desk.office.node.bus().here();
  InfoSection(text, "Stats")
      .line("total_connections_received", s.connections_received)
      .line("total_commands_processed", s.commands_processed)
      .line("total_http_requests", s.http_requests)
      .line("instantaneous_ops_per_sec", s.commands_last_second)
      .line("total_net_input_bytes", traffic.in)
      .line("total_net_output_bytes", traffic.out)
      .line("instantaneous_input_kbps", fixed(static_cast<double>(s.bytes_in_last_second) / 1024, 2))
      .line("instantaneous_output_kbps", fixed(static_cast<double>(s.bytes_out_last_second) / 1024, 2))
      .line("rejected_connections", s.connections_rejected)
      .line("expired_keys", since(&C::expired))
      .line("evicted_keys", since(&C::evicted))
      .line("evicted_clients", s.clients_over_limit)
      .line("keyspace_hits", since(&C::hits))
      .line("keyspace_misses", since(&C::misses))
      .line("pubsub_channels", listened.channels)
      .line("pubsub_patterns", listened.patterns)
      .line("pubsubshard_channels", listened.shards)
      .line("latest_fork_usec", 0U)
      .line("total_forks", 0U)
      .line("total_error_replies", s.error_replies)
      .line("total_reads_processed", s.reads_processed)
      .line("total_writes_processed", s.writes_processed)
      .line("io_threaded_reads_processed", 0U)
      .line("io_threaded_writes_processed", 0U)
      .line("commands_executed", since(&C::executed))
      .line("commands_forwarded", since(&C::forwards_sent))
      .line("commands_served_for_others", since(&C::forwards_served))
      .line("commands_answered_unknown", since(&C::unknown))
      .line("commands_refused", since(&C::refused))
      .line("commands_waiting", since(&C::parked))
      .line("commands_refused_for_memory", since(&C::out_of_memory));
}

void info_command_stats(std::string& text, const Desk& desk) {
  InfoSection section(text, "Commandstats");
  each_command(desk, [&](const CommandSpec& spec, const CommandStats::OfCommand& of) {
    const double usec = std::chrono::duration<double, std::micro>(of.took.sum()).count();
    const double each = of.took.count() == 0 ? 0 : usec / static_cast<double>(of.took.count());
    section.line("cmdstat_" + std::string(spec.name),
                 "calls=" + std::to_string(of.took.count()) + ",usec=" + fixed(usec, 0) +
                     ",usec_per_call=" + fixed(each, 2) + ",rejected_calls=" + std::to_string(of.rejected) +
                     ",failed_calls=" + std::to_string(of.failed));
  });
}

void info_error_stats(std::string& text, const Desk& desk) {
  InfoSection section(text, "Errorstats");
  for (const auto& [code, count] : desk.office.commands.errors())
    section.line("errorstat_" + code, "count=" + std::to_string(count));
}

// At the percentiles that `latency-tracking-info-percentiles` names.
void info_latency_stats(std::string& text, const Desk& desk) {
  InfoSection section(text, "Latencystats");
  const auto wanted = desk.office.settings.matching("latency-tracking-info-percentiles");
  each_command(desk, [&](const CommandSpec& spec, const CommandStats::OfCommand& of) {
    if (of.took.count() == 0) return;
    std::string line;
    std::istringstream words(wanted.front().second);
    for (std::string word; words >> word;)
      line += (line.empty() ? "p" : ",p") + word + "=" + microseconds(of.took.quantile(std::stod(word) / 100));
    section.line("latency_percentiles_usec_" + std::string(spec.name), line);
  });
}

}  // namespace hc
