// The one hash of the store: 64 bits, seedless, the same on every member, compiler and machine.
//
// It chooses a key's place in its table, the order of a walk (and so what a walk's cursor means on another replica),
// and the digest of a slot's content. Built on folded 64 x 64 -> 128 bit products (the "mum" step of wyhash, Wang Yi
// 2019), eight bytes read little-endian. Not keyed: who may choose keys may make them collide.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/bytes.h"

namespace hc {

std::uint64_t hash_bytes(Bytes bytes, std::uint64_t seed);

// The hash of a key. Fixed for good: cursors that clients hold and digests that members compare are made of it.
std::uint64_t hash_of(Bytes key);

// Folds two words into one; both matter in every bit.
std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b);

}  // namespace hc
