// Bytes that arrived and are not used up yet: filled at its end, used from its front, in one piece of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace hc {

class InputBuffer {
 public:
  std::string_view bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t capacity() const { return capacity_; }

  // Room behind the bytes, at least so much; filled() says how much of it holds bytes now. Moves the bytes.
  char* room(std::size_t bytes) {
    if (capacity_ - end_ < bytes) make_room(bytes);
    return memory_.get() + end_;
  }
  void filled(std::size_t bytes) { end_ += bytes; }

  void append(std::string_view bytes) {
    std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
    filled(bytes.size());
  }

  void use(std::size_t bytes) {
    begin_ += bytes;
    if (begin_ < end_) return;
    begin_ = end_ = 0;
    if (capacity_ > kKeptBytes) trim();
  }

  // Gives the memory back, if it is empty.
  void trim() {
    if (size() > 0) return;
    memory_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{64} * 1024;  // a larger piece is given back once it is empty

  void make_room(std::size_t bytes) {
    const std::size_t size = end_ - begin_;
    if (size + bytes <= capacity_ && size <= begin_) {  // moved no more bytes than were used: linear in all
      std::memmove(memory_.get(), memory_.get() + begin_, size);
    } else {
      // By half at least, or a command in very many pieces would be copied with each of them.
      const std::size_t capacity = std::max<std::size_t>({size + bytes, size + size / 2, 1024});
      std::unique_ptr<char[]> larger(new char[capacity]);
      if (size > 0) std::memcpy(larger.get(), memory_.get() + begin_, size);
      memory_ = std::move(larger);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = size;
  }

  std::unique_ptr<char[]> memory_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
};

}  // namespace hc
