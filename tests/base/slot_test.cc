// Which slot a key belongs to: as in Redis Cluster.
#include "core/base/slot.h"

#include <gtest/gtest.h>

#include <string>

#include "core/base/seam.h"

namespace hc {
namespace {

TEST(Slot, TheSumIsThatOfXmodem) { EXPECT_EQ(crc16("123456789"), 0x31C3); }

TEST(Slot, TheSumIsTheSameBitByBit) {
  std::string bytes;
  unsigned expected = 0;
  for (unsigned i = 0; i < 40; ++i) {
    EXPECT_EQ(crc16(bytes), expected) << i << " bytes";
    bytes.push_back(static_cast<char>(i * 151 + 200));
    expected ^= ((i * 151 + 200) & 0xffU) << 8;
    for (int bit = 0; bit < 8; ++bit)
      expected = ((expected & 0x8000U) ? expected << 1 ^ 0x1021U : expected << 1) & 0xffffU;
  }
}

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
