// OBJECT and MEMORY USAGE: what is known of a key beside its value.
#include "core/command/access.h"
#include "core/command/families.h"
#include "core/store/allocation.h"

namespace hc::command {
namespace {

constexpr std::string_view kHelp[] = {
    "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ENCODING <key>",
    "    How the value of <key> would be kept by Redis.",
    "FREQ <key>",
    "    How often <key> is used: a logarithmic counter, kept under an LFU policy.",
    "IDLETIME <key>",
    "    For how many seconds nobody used <key>, kept under every other policy.",
    "REFCOUNT <key>",
    "    Always 1.",
    "HELP",
    "    Print this help.",
};

constexpr std::string_view kMemoryHelp[] = {
    "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "USAGE <key> [SAMPLES <count>]",
    "    How many bytes <key> and its value take.",
    "HELP",
    "    Print this help.",
};

constexpr std::size_t kEntryBytes = 24;    // of an entry, beside key and value
constexpr std::size_t kPlaceBytes = 12;    // of its table, for each entry
constexpr std::size_t kEmbeddedMost = 44;  // bytes of a Redis string within its object

Bytes encoding_of(const Item& item) {
  if (item.object) return "raw";
  if (parse_integer(item.value)) return "int";
  return item.value.size() <= kEmbeddedMost ? "embstr" : "raw";
}

constexpr Bytes kSwitching =
    " Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

Reply idle_time(const Item& item, const AccessClock& clock) {
  if (clock.keeps() == AccessClock::Keeps::kFrequency)
    return Reply::error("ERR An LFU maxmemory policy is selected, idle time not tracked." + std::string(kSwitching));
  return Reply::number(clock.idle_seconds(item.stamp));
}

Reply frequency(const Item& item, const AccessClock& clock) {
  if (clock.keeps() == AccessClock::Keeps::kRecency)
    return Reply::error("ERR An LFU maxmemory policy is not selected, access frequency not tracked." +
                        std::string(kSwitching));
  return Reply::number(clock.frequency(item.stamp));
}

}  // namespace

Reply object(Args args, Execution& x) {
  const Bytes sub = args[1];
  if (same_word(sub, "help") && args.size() == 2) return help_of(kHelp);
  const bool known =
      same_word(sub, "encoding") || same_word(sub, "freq") || same_word(sub, "idletime") || same_word(sub, "refcount");
  if (known && args.size() != 3) return wrong_arity("object|" + lower_case(sub));
  if (!known) return unknown_subcommand("OBJECT", sub);
  const auto item = peek_live(Key(args[2]), x);
  if (!item) return Reply::nil();
  if (same_word(sub, "encoding")) return Reply::bulk(Text::borrow(encoding_of(*item)));
  if (same_word(sub, "refcount")) return Reply::number(1);
  static const AccessClock kNone(0);
  const AccessClock& clock = x.clock ? *x.clock : kNone;
  return same_word(sub, "freq") ? frequency(*item, clock) : idle_time(*item, clock);
}

// MEMORY USAGE key [SAMPLES n]
Reply memory(Args args, Execution& x) {
  const Bytes sub = args[1];
  if (same_word(sub, "help") && args.size() == 2) return help_of(kMemoryHelp);
  if (!same_word(sub, "usage")) return unknown_subcommand("MEMORY", sub);
  if (args.size() < 3) return wrong_arity("memory|usage");
  if (args.size() != 3 && (args.size() != 5 || !same_word(args[3], "samples"))) return syntax_error();
  if (args.size() == 5) {
    const auto samples = parse_integer(args[4]);
    if (!samples) return not_an_integer();
    if (*samples < 0) return syntax_error();
  }
  const auto item = peek_live(Key(args[2]), x);
  if (!item) return Reply::nil();
  const std::size_t bytes = allocated(kEntryBytes + item->key.size() + item->value.size()) + kPlaceBytes +
                            (item->object ? item->object->bytes() : 0);
  return Reply::number(static_cast<std::int64_t>(bytes));
}

}  // namespace hc::command
