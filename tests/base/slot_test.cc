// Which slot a key belongs to: as in Redis Cluster.
#include "core/base/slot.h"

#include <gtest/gtest.h>

#include "core/base/seam.h"

namespace hc {
namespace {

TEST(Slot, TheSumIsThatOfXmodem) { EXPECT_EQ(crc16("123456789"), 0x31C3); }

TEST(Slot, IsTheOneOfRedisCluster) {
  EXPECT_EQ(slot_of("foo").value, 12182);
  EXPECT_EQ(slot_of("").value, 0);
  EXPECT_EQ(slot_of("foo", 16).value, 12182 % 16);
}

TEST(Slot, KeysOfOneTagStayTogether) {
  EXPECT_EQ(hash_tag("{user1000}.following"), "user1000");
  EXPECT_EQ(hash_tag("foo{}{bar}"), "foo{}{bar}") << "the first pair is empty: the whole key counts";
  EXPECT_EQ(hash_tag("foo{{bar}}zap"), "{bar");
  EXPECT_EQ(hash_tag("foo{bar}{zap}"), "bar");
  EXPECT_EQ(hash_tag("foo{bar"), "foo{bar");
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
  seam::active.set(static_cast<std::size_t>(seam::Mutant::kHashTagIgnored));
  EXPECT_NE(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
  seam::active.reset();
}

}  // namespace
}  // namespace hc
