// A command whose keys lie in several slots, or that covers all slots, as parts and one merged reply.
//
// Atomic per slot only. Which parts ran where, and what a part that failed means for the client, is the coordinator's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/ids.h"
#include "core/base/random.h"
#include "core/base/reply.h"
#include "core/command/command.h"

namespace hc {

// The slot of a kKeys command if all its keys lie in one; nullopt if they lie in several. Requires: not refused.
std::optional<Slot> one_slot(const CommandSpec& spec, Args args, std::uint32_t slots);

// MGET MSET DEL UNLINK EXISTS TOUCH. Copies what it needs of args.
class Gather {
 public:
  struct Part {
    Slot slot;
    std::vector<std::string> args;  // a whole command for this slot, name first
  };

  // Requires: spec.flags & kSplits; neither refuse() nor refuse_scatter() has an error.
  Gather(const CommandSpec& spec, Args args, std::uint32_t slots);

  const std::vector<Part>& parts() const { return parts_; }
  // The reply of a part; owned. Each part once, in any order.
  void add(std::size_t part, Reply reply);
  bool complete() const { return missing_ == 0; }
  // The client's reply: values in the order asked for, a sum, or OK. If parts failed: the first error by part.
  // Requires: complete().
  Reply finish();

 private:
  const CommandSpec* spec_;
  std::vector<Part> parts_;
  std::vector<Reply> replies_;
  struct Origin {
    std::uint32_t part, index;
  };
  std::vector<Origin> origins_;  // of each key, in the order asked for
  std::size_t missing_ = 0;
};

// The error that the command as a whole gives before any slot is asked: MSET with an odd number of words, FLUSHALL with
// an unknown one, SCAN's options. nullopt for every other command.
std::optional<Reply> refuse_scatter(const CommandSpec& spec, Args args);

// kEverySlot: folds the reply of one slot into what was gathered so far (start with merge_start()). Errors win.
// The order of the slots does not matter but for KEYS' order.
Reply merge_start(const CommandSpec& spec);
Reply merge_slots(const CommandSpec& spec, Reply so_far, Reply one_slot, Random& random);
// What the client gets. Between slots RANDOMKEY's reply is [number of keys, key or nil].
Reply finish_slots(const CommandSpec& spec, Reply merged);

// SCAN's reply for the client: the coordinator's cursor, and the keys of one slot's (or several slots') reply.
Reply finish_scan(std::uint64_t cursor, Reply one_slot);
// The inner cursor in one slot's reply: where to go on in that slot, 0 = the slot is done.
std::uint64_t inner_cursor(const Reply& one_slot);

}  // namespace hc
