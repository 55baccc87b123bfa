#include "tools/cli/copies.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "tools/files.h"
#include "tools/log_content.h"
#include "tools/vote.h"

namespace hc::cli {
namespace {

// The newest view that a folder knows of: what is on disk rests on it, or on a later one.
VoteRecord vote_of(const std::string& folder) {
  auto vote = read_vote(folder);
  if (!vote) throw hc::Failure{"there is no " + folder + "/vote: not a data folder, nor a backup of one", kUnusable};
  if (!vote->record.view) throw hc::Failure{folder + " is of a member that was in no cluster yet", kUnusable};
  return std::move(vote->record);
}

class Reading {
 public:
  explicit Reading(ViewRef newest)
      : newest_(std::move(newest)), best_(newest_->slot_count()), there_(newest_->slot_count()) {
    copies_.slots.resize(newest_->slot_count());
  }

  void take(const std::string& folder) {
    LogContent content(find_segments(folder));
    for (std::uint32_t n = 0; n < newest_->slot_count(); ++n) {
      const Slot s{static_cast<std::uint16_t>(n)};
      if (acknowledged(content, s)) there_[n] = true;
      if (!content.whole(s) || content.at(s) <= best_[n]) continue;
      best_[n] = content.at(s);
      copies_.slots[n].swap(content.tables()[n]);
    }
  }

  Copies end() {
    std::set<NodeId> absent;
    for (std::uint32_t n = 0; n < newest_->slot_count(); ++n) {
      if (there_[n]) continue;
      const Slot s{static_cast<std::uint16_t>(n)};
      copies_.missing.push_back(s);
      for (const Incarnation& who : newest_->config(s).list) absent.insert(who.member);
    }
    copies_.absent.assign(absent.begin(), absent.end());
    return std::move(copies_);
  }

 private:
  // It was in the slot's list, or came to it later.
  bool acknowledged(const LogContent& content, Slot s) const {
    const SlotConfig& config = newest_->config(s);
    if (content.whole(s) && content.at(s).slot_epoch >= config.epoch) return true;
    return std::ranges::any_of(config.list,
                               [&](const Incarnation& who) { return content.offer(s, who.generation).held; });
  }

  ViewRef newest_;
  Copies copies_;
  std::vector<Position> best_;
  std::vector<bool> there_;
};

}  // namespace

Copies read_copies(const std::vector<std::string>& folders) {
  ViewRef newest;
  for (const std::string& folder : folders) {
    const VoteRecord vote = vote_of(folder);
    if (newest && newest->cluster != vote.view->cluster)
      throw hc::Failure{folder + " is of another cluster than " + folders.front(), kUnusable};
    if (!newest || vote.view->epoch > newest->epoch) newest = vote.view;
  }
  Reading reading(newest);
  for (const std::string& folder : folders) reading.take(folder);
  return reading.end();
}

}  // namespace hc::cli
