// A plan: what goes wrong, and when; and, from version 2 on, in what setting and what clients ask. A plain value: it is
// drawn from the seed, printed, read back, and changed, and it depends on no random stream once it is there.
//
// As text, one fault or operation per line, the version first:
//   plan 2
//   set nodes=5 replication-factor=3 lease=1.5          the setting, where it is not the usual one (sim/pins.h)
//   buggify                                             rare ways of core more often: drawn from the run's seed
//   12.5 crash a=3 variant=1 lasts=2                    seconds from the beginning of the load
//   12.5 ask client=2 at=1 SET key4 "two words"         at: the machine, from 0; vanishes=1: and away at once
// Version 1 has faults alone, and all else comes from the seed; in version 2 nothing does but the delays of disks, the
// chance of nodes, and what the setting leaves open. Clients ask what stands there and nothing else, unless it says
// load=drawn.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/bytes.h"
#include "sim/instant.h"

namespace hc::sim {

// a and b are machines (from 0), or sets of endpoints as bit masks where the name says so. `lasts`: until the fault is
// taken back (the process restarts, the way is open again, …).
#define HC_SIM_FAULTS(X)                                                                                               \
  X(kCrash, "crash") /* a; amount: effects that still get out; variant bit 0: the whole machine,       */              \
                     /* silently; its disk is 1: wiped, 3: damaged, 4: an older one (not of a voter);   */             \
                     /* bit 2: it crashes once more while it recovers                                  */              \
  X(kMassRestart, "mass-restart") /* mask a, at once; variant bit 0: whole machines, silently (a rack)              */ \
  X(kPause, "pause")              /* a; its clocks go on                                                            */ \
  X(kSlow, "slow")                /* a; amount: nanoseconds per event                                               */ \
  X(kStop, "stop")                /* a; SIGTERM, a restart afterwards                                               */ \
  X(kJoin, "join")                /* a, a machine that was not there before                                         */ \
  X(kFsyncFails, "fsync-fails")   /* a; at its next fsync, which ends the process; variant 1: of its log            */ \
  X(kSlowDisk, "slow-disk")       /* a; amount: nanoseconds at most                                                 */ \
  X(kCut, "cut")                  /* mask a to mask b; variant 0: both ways, 1: from a to b only                    */ \
  X(kClog, "clog")                /* a to b                                                                         */ \
  X(kReset, "reset")              /* a and b                                                                        */ \
  X(kHalfOpen, "half-open")       /* a and b                                                                        */ \
  X(kLoss, "loss")                /* amount: parts per million, of all datagrams                                    */ \
  X(kDuplicate, "duplicate")                                                                                           \
  X(kLateDuplicate, "late-duplicate")                                                                                  \
  X(kFlip, "flip")                                                                                                     \
  X(kTruncate, "truncate")                                                                                             \
  X(kMisdeliver, "misdeliver")                                                                                         \
  X(kTail, "tail")   /* amount: parts per million, of all datagrams and stream pieces                  */              \
  X(kSplit, "split") /* of all stream pieces                                                           */              \
  X(kReplay, "replay")                                                                                                 \
  X(kBreakOff, "break-off")                                                                                            \
  X(kWallJump, "wall-jump")   /* a; amount: the new skew in nanoseconds, plus the bound                         */     \
  X(kClockRate, "clock-rate") /* a; amount: parts per million                                                   */     \
  X(kNarrow, "narrow")        /* a to b; amount: bytes per second that streams carry                            */     \
  X(kWrongDoor, "wrong-door") /* who dials b from a reaches machine `variant`                                   */     \
  X(kPowerLoss, "power-loss") /* of all machines at once; amount: nanoseconds between their restarts, at most   */     \
  X(kLeave, "leave")          /* a shall leave for good, b is told so; its disk is thrown away. Variant 1: and   */    \
                              /* comes back as a new one, after `lasts`                                          */    \
  X(kSqueeze, "squeeze")      /* a; amount: the bytes of memory that it may take                                */     \
  X(kForce, "force")          /* mask a ends; after `lasts` an operator who sees a majority of voters gone tells  */   \
                              /* one that is left who is left, tries again for a while, and throws away the disks */   \
                              /* of the others, which come back then                                              */   \
  X(kFullDisk, "full-disk")   /* a; its log gets no room; amount: appends that still find some. Drawn apart, too */    \
  X(kUpgrade, "upgrade")      /* a is another program: it restarts, and speaks wire version `amount` at most from */   \
                              /* then on. Variant 1: by SIGTERM                                                   */   \
  X(kGiveUp, "give-up")       /* an operator asks a, for so long, to do without what is lost                      */

enum class FaultKind : std::uint8_t {
#define X(identifier, name) identifier,
  HC_SIM_FAULTS(X)
#undef X
      kCount
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kCount);
// Those behind are drawn for what they break alone, each from a stream of its own.
inline constexpr std::size_t kFaultKindsUsual = static_cast<std::size_t>(FaultKind::kPowerLoss);

std::string_view name_of(FaultKind kind);

// What a and b of a fault are: sets of endpoints, endpoints, or nothing.
enum class Named : std::uint8_t { kNothing, kOne, kTwo, kMask, kMasks };
Named names_of(FaultKind kind);

constexpr std::uint64_t in_mask(std::uint64_t machine) { return std::uint64_t{1} << machine; }

struct Fault {
  Instant at{};
  FaultKind kind{};
  std::uint64_t a = 0, b = 0, amount = 0, variant = 0;
  Duration lasts{};
  bool after_view = false;  // not at its time, but when anybody installs a view from then on
  bool operator==(const Fault&) const = default;
};

// What a client asks. If the machine is not to be reached it tries again, within its patience.
struct Ask {
  Instant at{};
  std::uint32_t client = 0, machine = 0;
  bool vanishes = false;  // it closes the connection right behind its question
  std::vector<std::string> words;
  bool operator==(const Ask&) const = default;
};

struct Plan {
  std::uint32_t version = 1;
  std::map<std::string, std::string> set;  // names and values of sim/pins.h
  bool buggify = false;
  std::vector<Fault> faults;  // by time
  std::vector<Ask> asks;      // by time
  bool operator==(const Plan&) const = default;
};

// By time, and in an order of their own where that is equal.
void sort(Plan& plan);

std::string to_text(const Fault& fault);
std::string to_text(const Ask& ask);
// `comments`: whole lines below the first.
std::string to_text(const Plan& plan, const std::string& comments = {});
// nullopt and a sentence in `error` if it is no plan.
std::optional<Plan> parse_plan(Bytes text, std::string& error);

}  // namespace hc::sim
