// The configurations of all slots of a view: a tree of blocks, and chunks of blocks. Views share what they have alike:
// a copy costs a pointer for each chunk, and a view that follows from another by a few changes has all other blocks in
// common with it. So copying and comparing views costs what differs between them.
#pragma once

#include <array>
#include <cstddef>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/base/ids.h"

namespace hc {

// At most RF members and as many learners on their way in, so six at RF 3.
inline constexpr std::size_t kListMax = 6;

// An ordered in-sync list, inline.
class InSyncList {
 public:
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const Incarnation& operator[](std::size_t i) const { return at_[i]; }
  const Incarnation& front() const { return at_[0]; }
  const Incarnation* begin() const { return at_.data(); }
  const Incarnation* end() const { return at_.data() + count_; }
  void push_back(Incarnation who) {
    HC_CHECK(count_ < kListMax, "in-sync list is full");
    at_[count_++] = who;
  }
  void clear() { count_ = 0; }
  bool names(Incarnation who) const {
    for (const auto& x : *this)
      if (x == who) return true;
    return false;
  }
  bool names(NodeId member) const {
    for (const auto& x : *this)
      if (x.member == member) return true;
    return false;
  }
  bool operator==(const InSyncList& o) const {
    if (count_ != o.count_) return false;
    for (std::size_t i = 0; i < count_; ++i)
      if (at_[i] != o.at_[i]) return false;
    return true;
  }

 private:
  std::size_t count_ = 0;
  std::array<Incarnation, kListMax> at_{};
};

struct SlotConfig {
  Epoch epoch;  // the slot epoch
  InSyncList list;
  // A learner that made no progress, while the list is short: the ring's next is filled in its place (7a). Or none.
  Incarnation passed_over{};
  bool operator==(const SlotConfig&) const = default;
};

class SlotConfigs {
 public:
  SlotConfigs() = default;
  SlotConfigs(const std::vector<SlotConfig>& all) {
    resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) (*this)[i] = all[i];
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const SlotConfig& operator[](std::size_t i) const { return (*block(i / kBlock))[i % kBlock]; }
  // To be changed: what others share is copied first.
  SlotConfig& operator[](std::size_t i) {
    std::shared_ptr<Chunk>& chunk = chunks_[i / kBlock / kChunk];
    if (chunk.use_count() > 1) chunk = std::make_shared<Chunk>(*chunk);
    std::shared_ptr<Block>& block = (*chunk)[i / kBlock % kChunk];
    if (block.use_count() > 1) block = std::make_shared<Block>(*block);
    return (*block)[i % kBlock];
  }
  void resize(std::size_t size) {
    const SlotConfigs before = std::exchange(*this, {});
    size_ = size;
    chunks_.resize((blocks() + kChunk - 1) / kChunk);
    for (std::shared_ptr<Chunk>& chunk : chunks_) chunk = std::make_shared<Chunk>();
    for (std::size_t b = 0; b < blocks(); ++b) (*chunks_[b / kChunk])[b % kChunk] = std::make_shared<Block>();
    for (std::size_t i = 0; i < std::min(size, before.size()); ++i) (*this)[i] = before[i];
  }
  void clear() { *this = {}; }

  // Calls visit(i) for each i at which the two differ, ascending. Requires: as many slots in both.
  template <class Visit>
  void for_each_difference(const SlotConfigs& o, Visit&& visit) const {
    HC_CHECK(size_ == o.size_, "views with different numbers of slots");
    none_of_blocks(o, [&](std::size_t b) {
      for (std::size_t i = b * kBlock; i < std::min(size_, (b + 1) * kBlock); ++i)
        if (const SlotConfig &mine = (*this)[i], &theirs = o[i]; !(mine == theirs)) visit(i);
      return false;
    });
  }
  bool operator==(const SlotConfigs& o) const {
    return size_ == o.size_ && none_of_blocks(o, [&](std::size_t b) { return *block(b) != *o.block(b); });
  }
  // The same, where two that these follow from are known to be the same: then what each shares with its own is, too.
  bool same_since(const SlotConfigs& base, const SlotConfigs& o, const SlotConfigs& o_base) const {
    if (size_ != o.size_ || size_ != base.size_ || size_ != o_base.size_) return *this == o;
    for (std::size_t c = 0; c < chunks_.size(); ++c) {
      if (chunks_[c] == base.chunks_[c] && o.chunks_[c] == o_base.chunks_[c]) continue;
      for (std::size_t b = c * kChunk; b < std::min(blocks(), (c + 1) * kChunk); ++b) {
        if (block(b) == base.block(b) && o.block(b) == o_base.block(b)) continue;
        if (block(b) != o.block(b) && *block(b) != *o.block(b)) return false;
      }
    }
    return true;
  }

  template <class Configs>
  class Walk {
   public:
    using value_type = SlotConfig;
    using difference_type = std::ptrdiff_t;
    Walk() = default;
    Walk(Configs* all, std::size_t at) : all_(all), at_(at) {}
    decltype(auto) operator*() const { return (*all_)[at_]; }
    Walk& operator++() { return ++at_, *this; }
    Walk operator++(int) { return {all_, at_++}; }
    bool operator==(const Walk&) const = default;

   private:
    Configs* all_ = nullptr;
    std::size_t at_ = 0;
  };
  auto begin() const { return Walk<const SlotConfigs>(this, 0); }
  auto end() const { return Walk<const SlotConfigs>(this, size_); }
  auto begin() { return Walk<SlotConfigs>(this, 0); }
  auto end() { return Walk<SlotConfigs>(this, size_); }

 private:
  static constexpr std::size_t kBlock = 8, kChunk = 32;
  using Block = std::array<SlotConfig, kBlock>;
  using Chunk = std::array<std::shared_ptr<Block>, kChunk>;

  std::size_t blocks() const { return (size_ + kBlock - 1) / kBlock; }
  const std::shared_ptr<Block>& block(std::size_t b) const { return (*chunks_[b / kChunk])[b % kChunk]; }
  // Of those that the two do not share, ascending. Requires: as many slots in both.
  template <class Is>
  bool none_of_blocks(const SlotConfigs& o, Is&& is) const {
    for (std::size_t c = 0; c < chunks_.size(); ++c) {
      if (chunks_[c] == o.chunks_[c]) continue;
      for (std::size_t b = c * kChunk; b < std::min(blocks(), (c + 1) * kChunk); ++b)
        if (block(b) != o.block(b) && is(b)) return false;
    }
    return true;
  }

  std::size_t size_ = 0;
  std::vector<std::shared_ptr<Chunk>> chunks_;  // of views that are decided, never changed any more
};

}  // namespace hc
