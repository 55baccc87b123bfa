#include "sim/check/moves.h"

namespace hc::sim {
namespace {

void put(std::string& out, std::int64_t number) { out.append(reinterpret_cast<const char*>(&number), sizeof number); }
void put(std::string& out, const std::string& text) {
  put(out, static_cast<std::int64_t>(text.size()));
  out += text;
}

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
  key_.clear();
  key_ += static_cast<char>(kind);
  key_ += static_cast<char>(o.only_if_missing | o.only_if_present << 1 | o.keep_ttl << 2 | o.returns_old << 3);
  key_ += static_cast<char>(observed.kind);
  put(key_, name ? *name : o.value);
  put(key_, o.expected);
  put(key_, o.amount);
  put(key_, ns(o.ends));
  put(key_, observed.text);
  put(key_, observed.number);
  const MoveId number = number_of(move_numbers_, key_, moves_.size());
  if (number < moves_.size()) return number;
  Operation& made = moves_.emplace_back();
  made.kind = kind;
  made.only_if_missing = o.only_if_missing;
  made.only_if_present = o.only_if_present;
  made.keep_ttl = o.keep_ttl;
  made.returns_old = o.returns_old;
  made.value = name ? *name : o.value;
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
