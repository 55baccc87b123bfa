// What is under way, by its token: tokens only rise, so it is a row with its first token, and a value stays where it is
// until it is erased. Looking up, adding and erasing take constant time; going through it is in the order of tokens.
// A value that stays long holds eight bytes for each token after it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

#include "core/base/check.h"

namespace hc {

template <class T>
class TokenMap {
 public:
  // A new one, to be filled in. Requires: above every token that was added before.
  T& add(std::uint64_t token) {
    if (row_.empty()) first_ = token;
    HC_CHECK(token >= first_ + row_.size(), "tokens rise");
    row_.resize(token - first_);
    ++size_;
    return *row_.emplace_back(std::make_unique<T>());
  }
  T* find(std::uint64_t token) {
    return token >= first_ && token - first_ < row_.size() ? row_[token - first_].get() : nullptr;
  }
  const T* find(std::uint64_t token) const { return const_cast<TokenMap*>(this)->find(token); }
  bool contains(std::uint64_t token) const { return find(token) != nullptr; }
  T& at(std::uint64_t token) {
    T* const found = find(token);
    HC_CHECK(found != nullptr, "there is nothing of this token");
    return *found;
  }
  const T& at(std::uint64_t token) const { return const_cast<TokenMap*>(this)->at(token); }
  void erase(std::uint64_t token) { take(token); }
  // Erases it, and hands it over; none if there is nothing of this token.
  std::unique_ptr<T> take(std::uint64_t token) {
    if (!contains(token)) return nullptr;
    std::unique_ptr<T> taken = std::move(row_[token - first_]);
    --size_;
    for (; !row_.empty() && !row_.front(); ++first_) row_.pop_front();
    return taken;
  }
  bool empty() const { return size_ == 0; }

  // visit(token, value), in order. Requires: nothing is added or erased meanwhile.
  template <class Visit>
  void each(Visit visit) {
    for (std::size_t i = 0; i < row_.size(); ++i)
      if (row_[i]) visit(first_ + i, *row_[i]);
  }
  template <class Visit>
  void each(Visit visit) const {
    for (std::size_t i = 0; i < row_.size(); ++i)
      if (row_[i]) visit(first_ + i, std::as_const(*row_[i]));
  }

 private:
  std::uint64_t first_ = 0;  // the token of row_.front()
  std::size_t size_ = 0;
  std::deque<std::unique_ptr<T>> row_;
};

}  // namespace hc
