#include "sim/check/chains.h"

#include <algorithm>

namespace hc::sim {
namespace {

using Kind = Operation::Kind;
using Is = Observed::Kind;

bool plain_set(const Operation& o) {
  return o.kind == Kind::kSet && !o.only_if_missing && !o.only_if_present && !o.keep_ttl && !o.returns_old &&
         o.ends == kForever && (o.observed.kind == Is::kOk || o.observed.kind == Is::kNothing);
}

void add_length(std::vector<std::size_t>& lengths, std::size_t length) {
  const auto at = std::lower_bound(lengths.begin(), lengths.end(), length);
  if (at == lengths.end() || *at != length) lengths.insert(at, length);
}

}  // namespace

Chains::Chains(const History& history, const std::vector<Moment>& moments, std::size_t returns_most,
               const KeyState& initial)
    : history_(history), initially_missing_(initial.kind == KeyState::Kind::kMissing) {
  on_ = collect(initial) && read_all(moments, returns_most);
}

// False: not such a history.
bool Chains::collect(const KeyState& initial) {
  if (initial.kind == KeyState::Kind::kAnything || initial.may_end != kForever || !initial.value.empty()) return false;
  bool appends = false;
  for (Index i = 0; i < history_.size(); ++i) {
    const Operation& o = history_[i];
    if (!takes_part(o) || o.kind == Kind::kGet) continue;
    if ((o.kind != Kind::kAppend && !plain_set(o)) || o.value.empty()) return false;
    if (o.kind == Kind::kAppend && o.observed.kind != Is::kNothing) unheard_ = false;
    Writers& w = writers_[o.value];
    w.one = i;
    ++w.count;
    w.appends |= o.kind == Kind::kAppend;
    appends |= w.appends;
    add_length(lengths_, o.value.size());
  }
  return appends;
}

// False: a text can be taken apart in two ways.
bool Chains::read_all(const std::vector<Moment>& moments, std::size_t returns_most) {
  places_.resize(history_.size());
  nodes_.push_back({{}, true, kNone, 0});
  node_of_[{}] = kEmpty;
  reads_.resize(1);
  for (const Moment& m : moments) {
    if (explicable_ == returns_most) break;
    if (!m.returns) continue;
    const Operation& o = history_[m.operation];
    if (o.kind == Kind::kGet && o.observed.kind != Is::kNothing) {
      const Told told = take(m.operation, o.observed);
      if (told == Told::kTwoWays) return false;
      if (told == Told::kInexplicable) break;
    }
    ++explicable_;
  }
  return true;
}

Chains::Told Chains::take(Index read, const Observed& seen) {
  NodeId node = kEmpty;
  if (seen.text.empty()) {
    if ((seen.kind == Is::kNil) != initially_missing_) return Told::kInexplicable;
  } else {
    const std::string_view text = seen.text;
    Parsed* parsed = parsed_for(text);
    if (!parsed) return Told::kInexplicable;
    if (text.size() > parsed->text.size()) extend(*parsed, text);
    const unsigned ways = parsed->ways[text.size()];
    if (ways != 1) return ways == 0 ? Told::kInexplicable : Told::kTwoWays;
    const std::optional<NodeId> grown = grow(*parsed, text.size());
    if (!grown) return Told::kInexplicable;
    node = *grown;
  }
  if (nodes_[node].anchored) reads_[nodes_[node].line].push_back(read);
  return Told::kPlaced;
}

// One that `text` is a part of, or that is a part of `text`; nullptr: `text` begins with no value.
Chains::Parsed* Chains::parsed_for(std::string_view text) {
  const auto first = std::find_if(lengths_.begin(), lengths_.end(), [&](std::size_t length) {
    return length <= text.size() && writers_.contains(text.substr(0, length));
  });
  if (first == lengths_.end()) return nullptr;
  std::vector<Parsed*>& all = parsed_by_first_[text.substr(0, *first)];
  for (Parsed* p : all)
    if (p->text.starts_with(text) || text.starts_with(p->text)) return p;
  parsed_.push_back({{}, {1}, {0}, {kEmpty}});
  all.push_back(&parsed_.back());
  return all.back();
}

// Parses on, from what is parsed to `text`, which begins with it.
void Chains::extend(Parsed& parsed, std::string_view text) const {
  std::size_t reached = parsed.text.size();
  while (reached > 0 && parsed.ways[reached] == 0) --reached;
  for (std::size_t end = parsed.text.size() + 1; end <= text.size() && end - reached <= lengths_.back(); ++end) {
    unsigned ways = 0;
    std::size_t last = 0;
    for (const std::size_t length : lengths_) {
      if (length > end) break;
      if (parsed.ways[end - length] == 0) continue;
      const auto value = writers_.find(text.substr(end - length, length));
      if (value == writers_.end() || (end > length && !value->second.appends)) continue;
      ways = std::min(2U, ways + parsed.ways[end - length]);
      last = length;
    }
    parsed.ways.push_back(static_cast<std::uint8_t>(ways));
    parsed.last.push_back(static_cast<std::uint32_t>(last));
    if (ways > 0) reached = end;
  }
  parsed.ways.resize(text.size() + 1);
  parsed.last.resize(text.size() + 1);
  parsed.node.resize(text.size() + 1, kNone);
  parsed.text = text;
}

// The node of what `parsed` begins with, and those before it. nullopt: by the rules it cannot be.
std::optional<Chains::NodeId> Chains::grow(Parsed& parsed, std::size_t end) {
  std::vector<std::size_t> ends;
  for (; parsed.node[end] == kNone; end -= parsed.last[end]) ends.push_back(end);
  NodeId node = parsed.node[end];
  for (auto e = ends.rbegin(); e != ends.rend(); ++e) {
    const std::optional<NodeId> behind = node_behind(node, parsed.text.substr(0, *e), parsed.last[*e]);
    if (!behind) {  // then it says nothing about the places of those before it either
      for (auto b = ends.rbegin(); b != e; ++b) {
        const Index one = writers_.at(parsed.text.substr(*b - parsed.last[*b], parsed.last[*b])).one;
        if (places_[one] && places_[one]->size() == *b - parsed.last[*b]) places_[one].reset();
      }
      return std::nullopt;
    }
    node = parsed.node[*e] = *behind;
  }
  return node;
}

std::optional<Chains::NodeId> Chains::node_behind(NodeId parent, std::string_view text, std::size_t value_length) {
  const auto [known, fresh] = node_of_.try_emplace(text, static_cast<NodeId>(nodes_.size()));
  if (!fresh) return known->second;
  const std::string_view value = text.substr(text.size() - value_length);
  const Writers& w = writers_.at(value);
  const bool once = w.count == 1;
  const bool anchored = parent != kEmpty && nodes_[parent].anchored;
  if ((once && w.appends && places_[w.one]) || (anchored && nodes_[parent].next != kNone)) {
    node_of_.erase(known);
    return std::nullopt;
  }
  if (once && w.appends) places_[w.one] = text.substr(0, text.size() - value_length);
  shown_.insert(value);
  std::uint32_t line = kNone;
  if (anchored) {
    nodes_[parent].next = static_cast<NodeId>(nodes_.size());
    line = nodes_[parent].line;
  } else if (once) {
    line = static_cast<std::uint32_t>(reads_.size());
    reads_.emplace_back();
  }
  nodes_.push_back({text, anchored || once, kNone, line});
  return static_cast<NodeId>(nodes_.size() - 1);
}

}  // namespace hc::sim
