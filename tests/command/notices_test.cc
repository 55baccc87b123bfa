// What commands note of keys, as Redis 7.0.15 tells it.
#include <gtest/gtest.h>

#include "tests/command/harness.h"

namespace hc::test {
namespace {

TEST(Notices, OfEveryCommandThatChangesAKey) {
  struct Story {
    Bytes before, command, notices;
  };
  const Story stories[] = {
      {"", "SET k v", "new k, set k"},
      {"SET k v", "SET k w", "set k"},
      {"SET k v", "SET k w NX", ""},
      {"SET k v", "SET k w EX 10", "set k, expire k"},
      {"SET k v EX 10", "SET k w KEEPTTL", "set k"},
      {"SET k v", "SETEX k 10 v", "set k, expire k"},
      {"SET k v", "SETNX k w", ""},
      {"SET k v", "GETSET k w", "set k"},
      {"SET k v", "GETDEL k", "del k"},
      {"SET k v", "GETEX k EX 10", "expire k"},
      {"SET k v EX 10", "GETEX k PERSIST", "persist k"},
      {"SET k v", "GETEX k EXAT 1", "del k"},
      {"SET k v", "MSET k 1 l 2", "set k, new l, set l"},
      {"", "MSETNX k 1", "new k, set k"},
      {"SET k 1", "INCR k", "incrby k"},
      {"SET k 1", "DECRBY k 2", "incrby k"},
      {"SET k 1", "INCRBYFLOAT k 0.5", "incrbyfloat k"},
      {"SET k v", "INCR k", ""},
      {"SET k v", "APPEND k w", "append k"},
      {"", "APPEND k w", "new k, append k"},
      {"SET k v", "SETRANGE k 1 w", "setrange k"},
      {"SET k v", "SETRANGE k 1 \"\"", ""},
      {"SET k v", "SETBIT k 1 0", "setbit k"},
      {"SET k v", "SETBIT k 1 1", ""},
      {"SET k v", "DEL k none", "del k"},
      {"SET k v", "UNLINK k", "del k"},
      {"SET k v", "EXPIRE k 10", "expire k"},
      {"SET k v", "EXPIRE k -1", "del k"},
      {"SET k v", "EXPIRE k 10 XX", ""},
      {"SET k v EX 10", "PERSIST k", "persist k"},
      {"SET k v", "PERSIST k", ""},
      {"SET k v", "RENAME k l", "new l, rename_from k, rename_to l"},
      {"SET k v", "COPY k l", "new l, copy_to l"},
      {"SET k v", "GET k", ""},
      {"", "GET k", "keymiss k"},
      {"SET k v", "MGET k none", "keymiss none"},
      {"", "GETDEL k", "keymiss k"},
      {"", "GETEX k", "keymiss k"},
      {"", "OBJECT ENCODING k", ""},
      {"SET k v", "FLUSHALL", ""},
  };
  for (const Story& story : stories) {
    Harness h;
    if (!story.before.empty()) h.run(story.before);
    h.run(story.command);
    EXPECT_EQ(h.notices, story.notices) << story.before << "; " << story.command;
  }
}

TEST(Notices, OfWhatExpires) {
  for (const Bytes command : {"GET k", "DEL k", "DBSIZE", "SCAN 0", "SETNX k w"}) {
    Harness h;
    h.run("SET k v PX 1");
    h.now += 2ms;
    h.run(command);
    EXPECT_TRUE(h.notices.starts_with("expired k")) << command << ": " << h.notices;
  }
  Harness h;
  h.run("SET k v PX 1");
  h.now += 2ms;
  NoticeWriter noted(*parse_notices("x"));
  Execution x = h.execution(nullptr);
  x.notices = &noted;
  while (expire_some(x, 100)) {
  }
  ASSERT_EQ(noted.take().size(), 1U);
}

}  // namespace
}  // namespace hc::test
