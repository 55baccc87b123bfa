// What members have of each slot (/api/cluster/slots), asked for in pieces.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tools/cli/cluster.h"

namespace hc::cli {

struct SlotRow {
  std::uint32_t slot = 0;
  std::uint64_t epoch = 0, at_epoch = 0, seq = 0, keys = 0;
  std::vector<std::uint32_t> holders, learners;  // by the view of the member that says it; the primary first
  std::string node, role, digest;

  bool holds() const { return role == "primary" || role == "replica" || role == "taking-over"; }
};

using SlotRange = std::pair<std::uint32_t, std::uint32_t>;  // both in it
inline constexpr std::uint32_t kPiece = 1024;

// Of the member that was named, all of them. Throws Failure.
std::vector<SlotRow> rows_of(Cluster& cluster, SlotRange range);
// Of all members, at about the same time. Requires: a piece at the most. Who does not answer is `silent`: why, by name.
using Silent = std::map<std::string, std::string>;
std::vector<SlotRow> rows_of_all(Cluster& cluster, SlotRange range, Silent& silent);

std::string text_of(const Silent& silent);  // a line each
Json to_json(const Silent& silent);

std::string names(const std::vector<std::uint32_t>& members);  // "node-1, node-2"; "-": none

}  // namespace hc::cli
