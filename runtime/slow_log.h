// SLOWLOG: commands of RESP clients that kept the loop for longer than `slowlog-log-slower-than`, newest first; at most
// `slowlog-max-len` of them.
//
// Reading the clocks costs as much as a small command does. So only commands whose work grows, with their arguments or
// with what is stored, are timed each for itself; below kTimesAllUnder every command is. What a command waits for
// (others' nodes, replicas) does not count: it keeps nobody.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/command/command.h"

namespace hc {

struct SlowLimits {
  std::int64_t microseconds = 10'000;  // negative: nothing is logged
  std::uint64_t entries = 128;
};

class SlowLog {
 public:
  static constexpr Duration kTimesAllUnder = 1ms;
  struct Entry {
    std::uint64_t id = 0;
    std::int64_t at = 0;  // seconds since 1970
    Duration took{};
    std::vector<std::string> args;  // cut, as Redis does
    std::string address, name;      // of the client
  };

  // Whether this command shall be timed.
  static bool watches(const CommandSpec& spec, Args args, const SlowLimits& limits) {
    if (std::chrono::microseconds(limits.microseconds) < kTimesAllUnder) return limits.microseconds >= 0;
    return !(args.size() <= kFewArgs && (spec.flags & kFast) != 0) && may_be_slow(spec, args);
  }
  // It took so long; kept if that is too long.
  void note(Args args, Duration took, WallTime at, const std::string& address, const std::string& name,
            const SlowLimits& limits);

  const std::deque<Entry>& entries() const { return entries_; }
  void clear() { entries_.clear(); }

 private:
  static constexpr std::size_t kFewArgs = 8;
  static bool may_be_slow(const CommandSpec& spec, Args args);

  std::deque<Entry> entries_;
  std::uint64_t next_ = 0;
};

}  // namespace hc
