// What clients ask, and what the answers say: commands as Redis clients send them, and for each key that one touches an
// Operation for the history.
//
// Written values are unique, so that a read names its write. Keys have characters: registers, counters, lists that
// grow by APPEND, and mixtures. Items of cuckoo filters, which are there or not, have histories of their own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/base/reply.h"
#include "sim/check/history.h"

namespace hc::sim {

// What a history is of: a key, or an item in the filter that a key holds.
struct Subject {
  std::string key, item;
  bool operator==(const Subject&) const = default;
  std::string title() const { return item.empty() ? key : key + " has " + item; }
};

struct Request {
  struct Part {
    std::uint32_t key;
    Operation operation;
  };
  enum class Shape : std::uint8_t {
    kOne,   // one part; the reply is its own
    kMany,  // MGET: the reply is an array, one item per part
    kAll,   // MSET: OK for all
    kSum,   // DEL of several: tells about no single part
    kKeys,  // KEYS: the reply names those that are there; no order against other commands of its connection (4d)
    kSane,  // SCAN, DBSIZE, TTL …: no part; the reply has to have the right kind
  };
  std::vector<std::string> args;
  std::vector<Part> parts;
  Shape shape = Shape::kOne;
  std::optional<std::uint32_t> at;  // the machine to ask; nullopt: any
  bool must_succeed = false;        // asked again until it is answered
  Instant due{};                    // not before; 0: as soon as it can be, in its turn
  bool vanishes = false;            // the client closes its connection right behind it
};

class Workload {
 public:
  struct Knobs {
    std::uint32_t keys = 8;
    std::uint32_t filter_items = 0;  // in two filters
    std::uint32_t value_bytes_most = 40;
    bool expiry = true;
    bool several_keys = true;
    bool whole_keyspace = true;
    bool registers_only = false;  // SET and GET only
  };
  Workload(Knobs knobs, Duration skew_between_clocks, Random random);

  std::uint32_t keys() const { return static_cast<std::uint32_t>(subjects_.size()); }  // items are counted among them
  const Subject& subject(std::uint32_t key) const { return subjects_[key]; }
  const std::string& name(std::uint32_t key) const { return subjects_[key].key; }

  Request draw(Instant now);
  Request draw_for(std::uint32_t key, Instant now);
  Request get(std::uint32_t key, Instant now) const;
  Request set(std::uint32_t key, std::string value, Instant now) const;
  // A key that is not among the drawn ones.
  std::uint32_t add_key(Subject subject);

  // Fills in outcome, observation and return of each part. A sentence if the reply is none that this request can get.
  std::optional<std::string> conclude(Request& request, const Reply& reply, Instant now) const;
  // No answer came.
  static void give_up(Request& request, const std::string& why);
  // What the reply means for whether the request took effect.
  static Operation::Outcome outcome_of(const Reply& reply);

 private:
  enum class Character : std::uint8_t { kRegister, kCounter, kList, kMixed, kItem };
  void add_items();
  Request item(std::uint32_t key, Operation::Kind kind, Instant now) const;
  Request one(std::uint32_t key, Operation::Kind kind, Instant now);
  Request several(Instant now);
  Request whole(Instant now);
  std::string unique_value();

  Knobs knobs_;
  Duration skew_;
  Random random_;
  std::vector<Subject> subjects_;
  std::vector<Character> characters_;
  std::uint64_t written_ = 0;
};

}  // namespace hc::sim
