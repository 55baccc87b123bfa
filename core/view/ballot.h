// What the voters of view e exchange and keep to decide view e + 1: single-decree Paxos (Lamport, "Paxos Made Simple",
// 2001), one instance per epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/view/report.h"
#include "core/view/view.h"
#include "core/view/view_change.h"

namespace hc {

// Ordered by round, then proposer. A process uses each of its ballots once; a later process of the same member may come
// to the same round, so its generation is part of the ballot.
struct Ballot {
  std::uint64_t round = 0;
  NodeId proposer;
  Generation process;
  auto operator<=>(const Ballot&) const = default;
};

// A next view with the evidence that it rests on.
struct Proposal {
  ViewRef view;
  std::vector<Report> evidence;
  // How the view travels, if it does not travel whole: then it alone arrives.
  ViewChangeRef change{};
  explicit operator bool() const { return view != nullptr; }
};

struct Accepted {
  Ballot ballot;
  Proposal proposal;
};

// The vote file: everything that a member must not forget (rules 2e, 2g). Durable before an answer that rests on it
// leaves.
struct VoteRecord {
  StorageId storage;
  ClusterId cluster;         // none before the first view
  std::uint64_t writes = 0;  // counted; travels with each vote
  Epoch instance;            // which epoch `promised` and `accepted` are about
  Ballot promised;
  std::optional<Accepted> accepted;
  ViewRef view;  // newest installed; null before the first
};

}  // namespace hc
