// The seam between who routes a command and who holds its slot. The executor decides, by its own view and lease,
// whether it may run it (rule 4a).
#pragma once

#include <cstdint>

#include "core/base/ids.h"
#include "core/base/reply.h"
#include "core/base/time.h"
#include "core/command/command.h"

namespace hc {

class Executor {
 public:
  enum class Ran : std::uint8_t {
    kDone,     // `reply` is the answer; it may borrow until the next step
    kWaits,    // the end comes later, under the token
    kNotMine,  // not executed: not the slot's primary by the installed view
    kRefused,  // not executed: `reply` is the error
  };
  struct Result {
    Ran ran;
    Reply reply;
  };
  virtual ~Executor() = default;
  // `sender`: the epoch that the asker routed by; if it is ahead of ours the command waits for that view.
  // `give_up`: what has not been executed by then is refused.
  virtual Result run(Slot slot, const CommandSpec& spec, Args args, std::uint64_t token, Epoch sender, Time give_up,
                     Now now) = 0;
};

}  // namespace hc
