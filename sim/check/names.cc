#include "sim/check/names.h"

#include <algorithm>
#include <array>
#include <set>

namespace hc::sim {
namespace {

// A rolling hash. Two texts with one hash are harmless: a value that is taken for shown only keeps its name.
constexpr std::uint64_t kBase = 0x100000001b3;
std::uint64_t digit(char c) { return static_cast<unsigned char>(c) + std::uint64_t{1}; }
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t h = 0;
  for (const char c : text) h = h * kBase + digit(c);
  return h;
}

}  // namespace

Names::Names(const History& history) {
  std::vector<std::string_view> texts;
  for (const Operation& o : history) {
    lengths_ |= o.kind == Operation::Kind::kAppend;
    counts_ |= o.kind == Operation::Kind::kIncrease;
    if (o.observed.kind == Observed::Kind::kText) texts.push_back(o.observed.text);
    if (o.kind == Operation::Kind::kCompareAndSet) texts.push_back(o.expected);
  }
  std::array<bool, 256> used{};
  for (const std::string_view t : texts)
    for (const char c : t) used[static_cast<unsigned char>(c)] = true;
  const auto free = std::find(used.begin() + 1, used.end(), false);
  if (free == used.end()) return;
  mark_ = static_cast<char>(free - used.begin());
  if (lengths_)
    index_pieces(std::move(texts), history);
  else
    texts_.insert(texts.begin(), texts.end());
}

void Names::index_pieces(std::vector<std::string_view> texts, const History& history) {
  std::set<std::size_t> lengths;
  for (const Operation& o : history) {
    if (o.value.empty()) continue;
    lengths.insert(o.value.size());
    written_[hash_of(o.value)] = 0;
  }
  const auto show = [this](std::uint64_t hash) {
    if (std::uint32_t* const shown = written_.known(hash)) *shown = 1;
  };
  std::sort(texts.begin(), texts.end());
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const std::string_view t = texts[k];
    if (k + 1 < texts.size() && texts[k + 1].starts_with(t)) continue;  // the longer one has all its parts
    for (const std::size_t length : lengths) {
      if (length > t.size()) break;
      std::uint64_t h = 0, top = 1;
      for (std::size_t i = 0; i < length; ++i) {
        h = h * kBase + digit(t[i]);
        top *= kBase;
      }
      show(h);
      for (std::size_t i = length; i < t.size(); ++i) {
        h = h * kBase + digit(t[i]) - digit(t[i - length]) * top;
        show(h);
      }
    }
  }
}

bool Names::shown(std::string_view value) const {
  if (!lengths_) return texts_.contains(value);
  const std::uint32_t* const known = written_.known(hash_of(value));
  return known && *known == 1;
}

std::string Names::readable(const std::string& text) const {
  if (!mark_) return text;
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != *mark_)
      out += text[i];
    else if (i == 0 || text[i - 1] != *mark_)
      out += "…";
  }
  return out;
}

std::optional<std::string> Names::of(const std::string& value) const {
  if (value.empty() || !mark_) return std::nullopt;
  if (counts_ && value.find_first_not_of("-0123456789") == std::string::npos) return std::nullopt;
  if (shown(value)) return std::nullopt;
  return std::string(lengths_ ? value.size() : 1, *mark_);
}

}  // namespace hc::sim
