// Commands that need no key.
#include "core/command/access.h"
#include "core/command/families.h"

namespace hc::command {

Reply ping(Args args) {
  if (args.size() > 2) return wrong_arity("ping");
  return args.size() == 1 ? Reply::simple("PONG") : Reply::bulk(Text::borrow(args[1]));
}

Reply echo(Args args) { return Reply::bulk(Text::borrow(args[1])); }

// Seconds and microseconds since 1970; our wall clock counts milliseconds.
Reply time(Args, WallTime now) {
  const std::int64_t ms = millis(now);
  std::vector<Reply> items;
  items.push_back(Reply::bulk_copy(IntegerText(ms / 1000).bytes()));
  items.push_back(Reply::bulk_copy(IntegerText(ms % 1000 * 1000).bytes()));
  return Reply::array(std::move(items));
}

}  // namespace hc::command

namespace hc {

Reply execute_local(const CommandSpec& spec, Args args, WallTime now) {
  if (spec.name == "ping") return command::ping(args);
  if (spec.name == "echo") return command::echo(args);
  if (spec.name == "time") return command::time(args, now);
  return command::describe_commands(args);
}

}  // namespace hc
