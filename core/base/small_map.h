// A map of few entries, ascending by key, in one piece of memory: where it is walked at every step, a tree's nodes cost
// more than all else. References last until the next entry is added or taken away.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/check.h"

namespace hc {

template <class Key, class Value>
class SmallMap {
 public:
  using value_type = std::pair<Key, Value>;

  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }

  auto find(const Key& key) {
    return std::find_if(entries_.begin(), entries_.end(), [&](const value_type& e) { return e.first == key; });
  }
  auto find(const Key& key) const {
    return std::find_if(entries_.begin(), entries_.end(), [&](const value_type& e) { return e.first == key; });
  }
  const Value& at(const Key& key) const {
    const auto place = find(key);
    HC_CHECK(place != end(), "no such entry");
    return place->second;
  }
  bool contains(const Key& key) const { return find(key) != end(); }
  Value& operator[](const Key& key) {
    const auto place =
        std::find_if(entries_.begin(), entries_.end(), [&](const value_type& e) { return !(e.first < key); });
    if (place != entries_.end() && place->first == key) return place->second;
    return entries_.emplace(place, key, Value{})->second;
  }
  void erase(const Key& key) {
    if (const auto place = find(key); place != entries_.end()) entries_.erase(place);
  }
  void clear() { entries_.clear(); }

 private:
  std::vector<value_type> entries_;
};

}  // namespace hc
