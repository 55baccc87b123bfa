#include "core/durability/savers.h"

namespace hc {

void Savers::ask(ClientId client, RequestId request, Log& log, Effects& out) {
  const auto error = [&](Reply reply) { out.answer(client, request, std::move(reply)); };
  if (!log.on())
    return error(Reply::error_literal("ERR this node keeps no log: start it with --appendonly yes and a --data-dir"));
  if (log.refuses()) return error(Reply::error("MISCONF there is no room for a snapshot: " + log.refused_why()));
  if (log.snapshot_pending()) return error(Reply::error_literal("ERR Background save already in progress"));
  log.want_snapshot();
  waiting_.emplace_back(client, request);
}

void Savers::client_gone(ClientId client) {
  std::erase_if(waiting_, [&](const auto& saver) { return saver.first == client; });
}

void Savers::kept(const Log& log, Effects& out) {
  if (!log.snapshot_pending()) answer(Reply::simple("OK"), out);
}

void Savers::refused(const Log& log, Effects& out) {
  answer(Reply::error("ERR there is no room for the snapshot: " + log.refused_why()), out);
}

void Savers::answer(const Reply& reply, Effects& out) {
  for (const auto& [client, request] : std::exchange(waiting_, {})) out.answer(client, request, reply);
}

}  // namespace hc
