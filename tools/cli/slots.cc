// slots: who holds which.
#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "tools/cli/commands.h"
#include "tools/cli/slot_rows.h"
#include "tools/cli/text.h"

namespace hc::cli {
namespace {

std::string path_of(SlotRange range) {
  return "/api/cluster/slots?from=" + std::to_string(range.first) +
         "&count=" + std::to_string(range.second - range.first + 1);
}

void read(const Json& document, std::vector<SlotRow>& rows) {
  for (const Json& s : document.at("slots")) {
    SlotRow row;
    row.slot = s.at("slot");
    row.epoch = s.at("epoch");
    row.at_epoch = s.at("at_epoch");
    row.seq = s.at("seq");
    row.keys = s.at("keys");
    row.holders = s.at("holders").get<std::vector<std::uint32_t>>();
    row.learners = s.at("learners").get<std::vector<std::uint32_t>>();
    row.node = document.at("node");
    row.role = s.at("role");
    row.digest = s.at("digest");
    rows.push_back(std::move(row));
  }
}

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t slots) {
  std::uint32_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size() || n >= slots) return std::nullopt;
  return n;
}

SlotRange range_of(const std::string& text, std::uint32_t slots) {
  if (text.empty()) return {0, slots - 1};
  const std::size_t dash = text.find('-');
  const auto first = number(std::string_view(text).substr(0, dash), slots);
  const auto last = dash == std::string::npos ? first : number(std::string_view(text).substr(dash + 1), slots);
  if (!first || !last || *last < *first)
    throw Failure{kUnusable,
                  "'" + text + "' names no slots: give one, or FROM-TO, of 0 to " + std::to_string(slots - 1)};
  return {*first, *last};
}

Json to_json(const SlotRow& row, bool held) {
  Json json = {{"slot", row.slot}, {"epoch", row.epoch}, {"holders", row.holders}, {"learners", row.learners}};
  if (!held) return json;
  json.update({{"node", row.node},
               {"role", row.role},
               {"at_epoch", row.at_epoch},
               {"seq", row.seq},
               {"keys", row.keys},
               {"digest", row.digest}});
  return json;
}

// How many slots each list of holders has.
std::string by_holders(const std::vector<SlotRow>& rows) {
  std::map<std::pair<std::vector<std::uint32_t>, std::vector<std::uint32_t>>, std::size_t> counts;
  for (const SlotRow& row : rows) ++counts[{row.holders, row.learners}];
  Table table({"PRIMARY", "REPLICAS", "TO COME", "SLOTS"});
  for (const auto& [lists, count] : counts) {
    const std::vector<std::uint32_t> primary(lists.first.begin(), lists.first.begin() + !lists.first.empty());
    const std::vector<std::uint32_t> others(lists.first.begin() + !lists.first.empty(), lists.first.end());
    table.row({names(primary), names(others), names(lists.second), std::to_string(count)});
  }
  return table.text();
}

std::string each(const std::vector<SlotRow>& rows) {
  Table table({"SLOT", "MEMBER", "ROLE", "EPOCH", "POSITION", "KEYS", "DIGEST"});
  for (const SlotRow& row : rows)
    table.row({std::to_string(row.slot), row.node, row.role, std::to_string(row.epoch),
               std::to_string(row.at_epoch) + "/" + std::to_string(row.seq), std::to_string(row.keys),
               " " + row.digest});
  return table.text();
}

}  // namespace

std::string names(const std::vector<std::uint32_t>& members) {
  std::string text;
  for (const std::uint32_t m : members) text += (text.empty() ? "node-" : ", node-") + std::to_string(m);
  return text.empty() ? "-" : text;
}

std::vector<SlotRow> rows_of(Cluster& cluster, SlotRange range) {
  std::vector<SlotRow> rows;
  for (std::uint32_t from = range.first; from <= range.second; from += kPiece)
    read(cluster.ask(path_of({from, std::min(range.second, from + kPiece - 1)})), rows);
  return rows;
}

std::vector<SlotRow> rows_of_all(Cluster& cluster, SlotRange range, Silent& silent) {
  std::vector<SlotRow> rows;
  for (const Told& told : cluster.ask_all(path_of(range)))
    if (told.document)
      read(*told.document, rows);
    else
      silent[told.node] = told.error;
  return rows;
}

int show_slots(Cluster& cluster, const Wishes& wishes) {
  const Json& seen = cluster.look();
  if (seen.at("view").is_null())
    throw Failure{kNo, std::string(seen.at("node")) + " is in no view yet: it has not joined a cluster"};
  const SlotRange range = range_of(wishes.subject, seen.at("view").at("slots"));
  const bool all = wishes.subject.empty();
  std::vector<SlotRow> rows;
  Silent silent;
  if (all) {
    rows = rows_of(cluster, range);
  } else {
    for (std::uint32_t from = range.first; from <= range.second; from += kPiece)
      for (SlotRow& row : rows_of_all(cluster, {from, std::min(range.second, from + kPiece - 1)}, silent))
        if (row.holds() || row.role == "learner") rows.push_back(std::move(row));
    std::ranges::sort(rows, {},
                      [](const SlotRow& row) { return std::tuple(row.slot, row.role != "primary", row.node); });
  }
  const int status = silent.empty() ? kOk : kUnknown;
  if (!wishes.json) {
    print((all ? by_holders(rows) : each(rows)) + text_of(silent));
    return status;
  }
  Json json = {{"epoch", seen.at("view").at("epoch")}, {"slots", Json::array()}};
  for (const SlotRow& row : rows) json["slots"].push_back(to_json(row, !all));
  json["silent"] = to_json(silent);
  print_json(json);
  return status;
}

std::string text_of(const Silent& silent) {
  std::string text;
  for (const auto& [node, why] : silent) text += node + " did not answer: " + why + "\n";
  return text;
}

Json to_json(const Silent& silent) {
  Json json = Json::array();
  for (const auto& [node, why] : silent) json.push_back({{"node", node}, {"why", why}});
  return json;
}

}  // namespace hc::cli
