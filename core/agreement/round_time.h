// How long a round of ours may take before it is tried again. Each answer waits for a disk (2e), so this follows what
// the last answers took, as TCP's timer follows what its acknowledgements took (RFC 6298): at once upwards, by halves
// down.
#pragma once

#include <algorithm>
#include <map>
#include <utility>

#include "core/base/seam.h"
#include "core/base/time.h"
#include "core/view/ballot.h"

namespace hc {

class RoundTime {
 public:
  // We asked the voters, for a promise or then for an acceptance.
  void asked(Epoch instance, const Ballot& ballot, Time now) {
    asked_[{instance, ballot.round}] = now;
    if (asked_.size() > kRemembered) asked_.erase(asked_.begin());
  }
  // What was asked before may have been lost with the session before: answers to it say nothing.
  void session_opened(NodeId peer, Time now) { opened_[peer] = now; }
  // One of them answers, maybe after we have given up that round.
  void answered(NodeId by, Epoch instance, const Ballot& ballot, Time now) {
    const auto asked = asked_.find({instance, ballot.round});
    if (asked == asked_.end()) return;
    if (const auto opened = opened_.find(by); opened != opened_.end() && opened->second > asked->second) return;
    sample(now - asked->second);
  }
  void sample(Duration took) {
    if (!HC_MUTANT(kRoundsOfFixedLength)) answer_ = std::min(std::max(took, answer_ / 2), kAnswerMax);
  }

  Duration limit() const { return std::max<Duration>(kLimit, answer_ + answer_ / 2); }
  // Who is next to propose leaves the one before this long: time for both answers.
  Duration turn() const { return std::max<Duration>(kTurn, 2 * answer_); }
  // How long who does not vote is waited for, where votes are to be given (2f).
  Duration wait() const { return std::max<Duration>(kLimit / 2, answer_ + answer_ / 4); }

 private:
  static constexpr Duration kLimit = 250ms;
  static constexpr Duration kTurn = 150ms;
  static constexpr Duration kAnswerMax = 2s;
  static constexpr std::size_t kRemembered = 16;

  Duration answer_{};
  std::map<std::pair<Epoch, std::uint64_t>, Time> asked_;  // by instance and round
  std::map<NodeId, Time> opened_;
};

}  // namespace hc
