// What the commands that the host answers itself (core/command's Route::kConnection) may see and change: the client,
// its fellows, the settings, the counters, and the node to look at. One file per family answers them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/command/command.h"
#include "core/node.h"
#include "runtime/client_record.h"
#include "runtime/cluster_map.h"
#include "runtime/command_stats.h"
#include "runtime/event_history.h"
#include "runtime/log_keeper.h"
#include "runtime/settings.h"
#include "runtime/slow_log.h"
#include "runtime/statistics.h"
#include "runtime/transfers.h"
#include "runtime/turns.h"
#include "runtime/view_figures.h"

namespace hc {

// What is fixed when the process has started.
struct ProcessFacts {
  std::string run_id;  // 40 hex digits
  std::string executable;
  std::string config_file;
  Time started;
  std::uint64_t memory_at_start = 0;  // bytes that the allocator had handed out
  std::uint16_t resp_port = 0, http_port = 0, gossip_port = 0;
};

// Shared by all client connections.
struct Office {
  const Node& node;
  const ProcessFacts& facts;
  Settings& settings;
  Statistics& statistics;
  CommandStats& commands;
  const Turns& turns;
  EventHistory& events;
  std::function<void(NodeId)> ask_to_leave;         // an operator wants this member out of the cluster
  std::function<void(const Decree&)> force;         // an operator says who is left of it
  std::function<void(const SlotSet&)> accept_loss;  // an operator does without what is lost of these slots
  ClientList clients{};
  std::size_t http_clients = 0;
  ClusterMap map{};
  ViewFigures figures{};
  Transfers transfers{};
  const LogKeeper::Figures* log = nullptr;  // where there is a log
  std::function<void()> ask_snapshot{};
  std::function<void(ClientId)> silence{};  // it listens to nothing any more
  SlowLog slow_log{};
  Node::Counters counted_from{};  // as they were at CONFIG RESETSTAT
};

struct Desk {
  Office& office;
  ClientRecord& client;
  Now now;
};

// Requires: spec's route is kConnection, and it was not refused.
Reply run_connection_command(const CommandSpec& spec, Args args, Desk& desk);

// Printable ASCII without blanks.
bool is_client_name(Bytes name);

// ---- one per family
Reply hello_command(Args args, Desk& desk);
Reply auth_command(Args args);
Reply reset_command(Desk& desk);
Reply select_command(Args args);
Reply client_command(Args args, Desk& desk);
Reply config_command(Args args, Desk& desk);
Reply info_command(Args args, Desk& desk);
Reply slow_log_command(Args args, Desk& desk);
Reply cluster_command(Args args, Desk& desk);
Reply snapshot_command(const CommandSpec& spec, Args args, Desk& desk);
Reply last_save_command(const Desk& desk);

// -MOVED for a client that knows the map and errs, as long as the one that leads the slot seems alive; nullopt: serve
// it.
std::optional<Reply> moved(const CommandSpec& spec, Args args, const Desk& desk);

}  // namespace hc
