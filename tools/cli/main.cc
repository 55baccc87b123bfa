// The command line of hypercache-cli: what an operator asks of a cluster.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>

#include "tools/cli/commands.h"
#include "tools/files.h"

namespace {

using namespace hc::cli;

constexpr const char* kHelp =
    R"(Asks a HyperCache cluster how it is, takes members out of it, copies what they hold, and reads
copies into it.

One member is asked first (--host and --port: its port for HTTP), who names the others.)";

constexpr const char* kStatuses = R"(
Status: 0 done, and all is well; 1 refused, or something is down, lacks copies or differs; 2 the time given was over
first, or not all could be asked; 64 what was asked makes no sense; 69 no member answers; 74 not all that it printed
could be written.)";

struct Verb {
  const char *name, *help;
  int (*run)(Cluster&, const Wishes&);
  const char* follow;   // the flag for it; nullptr: there is nothing to follow
  const char* subject;  // what is named; nullptr: nothing
  bool needed;
};
constexpr Verb kVerbs[] = {
    {"status", "the view, who is up, what lacks copies, transfers; status 1 if something is down or lacks copies",
     show_status, nullptr, nullptr, false},
    {"members", "each member: address, state, vote, labels, slots", show_members, nullptr, nullptr, false},
    {"slots", "who holds how many slots; of SLOTS: what each holder has of them", show_slots, nullptr, "SLOTS", false},
    {"leave", "a living member leaves for good: others get its slots and its vote, then its process ends", leave,
     "--wait", "ID", true},
    {"decommission", "a dead member is forgotten; a living one is refused", decommission, "--wait", "ID", true},
    {"force", "on with MEMBERS alone, when a majority of the voters is gone for good; all others are stopped", force,
     nullptr, "MEMBERS", true},
    {"accept-data-loss", "do without what is lost of SLOTS, or of all that are lost: nobody who had a copy comes back",
     accept_loss, nullptr, "SLOTS", false},
    {"rebalance", "how far the slots are that are on their way; the cluster moves them by itself", rebalance, "--watch",
     nullptr, false},
    {"verify", "compares the replicas of every slot, by their digests at the same position", verify, nullptr, nullptr,
     false},
};

int run(int (*verb)(Cluster&, const Wishes&), const Door& door, const Wishes& wishes) {
  const auto failed = [](const std::string& text, int status) {
    std::fprintf(stderr, "hypercache-cli: %s\n", text.c_str());
    return status;
  };
  try {
    Cluster cluster(door, wishes.patience);
    return verb(cluster, wishes);
  } catch (const Failure& failure) {
    return failed(failure.text, failure.status);
  } catch (const hc::Failure& failure) {
    return failed(failure.text, failure.status);
  } catch (const std::filesystem::filesystem_error& error) {
    return failed(error.what(), hc::kIoError);
  } catch (const nlohmann::json::exception& error) {
    return failed(std::string("a member answers what this version does not understand: ") + error.what(), kUnreachable);
  }
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

int run(int argc, char** argv) {
  CLI::App app(kHelp, "hypercache-cli");
  app.footer(kStatuses);
  Door door{"127.0.0.1", 8080};
  double timeout = 5, every = 1, within = 0;
  Wishes wishes;
  app.add_option("--host", door.host, "a member's host")->capture_default_str();
  app.add_option("--port", door.port, "its port for HTTP")->capture_default_str()->check(CLI::Range(1, 65535));
  app.add_flag("--json", wishes.json, "print JSON, an object on one line");
  app.add_option("--timeout", timeout, "seconds to wait for each answer")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 3600.0));
  CLI::App* group = app.add_subcommand("cluster", "the cluster as a whole");
  for (const Verb& verb : kVerbs) {
    CLI::App* sub = group->add_subcommand(verb.name, verb.help)->fallthrough();
    if (verb.subject) {
      auto* option = sub->add_option(verb.subject, wishes.subject,
                                     verb.run == force         ? "all that are left, with commas between them"
                                     : verb.run == accept_loss ? "numbers of slots, with commas between them"
                                     : verb.needed             ? "a member's number, or node-N"
                                                               : "a slot, or FROM-TO");
      if (verb.needed) option->required();
    }
    if (verb.follow) {
      sub->add_flag(verb.follow, wishes.follow, "follow it to its end, with a line of progress each --interval");
      sub->add_option("--interval", every, "seconds between two looks")
          ->capture_default_str()
          ->check(CLI::Range(0.01, 3600.0));
    }
    if (verb.run == force)
      sub->add_flag("--accept-data-loss", wishes.accept_data_loss,
                    "slots of which none of them has a copy begin anew, empty");
    if (verb.follow || verb.run == verify)
      sub->add_option("--within", within,
                      verb.run == verify ? "seconds after which to give up; 0: 10 of them"
                                         : "seconds after which to give up; 0: never")
          ->check(CLI::Range(0.0, 1e6));
  }
  group->fallthrough()->require_subcommand(1);
  CLI::App* backs_up =
      app.add_subcommand("backup", "a copy of a member's data folder while it runs; on the host of that member")
          ->fallthrough();
  backs_up->add_option("DIR", wishes.subjects, "a folder that is not there yet")->required()->expected(1);
  CLI::App* restores =
      app.add_subcommand("restore",
                         "what backups hold, those of one cluster together, into a cluster of any size that runs")
          ->fallthrough();
  restores->add_option("DIR", wishes.subjects, "backups of members of one cluster")->required();
  restores->add_flag("--overwrite", wishes.overwrite, "though there are keys: those of the backup replace them");
  restores->add_flag("--partial", wishes.partial, "though slots are in none of the backups");
  restores->add_option("--interval", every, "seconds between two lines of progress")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 3600.0));
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUnusable;
  }
  wishes.every = milliseconds(every);
  if (within > 0) wishes.within = milliseconds(within);
  wishes.patience = milliseconds(timeout);
  if (app.got_subcommand(backs_up)) return run(back_up, door, wishes);
  if (app.got_subcommand(restores)) return run(restore, door, wishes);
  for (const Verb& verb : kVerbs)
    if (group->got_subcommand(verb.name)) return run(verb.run, door, wishes);
  return kUnusable;
}

}  // namespace

int main(int argc, char** argv) { return hc::finish("hypercache-cli", run(argc, argv)); }
