// What all reads together say about texts that grow. In a history of GET, SET and APPEND alone a text that was read can
// be taken apart into the values that were written, in their order. (If one text could be in two ways, this is off.) So
// the texts, and what they begin with, are the nodes of a tree. Where a value was written only once,
//   - such an APPEND that was read takes effect exactly where the tree has it, or never;
//   - a text that holds such a value, and is therefore anchored, comes but once: it has one way on, and what leads off
//   it
//     takes effect only after the last read of what the tree has there.
// A text that cannot be taken apart, or that breaks these rules, has no explanation whatever came before.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sim/check/key_model.h"
#include "sim/check/timeline.h"

namespace hc::sim {

class Chains {
 public:
  // Of the reads among the first `returns_most` returns. Borrows the history.
  Chains(const History& history, const std::vector<Moment>& moments, std::size_t returns_most, const KeyState& initial);

  bool on() const { return on_; }
  // So many returns come before the first read that has no explanation, or before `returns_most`.
  std::size_t explicable() const { return explicable_; }
  // An APPEND that has one place.
  bool placed(Index i) const { return places_[i].has_value(); }

  // No APPEND told a length: then what a key holds matters only as far as it is read.
  bool unheard() const { return unheard_; }
  // No read shows the value of the SET or APPEND `i`.
  bool needless(Index i) const { return !shown_.contains(history_[i].value); }

  // Whatever is appended to `state`, no read will show it any more. `settled(read)`: that read has taken effect.
  template <class Settled>
  bool lost(const KeyState& state, const Settled& settled) const {
    const Node* node = node_of(state);
    return !node || (node != &nodes_[kEmpty] && node->anchored && all_settled(*node, settled));
  }

  // May the SET or APPEND `i` take effect in `state`?
  template <class Settled>
  bool allows(const KeyState& state, Index i, const Settled& settled) const {
    if (places_[i]) return state.value == *places_[i];
    const Node* node = node_of(state);
    if (!node || !node->anchored) return true;
    if (node->next != kNone && history_[i].kind == Operation::Kind::kAppend &&
        nodes_[node->next].text.substr(node->text.size()) == history_[i].value)
      return true;
    return all_settled(*node, settled);
  }

 private:
  using NodeId = std::uint32_t;
  static constexpr NodeId kEmpty = 0;  // the empty text
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  struct Writers {
    Index one = kNoIndex;
    std::uint32_t count = 0;
    bool appends = false;  // one of them does
  };
  struct Node {
    std::string_view text;
    bool anchored = false;
    NodeId next = kNone;         // anchored: the only way on
    std::uint32_t line = kNone;  // anchored: all nodes from the first anchored one on
  };
  // A text taken apart; by the length of what it begins with: in how many ways that can be (2: or more), the length of
  // its last value, and its node where it has one.
  struct Parsed {
    std::string_view text;
    std::vector<std::uint8_t> ways;
    std::vector<std::uint32_t> last;
    std::vector<NodeId> node;
  };
  enum class Told : std::uint8_t { kPlaced, kInexplicable, kTwoWays };

  bool collect(const KeyState& initial);
  bool read_all(const std::vector<Moment>& moments, std::size_t returns_most);
  Told take(Index read, const Observed& seen);
  Parsed* parsed_for(std::string_view text);
  void extend(Parsed& parsed, std::string_view text) const;
  std::optional<NodeId> grow(Parsed& parsed, std::size_t end);
  std::optional<NodeId> node_behind(NodeId parent, std::string_view text, std::size_t value_length);

  const Node* node_of(const KeyState& state) const {
    const auto found = node_of_.find(state.value);
    return found == node_of_.end() ? nullptr : &nodes_[found->second];
  }
  // All reads of what is there from the node on.
  template <class Settled>
  bool all_settled(const Node& node, const Settled& settled) const {
    const std::vector<Index>& reads = reads_[node.line];
    for (auto r = reads.rbegin(); r != reads.rend(); ++r)
      if (history_[*r].observed.text.size() >= node.text.size() && !settled(*r)) return false;
    return true;
  }

  const History& history_;
  bool on_ = false;
  bool unheard_ = true;
  bool initially_missing_ = false;
  std::size_t explicable_ = 0;
  std::unordered_map<std::string_view, Writers> writers_;
  std::vector<std::size_t> lengths_;                     // of values, ascending
  std::vector<std::optional<std::string_view>> places_;  // per operation: the text before it
  std::unordered_set<std::string_view> shown_;           // values
  std::deque<Parsed> parsed_;
  std::unordered_map<std::string_view, std::vector<Parsed*>> parsed_by_first_;  // by the shortest value it begins with
  std::vector<Node> nodes_;
  std::unordered_map<std::string_view, NodeId> node_of_;
  std::vector<std::vector<Index>> reads_;  // per line, by return
};

}  // namespace hc::sim
