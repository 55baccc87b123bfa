#include "sim/instant.h"

namespace hc::sim {

std::string seconds_text(std::int64_t nanoseconds) {
  const bool negative = nanoseconds < 0;
  if (negative) nanoseconds = -nanoseconds;
  std::string fraction = std::to_string(nanoseconds % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  return (negative ? "-" : "") + std::to_string(nanoseconds / 1'000'000'000) + "." + fraction;
}

}  // namespace hc::sim
