// backup: a copy of a member's data folder, while it runs; restore: what such copies hold, written into a cluster of
// any size by RESTORE, key by key.
#include "tools/backup.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "core/store/dump.h"
#include "tools/cli/commands.h"
#include "tools/cli/copies.h"
#include "tools/cli/resp.h"
#include "tools/cli/text.h"

namespace hc::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCommandsAtOnce = 1000, kBytesAtOnce = std::size_t{1} << 20;

// Of the member that is asked.
const Json& itself(const Json& cluster) {
  for (const Json& m : cluster.at("members"))
    if (m.at("self")) return m;
  throw Failure{kUnreachable, "the member does not name itself"};
}

Resp door_for_redis(Cluster& cluster, std::chrono::milliseconds patience) {
  const Json& self = itself(cluster.look());
  return {{cluster.first().host, self.at("metadata").at("resp_port")}, patience};
}

std::string setting(Resp& resp, Bytes name) {
  const Reply reply = resp.ask({"CONFIG", "GET", name});
  if (reply.items.size() != 2) throw Failure{kUnreachable, "the member does not tell its " + std::string(name)};
  return std::string(reply.items[1].text.view);
}

// Sends what is given, many at a time, and counts what was taken.
class Restoring {
 public:
  Restoring(Resp& resp, const Wishes& wishes, std::uint64_t keys) : resp_(resp), wishes_(wishes), keys_(keys) {}

  void give(const SlotTable::Item& item) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (item.expiry != kNoExpiry && item.expiry.time_since_epoch() <= now) {
      ++ended_;
      return;
    }
    const std::string end =
        item.expiry == kNoExpiry ? "0" : std::to_string(item.expiry.time_since_epoch() / std::chrono::milliseconds(1));
    const std::string value = dump(item);
    const Bytes words[] = {"RESTORE", item.key, end, value, "ABSTTL", "REPLACE"};
    resp_.send(std::span(words).first(wishes_.overwrite ? 6 : 5));
    waiting_.emplace_back(item.key);
    if (waiting_.size() >= kCommandsAtOnce || resp_.waiting() >= kBytesAtOnce) settle();
  }

  void settle() {
    for (const std::string& key : waiting_) {
      const Reply reply = resp_.read();
      if (reply.is_error())
        throw Failure{kNo, "key '" + key + "': " + std::string(reply.text.view) + ". " + std::to_string(taken_) +
                               " of " + std::to_string(keys_) +
                               " keys are restored; when that is mended say it again with --overwrite"};
      ++taken_;
    }
    waiting_.clear();
    const auto now = std::chrono::steady_clock::now();
    if (wishes_.json || now < told_ + wishes_.every) return;
    told_ = now;
    print(std::to_string(taken_) + " of " + std::to_string(keys_) + " keys, " +
          percent(static_cast<double>(taken_ + ended_) / static_cast<double>(keys_)) + "\n");
  }

  std::uint64_t taken() const { return taken_; }
  std::uint64_t ended() const { return ended_; }

 private:
  Resp& resp_;
  const Wishes& wishes_;
  std::uint64_t keys_, taken_ = 0, ended_ = 0;
  std::vector<std::string> waiting_;
  std::chrono::steady_clock::time_point told_ = std::chrono::steady_clock::now();
};

std::string names(const std::vector<NodeId>& members) {
  std::string text;
  for (const NodeId id : members) text += (text.empty() ? "" : ", ") + name_of(id);
  return text;
}

void refuse_gaps(const Copies& copies) {
  if (copies.missing.empty()) return;
  throw Failure{kNo, std::to_string(copies.missing.size()) + " slots, the first being " +
                         std::to_string(copies.missing.front().value) +
                         ", are in none of these backups: add that of one of " + names(copies.absent) +
                         ", or restore what there is by --partial"};
}

void refuse_keys(Resp& resp) {
  const Reply size = resp.ask({"DBSIZE"});
  if (size.is_error()) throw Failure{kNo, std::string(size.text.view)};
  if (size.integer != 0)
    throw Failure{kNo, "the cluster holds " + std::to_string(size.integer) +
                           " keys: name an empty one, or say --overwrite: then keys of the backup replace its own"};
}

}  // namespace

int back_up(Cluster& cluster, const Wishes& wishes) {
  Resp resp = door_for_redis(cluster, wishes.patience);
  const std::string name = itself(cluster.seen()).at("node_id");
  if (setting(resp, "appendonly") != "yes")
    throw Failure{kNo, name + " keeps no log: there is nothing to copy. Start it with --appendonly yes"};
  const std::string folder = setting(resp, "dir"), to = wishes.subjects.front();
  if (!fs::is_directory(fs::path(folder) / "log"))
    throw Failure{kNo, name + " keeps its data in " + folder + ", which is not here: say this on its host"};
  const std::uint64_t bytes = hc::back_up(folder, to);
  if (wishes.json)
    print_json({{"node_id", name}, {"data", folder}, {"backup", to}, {"bytes", bytes}});
  else
    print(name + ": " + human_bytes(static_cast<double>(bytes)) + " of its log are in " + to + "\n");
  return kOk;
}

int restore(Cluster& cluster, const Wishes& wishes) {
  const Copies copies = read_copies(wishes.subjects);
  if (!wishes.partial) refuse_gaps(copies);
  Resp resp = door_for_redis(cluster, wishes.patience);
  if (!wishes.overwrite) refuse_keys(resp);
  std::uint64_t keys = 0;
  for (const SlotTable& slot : copies.slots) keys += slot.size();
  Restoring restoring(resp, wishes, keys);
  for (const SlotTable& slot : copies.slots) {
    std::uint64_t cursor = 0;
    do cursor = slot.walk(cursor, [&](const SlotTable::Item& item) { restoring.give(item); });
    while (cursor != 0);
  }
  restoring.settle();
  if (wishes.json)
    print_json(
        {{"restored", restoring.taken()}, {"ended", restoring.ended()}, {"missing_slots", copies.missing.size()}});
  else
    print(std::to_string(restoring.taken()) + " keys are restored, " + std::to_string(restoring.ended()) +
          " more had ended" +
          (copies.missing.empty() ? "" : ", " + std::to_string(copies.missing.size()) + " slots are missing") + "\n");
  return kOk;
}

}  // namespace hc::cli
