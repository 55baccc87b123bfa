// BGSAVE, BGREWRITEAOF, LASTSAVE: here a snapshot is the log said anew, so the first two are the same.
#include "core/command/text.h"
#include "runtime/desk.h"

namespace hc {

Reply snapshot_command(const CommandSpec& spec, Args args, Desk& desk) {
  const bool rewrite = spec.name == "bgrewriteaof";
  const bool schedule = args.size() == 2 && command::same_word(args[1], "schedule");
  if (args.size() > 1 && !schedule) return command::syntax_error();
  if (!desk.office.log)
    return Reply::error_literal("ERR this node keeps no log: start it with --appendonly yes and a --data-dir");
  if (desk.office.log->full) return Reply::error_literal("MISCONF there is no room for a snapshot: make some");
  if (desk.office.node.snapshot_pending()) {
    return Reply::error_literal(rewrite ? "ERR Background append only file rewriting already in progress"
                                        : "ERR Background save already in progress");
  }
  desk.office.ask_snapshot();
  return Reply::simple(rewrite ? "Background append only file rewriting started" : "Background saving started");
}

Reply last_save_command(const Desk& desk) { return Reply::number(desk.office.log ? desk.office.log->last_save : 0); }

}  // namespace hc
