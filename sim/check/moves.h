// The model of a key (sim/check/key_model.h) on small numbers: states and operations are numbered, and what an
// operation does in a state is asked of the model once.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/check/flat_index.h"
#include "sim/check/key_model.h"
#include "sim/check/names.h"

namespace hc::sim {

using StateId = std::uint32_t;
using MoveId = std::uint32_t;  // the same for all operations that do the same and got the same reply
inline constexpr StateId kIllegal = FlatIndex::kAbsent - 1;

class Moves {
 public:
  // Borrows the history.
  explicit Moves(const History& history) : names_(history) {}

  StateId state(const KeyState& state);
  MoveId move(const Operation& operation) { return move(operation, operation.observed); }
  // As if this was what it got.
  MoveId move(const Operation& operation, const Observed& observed);

  // kIllegal: with the reply that it got, this operation cannot run in this state.
  StateId apply(StateId state, MoveId move) {
    const StateId known = few_moves() ? rows_[state * kFewMoves + move] : results_[std::uint64_t{state} << 32 | move];
    return known != FlatIndex::kAbsent ? known : apply_anew(state, move);
  }
  // Requires: no move comes any more. With few of them the results stand in a table.
  void settle();

  const KeyState& state_of(StateId s) const { return states_[s].state; }
  const Operation& operation_of(MoveId m) const { return moves_[m]; }
  const Names& names() const { return names_; }
  // One number for all states that differ in their ends only.
  std::uint32_t shape(StateId s) const { return states_[s].shape; }

 private:
  struct State {
    KeyState state;
    std::uint32_t shape;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Numbers = std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>>;

  static constexpr std::size_t kFewMoves = 128;
  bool few_moves() const { return !rows_.empty(); }
  StateId apply_anew(StateId state, MoveId move);

  const Names names_;
  std::deque<State> states_;
  std::deque<Operation> moves_;
  Numbers shapes_, move_numbers_;
  std::unordered_map<std::int64_t, std::uint32_t> ends_;
  FlatIndex states_of_;        // shape and end → state
  FlatIndex results_;          // state and move → state
  std::vector<StateId> rows_;  // the same, by state and move
  std::string key_;            // reused
};

}  // namespace hc::sim
