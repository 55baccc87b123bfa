// A history laid out for the search: one phase per return, and in each who is in flight.
//
// Definite operations have a slot while they are in flight, so that a set of them is a few words; slots are used again.
// Operations of unknown outcome have numbers for good, neighbours if they do the same: of such the earlier ones take
// effect first (one order stands for all), so those of one class that have taken effect are its first ones.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sim/check/chains.h"
#include "sim/check/moves.h"
#include "sim/check/timeline.h"

namespace hc::sim {

struct Course {
  static constexpr MoveId kNoEffect = 0xffffffff;
  // An operation that takes part; by index in the history.
  struct Part {
    MoveId move = 0;
    std::uint32_t phase = 0;  // definite: that of its return
    std::uint32_t slot = 0;   // definite: its slot; else its number
    std::uint32_t since = 0;  // the first phase in which it is in flight
    Index before = kNoIndex;  // the answered one that its connection sent just before
    bool definite = false;
    bool exchange = false;  // definite: a compare-and-set that found what it expected
    bool observer = false;  // definite, and by its reply it changed nothing
    bool blind = false;     // leaves the same state whatever was there before, and the reply tells nothing
    // Definite, and as if it had never been once a blind one follows; waits for nothing, and nothing for it.
    bool free_write = false;
    bool needless = false;  // a free write that nobody ever needs: to have taken effect is as good as it gets
  };
  struct Phase {
    Index returns;
    Instant at;
    std::uint32_t calls, flight, watchers;  // where they begin; they end where those of the next phase begin
  };
  struct Class {
    MoveId move;
    std::uint32_t first, end;  // numbers
    Index one;                 // of its operations
    bool blind;
  };

  Course(const History& history, const std::vector<Moment>& moments, Moves& moves, const Chains& chains);

  std::size_t phases() const { return phase.size() - 1; }
  // Definite ones called since the phase before.
  std::span<const Index> calls(std::size_t p) const { return part_of(called, phase[p].calls, phase[p + 1].calls); }
  // Definite ones in flight, the next to return first (its return ends the phase).
  std::span<const Index> flight(std::size_t p) const { return part_of(flying, phase[p].flight, phase[p + 1].flight); }
  // The observers among them.
  std::span<const Index> watchers(std::size_t p) const {
    return part_of(watching, phase[p].watchers, phase[p + 1].watchers);
  }
  // The slots of free writes in flight.
  const std::uint64_t* writes(std::size_t p) const { return &write_slots[p * slot_words]; }
  // Those of observers and needless writes in flight.
  const std::uint64_t* better_done(std::size_t p) const { return &better_done_slots[p * slot_words]; }

  // Too much at once to lay out.
  bool too_much = false;
  std::vector<Part> part;
  std::vector<Phase> phase;  // and one more, at the end
  std::vector<Class> classes;
  std::vector<std::uint32_t> optional_since;  // by number: the first phase in which it is in flight
  std::size_t slot_words = 0, optional_words = 0;

  std::vector<Index> called, flying, watching;
  std::vector<MoveId> effects;  // by index: of plain writes and exchanges outside pipelines, whatever the reply
  std::vector<std::uint64_t> write_slots, better_done_slots;

 private:
  static std::span<const Index> part_of(const std::vector<Index>& all, std::size_t begin, std::size_t end) {
    return {all.data() + begin, end - begin};
  }
  void describe(const History& history, const std::vector<Moment>& moments, Moves& moves, const Chains& chains);
  void give_slots(const std::vector<Moment>& moments);
  void lay_out(const History& history, const std::vector<Moment>& moments);
  void number_optionals(const std::vector<Moment>& moments);
};

}  // namespace hc::sim
