// verify: replicas of a slot at the same position have the same digest (rule 10). Positions move while clients write,
// so slots whose replicas were not seen at one position are looked at again, a while.
#include <algorithm>
#include <map>

#include "tools/cli/commands.h"
#include "tools/cli/slot_rows.h"
#include "tools/cli/text.h"

namespace hc::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{10000}, kPause{20};

enum class Verdict { kAlike, kDifferent, kMoving, kMissing };

// Of all that was said of one slot.
Verdict judge(const std::vector<SlotRow>& rows) {
  if (rows.empty()) return Verdict::kMissing;
  const SlotRow& first = rows.front();
  for (const SlotRow& row : rows) {
    const bool same_place = row.epoch == first.epoch && row.at_epoch == first.at_epoch && row.seq == first.seq;
    if (!same_place) return Verdict::kMoving;
  }
  if (std::ranges::any_of(rows, [&](const SlotRow& row) { return row.digest != first.digest; }))
    return Verdict::kDifferent;
  return rows.size() < first.holders.size() ? Verdict::kMissing : Verdict::kAlike;
}

class Comparison {
 public:
  Comparison(Cluster& cluster, std::uint32_t slots) : cluster_(cluster) {
    for (std::uint32_t s = 0; s < slots; ++s) open_.push_back(s);
  }

  // Asks of all that are open; those that stay so are asked of again.
  void round() {
    const std::vector<std::uint32_t> asked = std::exchange(open_, {});
    silent_.clear();
    for (std::size_t i = 0; i < asked.size();) {
      std::size_t end = i + 1;
      while (end < asked.size() && asked[end] - asked[i] < kPiece) ++end;
      look({asked[i], asked[end - 1]},
           {asked.begin() + static_cast<std::ptrdiff_t>(i), asked.begin() + static_cast<std::ptrdiff_t>(end)});
      i = end;
    }
  }

  bool done() const { return open_.empty(); }
  const Silent& silent() const { return silent_; }
  std::size_t alike() const { return alike_; }
  const std::vector<std::uint32_t>& moving() const { return open_; }
  const std::map<std::uint32_t, std::string>& missing() const { return missing_; }
  const std::vector<std::vector<SlotRow>>& different() const { return different_; }

 private:
  void look(SlotRange range, const std::vector<std::uint32_t>& wanted) {
    std::map<std::uint32_t, std::vector<SlotRow>> rows;
    for (SlotRow& row : rows_of_all(cluster_, range, silent_))
      if (row.holds()) rows[row.slot].push_back(std::move(row));
    for (const std::uint32_t slot : wanted) {
      std::vector<SlotRow>& of = rows[slot];
      switch (judge(of)) {
        case Verdict::kAlike:
          ++alike_;
          break;
        case Verdict::kDifferent:
          different_.push_back(std::move(of));
          break;
        case Verdict::kMoving:
          open_.push_back(slot);
          break;
        case Verdict::kMissing:
          note_missing(slot, of);
      }
    }
  }

  // A holder that answered may only have learned of its part a moment later; one that is down will not.
  void note_missing(std::uint32_t slot, const std::vector<SlotRow>& rows) {
    for (const Member& m : cluster_.members()) {
      const bool holds = rows.empty() || std::ranges::any_of(rows.front().holders, [&](std::uint32_t id) {
                           return "node-" + std::to_string(id) == m.name;
                         });
      const bool said = std::ranges::find(rows, m.name, &SlotRow::node) != rows.end();
      if (holds && !said && !m.up) {
        missing_[slot] = m.name + " is down";
        return;
      }
    }
    open_.push_back(slot);
  }

  Cluster& cluster_;
  std::vector<std::uint32_t> open_;
  std::size_t alike_ = 0;
  Silent silent_;  // in the last round
  std::map<std::uint32_t, std::string> missing_;
  std::vector<std::vector<SlotRow>> different_;
};

Json to_json(const Comparison& c, std::size_t slots) {
  Json json = {{"slots", slots},       {"alike", c.alike()},       {"different", Json::array()},
               {"moving", c.moving()}, {"missing", Json::array()}, {"silent", cli::to_json(c.silent())}};
  for (const auto& [slot, why] : c.missing()) json["missing"].push_back({{"slot", slot}, {"why", why}});
  for (const auto& rows : c.different()) {
    Json one = {{"slot", rows.front().slot},
                {"at_epoch", rows.front().at_epoch},
                {"seq", rows.front().seq},
                {"replicas", Json::array()}};
    for (const SlotRow& row : rows)
      one["replicas"].push_back({{"node", row.node}, {"role", row.role}, {"keys", row.keys}, {"digest", row.digest}});
    json["different"].push_back(std::move(one));
  }
  return json;
}

std::string for_people(const Comparison& c, std::size_t slots) {
  std::string text = std::to_string(slots) + " slots: the replicas of " + std::to_string(c.alike()) +
                     " are alike, of " + std::to_string(c.different().size()) + " different\n";
  const std::size_t open = c.moving().size() + c.missing().size();
  if (!c.moving().empty())
    text += std::to_string(c.moving().size()) +
            " were not seen at one position, because they are written to or moved: give more time by --within\n";
  if (!c.missing().empty())
    text += std::to_string(c.missing().size()) + " could not be compared: " + c.missing().begin()->second + "\n";
  text += text_of(c.silent());
  if (open > 0 && c.different().empty()) text += "nothing is known to be wrong\n";
  if (c.different().empty()) return text;
  Table table({"SLOT", "MEMBER", "ROLE", "POSITION", "KEYS", "DIGEST"});
  for (const auto& rows : c.different())
    for (const SlotRow& row : rows)
      table.row({std::to_string(row.slot), row.node, row.role,
                 std::to_string(row.at_epoch) + "/" + std::to_string(row.seq), std::to_string(row.keys),
                 " " + row.digest});
  return text + table.text();
}

}  // namespace

int verify(Cluster& cluster, const Wishes& wishes) {
  const Json& seen = cluster.look();
  if (seen.at("view").is_null())
    throw Failure{kNo, std::string(seen.at("node")) + " is in no view yet: it has not joined a cluster"};
  const std::uint32_t slots = seen.at("view").at("slots");
  Comparison comparison(cluster, slots);
  Wishes rounds = wishes;
  rounds.every = kPause;
  if (!rounds.within) rounds.within = kPatience;
  until(rounds, [&] {
    comparison.round();
    if (!comparison.done()) cluster.look_again();
    return comparison.done();
  });
  if (wishes.json)
    print_json(to_json(comparison, slots));
  else
    print(for_people(comparison, slots));
  if (!comparison.different().empty()) return kNo;
  return comparison.alike() == slots ? kOk : kUnknown;
}

}  // namespace hc::cli
