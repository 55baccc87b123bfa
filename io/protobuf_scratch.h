// Protobuf messages that are of no more use at the end of a block: what they take is taken from the stack, mostly, and
// given back at once.
#pragma once

#include <google/protobuf/arena.h>

#include <array>

namespace hc {

class ProtobufScratch {
 public:
  template <class M>
  M& make() {
    return *google::protobuf::Arena::CreateMessage<M>(&arena_);
  }

 private:
  alignas(8) std::array<char, 4096> block_;
  google::protobuf::Arena arena_{block_.data(), block_.size()};
};

}  // namespace hc
