// The words of a command, kept: one shared, immutable block, however many words there are, and cheap to copy.
// Single-threaded by design, as Value is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <new>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bytes.h"

namespace hc {

class Words {
 public:
  Words() = default;
  Words(std::span<const Bytes> words) : block_(words.empty() ? nullptr : block_of(words)) {}
  Words(std::initializer_list<Bytes> words) : Words(std::span(words.begin(), words.size())) {}
  Words(const std::vector<std::string>& words)
      : Words(std::span<const Bytes>(std::vector<Bytes>(words.begin(), words.end()))) {}
  Words(const Words& other) : block_(other.block_) {
    if (block_) ++block_->references;
  }
  Words(Words&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Words& operator=(Words other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Words() {
    if (block_ && --block_->references == 0) ::operator delete(block_);
  }

  // Borrowed for as long as one of its copies lives.
  std::span<const Bytes> views() const {
    return block_ ? std::span(block_->views(), block_->count) : std::span<const Bytes>();
  }
  std::size_t size() const { return block_ ? block_->count : 0; }
  bool empty() const { return block_ == nullptr; }
  const Bytes& operator[](std::size_t i) const { return views()[i]; }
  auto begin() const { return views().begin(); }
  auto end() const { return views().end(); }
  bool operator==(const Words& other) const { return std::ranges::equal(views(), other.views()); }

 private:
  struct Block {  // behind it the views, and behind them what they show
    std::uint64_t references;
    std::uint64_t count;
    Bytes* views() { return reinterpret_cast<Bytes*>(this + 1); }
  };
  static Block* block_of(std::span<const Bytes> words) {
    std::size_t bytes = 0;
    for (const Bytes word : words) bytes += word.size();
    void* const memory = ::operator new(sizeof(Block) + words.size() * sizeof(Bytes) + bytes);
    auto* const block = new (memory) Block{1, words.size()};
    Bytes* view = block->views();
    char* at = reinterpret_cast<char*>(view + words.size());
    for (const Bytes word : words) {
      if (!word.empty()) std::memcpy(at, word.data(), word.size());
      new (view++) Bytes(at, word.size());
      at += word.size();
    }
    return block;
  }
  Block* block_ = nullptr;
};

}  // namespace hc
