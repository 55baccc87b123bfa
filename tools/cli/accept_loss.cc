// accept-data-loss: slots of which nobody who has a copy is left go on with what is on offer, or anew.
#include <algorithm>
#include <cctype>

#include "tools/cli/commands.h"

namespace hc::cli {

int accept_loss(Cluster& cluster, const Wishes& wishes) {
  cluster.look();
  const bool plain = std::ranges::all_of(wishes.subject, [](unsigned char c) { return std::isdigit(c) || c == ','; });
  const std::string edged = wishes.subject.empty() ? "," : "," + wishes.subject + ",";
  if (!plain || edged.find(",,") != std::string::npos)
    throw Failure{kUnusable, "'" + wishes.subject + "' names no slots: give their numbers with commas between them, " +
                                 "or none for all that are lost"};
  const Json answer = cluster.tell("PUT", "/api/cluster/accept-data-loss?slots=" + wishes.subject);
  if (wishes.json)
    print_json(answer);
  else
    print("what is lost of " + answer.at("slots").dump() +
          " slots is done without: `cluster status` shows when they are served\n");
  return kOk;
}

}  // namespace hc::cli
