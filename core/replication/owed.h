// What a primary still owes another member, in all slots that it leads: for watchers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hc {

struct Owed {
  std::size_t slots = 0;           // in which it lacks entries that we count on it to have
  std::size_t entries = 0;         // of these
  std::size_t bytes = 0;           // of these entries' effects
  std::size_t slots_to_fill = 0;   // on their way to it (7a)
  double slots_filled = 0;         // how much of slots_to_fill has arrived, in parts of slots
  std::size_t fill_bytes_out = 0;  // of fills: sent, and not acknowledged
  std::size_t slots_left = 0;      // of slots_to_fill: those that are not whole there
  // Of slots' bytes, as their memory is counted here.
  std::uint64_t fill_bytes_left = 0;     // still to arrive there
  std::uint64_t fill_bytes_arrived = 0;  // ever; with what came twice, because a fill had to begin anew
  std::uint64_t slots_arrived = 0;       // ever
};

}  // namespace hc
