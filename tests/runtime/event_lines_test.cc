// News of the cluster as lines of the log, by a table; tests/system/logs_test.py sees them written.
#include "runtime/event_lines.h"

#include <gtest/gtest.h>

namespace hc {
namespace {

using Level = EventLine::Level;

TEST(EventLines, AreTypeAndFields) {
  EventLines lines;
  const auto line = [&](const char* type, const std::string& fields) {
    return lines.line_of({type, R"({"type":")" + std::string(type) + R"(","at_ms":5,"node":"node-1")" + fields + "}"});
  };
  EXPECT_EQ(line("member-down", R"(,"member":"node-2")"), (EventLine{Level::kWarning, "member-down member=node-2"}));
  EXPECT_EQ(line("member-suspected", R"(,"member":"node-2")"),
            (EventLine{Level::kInfo, "member-suspected member=node-2"}));
  EXPECT_EQ(line("member-left", R"(,"member":"node-2","epoch":7)"),
            (EventLine{Level::kInfo, "member-left member=node-2 epoch=7"}));
  EXPECT_EQ(line("slot-lost", R"(,"slots":3,"lost":4)"), (EventLine{Level::kWarning, "slot-lost slots=3 lost=4"}));
  EXPECT_EQ(line("view-installed", R"(,"epoch":2,"voters":["node-1","node-2"])"),
            (EventLine{Level::kDebug, "view-installed epoch=2 voters=node-1,node-2"}));
}

TEST(EventLines, OfATransferBeginAndEnd) {
  EventLines lines;
  const auto level = [&](int moving) {
    return lines.line_of({"transfer-progress", R"({"slots_moving":)" + std::to_string(moving) + "}"}).level;
  };
  EXPECT_EQ(level(9), Level::kInfo);
  EXPECT_EQ(level(5), Level::kDebug);
  EXPECT_EQ(level(1), Level::kDebug);
  EXPECT_EQ(level(0), Level::kInfo);
  EXPECT_EQ(level(4), Level::kInfo);
}

}  // namespace
}  // namespace hc
