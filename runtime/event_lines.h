// The news of the cluster (core/events/cluster_news.h) as lines of the log: "member-down member=node-2", with the
// fields that the event has. Of transfers only the begin and the end are told at the usual level.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/effect.h"

namespace hc {

struct EventLine {
  enum class Level : std::uint8_t { kDebug, kInfo, kWarning };
  Level level = Level::kInfo;
  std::string text;

  bool operator==(const EventLine&) const = default;
};

class EventLines {
 public:
  EventLine line_of(const Announce& announce);

 private:
  bool moving_ = false;  // slots, when that was told last
};

}  // namespace hc
