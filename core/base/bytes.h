// Bytes that borrow, and bytes that share.
//
// `Bytes` borrows: it is good until the function that was given it returns (for an event: until `step` returns; for an
// effect: until the next step). `Value` shares: an immutable, reference-counted block, cheap to copy. Single-threaded
// by design: a Value never crosses threads.
#pragma once

#include <cstdint>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace hc {

using Bytes = std::string_view;

class Value {
 public:
  Value() = default;
  static Value copy_of(Bytes bytes) {
    void* memory = ::operator new(sizeof(Block) + bytes.size());
    Value v;
    v.block_ = new (memory) Block{1, bytes.size()};
    if (!bytes.empty()) std::memcpy(v.block_->data(), bytes.data(), bytes.size());
    return v;
  }
  Value(const Value& other) : block_(other.block_) {
    if (block_) ++block_->references;
  }
  Value(Value&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Value& operator=(Value other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Value() {
    if (block_ && --block_->references == 0) ::operator delete(block_);
  }

  Bytes bytes() const { return block_ ? Bytes(block_->data(), block_->size) : Bytes(); }
  std::size_t size() const { return block_ ? block_->size : 0; }
  explicit operator bool() const { return block_ != nullptr; }
  void prefetch() const { __builtin_prefetch(block_); }

 private:
  struct Block {
    std::uint64_t references;
    std::uint64_t size;
    char* data() { return reinterpret_cast<char*>(this + 1); }
  };
  Block* block_ = nullptr;
};

// Text that either borrows or keeps what it shows alive.
struct Text {
  Bytes view;
  Value keep;  // empty: `view` borrows (or is a literal)

  static Text borrow(Bytes bytes) { return {bytes, {}}; }
  static Text copy_of(Bytes bytes) { return share(Value::copy_of(bytes)); }
  static Text share(Value value) {
    const Bytes bytes = value.bytes();
    return {bytes, std::move(value)};
  }
  // Requires: called before the borrowed bytes end. Afterwards the text lives as long as it is held.
  void own() {
    if (!keep && !view.empty()) *this = copy_of(view);
  }
};

}  // namespace hc
