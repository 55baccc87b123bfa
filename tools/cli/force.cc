// force: on with the members that are left when a majority of the voters is gone for good.
#include <algorithm>
#include <cctype>

#include "tools/cli/commands.h"

namespace hc::cli {

int force(Cluster& cluster, const Wishes& wishes) {
  cluster.look();
  const bool plain =
      std::ranges::all_of(wishes.subject, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == ','; });
  const std::string edged = "," + wishes.subject + ",";
  if (!plain || edged.find(",,") != std::string::npos)
    throw Failure{kUnusable, "'" + wishes.subject + "' names no members: give their numbers with commas between them"};
  const Json answer = cluster.tell("PUT", "/api/cluster/force?members=" + wishes.subject +
                                              "&accept-data-loss=" + (wishes.accept_data_loss ? "yes" : "no"));
  if (wishes.json)
    print_json(answer);
  else
    print("view " + answer.at("epoch").dump() + " is forced: `cluster status` shows what it serves\n");
  return kOk;
}

}  // namespace hc::cli
