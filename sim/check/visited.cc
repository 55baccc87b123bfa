#include "sim/check/visited.h"

#include <algorithm>
#include <bit>

namespace hc::sim {

namespace {

std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 32)) * 0xd6e8feb86659fd93;
  return x ^ (x >> 32);
}

}  // namespace

bool Visited::dominates(const std::uint64_t* a, const std::uint64_t* b, const std::uint64_t* better_done) const {
  for (std::size_t i = 0; i < slot_words_; ++i) {
    const std::uint64_t done = a[i] & better_done[i], hidden = a[slot_words_ + i];
    if (((b[slot_words_ + i] & ~hidden) | ((a[i] ^ b[i]) & ~hidden)) & ~done) return false;
  }
  const std::size_t optional = 2 * slot_words_;
  for (std::size_t i = optional; i < optional + optional_words_; ++i)
    if (a[i] & ~b[i]) return false;
  if (a[words_ - 1] != b[words_ - 1]) return false;
  const auto end = [&](const std::uint64_t* c) { return instant(static_cast<std::int64_t>(c[words_ - 2])); };
  const Instant mine = end(a), others = end(b);
  return mine == others || mine == Instant::min() || (mine < others && others != kForever);
}

bool Visited::add(std::uint64_t key, const Sets& sets, const std::uint64_t* better_done,
                  const std::uint64_t* free_writes, Instant may_end, std::uint64_t& looked_at) {
  mine_.resize(words_);
  std::copy_n(sets.done, slot_words_, mine_.data());
  std::copy_n(sets.hidden, slot_words_, mine_.data() + slot_words_);
  std::copy_n(sets.optional, optional_words_, mine_.data() + 2 * slot_words_);
  mine_[words_ - 2] = static_cast<std::uint64_t>(ns(may_end));
  mine_[words_ - 1] = key;
  std::uint64_t hash = key;
  for (std::size_t i = 0; i < slot_words_; ++i)
    hash = mixed(hash ^ (sets.done[i] & ~(better_done[i] | free_writes[i])));
  std::uint32_t& newest = newest_[hash >> 1];
  std::uint32_t worse = FlatIndex::kAbsent;
  for (std::uint32_t i = newest; i != FlatIndex::kAbsent; i = chain_[i]) {
    ++looked_at;
    const std::uint64_t* known = &all_[i * words_];
    if (dominates(known, mine_.data(), better_done)) return false;
    if (worse == FlatIndex::kAbsent && dominates(mine_.data(), known, better_done)) worse = i;
  }
  if (worse != FlatIndex::kAbsent) {
    std::copy(mine_.begin(), mine_.end(), &all_[worse * words_]);
    return true;
  }
  chain_.push_back(newest);
  newest = static_cast<std::uint32_t>(chain_.size() - 1);
  all_.insert(all_.end(), mine_.begin(), mine_.end());
  return true;
}

}  // namespace hc::sim
