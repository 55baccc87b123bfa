#include "runtime/slow_log.h"

#include "core/command/text.h"
#include "runtime/desk.h"

namespace hc {

using command::same_word;

namespace {

constexpr std::size_t kArgsMax = 32, kArgBytesMax = 128;
constexpr std::int64_t kShownByDefault = 10;

constexpr std::string_view kHelp[] = {
    "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
    "HELP",
    "    Prints this help.",
};

std::vector<std::string> cut(Args args) {
  std::vector<std::string> kept;
  const std::size_t shown = args.size() > kArgsMax ? kArgsMax - 1 : args.size();
  for (const Bytes arg : args.first(shown)) {
    kept.emplace_back(arg.substr(0, kArgBytesMax));
    if (arg.size() > kArgBytesMax) kept.back() += "... (" + std::to_string(arg.size() - kArgBytesMax) + " more bytes)";
  }
  if (shown < args.size()) kept.push_back("... (" + std::to_string(args.size() - shown) + " more arguments)");
  return kept;
}

Reply show(const SlowLog::Entry& entry) {
  std::vector<Reply> args;
  for (const std::string& arg : entry.args) args.push_back(Reply::bulk_copy(arg));
  std::vector<Reply> fields;
  fields.push_back(Reply::number(static_cast<std::int64_t>(entry.id)));
  fields.push_back(Reply::number(entry.at));
  fields.push_back(Reply::number(entry.took / 1us));
  fields.push_back(Reply::array(std::move(args)));
  fields.push_back(Reply::bulk_copy(entry.address));
  fields.push_back(Reply::bulk_copy(entry.name));
  return Reply::array(std::move(fields));
}

Reply show_some(Args args, const SlowLog& log) {
  std::int64_t count = kShownByDefault;
  if (args.size() == 3) {
    const auto wanted = command::parse_integer(args[2]);
    if (!wanted || *wanted < -1) return Reply::error_literal("ERR count should be greater than or equal to -1");
    count = *wanted;
  }
  std::vector<Reply> entries;
  for (const SlowLog::Entry& entry : log.entries()) {
    if (count >= 0 && entries.size() >= static_cast<std::size_t>(count)) break;
    entries.push_back(show(entry));
  }
  return Reply::array(std::move(entries));
}

}  // namespace

bool SlowLog::may_be_slow(const CommandSpec& spec, Args args) {
  if (spec.route == Route::kConnection || spec.complexity == "O(1)") return false;
  return spec.route != Route::kKeys || (spec.flags & kSplits) == 0 || args.size() > kFewArgs;
}

void SlowLog::note(Args args, Duration took, WallTime at, const std::string& address, const std::string& name,
                   const SlowLimits& limits) {
  if (took / 1us < limits.microseconds) return;
  entries_.push_front({next_++, std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count(), took,
                       cut(args), address, name});
  while (entries_.size() > limits.entries) entries_.pop_back();
}

Reply slow_log_command(Args args, Desk& desk) {
  SlowLog& log = desk.office.slow_log;
  const auto is = [&](std::string_view name, std::size_t least, std::size_t most) {
    return same_word(args[1], name) && args.size() >= least && args.size() <= most;
  };
  if (is("get", 2, 3)) return show_some(args, log);
  if (is("len", 2, 2)) return Reply::number(static_cast<std::int64_t>(log.entries().size()));
  if (is("help", 2, 2)) return help_of(kHelp);
  if (is("reset", 2, 2)) {
    log.clear();
    return Reply::ok();
  }
  if (same_word(args[1], "get")) {
    return Reply::error_literal("ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP.");
  }
  for (const std::string_view name : {"len", "help", "reset"})
    if (same_word(args[1], name)) return wrong_arity("slowlog|" + std::string(name));
  return unknown_subcommand("SLOWLOG", args[1]);
}

}  // namespace hc
