// What listeners may hear, and what they must (rule 11), as seen from outside:
//
//   nothing that nobody published, nothing twice, and each speaker's connection on each channel in its order (news of
//   the cluster, which machines make up themselves, not twice in a row);
//   of keys what a primary told, once, of an entry that was committed by then, and nothing more often than it was told;
//   while nothing disturbs the cluster: everything that is said after a subscription was confirmed.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/command/notice.h"
#include "sim/machine.h"

namespace hc::sim {

// A connection of a listener.
struct Ear {
  std::uint32_t listener = 0;
  std::uint64_t connection = 0;
  auto operator<=>(const Ear&) const = default;
};
// A connection of a speaker.
struct Mouth {
  std::uint32_t speaker = 0;
  std::uint64_t connection = 0;
  auto operator<=>(const Mouth&) const = default;
};

class BusCheck {
 public:
  // From now on everything must be heard, or not any more.
  void calm(bool is);

  // ---- of listeners
  void listens(Ear ear, const std::string& name, bool pattern);  // it was confirmed
  void gone(Ear ear);
  // A sentence if that may not be heard. `by`: the pattern, or the channel.
  std::optional<std::string> heard(Ear ear, const std::string& by, const std::string& channel,
                                   const std::string& payload);
  // ---- of speakers
  // What to say next, on that channel.
  std::string says(Mouth mouth, const std::string& channel, Instant now);
  // It was answered. A sentence if fewer are counted than must hear it; those who did not say in time that they have it
  // are not counted.
  std::optional<std::string> counted(const std::string& payload, std::int64_t clients, Instant now);

  // ---- of primaries
  // What it told in this step. A sentence if it must not.
  std::optional<std::string> told(const Machine& m);

  // What must still be heard; nullopt: nothing.
  std::optional<std::string> owed() const;
  std::uint64_t heard() const { return heard_; }

 private:
  using Message = std::pair<std::string, std::string>;  // channel, payload
  struct Listening {
    std::map<std::string, bool> names;          // true: a pattern
    std::map<std::string, std::uint64_t> last;  // by subscription, speaker's connection and channel: the last number
    std::map<std::pair<std::string, Message>, std::uint64_t> of_keys;  // by subscription: how often heard
    std::map<std::string, std::string> of_cluster;                     // by subscription: what was heard last
    std::multiset<std::pair<std::string, Message>> owed;
  };
  struct Said {
    std::string channel;
    std::uint64_t least = 0;  // so many must hear it
    Instant at{};
  };
  std::uint64_t owe(const Message& message);

  bool calm_ = false;
  std::map<Ear, Listening> ears_;
  std::map<Mouth, std::uint64_t> numbers_;
  std::map<std::string, Said> said_;          // by payload
  std::map<Message, std::uint64_t> of_keys_;  // how often told
  std::set<std::tuple<Slot, Position, Notice, std::string>> told_;
  std::uint64_t heard_ = 0;
};

}  // namespace hc::sim
