// Member 1 of three, and what it holds of slot 0 at the beginning: it leads it. The others are hand-made messages.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/replication/replication.h"
#include "tests/agreement/views.h"
#include "tests/peer/post.h"

namespace hc::testing {

inline constexpr Slot kSlot{0};

struct Primary {
  explicit Primary(NodeConfig wishes = {}) : config(with_self(std::move(wishes))), post(config, now) {
    for (std::uint32_t member : {2U, 3U}) post.open(info(member));
    replication.start(now);
  }
  static NodeConfig with_self(NodeConfig c) {
    c.self = info(1);
    c.slots = 1;
    return c;
  }

  // The view of this epoch names `who` in the slot; the ring wants members 1 and 2 there.
  void install(std::uint64_t epoch, InSyncList who) {
    auto view = std::make_shared<View>(first_view(2));
    view->epoch = Epoch(epoch);
    view->slots[0] = {Epoch(epoch), who};
    view->lease = 1h;
    post.peers.set_view(view->cluster, view->epoch);
    replication.install(view, now);
  }
  // Member 2 says that it holds nothing, takes the boundary, and grants a lease.
  void serve(std::uint64_t epoch) {
    TailIs tails;
    tails.slots.push_back({kSlot, Epoch(epoch), replication.replica(kSlot).at, {}, {}});
    replication.handle(process(2), std::move(tails), at());
    acknowledge(epoch);
    grant(epoch);
  }
  void acknowledge(std::uint64_t epoch) {
    replication.flush(at());
    replication.handle(process(2), Appended{kSlot, Epoch(epoch), replication.replica(kSlot).at.seq}, at());
  }
  void grant(std::uint64_t epoch) { replication.handle(process(2), Grant{now, Epoch(epoch)}, at()); }

  Executor::Result set(const std::string& key, const std::string& value, std::uint64_t token) {
    const std::vector<Bytes> args{"SET", key, value};
    return replication.run(kSlot, *find_command("SET"), args, token, {}, now + config.deadline, at());
  }
  // The end of the command that was given this token; nullopt: it still waits.
  std::optional<Done> end_of(std::uint64_t token) {
    replication.run_parked(at());
    for (Done& d : replication.take_done())
      if (d.token == token) return std::move(d);
    return std::nullopt;
  }
  bool says_caught_up() {
    for (const Report& r : replication.reports(now))
      if (r.kind == ReportKind::kCaughtUp) return true;
    return false;
  }

  Now at() const { return {now, WallTime(std::chrono::hours(1))}; }

  Time now{std::chrono::hours(1)};
  NodeConfig config;
  Post post;
  Log log{config};
  Replication replication{config, post.peers, log, Random(2)};
};

}  // namespace hc::testing
