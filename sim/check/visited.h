// The configurations of a search that were looked at, so that none is looked at twice, nor one that can do nothing
// that another cannot.
//
// A configuration is dominated by one of the same phase, kind and value if that one
//   - has every definite operation in flight in the same way (has taken effect, has not), but for those where to
//     have taken effect is better, and for hidden writes: such a write may count as overwritten at once, or take
//     effect yet; it can do all that the others can;
//   - used no operation of unknown outcome that this one did not;
//   - may end earlier. (Having no end is another thing: PERSIST tells.)
#pragma once

#include <cstdint>
#include <vector>

#include "sim/check/flat_index.h"
#include "sim/instant.h"

namespace hc::sim {

// The sets of a configuration, in words.
struct Sets {
  std::uint64_t* done;      // definite, in flight: has taken effect
  std::uint64_t* hidden;    // free writes in flight that have not: one that was called later or overlaps has
  std::uint64_t* optional;  // of unknown outcome: has taken effect
};

class Visited {
 public:
  Visited(std::size_t slot_words, std::size_t optional_words)
      : slot_words_(slot_words), optional_words_(optional_words), words_(2 * slot_words + optional_words + 2) {}

  // False: dominated by one that is there. `key`: phase, kind and value, idle. `better_done`, `free_writes`: slots.
  // Adds to `looked_at` for every one that it had to be compared with.
  bool add(std::uint64_t key, const Sets& sets, const std::uint64_t* better_done, const std::uint64_t* free_writes,
           Instant may_end, std::uint64_t& looked_at);

  std::size_t words_in_all() const { return all_.size(); }

 private:
  bool dominates(const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* better_done) const;

  const std::size_t slot_words_, optional_words_, words_;
  FlatIndex newest_;                  // of a key and what has to be done alike, by their hash
  std::vector<std::uint32_t> chain_;  // the one before, of the same key
  std::vector<std::uint64_t> all_;    // done, hidden, optional, end, key
  std::vector<std::uint64_t> mine_;   // reused
};

}  // namespace hc::sim
