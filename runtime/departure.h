// Members that an operator wants out of the cluster for good (7d): CLUSTER FORGET, DELETE /api/cluster/members/{id}.
// Their slots and votes go to others first, then they end by themselves; for the dead, it is the others who forget.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/desk.h"

namespace hc {

enum class WhoLeaves : std::uint8_t { kAnyone, kTheLiving, kTheDead };

struct Refusal {
  int status = 409;  // of HTTP
  std::string_view reason;
  std::string text;
};

// `who`: a member's number, its name, or its id of CLUSTER NODES. What was said once goes on by itself.
std::expected<NodeId, Refusal> take_leave(Office& office, Bytes who, WhoLeaves which);

// 2h: all others are gone for good, a majority of the voters with them. Whom an operator names is what he vouches for.
std::expected<void, Refusal> take_force(Office& office, const std::vector<Bytes>& left, bool accept_data_loss);

// 7e: no process that holds these slots runs any more; none named: all that are lost. Which ones they are.
std::expected<SlotSet, Refusal> take_loss(Office& office, std::span<const Slot> slots);

}  // namespace hc
