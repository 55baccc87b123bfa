// Bytes in, bytes used, against a plain string.
#include "runtime/input_buffer.h"

#include <gtest/gtest.h>

#include <string>

#include "core/base/random.h"

namespace hc {
namespace {

TEST(InputBuffer, KeepsWhatWasNotUsed) {
  Random random(7);
  InputBuffer buffer;
  std::string truth;
  for (int step = 0; step < 20000; ++step) {
    const std::size_t room = random.below(random.percent(2) ? 300000 : 400);
    char* place = buffer.room(room);
    const std::size_t count = room == 0 ? 0 : random.below(room + 1);
    for (std::size_t i = 0; i < count; ++i) {
      place[i] = static_cast<char>('a' + random.below(26));
      truth.push_back(place[i]);
    }
    buffer.filled(count);
    ASSERT_EQ(buffer.bytes(), truth);
    const std::size_t used = random.percent(30) ? truth.size() : random.below(truth.size() + 1);
    buffer.use(used);
    truth.erase(0, used);
    ASSERT_EQ(buffer.bytes(), truth);
    ASSERT_EQ(buffer.size(), truth.size());
  }
}

TEST(InputBuffer, GrowsInFewSteps) {
  constexpr std::size_t kPiece = 1000;
  InputBuffer buffer;
  int steps = 0;
  for (std::size_t bytes = 0; bytes < 10'000'000; bytes += kPiece) {
    const std::size_t before = buffer.capacity();
    buffer.room(kPiece);
    buffer.filled(kPiece);
    steps += buffer.capacity() == before ? 0 : 1;
  }
  EXPECT_LT(steps, 40);
}

TEST(InputBuffer, GivesALargePieceBackOnceItIsEmpty) {
  InputBuffer buffer;
  buffer.append(std::string(1 << 20, 'x'));
  EXPECT_GE(buffer.capacity(), std::size_t{1} << 20U);
  buffer.use(1 << 20);
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("abc");
  EXPECT_EQ(buffer.bytes(), "abc");
}

}  // namespace
}  // namespace hc
