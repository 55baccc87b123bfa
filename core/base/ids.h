// The identities that everything else is named by. Each integer has its own type, so that a slot is never taken for
// an epoch. All of them are plain values with a total order and no meaning of their own.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace hc {

// A number that only compares. `Tag` makes two of the same width different types. The value 0 means "none".
template <class Tag, class Rep>
struct Number {
  using rep = Rep;
  Rep value{};
  constexpr Number() = default;
  constexpr explicit Number(Rep v) : value(v) {}
  constexpr auto operator<=>(const Number&) const = default;
  constexpr explicit operator bool() const { return value != Rep{}; }
  constexpr Number next() const { return Number(static_cast<Rep>(value + 1)); }
};

using NodeId = Number<struct NodeTag, std::uint32_t>;  // a member: the N of `--id N`; its name is "node-N"
using Epoch = Number<struct EpochTag, std::uint64_t>;  // the number of a view; 0 = no view yet
using Seq = Number<struct SeqTag, std::uint64_t>;      // position of an effect within a slot; never restarts
using LinkId = Number<struct LinkTag, std::uint64_t>;  // a stream to or from a member, named by the host, never reused
using ClientId = Number<struct ClientTag, std::uint64_t>;  // a client connection, named by the host, never reused
using RequestId = Number<struct RequestTag, std::uint64_t>;

// 0 … slot count − 1: CRC16(key or its {hash tag}) mod slot count (16384 in production). Slot 0 is a slot.
struct Slot {
  std::uint16_t value{};
  constexpr auto operator<=>(const Slot&) const = default;
};

// 128 random bits, drawn by whoever makes the thing that they name.
template <class Tag>
struct Random128 {
  std::uint64_t hi{}, lo{};
  constexpr auto operator<=>(const Random128&) const = default;
  constexpr explicit operator bool() const { return (hi | lo) != 0; }
};

using Generation =
    Random128<struct GenerationTag>;             // one process: new at every start, never from disk; carries data roles
using StorageId = Random128<struct StorageTag>;  // one data folder: new when it is new or lost; carries the vote
using ClusterId = Random128<struct ClusterTag>;  // one cluster, drawn when it is founded

// One process of one member.
struct Incarnation {
  NodeId member;
  Generation generation;
  constexpr auto operator<=>(const Incarnation&) const = default;
  constexpr explicit operator bool() const { return static_cast<bool>(member); }
};

// How much of a slot's history a replica holds: slot epoch first, then seq.
struct Position {
  Epoch slot_epoch;
  Seq seq;
  constexpr auto operator<=>(const Position&) const = default;
};

// "node-3"
inline std::string name_of(NodeId id) { return "node-" + std::to_string(id.value); }

}  // namespace hc
