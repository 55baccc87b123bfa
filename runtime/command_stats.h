// How often clients ran each command here and how long that took them; errors by their code. CONFIG RESETSTAT begins
// anew.
//
// Time runs from when a command's bytes had been read to when its reply was on its way. No clock is read for it: what
// is answered at once took until the next reading of the clocks, which follows right behind the sending of its batch,
// in the same turn; what waited took until the reading before the step that answered it. Commands of one batch take as
// long as it does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "core/base/reply.h"
#include "core/command/command.h"
#include "runtime/histogram.h"

namespace hc {

class CommandStats {
 public:
  struct OfCommand {
    Histogram took;              // of all that ran
    std::uint64_t rejected = 0;  // refused before they ran: wrong arity, no memory, no primary
    std::uint64_t failed = 0;    // ran, and answered an error
  };

  // Some command waits for the next reading of the clocks.
  bool unsettled() const { return touched_count_ != 0; }
  // The clocks were read.
  void clocks_read(Time now) {
    if (touched_count_ != 0) settle(now);
    read_at_ = now;
  }
  // A command was answered that was put after the clocks showed `asked`. nullptr: one that nobody knows.
  void answered(const CommandSpec* spec, const Reply& reply, Time asked) {
    if (reply.is_error()) [[unlikely]]
      return answered_error(spec, reply, asked);
    count(place_of(*spec), asked);
  }

  // nullptr: none of these.
  const OfCommand* of(const CommandSpec& spec) const { return commands_[place_of(spec)].get(); }
  const std::map<std::string, std::uint64_t>& errors() const { return errors_; }
  void reset();

 private:
  static std::size_t place_of(const CommandSpec& spec) {
    return static_cast<std::size_t>(&spec - all_commands().data());
  }
  void count(std::size_t place, Time asked) {
    if (asked != read_at_) return add(place, read_at_ - asked);
    if (at_once_[place]++ == 0) touched_[touched_count_++] = static_cast<std::uint8_t>(place);
  }
  void answered_error(const CommandSpec* spec, const Reply& reply, Time asked);
  void add(std::size_t place, Duration took) { here(place).took.add(took); }
  void settle(Time now);
  OfCommand& here(std::size_t place);

  static constexpr std::size_t kCommandsMax = 256;
  Time read_at_{};
  std::array<std::uint32_t, kCommandsMax> at_once_{};  // since the clocks were read last
  std::array<std::uint8_t, kCommandsMax> touched_{};   // which of them are not 0
  std::size_t touched_count_ = 0;
  std::array<std::unique_ptr<OfCommand>, kCommandsMax> commands_;
  std::map<std::string, std::uint64_t> errors_;
};

}  // namespace hc
