// The commands: what is known of each before it runs (name, arity, where its keys are, how it is routed), and running
// it on the table of one slot.
//
// A command is executed by the slot's primary at a wall time that is given. What it changed is in the table when
// execute() returns, and, if a writer is given, in `effects` as values for the replicas (core/store/effects.h). Rule 8:
// an expired key that a command meets is erased, table and effects, before the answer treats it as gone.
//
// Replies and error texts are those of Redis 7.0.15.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/bytes.h"
#include "core/base/random.h"
#include "core/base/reply.h"
#include "core/base/time.h"
#include "core/command/notice.h"
#include "core/store/effects.h"
#include "core/store/slot_table.h"

namespace hc {

using Args = std::span<const Bytes>;  // args[0] is the command's name

enum class Route : std::uint8_t {
  kConnection,  // answered by the host, with what it knows of the connection or the process
  kNode,        // needs no key: execute_local()
  kKeys,        // runs where its keys are: execute(), or Gather if they lie in several slots
  kEverySlot,   // execute() in every slot, merge_slots(), finish_slots()
  kScan,        // execute() in one slot after the other (core/command/gather.h)
  kBus,         // needs no key: core/events
  kLog,         // needs no key: answered when the log of this member is as it asks
};

enum CommandFlag : std::uint32_t {
  kWrite = 1U << 0,
  kReadonly = 1U << 1,
  kDenyOom = 1U << 2,  // may need memory: refused above the limit
  kAdmin = 1U << 3,
  kNoscript = 1U << 4,
  kLoading = 1U << 5,  // allowed while the data is not loaded yet
  kStale = 1U << 6,
  kFast = 1U << 7,
  kNoAuth = 1U << 8,
  kAllowBusy = 1U << 9,
  // Not among the flags that COMMAND INFO shows:
  kDangerous = 1U << 15,  // of ACL category @dangerous
  kSplits = 1U << 16,     // may name keys of several slots: split and gathered (MGET, MSET, DEL, UNLINK, EXISTS, TOUCH)
};

struct Execution {
  SlotTable& table;
  WallTime now;
  Random& random;
  EffectWriter* effects;               // nullptr: nobody to replicate to
  AccessClock* clock = nullptr;        // nullptr: nobody asks what was used when
  NoticeWriter* notices = nullptr;     // nullptr: nobody wants to be told
  bool reads = false;                  // a command that writes tells nobody of keys that it misses
  std::uint32_t hits = 0, misses = 0;  // look-ups of keys
  bool filters_keys = false;           // this member keeps filters over the keys of its tables
};

struct CommandSpec {
  std::string_view name;  // lower case
  int arity = 0;          // with the name; negative: at least
  std::uint32_t flags = 0;
  int first_key = 0, last_key = 0, key_step = 0;  // as COMMAND says it; last_key < 0 counts from the end
  Route route = Route::kConnection;
  Reply (*run)(Args, Execution&) = nullptr;  // kKeys, kEverySlot, kScan
  // What COMMAND says of it: INFO's key specification ("RO access") and ACL category, DOCS' text.
  std::string_view key_flags{}, category{}, group{}, since{}, summary{}, complexity{};

  bool writes() const { return (flags & kWrite) != 0; }
  // As in Redis: what only reads, and looks for the value, tells that it missed one.
  bool tells_misses() const { return !writes() && first_key == 1; }
};

// By name in any case; nullptr if there is none.
const CommandSpec* find_command(Bytes name);
std::span<const CommandSpec> all_commands();

// Why the command is refused without being run: unknown (spec nullptr), or a wrong number of arguments.
// Requires: args not empty.
std::optional<Reply> refuse(const CommandSpec* spec, Args args);

// Requires: route kKeys, kEverySlot or kScan; not refused; every key of args lies in x.table's slot.
// The reply may borrow from the table and from args until the next step.
Reply execute(const CommandSpec& spec, Args args, Execution& x);

// Requires: route kNode; not refused. `now` is for TIME.
Reply execute_local(const CommandSpec& spec, Args args, WallTime now);

// Calls visit(Bytes key) for every key that the command names, in order. Requires: not refused.
template <class Visit>
void for_each_key(const CommandSpec& spec, Args args, Visit&& visit) {
  if (spec.first_key == 0) return;
  const int count = static_cast<int>(args.size());
  const int last = spec.last_key < 0 ? count + spec.last_key : spec.last_key;
  for (int i = spec.first_key; i <= last && i < count; i += spec.key_step) visit(args[static_cast<std::size_t>(i)]);
}

// The hashes of the keys that a command names. Up to four without an allocation.
class KeyHashes {
 public:
  void push(std::uint64_t hash) {
    if (count_ < few_.size())
      few_[count_] = hash;
    else if (count_ == few_.size())
      many_.assign(few_.begin(), few_.end());
    if (count_++ >= few_.size()) many_.push_back(hash);
  }
  std::span<const std::uint64_t> span() const {
    if (count_ <= few_.size()) return {few_.data(), count_};
    return many_;
  }
  auto begin() const { return span().begin(); }
  auto end() const { return span().end(); }
  std::size_t size() const { return count_; }

 private:
  std::array<std::uint64_t, 4> few_{};
  std::size_t count_ = 0;
  std::vector<std::uint64_t> many_;
};
KeyHashes touched_keys(const CommandSpec& spec, Args args);

// Active expiry: erases expired keys, table and effects, looking at about `budget` places. True if more is likely: call
// again soon. Free when nothing can have expired. Meant to be called for the slots in turn, round after round.
bool expire_some(Execution& x, std::size_t budget);

// SCAN's arguments as a client sends them: [SCAN, cursor, options…]. The error that Redis gives, or nullopt.
std::optional<Reply> check_scan(Args args);
// Requires: check_scan gave nullopt.
std::uint64_t scan_cursor(Args args);
std::size_t scan_count(Args args);  // COUNT, 10 if not given

// Error texts that hosts need for the commands they answer themselves.
Reply wrong_arity(std::string_view full_name);                           // "config|get"
Reply unknown_subcommand(std::string_view container, Bytes subcommand);  // "CONFIG", as sent
// HELP of a command with subcommands. The lines must live as long as the program.
Reply help_of(std::span<const std::string_view> lines);

}  // namespace hc
