// Bytes made smaller by zstd (RFC 8878), piece by piece: a piece is packed by itself, and no larger than kPackedMost,
// so that neither side is busy with one for long, and none asks for much memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/bytes.h"

namespace hc {

inline constexpr std::size_t kPackedMost = std::size_t{1} << 20;

class Packer {
 public:
  Packer();
  Packer(Packer&&) noexcept;
  Packer& operator=(Packer&&) noexcept;
  ~Packer();

  // nullopt: it would not be smaller, or is larger than kPackedMost.
  std::optional<std::string> pack(Bytes piece);

 private:
  struct State;  // zstd's; made when it is first needed
  std::unique_ptr<State> state_;
};

// What became of a piece of `size` bytes. nullopt: these are not the bytes of such a piece. Total on any, and takes no
// more memory than kPackedMost, whatever they say.
std::optional<std::string> unpack(Bytes packed, std::uint64_t size);

}  // namespace hc
