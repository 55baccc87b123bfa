// A set of slots as a bitmap: 2 KiB at 16384 slots, whatever is in it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/ids.h"

namespace hc {

class SlotSet {
 public:
  SlotSet() = default;
  explicit SlotSet(std::uint32_t slots) : words_((slots + 63) / 64) {}

  void add(Slot s) {
    if (s.value / 64 >= words_.size()) words_.resize(s.value / 64 + 1);
    words_[s.value / 64] |= bit(s);
  }
  void remove(Slot s) {
    if (s.value / 64 < words_.size()) words_[s.value / 64] &= ~bit(s);
  }
  void add(const SlotSet& others) {
    if (others.words_.size() > words_.size()) words_.resize(others.words_.size());
    for (std::size_t i = 0; i < others.words_.size(); ++i) words_[i] |= others.words_[i];
  }
  void remove(const SlotSet& others) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~others.word(i);
  }
  void keep(const SlotSet& others) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= others.word(i);
  }
  bool has(Slot s) const { return s.value / 64 < words_.size() && (words_[s.value / 64] & bit(s)); }
  bool empty() const {
    for (auto w : words_)
      if (w) return false;
    return true;
  }
  std::size_t count() const {
    std::size_t n = 0;
    for (auto w : words_) n += static_cast<std::size_t>(std::popcount(w));
    return n;
  }
  // In ascending order.
  template <class F>
  void for_each(F&& visit) const {
    for_each_word([&](std::size_t i) { return words_[i]; }, visit);
  }
  // Those that are in both, and those that are not in the other one.
  template <class F>
  void for_each_also_in(const SlotSet& other, F&& visit) const {
    for_each_word([&](std::size_t i) { return words_[i] & other.word(i); }, visit);
  }
  template <class F>
  void for_each_not_in(const SlotSet& other, F&& visit) const {
    for_each_word([&](std::size_t i) { return words_[i] & ~other.word(i); }, visit);
  }
  // The first of them at or after `from`.
  std::optional<Slot> next(Slot from) const {
    std::uint64_t after = ~std::uint64_t{0} << from.value % 64;
    for (std::size_t i = from.value / 64; i < words_.size(); ++i, after = ~std::uint64_t{0})
      if (const std::uint64_t w = words_[i] & after)
        return Slot{static_cast<std::uint16_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(w)))};
    return std::nullopt;
  }
  const std::vector<std::uint64_t>& words() const { return words_; }
  static SlotSet of_words(std::vector<std::uint64_t> words) {
    SlotSet set;
    set.words_ = std::move(words);
    return set;
  }
  bool operator==(const SlotSet&) const = default;

 private:
  std::uint64_t word(std::size_t i) const { return i < words_.size() ? words_[i] : 0; }
  template <class Word, class F>
  void for_each_word(Word&& word_at, F&& visit) const {
    for (std::size_t i = 0; i < words_.size(); ++i)
      for (std::uint64_t w = word_at(i); w; w &= w - 1)
        visit(Slot{static_cast<std::uint16_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(w)))});
  }
  static std::uint64_t bit(Slot s) { return 1ULL << (s.value % 64); }
  std::vector<std::uint64_t> words_;
};

}  // namespace hc
