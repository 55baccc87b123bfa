// SAVE: who waits for a snapshot of the log to be durable. It holds nobody up; it only answers late.
#pragma once

#include <utility>
#include <vector>

#include "core/durability/log.h"
#include "core/effect.h"

namespace hc {

class Savers {
 public:
  // Requires: the log is read, where there is one.
  void ask(ClientId client, RequestId request, Log& log, Effects& out);
  void client_gone(ClientId client);
  void kept(const Log& log, Effects& out);     // what was older than a snapshot is gone
  void refused(const Log& log, Effects& out);  // there is no room for one

 private:
  void answer(const Reply& reply, Effects& out);
  std::vector<std::pair<ClientId, RequestId>> waiting_;
};

}  // namespace hc
