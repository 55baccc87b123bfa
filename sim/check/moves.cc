#include "sim/check/moves.h"

#include <type_traits>

namespace hc::sim {
namespace {

// All of an operation that the model looks at but its texts; with them it is the key of a move.
struct Head {
  std::int64_t amount, ends, number;
  std::uint32_t value_size, expected_size;
  std::uint8_t kind, only_if_missing, only_if_present, keep_ttl, returns_old, observed;
  std::uint16_t unused = 0;
};
static_assert(std::has_unique_object_representations_v<Head>);

// The number of `key`, which is `fresh` if it has none yet.
template <class Map, class Key>
std::uint32_t number_of(Map& map, const Key& key, std::size_t fresh) {
  const auto found = map.find(key);
  if (found != map.end()) return found->second;
  return map.emplace(key, static_cast<std::uint32_t>(fresh)).first->second;
}

}  // namespace

StateId Moves::state(const KeyState& state) {
  key_.assign(1, static_cast<char>(state.kind));
  key_ += state.value;
  const std::uint32_t shape = number_of(shapes_, key_, shapes_.size());
  const std::uint32_t end = number_of(ends_, ns(state.may_end), ends_.size());
  std::uint32_t& number = states_of_[std::uint64_t{shape} << 32 | end];
  if (number == FlatIndex::kAbsent) {
    number = static_cast<StateId>(states_.size());
    states_.push_back({state, shape});
    if (few_moves()) rows_.resize(states_.size() * kFewMoves, FlatIndex::kAbsent);
  }
  return number;
}

MoveId Moves::move(const Operation& o, const Observed& observed) {
  using Kind = Operation::Kind;
  const std::optional<std::string> name = names_.of(o.value);
  const bool unseen_delete = o.kind == Kind::kGetDelete && observed.kind == Observed::Kind::kNothing;
  const Kind kind = unseen_delete ? Kind::kDelete : o.kind;
  const std::string& value = name ? *name : o.value;
  const Head head{o.amount,
                  ns(o.ends),
                  observed.number,
                  static_cast<std::uint32_t>(value.size()),
                  static_cast<std::uint32_t>(o.expected.size()),
                  static_cast<std::uint8_t>(kind),
                  o.only_if_missing,
                  o.only_if_present,
                  o.keep_ttl,
                  o.returns_old,
                  static_cast<std::uint8_t>(observed.kind)};
  key_.assign(reinterpret_cast<const char*>(&head), sizeof head);
  key_ += value;
  key_ += o.expected;
  key_ += observed.text;
  const MoveId number = number_of(move_numbers_, key_, moves_.size());
  if (number < moves_.size()) return number;
  Operation& made = moves_.emplace_back();
  made.kind = kind;
  made.only_if_missing = o.only_if_missing;
  made.only_if_present = o.only_if_present;
  made.keep_ttl = o.keep_ttl;
  made.returns_old = o.returns_old;
  made.value = value;
  made.expected = o.expected;
  made.amount = o.amount;
  made.ends = o.ends;
  made.observed = observed;
  return number;
}

void Moves::settle() {
  if (moves_.size() <= kFewMoves) rows_.resize((states_.size() + 1) * kFewMoves, FlatIndex::kAbsent);
}

StateId Moves::apply_anew(StateId from, MoveId m) {
  KeyState next;
  const StateId to = hc::sim::apply(state_of(from), operation_of(m), next) ? state(next) : kIllegal;
  (few_moves() ? rows_[from * kFewMoves + m] : results_[std::uint64_t{from} << 32 | m]) = to;
  return to;
}

}  // namespace hc::sim
