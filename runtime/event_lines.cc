#include "runtime/event_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace hc {

namespace {

using Json = nlohmann::ordered_json;
using Level = EventLine::Level;

// What every event has, and a line of the log as well.
constexpr std::string_view kOfEveryLine[] = {"type", "at_ms", "node"};
constexpr std::string_view kWarnings[] = {"member-down", "slot-lost"};

std::string shown(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const Json& element : value) list += (list.empty() ? "" : ",") + shown(element);
  return list;
}

}  // namespace

EventLine EventLines::line_of(const Announce& announce) {
  const Json event = Json::parse(announce.json);
  EventLine line{Level::kInfo, announce.type};
  for (const auto& [name, value] : event.items())
    if (std::ranges::find(kOfEveryLine, name) == std::end(kOfEveryLine)) line.text += " " + name + "=" + shown(value);
  if (std::ranges::find(kWarnings, announce.type) != std::end(kWarnings)) line.level = Level::kWarning;
  if (announce.type == "view-installed") line.level = Level::kDebug;  // a transfer needs many; what they bring is told
  if (announce.type == "transfer-progress") {
    const bool moving = event.at("slots_moving") != 0;
    if (std::exchange(moving_, moving) == moving) line.level = Level::kDebug;
  }
  return line;
}

}  // namespace hc
