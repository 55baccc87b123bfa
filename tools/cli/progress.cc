#include "tools/cli/progress.h"

#include <algorithm>

#include "tools/cli/text.h"

namespace hc::cli {
namespace {

Transfer read(const Json& t) {
  Transfer transfer;
  transfer.from = t.at("from");
  transfer.to = t.at("to");
  transfer.slots = t.at("slots");
  transfer.told = t.contains("bytes_total");
  if (!transfer.told) return transfer;
  transfer.slots_done = t.at("slots_done");
  transfer.slots_total = t.at("slots_total");
  transfer.bytes_done = t.at("bytes_done");
  transfer.bytes_total = t.at("bytes_total");
  transfer.bytes_per_second = t.at("bytes_per_second");
  transfer.percent = t.at("percent");
  if (!t.at("seconds_left").is_null()) transfer.seconds_left = t.at("seconds_left").get<std::uint64_t>();
  return transfer;
}

// Its sender knows more of it than the others do.
void keep(std::vector<Transfer>& all, Transfer transfer) {
  const auto same =
      std::ranges::find_if(all, [&](const Transfer& t) { return t.from == transfer.from && t.to == transfer.to; });
  if (same == all.end())
    all.push_back(std::move(transfer));
  else if (transfer.told)
    *same = std::move(transfer);
}

Transfer sum_of(const Progress& progress) {
  Transfer sum;
  sum.told = true;
  sum.seconds_left = 0;
  for (const Transfer& t : progress.transfers) {
    sum.slots += t.slots;
    sum.told = sum.told && t.told;
    sum.slots_done += t.slots_done;
    sum.slots_total += t.slots_total;
    sum.bytes_done += t.bytes_done;
    sum.bytes_total += t.bytes_total;
    sum.bytes_per_second += t.bytes_per_second;
    if (!t.told || !t.seconds_left)
      sum.seconds_left.reset();
    else if (sum.seconds_left)
      sum.seconds_left = std::max(*sum.seconds_left, *t.seconds_left);
  }
  const auto [done, total] =
      sum.bytes_total > 0 ? std::pair(sum.bytes_done, sum.bytes_total) : std::pair(sum.slots_done, sum.slots_total);
  sum.percent = total > 0 ? 100 * static_cast<double>(done) / static_cast<double>(total) : progress.whole ? 100 : 0;
  return sum;
}

Json to_json(const Transfer& t, bool ends) {
  Json json;
  if (ends) json = {{"from", t.from}, {"to", t.to}};
  json["slots_on_the_way"] = t.slots;
  if (!t.told) return json;
  json["slots_done"] = t.slots_done;
  json["slots_total"] = t.slots_total;
  json["bytes_done"] = t.bytes_done;
  json["bytes_total"] = t.bytes_total;
  json["percent"] = t.percent;
  json["bytes_per_second"] = t.bytes_per_second;
  json["seconds_left"] = t.seconds_left ? Json(*t.seconds_left) : Json();
  return json;
}

}  // namespace

Progress progress_of(Cluster& cluster) {
  Progress p;
  const Json& seen = cluster.seen();
  if (seen.at("view").is_null())
    throw Failure{kNo, std::string(seen.at("node")) + " is in no view yet: it has not joined a cluster"};
  p.epoch = seen.at("view").at("epoch");
  p.slots = seen.at("view").at("slots");
  p.whole = true;
  const auto look = [&p](const Json& document) {
    p.slots_short = std::max<std::uint64_t>(p.slots_short, document.at("slots_short"));
    p.slots_moving = std::max<std::uint64_t>(p.slots_moving, document.at("slots_moving"));
    for (const Json& t : document.at("transfers")) keep(p.transfers, read(t));
  };
  look(seen);
  for (Told& told : cluster.ask_all("/api/cluster")) {
    if (!told.document)
      p.silent.push_back(std::move(told));
    else if (!told.document->at("view").is_null())
      look(*told.document);
  }
  p.whole = p.slots_short == 0 && p.slots_moving == 0;
  p.sum = sum_of(p);
  return p;
}

Json to_json(const Progress& p) {
  Json json = {{"whole", p.whole},
               {"epoch", p.epoch},
               {"slots", p.slots},
               {"slots_short", p.slots_short},
               {"slots_moving", p.slots_moving}};
  json.update(to_json(p.sum, false));
  json["transfers"] = Json::array();
  for (const Transfer& t : p.transfers) json["transfers"].push_back(to_json(t, true));
  json["silent"] = Json::array();
  for (const Told& told : p.silent) json["silent"].push_back({{"node", told.node}, {"why", told.error}});
  return json;
}

std::string transfers_table(const Progress& p) {
  Table table({"FROM", "TO", "SLOTS LEFT", "DONE", "BYTES", "OF", "PER SECOND", "TIME LEFT"});
  for (const Transfer& t : p.transfers) {
    const auto figure = [&t](std::string text) { return t.told ? std::move(text) : std::string("-"); };
    table.row({t.from, t.to, std::to_string(t.told ? t.slots_total - t.slots_done : t.slots),
               figure(percent(t.percent)), figure(human_bytes(static_cast<double>(t.bytes_done))),
               figure(human_bytes(static_cast<double>(t.bytes_total))),
               figure(human_bytes(static_cast<double>(t.bytes_per_second))), human_time(t.seconds_left)});
  }
  return table.text();
}

std::string progress_line(const Progress& p) {
  const Transfer& t = p.sum;
  return percent(t.percent) + "  " + human_bytes(static_cast<double>(t.bytes_done)) + " of " +
         human_bytes(static_cast<double>(t.bytes_total)) + "  " + human_bytes(static_cast<double>(t.bytes_per_second)) +
         "/s  " + human_time(t.seconds_left) + " left  " + std::to_string(p.slots_moving) +
         " slots not where they should be";
}

}  // namespace hc::cli
