// status and members: how the cluster is.
#include <algorithm>
#include <cstdio>

#include "tools/cli/commands.h"
#include "tools/cli/progress.h"
#include "tools/cli/text.h"

namespace hc::cli {
namespace {

std::string joined(const Json& words) {
  std::string text;
  for (const Json& word : words) text += (text.empty() ? "" : ", ") + word.get<std::string>();
  return text.empty() ? "none" : text;
}

// The members, by what each of them is and seems: {"active":["node-1",…],…}.
Json by_state(const Cluster& cluster) {
  Json states = {{"active", Json::array()},  {"leaving", Json::array()}, {"absent", Json::array()},
                 {"joining", Json::array()}, {"down", Json::array()},    {"suspect", Json::array()}};
  for (const Member& m : cluster.members()) {
    if (states.contains(m.state)) states[m.state].push_back(m.name);
    if (!m.up) states["down"].push_back(m.name);
    if (m.status == "suspect") states["suspect"].push_back(m.name);
  }
  return states;
}

Json status_of(const Cluster& cluster, const Progress& progress) {
  const Json& seen = cluster.seen();
  const Json& view = seen.at("view");
  Json status = {{"cluster", view.at("cluster")},   {"cluster_id", view.at("cluster_id")},
                 {"seen_by", seen.at("node")},      {"healthy", seen.at("healthy")},
                 {"ready", seen.at("ready")},       {"epoch", view.at("epoch")},
                 {"lease_ms", view.at("lease_ms")}, {"replication_factor", view.at("replication_factor")},
                 {"members", by_state(cluster)},    {"voters", view.at("voters")},
                 {"rebalance", to_json(progress)}};
  const Json& members = status["members"];
  status["well"] = seen.at("healthy").get<bool>() && seen.at("ready").get<bool>() && progress.slots_short == 0 &&
                   progress.silent.empty() && members["down"].empty() && members["suspect"].empty();
  return status;
}

std::string for_people(const Json& status, const Progress& progress) {
  const Json& members = status["members"];
  const auto line = [](const char* name, const std::string& text) {
    std::string padded(name);
    padded.resize(12, ' ');
    return padded + text + "\n";
  };
  std::string counts;
  for (const char* state : {"active", "joining", "leaving", "absent"})
    if (!members[state].empty())
      counts += (counts.empty() ? "" : ", ") + std::to_string(members[state].size()) + " " + state;
  for (const char* state : {"suspect", "down"})
    if (!members[state].empty()) counts += "; " + std::string(state) + ": " + joined(members[state]);
  std::string text =
      line("cluster", status["cluster"].get<std::string>() + ", id " + status["cluster_id"].get<std::string>());
  text += line("seen by", status["seen_by"].get<std::string>() +
                              (status["healthy"] ? ": commands are served" : ": commands are NOT served") +
                              (status["ready"] ? "" : ", not every slot of it"));
  text += line("view", status["epoch"].dump() + ", voters " + joined(status["voters"]));
  text += line("members", counts);
  text += line("slots", std::to_string(progress.slots) + ", replication factor " + status["replication_factor"].dump() +
                            ", " + std::to_string(progress.slots_short) + " lack copies, " +
                            std::to_string(progress.slots_moving) + " not where they should be");
  for (const Told& told : progress.silent) text += line("silent", told.node + ": " + told.error);
  text += line("transfers", progress.whole               ? "none: every slot is where it should be"
                            : progress.transfers.empty() ? "none yet"
                                                         : progress_line(progress));
  return progress.transfers.empty() ? text : text + "\n" + transfers_table(progress);
}

}  // namespace

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void print_json(const Json& json) { print(json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"); }

int show_status(Cluster& cluster, const Wishes& wishes) {
  cluster.look();
  const Progress progress = progress_of(cluster);
  const Json status = status_of(cluster, progress);
  if (wishes.json)
    print_json(status);
  else
    print(for_people(status, progress));
  return status["well"] ? kOk : kNo;
}

int show_members(Cluster& cluster, const Wishes& wishes) {
  const Json& seen = cluster.look();
  if (wishes.json) {
    print_json(Json{{"node", seen.at("node")}, {"members", seen.at("members")}});
    return kOk;
  }
  Table table({"MEMBER", "SEEMS", "STATE", "VOTES", "GOSSIP", "RESP", "HTTP", "HOST", "ZONE", "PRIMARY", "REPLICA",
               "TO COME", "WANTED"});
  for (const Json& m : seen.at("members")) {
    const Json &data = m.at("metadata"), &slots = m.at("slots");
    const auto label = [&data](const char* name) {
      const std::string text = data.at(name);
      return text.empty() ? "-" : text;
    };
    table.row({m.at("node_id"), m.at("status"), m.at("state"), m.at("voter") ? "yes" : "no", m.at("address"),
               data.at("resp_port").dump(), data.at("http_port").dump(), label("host_label"), label("zone"),
               slots.at("primary").dump(), slots.at("replica").dump(), slots.at("learning").dump(),
               slots.at("wanted").dump()});
  }
  print(table.text());
  return kOk;
}

}  // namespace hc::cli
