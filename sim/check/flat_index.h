// A hash table from numbers to numbers, in one array. Made for the search: millions of small keys, nothing is erased.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hc::sim {

class FlatIndex {
 public:
  static constexpr std::uint32_t kAbsent = 0xffffffff;

  // The place of `key`'s value, which is kAbsent if it is new. Good until the next call.
  std::uint32_t& operator[](std::uint64_t key) {
    if (used_ * 2 >= slots_.size()) grow();
    Slot& s = find(key);
    if (s.key == kFree) {
      s.key = key;
      ++used_;
    }
    return s.value;
  }
  // The same for a key that is there; nullptr: it is not.
  std::uint32_t* known(std::uint64_t key) {
    if (slots_.empty()) return nullptr;
    Slot& s = find(key);
    return s.key == kFree ? nullptr : &s.value;
  }
  const std::uint32_t* known(std::uint64_t key) const { return const_cast<FlatIndex*>(this)->known(key); }
  std::size_t size() const { return used_; }

 private:
  struct Slot {
    std::uint64_t key = kFree;
    std::uint32_t value = kAbsent;
  };
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};  // no key of ours

  Slot& find(std::uint64_t key) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = static_cast<std::size_t>((key * 0x9e3779b97f4a7c15) >> 20) & mask;
    while (slots_[i].key != key && slots_[i].key != kFree) i = (i + 1) & mask;
    return slots_[i];
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& s : old)
      if (s.key != kFree) find(s.key) = s;
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace hc::sim
